"""SAF-1 to SAF-5: no key leads out of the store's root.

They run in the guard: keys and links lead to decoys, and the guard refuses and reports what is tried on them. The script of a
finding makes a scratch tree and a decoy of its own; there is none where running it might touch anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias, cast

from conformance.clause import Level, Need, NotApplicable, clause
from conformance.escapes import Escape, Lookout, escapes, within
from conformance.expectation import Expectation, Outcome, Raised, Returned, gives, raises
from conformance.operations import (
    Clear,
    Delete,
    DeleteDir,
    Exists,
    Get,
    GetPartialValues,
    GetSize,
    ListAll,
    ListDir,
    ListPrefix,
    Operation,
    Set,
    SetIfNotExists,
    SetPartialValues,
)
from conformance.trace import Asked, Executed, Performed, Step
from conformance.trial import Handle, Trial
from storeproto import RangeByteRequest, SuffixByteRequest

Make: TypeAlias = Callable[[str], Operation]
"""Makes an operation of a key: of the escape's for the store, of the script's for the script."""

_CONTENT: Final = "untouched"
"""What a script writes in its decoy."""
_BESIDE: Final = "-new"

_READS: Final[tuple[tuple[Make, Expectation], ...]] = (
    (Get, gives(None) | raises()),
    (lambda key: Get(key, RangeByteRequest(0, 8)), gives(None) | raises()),
    (lambda key: Get(key, SuffixByteRequest(8)), gives(None) | raises()),
    (lambda key: GetPartialValues(((key, None),)), gives([None]) | raises()),
    (GetSize, raises()),
)
_EXISTS: Final[tuple[Make, Expectation]] = (Exists, gives(value=False) | raises())


async def _ready(trial: Trial) -> Handle:
    """Return a new store, with a key in a directory where it can be written to.

    Raises:
        NotApplicable: it cannot be written to inside the guard, though it can elsewhere.
    """
    store = await trial.open()
    if trial.offers(Need.WRITES):
        outcome = await store.do(Set(trial.key(below=trial.directory()), b"value"))
        if isinstance(outcome, Raised):
            raise NotApplicable(f"inside the guard the store cannot be written to: {outcome}")
    return store


def _escapes(trial: Trial, store: Handle, *, directories: bool = False, beside: str = "") -> Iterator[Escape]:
    root, place = store.place.path, store.place_variable
    return escapes(trial.world, root, place, trial.directory(), directories=directories, beside=beside)


# Scripts


def _file(escape: Escape) -> str:
    return "decoy + '/inner'" if escape.decoy.is_directory else "decoy"


def _decoy(escape: Escape) -> str:
    """The statements that make the decoy in a script."""
    lines = [f"decoy = {escape.script_target}"]
    if escape.decoy.is_directory:
        lines.append("os.mkdir(decoy)")
    if not escape.empty:
        lines.append(f"with open({_file(escape)}, 'w') as file: file.write({_CONTENT!r})")
    return "\n".join([*lines, escape.script_setting] if escape.script_setting else lines)


def _stage(trial: Trial, store: Handle, escape: Escape, *steps: Step, harmless: bool = True) -> None:
    """Make the trace a script with a decoy and these steps: none where it does harm, or does not know where the store lives."""
    opened, *others = trial.trace.steps
    _, opening = trial.subject.opening.python(store.place_variable)
    trial.trace.steps.clear()
    at_place = store.place_variable in escape.script_target + escape.script_setting
    if harmless and (store.place_variable in opening or not at_place):
        needed = others[:1] if escape.script_key.startswith(trial.directory() + "/") else []
        trial.trace.steps += [opened, *needed, Executed(_decoy(escape)), *steps]


def _call(trial: Trial, store: Handle, escape: Escape, make: Make) -> str:
    return escape.python(make(escape.script_key).call(store.variable, trial.dialect))


def _question(trial: Trial, store: Handle, escape: Escape, make: Make) -> str:
    return escape.python(make(escape.script_key).question(store.variable, trial.dialect))


# What a store does outside, and what it tells of it


async def _change(trial: Trial, store: Handle, lookout: Lookout, escape: Escape, make: Make, *, only_there: bool = False) -> None:
    """Perform an operation that names the way of `escape`, and demand that nothing is changed outside the root, or at its end."""
    operation = make(escape.key)
    await trial.perform(store, operation)
    home = str(Path(escape.target).parent)
    happened = {path: words for path, words in lookout.look().items() if within([path], home) or not only_there}
    if happened:
        file = _file(escape)
        left_alone = (
            Asked("", None, f"os.path.exists({file})", gives(value=False))
            if escape.empty
            else Asked("", None, f"os.path.isfile({file}) and open({file}).read()", gives(_CONTENT))
        )
        call = f"with contextlib.suppress(Exception): {_call(trial, store, escape, make)}"
        _stage(trial, store, escape, Executed(call), left_alone, harmless=within(happened, home))
        trial.fail(f"{operation} changes nothing outside the store's root", "; ".join(happened.values()))


def _tells(operation: Operation, outcome: Outcome, content: str) -> bool:
    """Whether a read of a decoy came to some of its content, its size or its existence."""
    match operation, outcome:
        case Exists(), Returned(value):
            return value is True
        case GetSize(), Returned(value):
            return value == len(content)
        case _, Returned(bytes(value)) | Returned([bytes(value)]):
            return len(value) > 0 and value in content.encode()
        case _:
            return False


async def _read(trial: Trial, store: Handle, escape: Escape, make: Make, expectation: Expectation) -> None:
    """Perform a read that names the way of `escape`, and demand that it does not tell of the decoy."""
    operation, nothing = make(escape.key), make(escape.key + _BESIDE)
    content = escape.decoy.content or ""
    outcome = await trial.perform(store, operation)
    # A store that says the same of a path where there is nothing has another fault.
    if _tells(operation, outcome, content) and not _tells(operation, await trial.perform(store, nothing), content):
        _stage(trial, store, escape, Asked("", None, _question(trial, store, escape, make), expectation))
        trial.fail(f"{operation}: {expectation}", str(outcome), f"it leads to {escape.target}, outside the store's root")


async def _list(trial: Trial, store: Handle, escape: Escape, make: Make) -> None:
    """Perform a listing that names the way of `escape`, and demand that no decoy is in it."""
    listing = make(escape.key)
    outcome = await trial.perform(store, listing)
    value = outcome.value if isinstance(outcome, Returned) else None
    names = cast("list[object]", value) if isinstance(value, list) else []
    decoys = [Path(decoy.path).name for decoy in trial.world.decoys(store.place.path)]
    hidden = [decoy for decoy in decoys if decoy not in escape.key]
    found = [str(name) for name in names if any(decoy in str(name) for decoy in hidden)]
    if found:
        word = "inner" if escape.decoy.is_directory else "decoy"
        stray = f"[name for name in {_question(trial, store, escape, make)} if {word!r} in name]"
        _stage(trial, store, escape, Asked("", None, stray, gives([]) | raises()))
        trial.fail(f"{listing} names nothing outside the store's root", f"it named {', '.join(found[:8])}")


def _writes(trial: Trial) -> Iterator[Make]:
    yield lambda key: Set(key, b"stray")
    yield lambda key: SetIfNotExists(key, b"stray")
    if trial.offers(Need.PARTIAL_WRITES):
        yield lambda key: SetPartialValues(((key, 0, b"stray"),))


@clause(
    "SAF-1",
    Level.MUST,
    "no write leaves the root",
    "No `set` writes outside the store's root, whatever the key (`../x`, an absolute path, `a/../../x`, a drive or URL scheme).",
    needs="W",
    guarded=True,
)
async def _no_write(trial: Trial) -> None:
    store = await _ready(trial)
    lookout = Lookout(trial.world)
    for escape in (*_escapes(trial, store), *_escapes(trial, store, beside=_BESIDE)):
        for make in _writes(trial):
            await _change(trial, store, lookout, escape, make)


@clause(
    "SAF-2",
    Level.MUST,
    "no read leaves the root",
    "No `get`, `exists`, `getsize` or range read returns what lies outside the root.",
    guarded=True,
)
async def _no_read(trial: Trial) -> None:
    store = await _ready(trial)
    for escape in _escapes(trial, store):
        for make, expectation in (*_READS, _EXISTS):
            await _read(trial, store, escape, make, expectation)


def _demand_enforcement(trial: Trial) -> None:
    """Go on only where nothing that is asked to remove can do so outside the root.

    Raises:
        NotApplicable: the guard does not bind native code here, and the store may call some.
    """
    if not trial.world.binds_native and trial.subject.pure_python is not True:
        raise NotApplicable("the operating system does not enforce the guard for native code here, and the store may call some")


async def _keeps_parent(trial: Trial, operation: Operation) -> None:
    """Demand that a store which is emptied so leaves alone what its root lies in."""
    store = await _ready(trial)
    lookout = Lookout(trial.world)
    await trial.perform(store, operation)
    happened = lookout.look()
    if happened:
        parent = f"os.path.isdir(os.path.dirname({store.place_variable}))"
        trial.trace.steps += [Performed(store.variable, operation, raised=True), Asked("", None, parent, gives(value=True))]
        if not within(happened, str(store.place.path.parent)):
            trial.trace.steps.clear()
        trial.fail(f"{operation} removes nothing outside the store's root", "; ".join(happened.values()))


@clause(
    "SAF-3",
    Level.MUST,
    "no removal leaves the root",
    "No `delete`, `delete_dir` or `clear` removes what lies outside the root, whatever the key or prefix, nor the root's own "
    "parent. Asked only where the operating system enforces the guard for native code too; elsewhere not applicable for stores "
    "that are not pure Python.",
    needs="D",
    guarded=True,
)
async def _no_removal(trial: Trial) -> None:
    _demand_enforcement(trial)
    store = await _ready(trial)
    lookout = Lookout(trial.world)
    for escape in _escapes(trial, store):
        await _change(trial, store, lookout, escape, Delete)
    makes: tuple[Make, ...] = (Delete, DeleteDir, lambda key: DeleteDir(key + "/"))
    for escape in _escapes(trial, store, directories=True):
        for make in makes:
            await _change(trial, store, lookout, escape, make)
    for operation in (Delete(trial.key(below=trial.directory())), DeleteDir(trial.directory()), DeleteDir(""), Clear()):
        await _keeps_parent(trial, operation)


@clause(
    "SAF-4",
    Level.MUST,
    "no listing leaves the root",
    "No listing names what lies outside the root.",
    needs="L",
    guarded=True,
)
async def _no_listing(trial: Trial) -> None:
    store = await _ready(trial)
    beside = next(escape for escape in _escapes(trial, store) if Path(escape.target).parent == store.place.path.parent)
    whole = replace(beside, key="..", script_key="..")
    of_root: tuple[Make, ...] = (lambda _: ListAll(), lambda _: ListPrefix(""), lambda _: ListDir(""), lambda _: ListPrefix("-"))
    for make in (*of_root, ListDir):
        await _list(trial, store, whole, make)
    of_prefix: tuple[Make, ...] = (ListDir, lambda key: ListDir(key + "/"), ListPrefix, lambda key: ListPrefix(key + "/"))
    for escape in _escapes(trial, store, directories=True):
        for make in of_prefix:
            await _list(trial, store, escape, make)


async def _with_links(trial: Trial) -> tuple[Handle, Escape, Escape]:
    """Return a store with links to two decoys in it, and the keys that lead through them: a file, and a file in a directory.

    Raises:
        NotApplicable: there are no links here, or no file of a key's name below the store's root to put them beside.
    """
    store = await trial.open()
    key = trial.key()
    if isinstance(await store.do(Set(key, b"value")), Raised):
        raise NotApplicable("inside the guard the store cannot be written to")
    files = [path for path in store.place.path.rglob(key) if path.is_file()]
    if not files:
        raise NotApplicable("the store keeps no file of a key's name below its root")
    home = files[0].parent
    targets = [decoy for decoy in trial.world.decoys(store.place.path) if decoy.place == "link target"]
    directory = next(decoy for decoy in targets if decoy.is_directory)
    inner = next(decoy for decoy in targets if Path(decoy.path).parent == Path(directory.path))
    file = next(decoy for decoy in targets if not decoy.is_directory and decoy is not inner)
    link, links = trial.key(1), trial.directory(1)
    try:
        (home / link).symlink_to(file.path)
        (home / links).symlink_to(directory.path, target_is_directory=True)
    except OSError as error:
        raise NotApplicable(f"no symbolic link can be made here: {error}") from None
    # A link to a directory is made in a script before the directory's file has a name there: `decoy` is that file.
    inside = str(home.relative_to(store.place.path))
    at = f"{store.place_variable} + '/{inside}/{{}}'" if inside != "." else f"{store.place_variable} + '/{{}}'"
    elsewhere = "tempfile.mkdtemp() + '/decoy'"
    return (
        store,
        Escape(link, file.path, file, link, elsewhere, f"os.symlink(decoy, {at.format(link)})"),
        Escape(
            f"{links}/{Path(inner.path).name}",
            inner.path,
            inner,
            f"{links}/decoy",
            elsewhere,
            f"os.symlink(os.path.dirname(decoy), {at.format(links)})",
        ),
    )


@clause(
    "SAF-5",
    Level.SHOULD,
    "links out of the root are not followed",
    "A symbolic link inside the root that points outside is not followed for reads, writes or deletes; `delete_dir` and `clear` "
    "remove the link, never its target.",
    needs="X",
    guarded=True,
)
async def _no_link(trial: Trial) -> None:
    trial.require(Need.WRITES)
    store, file, inner = await _with_links(trial)
    for escape in (file, inner):
        for make, expectation in _READS:
            await _read(trial, store, escape, make, expectation)
    directory = trial.directory(1)
    if trial.offers(Need.LISTING):
        listings: tuple[Make, ...] = (lambda _: ListDir(directory), lambda _: ListPrefix(directory + "/"), lambda _: ListAll())
        for make in listings:
            await _list(trial, store, replace(inner, key=directory), make)
    removals: tuple[Make, ...] = (Delete, lambda _: DeleteDir(directory), lambda _: Clear())
    changes = [*_writes(trial)]
    if trial.offers(Need.DELETES) and (trial.world.binds_native or trial.subject.pure_python is True):
        changes += removals
    for make in changes:
        for which in (0, 1):
            store, *through = await _with_links(trial)
            await _change(trial, store, Lookout(trial.world), through[which], make, only_there=True)


CLAUSES = (_no_write, _no_read, _no_removal, _no_listing, _no_link)
