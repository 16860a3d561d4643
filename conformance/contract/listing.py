"""LST: what listings give."""

from __future__ import annotations

from conformance.clause import Level, Need, clause
from conformance.expectation import Returned, gives, gives_names, returns
from conformance.model import Model
from conformance.operations import Delete, Get, GetSize, ListAll, ListDir, ListPages, ListPrefix, Set, SetEach
from conformance.trial import Handle, Trial
from storeproto import SupportsPages


async def _nested(trial: Trial) -> tuple[Handle, dict[str, bytes]]:
    """Return a store with several keys at the root and at two depths below it, and its contents."""
    outer = trial.directory(0)
    inner = trial.directory(1, below=outer)
    return await trial.stocked(
        {
            trial.key(0): b"root",
            trial.key(0, below=outer): b"outer",
            trial.key(0, below=inner): b"inner",
            trial.key(1, below=inner): b"inner",
        }
    )


async def _similar(trial: Trial) -> tuple[Handle, dict[str, bytes]]:
    """Return a store with directories whose names begin alike, and its contents."""
    prefix = trial.directory(1)
    siblings = trial.legal_among([f"{prefix}-x/{trial.key(1)}", f"{prefix}.x/{trial.key(2)}", f"{prefix}x"])
    patterns = trial.legal_among([f"{prefix}_x/{trial.key(3)}", f"{prefix}ax/{trial.key(4)}"])  # to SQL, the one matches the other
    keys = [trial.key(0, below=prefix), *(siblings or [trial.key(0, below=trial.directory(10))]), *patterns]
    return await trial.stocked(dict.fromkeys(keys, b"value"))


def _directories(contents: dict[str, bytes]) -> list[str]:
    """The directories that the keys lie in."""
    found = {key[:end]: None for key in contents for end, character in enumerate(key) if character == "/"}
    return [directory for directory in found if directory not in contents]


@clause("LST-1", Level.MUST, "each key once", "`list()` gives each live key exactly once, and nothing else.", needs="L")
async def _each_once(trial: Trial) -> None:
    store, contents = await _nested(trial)
    await store.expect(ListAll(), gives_names(contents), "these keys are set")
    if trial.offers(Need.DELETES):
        gone = trial.key(0, below=trial.directory(0))
        await store.delete(gone)
        if await store.do(Get(gone)) == Returned(None):  # where it still reads, DEL-1 says so
            del contents[gone]
            await store.expect(ListAll(), gives_names(contents), f"{gone!r} was deleted")


@clause("LST-2", Level.MUST, "the empty prefix is all", '`list_prefix("")` gives what `list()` gives.', needs="L")
async def _empty_prefix(trial: Trial) -> None:
    store, _ = await _nested(trial)
    await store.expect(ListPrefix(""), gives_names(await store.run(ListAll())), "list() gives these")


@clause(
    "LST-3",
    Level.MUST,
    "list_prefix of a directory",
    "`list_prefix(p)` with `p` ending in `/` gives exactly the keys that begin with `p`, whole, relative to the root.",
    needs="L",
)
async def _directory_prefix(trial: Trial) -> None:
    for store, contents in (await _nested(trial), await _similar(trial)):
        model = Model(contents)
        for directory in _directories(contents):
            operation = ListPrefix(f"{directory}/")
            await store.expect(operation, model.allows(operation), f"these keys begin with {operation.prefix!r}")


@clause(
    "LST-4",
    Level.SHOULD,
    "list_prefix of any string",
    "`list_prefix(p)` for any other string prefix `p` gives exactly the keys that begin with the string `p`.",
    needs="L",
)
async def _string_prefix(trial: Trial) -> None:
    store, contents = await _similar(trial)
    model = Model(contents)
    for prefix in dict.fromkeys([part for key in contents for part in (key[: key.rfind("/") + 2], key.partition("/")[0], key)]):
        operation = ListPrefix(prefix)
        await store.expect(operation, model.allows(operation), f"these keys begin with {prefix!r}")


@clause(
    "LST-5",
    Level.MUST,
    "list_dir gives the children",
    "`list_dir(p)` gives the name of each immediate child of `dir(p)`, key or prefix, once, with no `/` in it.",
    needs="L",
)
async def _children(trial: Trial) -> None:
    store, contents = await _nested(trial)
    model = Model(contents)
    for directory in ("", *_directories(contents)):
        operation = ListDir(directory)
        await store.expect(operation, model.allows(operation), f"these are the children of {directory or 'the root'!r}")


@clause(
    "LST-6",
    Level.MUST,
    "a slash behind the directory changes nothing",
    '`list_dir("p")` and `list_dir("p/")` agree; siblings such as `p-x` and `p.x` are not in it.',
    needs="L",
)
async def _slash(trial: Trial) -> None:
    store, contents = await _similar(trial)
    model = Model(contents)
    for directory in _directories(contents):
        plain, slashed = ListDir(directory), ListDir(f"{directory}/")
        await store.expect(slashed, gives_names(await store.run(plain)), f"list_dir({directory!r}) gives these")
        await store.expect(plain, model.allows(plain), "what lies in a directory of a similar name is no child")


@clause(
    "LST-7",
    Level.MUST,
    "a missing prefix lists nothing",
    'A missing prefix lists nothing and raises nothing; `list_dir(k)`, and `list_prefix("k/")`, of a prefix that is only a key '
    "list nothing.",
    needs="L",
)
async def _nothing(trial: Trial) -> None:
    store, contents = await _nested(trial)
    missing = [trial.directory(9), trial.directory(9, below=trial.directory(0)), trial.directory(8, below=trial.directory(9))]
    for name in (*missing, *contents):
        because = "it is a key, and no prefix" if name in contents else "no key is below it"
        for operation in (ListDir(name), ListDir(f"{name}/"), ListPrefix(f"{name}/")):
            await store.expect(operation, gives_names([]), because)
    store = await trial.open()
    if trial.offers(Need.WRITES):
        for operation in (ListDir(""), ListPrefix(""), ListDir(trial.directory())):
            await store.expect(operation, gives_names([]), "the store is empty")


@clause(
    "LST-8",
    Level.MUST,
    "no page limit shows",
    "No page limit shows: 2,500 keys in one directory and 2,500 directories all come (5,001 in the thorough profile).",
    needs="L",
)
async def _no_page(trial: Trial) -> None:
    trial.require(Need.WRITES)
    count, directory = trial.profile.page, trial.directory()
    names, directories = SetEach(trial.template(), count), SetEach(trial.directory_template(), count)
    flat = "/" not in names.template

    store = await trial.open()
    keys = SetEach(trial.template(below=directory), count)
    await store.run(keys)
    because = f"{count:,} keys were set in one directory"
    if flat:
        await store.expect(ListDir(directory), gives_names(names.keys, names.source), because)
    await store.expect(ListPrefix(f"{directory}/"), gives_names(keys.keys, keys.source), because)
    await store.expect(ListAll(), gives_names(keys.keys, keys.source), because)
    if isinstance(store.store, SupportsPages):
        for prefix in ("", f"{directory}/"):
            await store.expect(ListPages(prefix), gives_names(keys.keys, keys.source), because)

    store = await trial.open()
    keys = SetEach(f"{trial.directory_template()}/{trial.key()}", count)
    await store.run(keys)
    because = f"a key was set in each of {count:,} directories"
    await store.expect(ListDir(""), gives_names(directories.keys, directories.source), because)
    await store.expect(ListAll(), gives_names(keys.keys, keys.source), because)


@clause("LST-9", Level.MUST, "what is listed can be read", "Every listed key can be read; sizes agree.", needs="L")
async def _readable(trial: Trial) -> None:
    store, _ = await _nested(trial)
    names = [name for name in await store.run(ListAll()) if isinstance(name, str)]
    for key in trial.legal_among(names):  # whether the others should be there, LST-1 says
        value = await store.get(key)
        if value is None:
            call = Get(key).call(store.variable, trial.dialect)
            await trial.ask(f"{call} is not None", gives(value=True), f"list() gave {key!r}")
        if isinstance(value, bytes):
            await store.expect(GetSize(key), gives(len(value)), "the value that get gives is as long")


_LISTINGS = {"list": "list()", "list_prefix": "list_prefix($below)", "list_dir": "list_dir($directory)"}
"""The calls of the three listings, of the store or of one directory in it."""


@clause(
    "LST-10",
    Level.MUST,
    "a listing outlives changes",
    "Changing the store while a listing is under way raises nothing; keys not touched come exactly once.",
    needs="L",
)
async def _changes(trial: Trial) -> None:
    trial.require(Need.WRITES)
    directory = trial.directory()
    keys = SetEach(trial.template(below=directory), 20)
    new = trial.key(20, below=directory)
    for method, listing in _LISTINGS.items():
        if method == "list_dir" and "/" in trial.key():
            continue  # the names of this grammar are more than one level deep: the directory has one child
        start = len(directory) + 1 if method == "list_dir" else 0
        for changed in (keys.keys[0], keys.keys[10], keys.keys[19]):
            store = await trial.open()
            await store.run(keys)
            await trial.execute(
                f"listing = aiter({store.variable}.{listing}); names = [await anext(listing)]",
                directory=directory,
                below=f"{directory}/",
            )
            await store.set(new, b"new")
            await store.run(Delete(changed) if trial.offers(Need.DELETES) else Set(changed, b"changed"))
            touched = (new[start:], changed[start:])
            await trial.ask(
                f"sorted([name for name in names + [name async for name in listing] if name not in {touched}])",
                gives(sorted([key[start:] for key in keys.keys if key != changed])),
                f"these were not touched, after the first step of {method}",
                shown=f"{method}, without the two names that changed",
            )


_ROUNDS = 3
"""How often listings look on at writes: what one thread sees of another's is a matter of luck."""

_WAYS_OUT = {
    "dropped": "async for name in {}: break",
    "closed": "listing = aiter({}); await anext(listing, None); await listing.aclose()",
}
"""How a listing is left after its first item."""


@clause("LST-11", Level.MUST, "a listing can be left", "Leaving a listing early leaks nothing and blocks nothing.", needs="L")
async def _left(trial: Trial) -> None:
    directory = trial.directory()
    words = {"directory": directory, "below": f"{directory}/"}
    two = {trial.key(number, below=directory): b"value" for number in range(2)}
    for method, listing in _LISTINGS.items():
        for way, statement in _WAYS_OUT.items():
            because = f"{method} was {way} after its first item"
            store, contents = await trial.stocked(two)
            closes = await trial.outcome_of(f"hasattr({store.variable}.{listing}, 'aclose')", **words)
            if way == "closed" and closes != Returned(value=True):
                continue
            left = statement.format(f"{store.variable}.{listing}")
            await trial.execute("before = asyncio.all_tasks()")
            await trial.execute(left, **words)
            # The event loop closes what was dropped, in a task of its own: only one that hangs is waited for in vain.
            await trial.execute("for _ in range(100): await asyncio.sleep(0.01 * bool(asyncio.all_tasks() - before))")
            await trial.ask("[*(asyncio.all_tasks() - before)]", gives([]), because)
            store, contents = await trial.stocked(two)
            await trial.execute(left, **words)
            if trial.offers(Need.WRITES):
                await store.set(trial.key(9), b"new")
                contents[trial.key(9)] = b"new"
            await store.expect(ListAll(), gives_names(contents), because)


@clause("LST-12", Level.MUST, "two listings at once", "Two listings at once do not disturb each other.", needs="L")
async def _two(trial: Trial) -> None:
    store, _ = await _nested(trial)
    for listing in ("list()", "list_prefix('')", "list_dir('')"):
        with trial.apart():
            call = f"{store.variable}.{listing}"
            alone = await trial.ask(f"sorted([name async for name in {call}])", returns)
            await trial.execute(f"one, two = aiter({call}), aiter({call})")
            await trial.ask(
                f"sorted([name for _ in range({len(alone)}) for name in (await anext(one), await anext(two))])",
                gives(sorted(alone * 2)),
                f"alone, {listing} gives each of these once",
            )


@clause(
    "LST-13",
    Level.MUST,
    "nothing but keys is listed",
    "Nothing but keys is listed: no temporary file, no lock, no directory marker, before, during and after a write.",
    needs="LW",
)
async def _only_keys(trial: Trial) -> None:
    keys = [trial.key(number) for number in range(3)]
    # The names of some grammars are more than one level deep.
    names = [*dict.fromkeys([*keys, *[key.partition("/")[0] for key in keys]])]
    words = dict(zip("abcdef", names, strict=False))
    allowed = ", ".join([f"${word}" for word in words])
    value = trial.dialect.python_value(trial.legal_value(b"v" * trial.profile.largest))
    store = await trial.open()
    name = store.variable
    await store.expect(ListAll(), gives_names([]), "nothing was written yet")
    for number in range(_ROUNDS):
        with trial.apart():
            for key in keys if number else ():  # what is there is written otherwise than what is new: the script shall say so
                await store.set(key, b"v")
            await trial.execute(
                f"writing, names = asyncio.gather(*[{name}.set(key, {value}) for key in ($a, $b, $c)]), set()\n"
                "while not writing.done():\n"
                f"    names.update([key async for key in {name}.list()], [key async for key in {name}.list_dir('')])\n"
                "    await asyncio.sleep(0)",
                **words,
            )
            because = "it was listed while values were written"
            await trial.ask(f"[await writing] and [*(names - {{{allowed}}})]", gives([]), because, **words)
    store = await trial.open()
    directory = trial.directory()
    for key in keys:
        await store.set(f"{directory}/{key}", b"value")
    for listing, expected in (("list()", [f"{directory}/{key}" for key in keys]), ("list_dir($directory)", names)):
        source = f"[key async for key in {name}.{listing} if key not in {expected}]"
        await trial.ask(source, gives([]), "just these keys were written", directory=directory)


CLAUSES = (
    _each_once, _empty_prefix, _directory_prefix, _string_prefix, _children, _slash, _nothing, _no_page, _readable, _changes, _left,
    _two, _only_keys,
)  # fmt: skip
