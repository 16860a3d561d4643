"""Handles on one location in threads, each with an event loop of its own, and in processes (CON-5)."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

from conformance.awaiting import close_store
from conformance.clause import ClauseFailure, Need, NotApplicable
from conformance.concurrency.history import Call, Kind
from conformance.concurrency.investigation import SHARE_OF_TIME, names_of, register_kinds
from conformance.concurrency.program import Play, Program, Record, Run, admit_all
from conformance.concurrency.scenario import Flaw, Register, Scenario, WholeReads, not_linearizable
from conformance.concurrency.timeline import timeline
from conformance.concurrency.values import sized
from conformance.durability.elsewhere import given_to, heard, shared_opening, started
from conformance.expectation import Raised, Returned
from conformance.operations import Delete, Get, Operation, Set
from conformance.recipe import Opening, Place, Recipe

if TYPE_CHECKING:
    from conformance.durability.processes import Process
    from conformance.trial import Trial

_PROCESSES = 2
_TASKS = 2
_STEPS = 60
"""Operations of each task in a process, over a few keys one after the other."""
_KEYS = 5


async def demand_hand_over(trial: Trial) -> None:
    """Go on only if two handles, one after the other, see what the other set and deleted.

    Raises:
        NotApplicable: they do not, so that there is nothing to ask of them at once.
    """
    subject = trial.subject
    if subject.reopening is None:
        raise NotApplicable(Need.REOPENING.lack)
    if subject.publishes:
        raise NotApplicable("what one handle sets, another sees only when it has been published")
    first = await trial.open()
    second = await trial.reopen(first)
    key = trial.key()
    for number, (writer, reader) in enumerate(((first, second), (second, first), (first, second))):
        for operation in (Set(key, sized(number, 10)), *([Delete(key)] if trial.offers(Need.DELETES) else [])):
            await writer.do(operation)
            expected = None if isinstance(operation, Delete) else sized(number, 10)
            if await reader.do(Get(key)) != Returned(expected):
                raise NotApplicable("two handles on one location disagree one after the other already")
    trial.trace.steps.clear()


async def race_threads(trial: Trial) -> None:
    """Let threads race, each with a handle and an event loop of its own.

    Raises:
        ClauseFailure: a history is not that of registers, or a read is not whole.
    """
    subject = trial.subject
    assert subject.reopening is not None  # noqa: S101  # for the type checker: two handles were there before
    handle = await trial.open()
    scenarios: tuple[Scenario, ...] = (Register(register_kinds(trial)), WholeReads(large=(1_000, 1 << 18)))
    until = time.monotonic() + trial.profile.search * SHARE_OF_TIME
    for number in range(max(2, trial.profile.programs // 40)):
        scenario = scenarios[number % len(scenarios)]
        program = scenario.draw(Random(number), names_of(trial, 16 * number), heavy=True)  # noqa: S311  # no secret
        admit_all(program)
        play = Play(program, handle.store, trial.dialect)
        await play.prepare()
        async with trial.within("a program of concurrent threads", trial.profile.deadline):
            await asyncio.to_thread(_run_threads, play, subject.reopening, handle.place)
        await play.look()
        handle.written.update(dict.fromkeys(program.names()))
        flaw = scenario.judge(play.run())
        if flaw is not None and await _sound_alone(trial, scenario, program):
            _fail(trial, flaw, play.run(), "threads")
        if time.monotonic() > until:
            break


async def _sound_alone(trial: Trial, scenario: Scenario, program: Program) -> bool:
    """Whether the program is right when its clients come one after the other."""
    handle = await trial.open("alone")
    play = Play(replace(program, cancellations=()), handle.store, trial.dialect)
    await play.prepare()
    assert trial.subject.reopening is not None  # noqa: S101  # for the type checker: threads have raced
    await asyncio.to_thread(_run_threads, play, trial.subject.reopening, handle.place, at_once=1)
    await play.look()
    return scenario.judge(play.run()) is None


def _run_threads(play: Play, opening: Opening, place: Place, at_once: int | None = None) -> None:
    """Run each client in a thread with a handle of its own: all of them at once, or so many."""
    count = len(play.program.clients)
    at_once = at_once or count
    barrier = threading.Barrier(at_once)
    errors: list[BaseException] = []

    def run(number: int) -> None:
        try:
            asyncio.run(_client(play, opening, place, number, barrier))
        except BaseException as error:  # noqa: BLE001  # raised again in the thread that waits
            errors.append(error)
            barrier.abort()

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(count)]
    for first in range(0, count, at_once):
        for thread in threads[first : first + at_once]:
            thread.start()
        for thread in threads[first : first + at_once]:
            thread.join()
    opened = [error for error in errors if not isinstance(error, threading.BrokenBarrierError)]
    if opened:
        raise ClauseFailure(
            "another handle on the same location opens in another thread", f"{type(opened[0]).__name__}: {opened[0]}"
        )


async def _client(play: Play, opening: Opening, place: Place, number: int, barrier: threading.Barrier) -> None:
    async with AsyncExitStack() as stack:
        store = await opening.open(place, stack)
        own = Play(play.program, store, play.dialect, clock=play.clock, records=play.records)
        barrier.wait()
        await own.run_serially(play.program.serially((number,)))
        await close_store(store)


def _fail(trial: Trial, flaw: Flaw, run: Run, between: str) -> None:
    trial.trace.steps.clear()
    trial.timeline = timeline(flaw.records or run.records)
    raise ClauseFailure(flaw.expected, flaw.actual, f"found with real concurrency between {between}; it need not show each time")


async def race_processes(trial: Trial) -> None:
    """Let processes race on one location.

    Raises:
        ClauseFailure: a history is not that of registers, or a read is not whole.
        NotApplicable: no other process can open what this one wrote, or a process alone is wrong already.
    """
    again = await shared_opening(trial)
    flaw = _judge(await _race(trial, again, "shared", _PROCESSES, _TASKS))
    if flaw is None:
        return
    if _judge(await _race(trial, again, "alone", _PROCESSES, 1, at_once=False)) is not None:
        raise NotApplicable("processes are wrong one after the other already: the clauses of the life cycle say how")
    trial.trace.steps.clear()
    trial.timeline = timeline(flaw.records)
    trial.fail(flaw.expected, flaw.actual, "found between processes, with real concurrency; it need not show each time")


async def _race(trial: Trial, again: Recipe, variable: str, processes: int, tasks: int, *, at_once: bool = True) -> list[Any]:
    """Let tasks in processes, at once or one after the other, do as they like with a few keys; return what they say of it."""
    handle = await trial.open(variable)
    keys = [trial.key(number) for number in range(_KEYS)]
    handle.written.update(dict.fromkeys(keys))
    kinds = ["set", "get", "get", *(["delete"] if trial.offers(Need.DELETES) else [])]
    go = handle.place.path.with_name(f"{handle.place.path.name}.go")
    given = given_to(
        trial, handle.place, again, go=str(go), tasks=tasks, steps=_STEPS, keys=keys, kinds=kinds, sizes=[0, 100, 1 << 16]
    )
    told: list[Any] = []
    running: list[Process] = []
    for number in range(processes):
        running.append(await started(trial, "conformance.concurrency.jobs:race", {**given, "first": 1 + number * tasks}))
        await heard(trial, running[-1], "ready")
        if not at_once or number == processes - 1:
            await asyncio.to_thread(go.touch)
            for process in running:
                told += await _operations(trial, process)
            running.clear()
    return told


async def _operations(trial: Trial, process: Process) -> list[Any]:
    """What a process says of its operations."""
    told: list[Any] = []
    while True:
        kind, value = await asyncio.to_thread(process.receive, trial.profile.deadline)
        if kind == "operation":
            told.append(value)
        elif kind == "raced":
            await heard(trial, process, "ended")
            return told
        else:
            trial.fail("each operation returns or raises in another process too", f"{kind} {value or ''}".strip())


def _judge(told: Sequence[Any]) -> Flaw | None:
    """Say what is wrong with what processes told of their operations."""
    moments = {moment: place for place, moment in enumerate(sorted({m for one in told for m in one[4:6] if m is not None}))}
    pairs: list[tuple[Call, Record]] = []
    for client, kind, key, value, called, returned, error in told:
        certain = returned is not None
        outcome = Returned(value) if certain else Raised(RuntimeError(error))
        record = Record(client, _operation(kind, key, value), moments[called], moments.get(returned), outcome)
        if kind == "get" and isinstance(value, str):
            return Flaw("each read gives a value that was set, whole, or none", value, (record,))
        if certain or kind != "get":
            given = None if kind == "delete" else value
            pairs.append((Call(Kind(kind), key, record.called, record.returned, given, certain, client), record))
    return not_linearizable(pairs)


def _operation(kind: str, key: str, value: object) -> Operation:
    match kind:
        case "set":
            return Set(key, f"value {value}".encode())
        case "delete":
            return Delete(key)
        case _:
            return Get(key)
