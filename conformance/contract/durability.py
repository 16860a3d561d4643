"""DUR: what outlives a kill, a full disk and a fault of the backend."""

from __future__ import annotations

from conformance.clause import Level, NotApplicable, clause, undecided
from conformance.durability import kills
from conformance.durability.values import value_of
from conformance.expectation import gives
from conformance.operations import Get
from conformance.trial import Trial


@clause(
    "DUR-1",
    Level.MUST,
    "a killed writer leaves whole values",
    "A process killed (SIGKILL) in the middle of sets leaves, for each key, the last published acknowledged value or a later "
    "one in flight, whole.",
    needs="EW",
)
async def _killed(trial: Trial) -> None:
    found = await kills.kills(trial)
    if found.lost:
        raise found.lost


@clause(
    "DUR-2",
    Level.MUST,
    "what a killed writer leaves is in no one's way",
    "What is left behind by the kill is never listed, and never stops a later set, delete_dir or clear.",
    needs="EW",
)
async def _left_behind(trial: Trial) -> None:
    found = await kills.kills(trial)
    if found.left:
        raise found.left
    if found.unseen:
        raise NotApplicable(found.unseen)


@clause(
    "DUR-4",
    Level.MUST,
    "a kill after close",
    "What was acknowledged before close survives a kill after close.",
    needs="EW",
)
async def _closed(trial: Trial) -> None:
    again = await kills.shared_opening(trial)
    place, size = trial.place(), kills.largest(trial)
    stock = {trial.key(number): number for number in range(8)}
    given = kills.given_to(trial, place, kills.fresh_opening(trial), stock=stock, largest=size, waits=True)
    await kills.killed_when(trial, "set_and_close", given, "closed")
    store = await trial.visit(place, again)
    for key, number in stock.items():
        await store.expect(Get(key), gives(value_of(key, number, size)), "it was set before close, and the process killed after it")


CLAUSES = (
    _killed,
    _left_behind,
    undecided(
        "DUR-3",
        Level.MUST,
        "no space left",
        "A write that fails for lack of space raises, and the old value stays.",
        needs="WX",
    ),
    _closed,
    undecided(
        "DUR-5",
        Level.MUST,
        "a fault of the backend is raised",
        "A fault of the backend (time-out, refused connection, 5xx, permission) is raised; it is never None, never empty, never "
        "short (exceptions that the store was configured to take for missing aside).",
        needs="B",
    ),
    undecided(
        "DUR-6",
        Level.MUST,
        "a short read is never returned",
        "A short read from the backend is raised or retried, never returned.",
        needs="B",
    ),
    undecided(
        "DUR-7",
        Level.MAY,
        "a power cut",
        "What was acknowledged survives a power cut, where the store promises it (checked on the order of write, fsync, rename and "
        "directory fsync, or on a file system that can be cut).",
        needs="EW",
    ),
)
