"""A thousand reads at once in a process that may open few more files (CON-6)."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

from conformance.clause import Need, NotApplicable
from conformance.concurrency.investigation import in_thread, stage_of
from conformance.concurrency.jobs import MORE, Reads
from conformance.concurrency.program import Program
from conformance.durability.elsewhere import fresh_opening, given_to, heard, once, started
from conformance.durability.limits import open_handles
from conformance.expectation import Returned
from conformance.operations import Get, Set

if TYPE_CHECKING:
    from conformance.trial import Handle, Trial

_READS = 1_000
_KEYS = 10


async def read_many(trial: Trial) -> Reads:
    """Return what came of many reads at once: where another process may be needed, they are done once for both clauses."""
    if not trial.offers(Need.RECIPE):
        return await _read_many(trial)
    return await once(trial, "reads", lambda: _read_many(trial))


async def _read_many(trial: Trial) -> Reads:
    """Read a thousand times at once where only 256 more files may be opened.

    A store that stays in its event loop, and has not nearly as many files open at once, is asked in this process; every other in
    a process of its own, whose limit is lowered.

    Raises:
        NotApplicable: there is nothing to read, or another process is needed and cannot open the store.
    """
    handle, contents = await trial.stocked({trial.key(number): b"value %d" % number for number in range(_KEYS)})
    for key, value in contents.items():
        if await handle.do(Get(key)) != Returned(value):
            raise NotApplicable("single reads are wrong already: the clauses of reading say how")
    if not contents:
        raise NotApplicable("the store cannot be written to, and the subject says of nothing that it holds it")
    if not await _leaves_loop(trial):
        found = await _read_here(handle, contents, trial)
        if found is not None:
            return found
    if sys.platform == "win32":
        raise NotApplicable("the number of open files is not limited on this system")
    return await _read_there(trial, contents)


async def _leaves_loop(trial: Trial) -> bool:
    """Whether the store does what needs more than an event loop: it may open files and sockets where nobody sees it."""
    if not trial.offers(Need.WRITES):
        return True
    key = trial.key()
    program = Program((Set(key, b"v"),), ((Get(key),),))
    stage = stage_of(trial)
    ended: list[bool] = []
    async with trial.within("a read", trial.profile.deadline):
        await in_thread(lambda: ended.append(bool((run := stage.scheduled(program)).left or run.stuck)))
    return ended[0]


async def _read_here(handle: Handle, contents: dict[str, bytes], trial: Trial) -> Reads | None:
    """Read in this process; None where so many files were open that a limit would have hindered it."""
    keys = [*contents]
    reads = [Get(keys[number % len(keys)]) for number in range(_READS)]
    try:
        before = len(open_handles())
    except OSError:
        return None
    most = before
    tasks = [asyncio.ensure_future(read.apply(handle.store, trial.dialect)) for read in reads]
    try:
        while not all(task.done() for task in tasks):
            await asyncio.sleep(0)
            most = max(most, len(open_handles()))
    finally:
        for task in tasks:
            task.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    if most - before > MORE // 2:
        return None
    return Reads.of(answers, [contents[read.key] for read in reads])


async def _read_there(trial: Trial, contents: dict[str, bytes]) -> Reads:
    """Read in another process, which may open few files."""
    removes = not trial.subject.opening.scratch and trial.offers(Need.DELETES)
    values = {key: value.decode("latin-1") for key, value in contents.items()}
    given: dict[str, Any] = given_to(
        trial, trial.place(), fresh_opening(trial),
        values=values, stocks=trial.offers(Need.WRITES), removes=removes, count=_READS,
    )  # fmt: skip
    process = await started(trial, "conformance.concurrency.jobs:read_with_few_handles", given)
    found = Reads(*await heard(trial, process, "read"))
    await heard(trial, process, "ended")
    return found
