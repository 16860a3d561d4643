"""What opening, using and closing leaves behind (LIF-9)."""

from __future__ import annotations

import asyncio
import gc
import sys
import tempfile
import threading
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from conformance.awaiting import close_store
from conformance.clause import ClauseFailure, Need, NotApplicable
from conformance.durability.limits import open_handles
from conformance.operations import Delete, Exists, Get, ListAll, Operation, Set
from conformance.rendering import brief_error
from conformance.trial import Handle, Trial, whatever_it_raises

_ROUNDS = 8
"""Rounds between two counts. Something is left behind if each of them leaves it: what happens beside the trial is less."""
_CONFIRMATIONS = 2


def _count() -> dict[str, int]:
    """How many of each there are in this process."""
    found = {
        "tasks": len(asyncio.all_tasks()),
        "threads": threading.active_count(),
        "temporary files": sum(1 for _ in Path(tempfile.gettempdir()).iterdir()),
    }
    with suppress(OSError):  # a system that does not say
        found["open files"] = len(open_handles())
    return found


def operations(trial: Trial) -> list[Operation]:
    """A few calls that leave nothing stored."""
    key = trial.key()
    found: list[Operation] = [Get(key), Exists(key)]
    if trial.offers(Need.WRITES):
        found = [Set(key, trial.legal_value(b"value")), *found]
    if trial.offers(Need.LISTING):
        found.append(ListAll())
    if trial.offers(Need.DELETES):
        found.append(Delete(key))
    return found


async def _perform(trial: Trial, store: object) -> None:
    for operation in operations(trial):
        operation.admit()
        with whatever_it_raises():
            await operation.apply(store, trial.dialect)


async def _live_once(trial: Trial) -> None:
    async with AsyncExitStack() as stack:
        store = await trial.subject.opening.open(trial.place(), stack)
        await _perform(trial, store)
        with whatever_it_raises():
            await close_store(store)


async def _live(trial: Trial, rounds: int) -> None:
    for _ in range(rounds):
        try:
            async with trial.within("opening, using and closing a store", trial.profile.deadline):
                await _live_once(trial)
        except ClauseFailure:
            raise
        except Exception as error:
            raise NotApplicable(f"the store cannot be opened, used and closed again and again: {brief_error(error)}") from error


async def look_for_leaks(trial: Trial) -> None:
    """Demand that nothing is left behind, round after round."""
    await _live(trial, 2)
    before = _count()
    await _live(trial, _ROUNDS)
    grown = _grown(before, _count())
    for _ in range(_CONFIRMATIONS if grown else 0):
        gc.collect()
        before = _count()
        await _live(trial, _ROUNDS)
        gc.collect()
        grown &= _grown(before, _count())
    if grown:
        names = " and ".join(sorted(grown))
        trial.trace.steps.clear()
        trial.fail(
            "no more tasks, threads, open files and temporary files after ten rounds of open, use, close than after two",
            f"each round leaves one more, or several: {names}",
        )
    await _look_at_memory(trial)


def _grown(before: dict[str, int], after: dict[str, int]) -> set[str]:
    return {name for name, number in after.items() if number - before.get(name, 0) >= _ROUNDS}


async def _look_at_memory(trial: Trial) -> None:
    """Demand that the same few calls on the same key, over and over, do not take more memory each time."""
    if not hasattr(sys, "getallocatedblocks"):
        return
    store = await trial.open()
    rounds = trial.profile.rounds
    batch = rounds * len(operations(trial))
    await _repeat(trial, store, rounds)
    for collects in (False, True):
        for _ in range(3):
            before = _blocks(collects)
            await _repeat(trial, store, rounds)
            if _blocks(collects) - before < batch // 2:
                return
    trial.trace.steps.clear()
    trial.fail(
        "the same calls on the same key take no more memory the longer they go on",
        f"each {batch:,} of them leave at least {batch // 2:,} objects behind that nothing frees",
    )


def _blocks(collects: bool) -> int:
    if collects:
        gc.collect()
    return sys.getallocatedblocks()


async def _repeat(trial: Trial, store: Handle, rounds: int) -> None:
    async with trial.within("a few calls, over and over", trial.profile.deadline):
        for _ in range(rounds):
            await _perform(trial, store.store)
