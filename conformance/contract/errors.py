"""ERR: errors, and what comes after them. The last chapter, since it sums up what happened in the others."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.clause import Level, Need, clause
from conformance.expectation import Returned, errors_name, gives, returns
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
from storeproto import RangeByteRequest

_LONG = 300
"""Characters of a segment that most file systems refuse."""


@clause(
    "ERR-1",
    Level.SHOULD,
    "errors name the key",
    "The message of an error names the key and what was wrong with it.",
)
async def _telling(trial: Trial) -> None:
    store = await trial.open()
    await store.expect(GetSize(trial.key()), errors_name(trial.key()), "it was never set")
    if trial.offers(Need.WRITES):
        below, long = trial.key(1, below=trial.key()), trial.key() + "x" * _LONG
        await store.set(trial.key(), b"value")
        for key in filter(trial.subject.grammar.legal, (below, long)):
            named = trial.key() if key == below else key  # of the two that are in each other's way, either
            await store.expect(Set(key, b"value"), errors_name(named), "where a store refuses it, the user has to find it")


def _provocations(trial: Trial, present: str) -> Iterator[tuple[str, Operation]]:
    """Calls that most stores answer with an error, each with a call of the same method that is in order."""
    prototype, value = trial.dialect.python_prototype(), trial.dialect.python_value(b"value")
    other = trial.key(2)
    yield "getsize($missing)", GetSize(present)
    yield f"get($present, {prototype}, 3)", Get(present)
    yield f"get(3, {prototype})", Get(present)
    many = GetPartialValues(((present, None),))
    yield f"get_partial_values({prototype}, [($present, None), ($missing, 3)])", many
    yield "exists(3)", Exists(present)
    if trial.offers(Need.WRITES):
        yield "set($missing, 3)", Set(other, b"other")
        yield f"set(3, {value})", Set(other, b"other")
    if trial.offers(Need.PARTIAL_WRITES):
        yield "set_partial_values([($missing, -1, b'value')])", SetPartialValues(((other, 0, b"other"),))
    if trial.offers(Need.DELETES):
        yield "delete($missing)", Delete(other)
        yield "delete(3)", Delete(other)


async def _provoke(trial: Trial, store: Handle, provocation: str, **names: str) -> None:
    call = f"with contextlib.suppress(Exception): await {store.variable}.{provocation}"
    await trial.execute(call, **{name: key for name, key in names.items() if f"${name}" in call})


@clause("ERR-2", Level.MUST, "a store survives its errors", "After any error of any clause the store still answers correctly.")
async def _survives(trial: Trial) -> None:
    _, present, _ = await trial.storing(b"value")
    for provocation, in_order in _provocations(trial, present):
        store, present, value = await trial.storing(b"value")
        worked = isinstance(await store.do(in_order), Returned)
        await _provoke(trial, store, provocation, present=present, missing=trial.key(9))
        because = "the call before may have raised"
        await store.expect(Get(present), gives(value), because)
        if worked:
            await store.expect(in_order, returns, because)
        if trial.offers(Need.WRITES):
            await store.set(trial.key(3), b"after")
            await store.expect(Get(trial.key(3)), gives(b"after"), because)
    for found in trial.watch.unsound:
        trial.trace = found.trace
        trial.fail(found.failure.expected, found.failure.actual, f"it came after an error that {found.clause} provoked")


def _each(trial: Trial, key: str) -> Iterator[Operation]:
    """Every operation that the store offers, once."""
    part = RangeByteRequest(0, 1)
    directory = trial.directory()
    yield from (Get(key), Get(key, part), GetPartialValues(((key, None), (key, part))), Exists(key), GetSize(key))
    if trial.offers(Need.LISTING):
        yield from (ListAll(), ListPrefix(""), ListDir(""), IsEmpty(""), GetSizePrefix(""))
    if trial.offers(Need.WRITES):
        yield from (Set(key, b"value"), SetIfNotExists(key, b"value"), Set(trial.key(below=directory), b"value"))
    if trial.offers(Need.PARTIAL_WRITES):
        yield SetPartialValues(((key, 0, b"v"),))
    if trial.offers(Need.DELETES):
        yield Delete(key)
    if trial.offers(Need.DELETES) and trial.offers(Need.LISTING):
        yield from (DeleteDir(directory), Clear())


@clause(
    "ERR-3",
    Level.MUST,
    "every operation ends",
    "Every operation returns, raises, or can be cancelled within its deadline.",
)
async def _ends(trial: Trial) -> None:
    store, contents = await trial.stocked({trial.key(): b"value"})
    for operation in _each(trial, next(iter(contents), trial.key())):
        await store.do(operation)
    if trial.watch.overdue:
        trial.trace.steps.clear()
        overdue = ", ".join(dict.fromkeys(trial.watch.overdue))
        trial.fail(
            f"every operation returns, raises or can be cancelled within {trial.profile.deadline:g} s",
            f"these did not: {overdue}",
            "they return in the plainest use; the clauses that came upon it show when they do not",
        )


CLAUSES = (_telling, _survives, _ends)
