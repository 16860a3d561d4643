"""Creators that race for a key: between tasks, threads and processes (NEW-4)."""

from __future__ import annotations

import asyncio
import mmap
import struct
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

from conformance.clause import ClauseFailure, Need, NotApplicable
from conformance.dialect import Dialect
from conformance.durability import scripts
from conformance.durability.elsewhere import given_to, heard, shared_opening, started
from conformance.expectation import Returned, gives
from conformance.operations import Get, SetIfNotExists
from conformance.recipe import Opening
from conformance.trace import Asked, Executed, Step
from conformance.trial import Handle, Trial

CREATORS = 3
_SIZE = 1 << 16
MISSING, TORN = -1, -2
"""What a creator saw that is no one's value."""
_CLOSE = 0.0005
"""Seconds for which a process turns: where there are fewer processors than creators, turning keeps the others from coming."""
_SLOT = struct.Struct("=q")


class Barrier:
    """Lets processes go on at the same moment, by turning rather than by sleeping as long as that is short: races are to be close.

    Args:
        memory: shared by the processes.
        me: the number of this one.
        seconds: how long to wait for the others.
    """

    def __init__(self, memory: mmap.mmap, me: int, seconds: float) -> None:
        self._me = me
        self._memory = memory
        self._seconds = seconds
        self._turn = 0

    @staticmethod
    def size() -> int:
        """Bytes of memory for the parties."""
        return _SLOT.size * CREATORS

    def wait(self) -> None:
        """Wait for the others.

        Raises:
            TimeoutError: they do not come.
        """
        self._turn += 1
        _SLOT.pack_into(self._memory, self._me * _SLOT.size, self._turn)
        begun = time.monotonic()
        while any(_SLOT.unpack_from(self._memory, party * _SLOT.size)[0] < self._turn for party in range(CREATORS)):
            waited = time.monotonic() - begun
            if waited > self._seconds:
                raise TimeoutError("the other creators do not come")
            time.sleep(0 if waited < _CLOSE else _CLOSE)


def value_by(creator: int, size: int = _SIZE) -> bytes:
    """The value of one of the creators."""
    unit = f"the value of creator {creator};".encode()
    return (unit * (size // len(unit) + 1))[:size]


def creator_of(value: object, size: int = _SIZE) -> int:
    """Whose value it is."""
    if value is None:
        return MISSING
    return next((creator for creator in range(CREATORS) if value == value_by(creator, size)), TORN)


async def create_each(store: Any, dialect: Dialect, keys: Sequence[str], me: int, wait: Callable[[], object]) -> list[int]:
    """Create each key at the same moment as the others, and return whose value was then read.

    Args:
        store: a handle of this creator's own.
        dialect: how it takes values.
        keys: the keys, in the same order for all.
        me: this creator's number.
        wait: waits for the others.
    """
    seen: list[int] = []
    for key in keys:
        creation = SetIfNotExists(key, value_by(me))
        creation.admit()
        wait()
        try:
            await creation.apply(store, dialect)
            seen.append(creator_of(await Get(key).apply(store, dialect)))
        except Exception:  # noqa: BLE001  # whoever is refused has not won
            seen.append(creator_of(await Get(key).apply(store, dialect)))
    return seen


def _who(creator: int) -> str:
    return {MISSING: "nothing", TORN: "a part or a mix of values"}.get(creator, f"the value of creator {creator}")


def judge(trial: Trial, key: str, seen: Sequence[int], kind: str) -> None:
    """Demand that all saw the value of one creator; a script lets such creators race again."""
    if len({*seen}) > 1 or not 0 <= seen[0] < CREATORS:
        saw = "; ".join([f"creator {number} read {_who(found)}" for number, found in enumerate(seen[:-1])])
        if kind == "tasks":
            trial.trace.steps[1:] = _race_of_tasks(trial, key)
        elif trial.offers(Need.RECIPE):
            script = scripts.creators_in_threads if kind == "threads" else scripts.creators_in_processes
            trial.trace.steps[:] = [script(trial)]
        else:
            trial.trace.steps.clear()
        trial.fail(
            f"{CREATORS} {kind} call set_if_not_exists({key!r}) at once, and all read the value of one of them from then on",
            f"when its call had returned, {saw}; in the end there is {_who(seen[-1])}",
        )


def _race_of_tasks(trial: Trial, key: str) -> list[Step]:
    """The steps of a script in which tasks race for a key of the store that was opened first."""
    value = trial.dialect.python_value(b"x").replace("b'x'", f"bytes([number]) * {_SIZE}")
    get = Get(key).question("store", trial.dialect)
    source = f"async def create(number):\n    await store.set_if_not_exists({key!r}, {value})\n    return {get}"
    reads = f"{{*await asyncio.gather(*[create(number) for number in range({CREATORS})]), {get}}}"
    return [Executed(source), Asked("", None, f"[read is not None for read in {reads}]", gives([True]))]


async def race(trial: Trial) -> None:
    """Let tasks, threads and processes race, as far as the store can be had there."""
    store = await trial.open()
    await _keeps_what_is_there(trial, store)
    await _programs(trial)
    programs = trial.note
    await _tasks(trial, store)
    trial.note = f"{programs}; {CREATORS} creators at once: tasks" if programs else f"{CREATORS} creators at once: tasks"
    again = trial.subject.reopening
    if again is None or trial.subject.publishes or not trial.offers(Need.HOST_FILES):
        return
    await _threads(trial, again)
    trial.note += ", threads"
    if trial.offers(Need.RECIPE):
        await _processes(trial)
        trial.note += ", processes"


async def _keeps_what_is_there(trial: Trial, store: Handle) -> None:
    key = trial.key(9_000)
    for creator in range(2):
        await store.do(SetIfNotExists(key, trial.legal_value(value_by(creator))))
    found = creator_of(await store.get(key))
    if found != 0:
        raise NotApplicable(f"set_if_not_exists does not do what it should with no one beside it: it left {_who(found)}")


async def _tasks(trial: Trial, store: Handle) -> None:
    async def create(key: str, creator: int) -> int:
        await trial.perform(store, SetIfNotExists(key, value_by(creator)))  # whoever is refused has not won
        outcome = await trial.perform(store, Get(key))
        return creator_of(outcome.value) if isinstance(outcome, Returned) else TORN

    for number in range(max(trial.profile.rounds // 10, 1)):
        key = trial.key(number, trial.directory(number))
        seen = await asyncio.gather(*[create(key, creator) for creator in range(CREATORS)])
        judge(trial, key, [*seen, creator_of(await store.get(key))], "tasks")


async def _programs(trial: Trial) -> None:
    """Look for two winners with steps that are fixed: of tasks, and of the threads that they give work to."""
    from conformance.concurrency.investigation import investigate
    from conformance.concurrency.scenario import Creators

    with suppress(NotApplicable):  # whether it is right alone is asked elsewhere
        await investigate(trial, Creators(), live=False)


async def _threads(trial: Trial, again: Opening) -> None:
    store = await trial.open()
    keys = [trial.key(number) for number in range(trial.profile.rounds // 4)]
    barrier = threading.Barrier(CREATORS)
    found: dict[int, list[int]] = {}
    errors: list[Exception] = []

    async def create(creator: int) -> None:
        async with AsyncExitStack() as stack:
            mine = await again.open(store.place, stack)
            wait = partial(barrier.wait, trial.profile.deadline)
            found[creator] = await create_each(mine, trial.dialect, keys, creator, wait)

    def run(creator: int) -> None:
        try:
            asyncio.run(create(creator))
        except Exception as error:  # noqa: BLE001  # LIF-8 asks whether it works in a thread
            errors.append(error)

    threads = [threading.Thread(target=run, args=(creator,), daemon=True) for creator in range(CREATORS)]
    for thread in threads:
        thread.start()
    await asyncio.to_thread(_join, threads, 2 * trial.profile.deadline)
    if not errors and len(found) == CREATORS:
        await _judge_all(trial, store, keys, found, "threads")


def _join(threads: Sequence[threading.Thread], seconds: float) -> None:
    until = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(until - time.monotonic(), 0))


async def _judge_all(trial: Trial, store: Handle, keys: Sequence[str], found: dict[int, list[int]], kind: str) -> None:
    for number, key in enumerate(keys):
        seen = [found[creator][number] for creator in range(CREATORS)]
        judge(trial, key, [*seen, creator_of(await store.get(key))], kind)


async def _processes(trial: Trial) -> None:
    try:
        again = await shared_opening(trial)
    except NotApplicable:
        return
    store = await trial.open()
    keys = [trial.key(number) for number in range(trial.profile.rounds // 4)]
    memory = trial.place().path / "barrier"
    memory.write_bytes(bytes(Barrier.size()))
    given = given_to(trial, store.place, again, keys=keys, memory=str(memory), seconds=trial.profile.deadline)
    processes = [
        await started(trial, "conformance.durability.jobs:create", {**given, "creator": creator}) for creator in range(CREATORS)
    ]
    found: dict[int, list[int]] = {creator: [] for creator in range(CREATORS)}
    try:
        for creator, process in enumerate(processes):
            while len(found[creator]) < len(keys):
                found[creator] += await heard(trial, process, "seen")
    except ClauseFailure:
        return  # whether it works there at all is for DUR-4 to say
    finally:
        for process in processes:
            await asyncio.to_thread(process.kill, trial.profile.deadline)
    await _judge_all(trial, store, keys, found, "processes")


def shared_memory(path: str) -> mmap.mmap:
    """The memory in the file at `path`."""
    with Path(path).open("r+b") as file:
        return mmap.mmap(file.fileno(), Barrier.size())
