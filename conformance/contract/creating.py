"""NEW: set_if_not_exists."""

from __future__ import annotations

from conformance.clause import Level, Need, NotApplicable, clause
from conformance.durability.creators import race
from conformance.expectation import Returned, gives
from conformance.operations import Get, SetIfNotExists
from conformance.trial import Trial


@clause("NEW-1", Level.MUST, "a missing key is set", "On a missing key it stores the value.", needs="W")
async def _missing(trial: Trial) -> None:
    for key in (trial.key(1), trial.key(1, below=trial.directory())):
        store = await trial.open()
        await store.set(trial.key(0), b"other")
        await store.run(SetIfNotExists(key, b"value"))
        await store.expect(Get(key), gives(b"value"), "it was not set before")


@clause(
    "NEW-2",
    Level.MUST,
    "a present key keeps its value",
    "On a present key, an empty value included, it keeps the old value and raises nothing.",
    needs="W",
)
async def _present(trial: Trial) -> None:
    key = trial.key()
    for old in (b"value", b""):
        if not trial.subject.grammar.value(old):
            continue
        store = await trial.open()
        await store.set(key, old)
        await store.run(SetIfNotExists(key, b"other"))
        await store.expect(Get(key), gives(old), "it was set before")
        await store.run(SetIfNotExists(key, b"longer than it was"))
        await store.expect(Get(key), gives(old), "it was set before")


@clause("NEW-3", Level.MUST, "after a delete it stores again", "After a delete it stores again.", needs="W")
async def _again(trial: Trial) -> None:
    trial.require(Need.DELETES)
    store = await trial.open()
    key = trial.key()
    await store.run(SetIfNotExists(key, b"first"))
    await store.delete(key)
    if await store.do(Get(key)) != Returned(None):
        raise NotApplicable("a key can still be read when it was deleted (DEL-1)")
    await store.run(SetIfNotExists(key, b"second"))
    await store.expect(Get(key), gives(b"second"), "the key was deleted in between")


@clause(
    "NEW-4",
    Level.SHOULD,
    "one creator wins",
    "Of N concurrent creators exactly one wins; every reader sees the winner's value, whole, and it never changes after.",
    needs="W",
)
async def _one_winner(trial: Trial) -> None:
    await race(trial)


CLAUSES = (_missing, _present, _again, _one_winner)
