"""CAP: honest capabilities."""

from __future__ import annotations

import inspect

from conformance.clause import Level, Need, NotApplicable, clause
from conformance.expectation import Expectation, gives, gives_names, gives_not, raises, returns
from conformance.operations import (
    Clear,
    Delete,
    DeleteDir,
    Get,
    GetSizePrefix,
    IsEmpty,
    ListAll,
    ListDir,
    ListPrefix,
    Operation,
    Set,
    SetIfNotExists,
    SetPartialValues,
    SetRange,
)
from conformance.survey import FLAGS
from conformance.trial import Handle, Trial

_REFUSED = raises(NotImplementedError)
_LISTINGS = {"list": "list()", "list_prefix": "list_prefix('')", "list_dir": "list_dir('')"}


def _claims(trial: Trial, need: Need) -> bool:
    return trial.survey.flags[FLAGS[need]]


def _only_where_false(trial: Trial, need: Need) -> None:
    """Go on only where the flag of `need` is False."""
    if _claims(trial, need):
        raise NotApplicable(f"{FLAGS[need]} is True")


def _offered(store: Handle, operation: Operation) -> bool:
    """Whether the store has the method, and the parameter where one is asked for."""
    method = getattr(store.store, operation.method, None)
    if not callable(method):
        return False
    try:
        return not isinstance(operation, SetRange) or "byte_range" in inspect.signature(method).parameters
    except (TypeError, ValueError):
        return False


async def _unwritable(trial: Trial) -> tuple[Handle, dict[str, bytes], str]:
    """A store that says it cannot be written to, what it holds, and a key that is not set in it.

    Raises:
        NotApplicable: its data may be someone's, who would miss it if the flag is not honest.
    """
    _only_where_false(trial, Need.WRITES)
    contents = dict(trial.subject.contents or {})
    if contents and not (trial.subject.disposable or trial.subject.opening.scratch):
        raise NotApplicable("the kit wrote none of the store's data: say disposable=True in the subject if it may be written to")
    if not contents and not trial.offers(Need.LISTING) and not trial.subject.disposable:
        raise NotApplicable("the store is not shown to be empty: say disposable=True in the subject if it may be written to")
    key = next(name for name in map(trial.key, range(len(contents) + 1)) if name not in contents)
    return await trial.open(), contents, key


async def _read_back(store: Handle, trial: Trial, contents: dict[str, bytes], absent: str, because: str) -> None:
    """Demand that the store holds just `contents`, by reading."""
    if trial.offers(Need.LISTING):
        await store.expect(ListAll(), gives_names(contents), because)
    for key, value in contents.items():
        await store.expect(Get(key), gives(value), because)
    if absent:
        await store.expect(Get(absent), gives(None), because)


@clause(
    "CAP-1",
    Level.MUST,
    "no writes: set is refused",
    "`supports_writes` is False: `set` raises `NotImplementedError` or the read-only error, and nothing changed.",
)
async def _no_writes(trial: Trial) -> None:
    store, contents, key = await _unwritable(trial)
    await store.expect(Set(key, b"value"), raises(NotImplementedError, ValueError), "supports_writes is False")
    await _read_back(store, trial, contents, key, "set was refused")


@clause(
    "CAP-2",
    Level.MUST,
    "no deletes: delete and delete_dir are refused",
    "`supports_deletes` is False, on a writable handle: `delete` of a present key and `delete_dir` of a non-empty prefix raise "
    "`NotImplementedError`, and nothing changed; of a missing one they do nothing or raise it; `clear` works in full or raises it.",
)
async def _no_deletes(trial: Trial) -> None:
    _only_where_false(trial, Need.DELETES)
    trial.require(Need.WRITES)
    key, directory = trial.key(), trial.directory()
    contents = {key: b"one", trial.key(below=directory): b"two"}
    false = "supports_deletes is False"
    cases: list[tuple[Operation, Expectation]] = [
        (Delete(key), _REFUSED),
        (DeleteDir(directory), _REFUSED),
        (Delete(trial.key(1)), returns | _REFUSED),
        (DeleteDir(trial.directory(1)), returns | _REFUSED),
    ]
    for operation, expectation in cases:
        store, _ = await trial.stocked(contents)
        if _offered(store, operation):
            await store.expect(operation, expectation, false)
            await _read_back(store, trial, contents, "", f"{operation} must leave everything, since {false}")
    store, _ = await trial.stocked(contents)
    if _offered(store, Clear()):
        got = await store.expect(Clear(), returns | _REFUSED, false)
        refused = isinstance(got, NotImplementedError)
        await _read_back(store, trial, contents if refused else {}, "" if refused else key, "clear works in full or is refused")


@clause(
    "CAP-3",
    Level.MUST,
    "no listing: listings are refused",
    "`supports_listing` is False: the listings raise `NotImplementedError` at the first item at the latest.",
)
async def _no_listing(trial: Trial) -> None:
    _only_where_false(trial, Need.LISTING)
    store, _ = await trial.stocked({trial.key(): b"value"})
    found = {method: call for method, call in _LISTINGS.items() if callable(getattr(store.store, method, None))}
    for call in found.values():
        await trial.ask(f"await anext(store.{call})", _REFUSED, "supports_listing is False")
    if not found:
        raise NotApplicable("the store has no listings at all")


@clause(
    "CAP-4",
    Level.MUST,
    "no partial writes: they are refused",
    "`supports_partial_writes` is False, on a writable handle: `set_partial_values`, and `set` with a byte range where it takes "
    "one, raise `NotImplementedError`, and nothing changed. A parameter or method that is not there at all is not applicable.",
)
async def _no_partial_writes(trial: Trial) -> None:
    _only_where_false(trial, Need.PARTIAL_WRITES)
    trial.require(Need.WRITES)
    key = trial.key()
    asked = 0
    for operation in (SetPartialValues(((key, 0, b"new"),)), SetRange(key, b"new", 0)):
        store, contents = await trial.stocked({key: b"value"})
        if _offered(store, operation):
            asked += 1
            await store.expect(operation, _REFUSED, "supports_partial_writes is False")
            await _read_back(store, trial, contents, "", f"{operation.method} was refused")
    if not asked:
        raise NotApplicable("the store has no set_partial_values, and its set takes no byte range")


def _claimed(trial: Trial, need: Need) -> list[Operation]:
    """The operations that the flag of `need` claims, on a store that holds `trial.key()` and a key below `trial.directory()`."""
    key, directory = trial.key(), trial.directory()
    match need:
        case Need.WRITES:
            return [Set(key, b"new"), SetIfNotExists(trial.key(1), b"new")]
        case Need.PARTIAL_WRITES:
            return [SetPartialValues(((key, 0, b"n"),))]
        case Need.DELETES:
            return [Delete(key), DeleteDir(directory), Clear()]
        case _:
            return [ListAll(), ListPrefix(""), ListDir(""), IsEmpty(""), GetSizePrefix("")]


@clause(
    "CAP-5",
    Level.MUST,
    "a flag that is True is kept",
    "A flag that is True is kept: the operation works (an over-claim names the flag and the call that failed).",
)
async def _over_claim(trial: Trial) -> None:
    for need, flag in FLAGS.items():
        for operation in _claimed(trial, need) if trial.offers(need) else []:
            if isinstance(operation, DeleteDir | Clear) and not trial.offers(Need.LISTING):
                continue  # what cannot be listed cannot be found to be removed
            store, _ = await trial.stocked({trial.key(): b"value"})
            if isinstance(operation, DeleteDir) and trial.offers(Need.WRITES):
                await store.do(Set(trial.key(below=trial.directory()), b"value"))
            await store.expect(operation, returns, f"{flag} is True")


@clause(
    "CAP-6",
    Level.SHOULD,
    "a flag that is False is no under-claim",
    "A flag that is False is not an under-claim: the operation does not in fact work (`clear` aside).",
)
async def _under_claim(trial: Trial) -> None:
    false = [need for need in FLAGS if not _claims(trial, need)]
    if not false:
        raise NotApplicable("every flag is True")
    asked = 0
    for need in false:
        if need is Need.WRITES:
            store, _, key = await _unwritable(trial)
            for writing in (Set(key, b"new"), SetIfNotExists(key, b"new")):
                await store.do(writing)
                await store.expect(Get(key), gives_not(b"new"), f"supports_writes is False, yet {writing.method} works")
            asked += 1
            continue
        if not trial.offers(Need.WRITES):
            continue
        asked += 1
        key, value = trial.key(), b"value"
        if need is Need.LISTING:
            store, contents = await trial.stocked({key: value})
            for listing in (ListAll(), ListPrefix(""), ListDir("")):
                await store.expect(listing, gives_not(list(contents)), f"supports_listing is False, yet {listing.method} works")
        if need is Need.DELETES:
            nested = trial.key(below=trial.directory())
            for removal, name in ((Delete(key), key), (DeleteDir(trial.directory()), nested)):
                store, _ = await trial.stocked({key: value, nested: value})
                await store.do(removal)
                await store.expect(Get(name), gives_not(None), f"supports_deletes is False, yet {removal.method} works")
        if need is Need.PARTIAL_WRITES:
            for patch in (SetPartialValues(((key, 0, b"n"),)), SetRange(key, b"n", 0)):
                store, _ = await trial.stocked({key: value})
                await store.do(patch)
                await store.expect(Get(key), gives_not(b"nalue"), f"supports_partial_writes is False, yet {patch.method} works")
    if not asked:
        raise NotApplicable("the store cannot be written to, so that there is nothing to ask about")


CLAUSES = (_no_writes, _no_deletes, _no_listing, _no_partial_writes, _over_claim, _under_claim)
