"""LIF: the life of a store, from its making to its end."""

from __future__ import annotations

import os

from conformance.clause import ClauseFailure, Level, Need, NotApplicable, clause
from conformance.contract.read_only import reads, same_answers
from conformance.durability import scripts
from conformance.durability.elsewhere import fresh_opening, given_to, heard, heard_any, started
from conformance.durability.leaks import look_for_leaks
from conformance.expectation import Expectation, Raised, Returned, gives, gives_names, raises, returns
from conformance.operations import (
    Clear,
    Delete,
    DeleteDir,
    Exists,
    Get,
    GetPartialValues,
    GetSize,
    GetSizePrefix,
    IsEmpty,
    ListAll,
    ListDir,
    ListPrefix,
    Operation,
    Set,
    SetIfNotExists,
    SetPartialValues,
)
from conformance.trial import Handle, Trial

_SAYS_NOT_OPEN = (ValueError, RuntimeError, OSError)
"""What a store that is not open may raise: an AttributeError, say, tells its user nothing."""


def _every_kind(trial: Trial) -> list[Operation]:
    """An operation of each kind that the store offers; on an empty store all but getsize return."""
    key, directory = trial.key(), trial.directory()
    operations: list[Operation] = [Exists(key), Get(key), GetPartialValues(((key, None),)), GetSize(key)]
    if trial.offers(Need.LISTING):
        operations += [ListAll(), ListPrefix(""), ListDir(""), IsEmpty(""), GetSizePrefix("")]
    if trial.offers(Need.WRITES):
        operations += [Set(key, b"value"), SetIfNotExists(key, b"value")]
    if trial.offers(Need.PARTIAL_WRITES):
        operations.append(SetPartialValues(((key, 0, b"value"),)))
    if trial.offers(Need.DELETES):
        operations += [Delete(key), *([DeleteDir(directory), Clear()] if trial.offers(Need.LISTING) else [])]
    return operations


@clause(
    "LIF-1",
    Level.MUST,
    "a store just made works",
    "A store just made works, or says that it is not open; every operation gives the same answer.",
)
async def _just_made(trial: Trial) -> None:
    operations = _every_kind(trial)
    refusals = [operation for operation in operations if await _fails_only_when_new(trial, operation)]
    if not refusals:
        return
    consistent = len(refusals) == len(operations)
    for operation in refusals:
        store = await trial.open()
        allowed: Expectation = raises(*_SAYS_NOT_OPEN) if consistent else _ordinary(operation)
        because = "it must say that it is not open" if consistent else f"{_other(operations, refusals)} works on a store just made"
        await store.expect(operation, allowed, because)


def _ordinary(operation: Operation) -> Expectation:
    return returns | raises(FileNotFoundError) if isinstance(operation, GetSize) else returns


def _other(operations: list[Operation], refusals: list[Operation]) -> Operation:
    return next(operation for operation in operations if operation not in refusals)


async def _fails_only_when_new(trial: Trial, operation: Operation) -> bool:
    """Whether `operation` raises as the first on a store, and not, or otherwise, after others."""
    store = await trial.open()
    first = await store.do(operation)
    if not isinstance(first, Raised) or _ordinary(operation).allows(first):
        return False
    used = await trial.open()
    for other in _every_kind(trial):
        if not other.removes:
            await used.do(other)
    second = await used.do(operation)
    return not (isinstance(second, Raised) and type(second.error) is type(first.error))


@clause(
    "LIF-2",
    Level.MUST,
    "close is idempotent, and leaving the context closes",
    "close is idempotent; the context manager, where offered, closes, after an exception too.",
)
async def _closes(trial: Trial) -> None:
    store, contents = await trial.stocked({trial.key(): b"value"})
    key = next(iter(contents), trial.key())
    await _close(trial, store)
    await _close(trial, store)
    after_close = await store.do(Get(key))
    for context, method in (("with left", "__exit__"), ("async with left", "__aexit__")):
        if not callable(getattr(store.store, method, None)):
            continue
        within = f"with contextlib.suppress(KeyError):\n    {context}: raise KeyError"
        for statement in (f"{context}: pass", within):
            left, _ = await trial.stocked({key: b"value"}, "left")
            await trial.execute(statement)
            left.closed = True
            await left.expect(Get(key), _like(after_close), f"a get after close() came to {after_close}")
        left, _ = await trial.stocked({key: b"value"}, "left")
        await trial.execute(f"raised = True\n{within}\n    raised = False")
        left.closed = True
        await trial.ask("raised", gives(value=True), "leaving the context lets out what was raised within it")


def _like(outcome: Returned | Raised) -> Expectation:
    """The same value, or an error of the same class."""
    if isinstance(outcome, Returned):
        return gives(outcome.value)
    return raises(type(outcome.error)) if isinstance(outcome.error, Exception) else raises()


async def _close(trial: Trial, handle: Handle) -> None:
    """Close a handle, so that the script shows it."""
    await trial.execute(f"{handle.variable}.close()")
    handle.closed = True


@clause(
    "LIF-3",
    Level.MUST,
    "after close an operation raises, or works in full",
    "After close an operation raises, or works in full: an acknowledged set is never lost.",
    needs="W",
)
async def _after_close(trial: Trial) -> None:
    key, because = trial.key(), "a set after close was acknowledged"
    store = await trial.open()
    await _close(trial, store)
    if isinstance(await store.do(Set(key, trial.legal_value(b"late"))), Returned):
        await store.expect(Get(key), gives(b"late") | raises(), because)
        if trial.offers(Need.REOPENING):
            again = await trial.reopen(store)
            await again.expect(Get(key), gives(b"late"), because)
    store = await trial.open()
    await store.set(key, b"value")
    await _close(trial, store)
    await store.expect(Get(key), gives(b"value") | raises(), "it was set before close")
    await store.expect(Exists(key), gives(value=True) | raises(), "it was set before close")
    if trial.offers(Need.LISTING):
        await store.expect(ListAll(), gives_names([key]) | raises(), "it was set before close")
    if trial.offers(Need.REOPENING):
        again = await trial.reopen(store)
        await again.expect(Get(key), gives(b"value"), "it was set before close")


@clause(
    "LIF-4",
    Level.MUST,
    "re-opening sees what was stored",
    "Re-opening sees exactly what was stored, an overwrite and a delete included.",
    needs="R",
)
async def _seen_again(trial: Trial) -> None:
    changes: list[Operation | None] = [None]
    if trial.offers(Need.WRITES):
        changes.append(Set(trial.key(), trial.legal_value(b"second")))
    if trial.offers(Need.DELETES):
        changes.append(Delete(trial.key()))
    for change in changes:
        store, contents = await trial.stocked({trial.key(): b"a long first value", trial.key(1): b"another"})
        if change is not None:
            await store.run(change)
        # What the first handle does wrong is for other clauses to say; publishing may close it.
        before = [(read, await store.do(read)) for key in contents for read in reads(trial, key)]
        again = await trial.reopen(store)
        await same_answers(again, before, "the first handle, before re-opening, read and listed so")


@clause(
    "LIF-5",
    Level.MUST,
    "pickling keeps mode and data, or raises",
    "A pickled and unpickled store has the same mode, and, where the medium outlives the process, is equal and sees the same data; "
    "or pickling raises. Unpickling never truncates data.",
)
async def _pickled(trial: Trial) -> None:
    store, contents = await trial.stocked({trial.key(): b"value"})
    await trial.publish(store)
    if isinstance(await trial.outcome_of("pickle.dumps(store)"), Raised):
        return
    again = await trial.derive(store, "pickle.loads(pickle.dumps(store))", "again")
    await trial.ask("again.read_only", gives(trial.survey.read_only), "the store that was pickled has this mode")
    outlives = trial.offers(Need.REOPENING) or trial.offers(Need.HOST_FILES)
    if outlives:
        await trial.ask("again == store", gives(value=True), "both are handles of one mode on one location")
    for key, value in contents.items():
        if outlives:
            await again.expect(Get(key), gives(value), "the store that was pickled holds it")
        await store.expect(Get(key), gives(value) | raises(), "unpickling takes nothing from the data")
    if not trial.survey.read_only and (reader := await _reader(trial, await trial.open())):
        unpickled = f"pickle.loads(pickle.dumps({reader.variable}))"
        await trial.ask(f"{unpickled}.read_only", gives(value=True) | raises(), "a read-only handle was pickled")


@clause(
    "LIF-6",
    Level.SHOULD,
    "equal means the same location and mode",
    "Equality: same location and mode are equal; another location, mode or type is not.",
)
async def _equality(trial: Trial) -> None:
    store = await trial.open()
    await trial.open("other")
    await trial.ask("store == store", gives(value=True), "it is itself")
    await trial.ask("store == other", gives(value=False), "the other store is at another location")
    await trial.ask("store == 'store'", gives(value=False), "a str is no store")
    twin = await _twin(trial, store)
    if twin is not None:
        await trial.ask(f"{twin.variable} == store", gives(value=True), "both are of one mode and at one location")
    if not trial.survey.read_only and (reader := await _reader(trial, store)):
        await trial.ask(f"{reader.variable} == store", gives(value=False), "only one of them is read-only")


@clause(
    "LIF-6a",
    Level.MUST,
    "equal stores have equal hashes",
    "`hash` agrees with equality or is refused.",
)
async def _hashes(trial: Trial) -> None:
    store = await trial.open()
    hashable = await trial.outcome_of("hash(store)")
    if isinstance(hashable, Raised):
        await trial.ask("hash(store)", raises(TypeError), "hash is refused by a TypeError")
        return
    await trial.ask("hash(store) == hash(store)", gives(value=True), "a hash does not change")
    twin = await _twin(trial, store)
    if twin is None:
        return
    await trial.ask(f"{twin.variable} != store or hash({twin.variable}) == hash(store)", gives(value=True), "equal, so same hash")


async def _twin(trial: Trial, store: Handle) -> Handle | None:
    """Another handle of the same mode on the same data; None where there is no way to one."""
    if callable(getattr(store.store, "with_read_only", None)):
        source = f"{store.variable}.with_read_only({trial.survey.read_only})"
        twin = await trial.derive_if_offered(store, source, "twin")
        if twin is not None:
            return twin
    if trial.offers(Need.REOPENING):
        return await trial.reopen(store, read_only=trial.survey.read_only)
    return None


async def _reader(trial: Trial, store: Handle) -> Handle | None:
    """A read-only handle on the same data; None where there is no way to one."""
    try:
        return await trial.read_only(store)
    except NotApplicable:
        return None


@clause("LIF-7", Level.MUST, "closing one handle breaks no other", "Closing one handle does not break another.")
async def _others_go_on(trial: Trial) -> None:
    store, contents = await trial.stocked({trial.key(): b"value"})
    twin = await _twin(trial, store)
    other, others = await trial.stocked({trial.key(): b"other"}, "other")
    await _close(trial, store)
    for handle, held, where in ((twin, contents, "on the same data"), (other, others, "on other data")):
        if handle is None:
            continue
        for key, value in held.items():
            await handle.expect(Get(key), gives(value), f"another handle, {where}, was closed")
        if trial.offers(Need.WRITES):
            await handle.expect(Set(trial.key(1), trial.legal_value(b"later")), returns, f"another handle, {where}, was closed")
            await handle.expect(Get(trial.key(1)), gives(b"later"), f"another handle, {where}, was closed")


@clause(
    "LIF-8",
    Level.SHOULD,
    "works in another event loop and thread",
    "A store made in one event loop works in another after re-opening, and from a worker thread.",
)
async def _elsewhere(trial: Trial) -> None:
    handle, contents = await trial.stocked({trial.key(): b"value"})
    # Twice: what a class keeps of a loop is found when that loop is closed.
    for loop in ("first", "second"):
        if trial.offers(Need.REOPENING):
            handle = await trial.reopen(handle)
        for key, value in list(contents.items())[:1]:
            await trial.execute(f"async def read(): return {Get(key).question(handle.variable, trial.dialect)}")
            await trial.ask(
                "await asyncio.to_thread(asyncio.run, asyncio.wait_for(read(), 10))",
                gives(value),
                f"a worker thread reads it in the {loop} event loop of its own",
            )
            await handle.expect(Get(key), gives(value), "it works on in the loop that it was made in")
        if trial.offers(Need.WRITES) and not handle.store.read_only:
            key = trial.key(2)
            await trial.execute(
                f"async def write(): {Set(key, trial.legal_value(loop.encode())).call(handle.variable, trial.dialect)}"
            )
            await trial.execute("await asyncio.to_thread(asyncio.run, asyncio.wait_for(write(), 10))")
            await handle.expect(Get(key), gives(loop.encode()), "a worker thread set it")


@clause(
    "LIF-9",
    Level.MUST,
    "nothing accumulates",
    "Nothing accumulates: ten rounds of open, use, close leave no more tasks, threads, open files and temporary files behind than "
    "two did.",
)
async def _nothing_accumulates(trial: Trial) -> None:
    await look_for_leaks(trial)


@clause("LIF-10", Level.SHOULD, "repr names class and location", "`repr` names the class and the location.")
async def _named(trial: Trial) -> None:
    store = await trial.open()
    await trial.open("other")
    await trial.ask("type(store).__name__ in repr(store)", gives(value=True), "repr names the class")
    await trial.ask("repr(store) != repr(other)", gives(value=True), "they are at different locations")
    if trial.subject.opening.scratch:
        await trial.ask(f"os.path.basename({store.place_variable}) in repr(store)", gives(value=True), "it lives in that directory")


@clause(
    "LIF-11",
    Level.SHOULD,
    "a forked child works or raises",
    "In a forked child the store works or raises; it never hangs, and never answers wrongly in the parent.",
)
async def _forked(trial: Trial) -> None:
    if not hasattr(os, "fork"):
        raise NotApplicable("this system does not fork")
    trial.require(Need.RECIPE, Need.WRITES)
    if not (trial.offers(Need.HOST_FILES) or trial.offers(Need.REOPENING)):
        raise NotApplicable("the store lives in the memory of one process: a fork has all of it")
    key, other = trial.key(), trial.key(1)
    given = given_to(trial, trial.place(), fresh_opening(trial), key=key, other=other, seconds=min(trial.profile.deadline / 2, 5.0))
    process = await started(trial, "conformance.durability.jobs:use_in_a_fork", given)
    kind, child = await heard_any(trial, process, "child", "raised")
    if kind == "raised":
        raise NotApplicable(f"the store does not work in another process to begin with: {child}")
    parent = await heard(trial, process, "parent")
    trial.trace.steps[:] = [scripts.used_in_a_fork(trial, key, other)]
    if child and not child.startswith("raised"):
        trial.fail("get and set work, or raise, in a forked child", child)
    if parent:
        trial.fail("set and get work in the parent, after a forked child used the store", parent)


@clause(
    "LIF-12",
    Level.MUST,
    "two writing handles both land",
    "Two handles that write one location both land, or the second is refused; no acknowledged key vanishes (two appenders to one "
    "archive lose one side's keys silently).",
    needs="RW",
)
async def _two_writers(trial: Trial) -> None:
    first = await trial.open("first")
    second = await _second_writer(trial, first)
    acknowledged: dict[str, bytes] = {}
    for number in range(4):
        for handle in (first, second):
            key, value = trial.key(number, trial.directory(len(acknowledged) % 2)), trial.legal_value(f"{number}".encode())
            if not isinstance(await handle.do(Set(key, value)), Raised):
                acknowledged[key] = value
    for handle in (first, second):
        try:
            await trial.publish(handle)
            await _close(trial, handle)
        except ClauseFailure:
            raise NotApplicable("one of two writers is refused when it publishes or closes") from None
    again = await trial.visit_again(first)
    for key, value in acknowledged.items():
        await again.expect(Get(key), gives(value), "two handles on one location set keys; each set was acknowledged")


async def _second_writer(trial: Trial, first: Handle) -> Handle:
    try:
        second = await trial.visit_again(first, "second")
    except ClauseFailure:
        raise NotApplicable("a second handle on one location is refused") from None
    if second.store.read_only:
        raise NotApplicable("the subject opens the same data again for reading alone")
    return second


CLAUSES = (
    _just_made,
    _closes,
    _after_close,
    _seen_again,
    _pickled,
    _equality,
    _hashes,
    _others_go_on,
    _elsewhere,
    _nothing_accumulates,
    _named,
    _forked,
    _two_writers,
)
