"""DUR: what outlives a kill, a full disk and a fault of the backend."""

from __future__ import annotations

from conformance.clause import Level, NotApplicable, clause
from conformance.durability import elsewhere, scripts
from conformance.durability.backend import FAULTS, SHORT_ANSWERS, disturb
from conformance.durability.kills import kills
from conformance.durability.power_cut import cut
from conformance.durability.values import value_of
from conformance.expectation import Returned
from conformance.operations import Get
from conformance.rendering import brief
from conformance.trial import Trial

_FAULTS = "conformance.durability.faults"


@clause(
    "DUR-1",
    Level.MUST,
    "a killed writer leaves whole values",
    "A process killed (SIGKILL) in the middle of sets leaves, for each key, the last published acknowledged value or a later "
    "one in flight, whole.",
    needs="EW",
)
async def _killed(trial: Trial) -> None:
    found = await kills(trial)
    if found.lost:
        trial.trace.steps[:] = [scripts.killed_while_it_sets(trial, left=False)]
        raise found.lost
    trial.note = f"{found.count} processes killed, {found.sets:,} of their sets acknowledged"


@clause(
    "DUR-2",
    Level.MUST,
    "what a killed writer leaves is in no one's way",
    "What is left behind by the kill is never listed, and never stops a later set, delete_dir or clear.",
    needs="EW",
)
async def _left_behind(trial: Trial) -> None:
    found = await kills(trial)
    if found.left:
        trial.trace.steps[:] = [scripts.killed_while_it_sets(trial, left=True)]
        raise found.left
    if found.unseen:
        raise NotApplicable(found.unseen)


@clause(
    "DUR-3",
    Level.MUST,
    "no space left",
    "A write that fails for lack of space raises, and the old value stays.",
    needs="WX",
)
async def _no_space(trial: Trial) -> None:
    trial.trace.steps[:] = [scripts.without_space(trial, trial.key(below=trial.directory()), trial.key(1))]
    unmade = await elsewhere.look_at(trial, f"{_FAULTS}:write_without_space", "no file could be longer than 64 KiB")
    if unmade:
        raise NotApplicable(unmade)


@clause(
    "DUR-4",
    Level.MUST,
    "a kill after close",
    "What was acknowledged before close survives a kill after close.",
    needs="EW",
)
async def _closed(trial: Trial) -> None:
    again = await elsewhere.shared_opening(trial)
    place, size = trial.place(), elsewhere.largest(trial)
    stock = {trial.key(number): number for number in range(8)}
    given = elsewhere.given_to(trial, place, elsewhere.fresh_opening(trial), stock=stock, largest=size, waits=True)
    await elsewhere.killed_when(trial, "conformance.durability.jobs:set_and_close", given, "closed")
    store = await trial.visit(place, again)
    for key, number in stock.items():
        outcome = await store.do(Get(key))
        if outcome != Returned(value := value_of(key, number, size)):
            trial.trace.steps[:] = [scripts.killed_after_close(trial, [*stock])]
            because = "it was set before close, and the process killed after it"
            trial.fail(f"get({key!r}): {brief(value)}", str(outcome), because)


@clause(
    "DUR-5",
    Level.MUST,
    "a fault of the backend is raised",
    "A fault of the backend (time-out, refused connection, 5xx, permission) is raised; it is never None, never empty, never "
    "short (exceptions that the store was configured to take for missing aside).",
    needs="B",
)
async def _faults(trial: Trial) -> None:
    if trial.subject.backend:
        await disturb(trial, FAULTS, refuse=True)
        return
    unmade: list[str] = []
    for job, because, script in (
        ("read_without_handles", "the process could not open another file", scripts.without_handles),
        ("read_without_permission", "neither files nor directories could be read", scripts.without_permission),
    ):
        trial.trace.steps[:] = [script(trial, trial.key(below=trial.directory()))]
        unmade.append(await elsewhere.look_at(trial, f"{_FAULTS}:{job}", because))
    if all(unmade):
        raise NotApplicable(unmade[0])


@clause(
    "DUR-6",
    Level.MUST,
    "a short read is never returned",
    "A short read from the backend is raised or retried, never returned.",
    needs="B",
)
async def _short_reads(trial: Trial) -> None:
    if not trial.subject.backend:
        raise NotApplicable("a file system reads short only where a file ends")
    await disturb(trial, SHORT_ANSWERS, refuse=False)


@clause(
    "DUR-7",
    Level.MAY,
    "a power cut",
    "What was acknowledged survives a power cut, where the store promises it (checked on the order of write, fsync, rename and "
    "directory fsync, or on a file system that can be cut).",
    needs="EW",
)
async def _power_cut(trial: Trial) -> None:
    await cut(trial)


CLAUSES = (_killed, _left_behind, _no_space, _closed, _faults, _short_reads, _power_cut)
