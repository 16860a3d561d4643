"""From the event loop to a worker thread and back, at the price of one hop for one operation, or for many."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from reference_stores.commit_token import CommitToken

P = ParamSpec("P")
T = TypeVar("T")

_JOBS_PER_HOP: Final = 8
_MOST_HOPS: Final = (os.cpu_count() or 1) + 4  # as many as a default executor has threads, up to 32
_SECONDS_PER_REPORT: Final = 0.001


class ThreadHops:
    """Runs jobs in the default executor of the running event loop; many loops may use one instance.

    Args:
        share: let reads that are asked for in one step of the loop share hops.
    """

    __slots__ = ("_share", "_waiting")

    def __init__(self, *, share: bool) -> None:
        self._share = share
        self._waiting: dict[asyncio.AbstractEventLoop, deque[_Job]] = {}

    async def read(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a job that changes nothing, so that it may go on after its waiter has been cancelled."""
        loop = asyncio.get_running_loop()
        if not self._share:
            return await loop.run_in_executor(None, lambda: job(*args, **kwargs))
        future: asyncio.Future[T] = loop.create_future()
        waiting = self._waiting.get(loop)
        if waiting is None:
            waiting = self._waiting[loop] = deque()
            loop.call_soon(self._start, loop)
        waiting.append(_Job(future, lambda: job(*args, **kwargs)))
        return await future

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Send the jobs that have come together to the threads, each of which takes the next one until none is left."""
        jobs = self._waiting.pop(loop)
        try:
            for _ in range(min(_MOST_HOPS, -(-len(jobs) // _JOBS_PER_HOP))):
                loop.run_in_executor(None, _work_off, loop, jobs)
        except RuntimeError as error:  # the executor takes no more jobs: the loop is about to end
            for job in jobs:
                job.fail(error)
                job.settle()

    async def change(self, job: Callable[Concatenate[CommitToken, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a job that publishes under the token that it is given; once its waiter is cancelled, it publishes nothing."""
        loop = asyncio.get_running_loop()
        token = CommitToken()
        try:
            return await loop.run_in_executor(None, lambda: job(token, *args, **kwargs))
        except asyncio.CancelledError:
            ended: asyncio.Future[None] = loop.create_future()
            if token.abandon(lambda: loop.call_soon_threadsafe(ended.set_result, None)):
                while not ended.done():  # one rename, say: to leave before it ends would let it land later
                    with suppress(asyncio.CancelledError):
                        await asyncio.wait([ended])
            raise


class _Job:
    """A read and who waits for it."""

    __slots__ = ("_error", "_future", "_read", "_value")

    def __init__(self, future: asyncio.Future[Any], read: Callable[[], Any]) -> None:
        self._future = future
        self._read = read
        self._value: Any = None
        self._error: Exception | None = None

    def run(self) -> None:
        """Read, in a worker thread; not if nobody waits any more."""
        if self._future.cancelled():
            return
        try:
            self._value = self._read()
        except Exception as error:  # noqa: BLE001  # the waiter's to handle
            self.fail(error)

    def fail(self, error: Exception) -> None:
        """Take note of an error in the place of a value."""
        self._error = error

    def settle(self) -> None:
        """Give the waiter what came of it, in the event loop."""
        if self._future.done():
            return
        if self._error is None:
            self._future.set_result(self._value)
        else:
            self._future.set_exception(self._error)


def _work_off(loop: asyncio.AbstractEventLoop, jobs: deque[_Job]) -> None:
    """Run jobs while there are any; report them together, but do not let one that is done wait long."""
    done: list[_Job] = []
    report_at = monotonic() + _SECONDS_PER_REPORT
    while True:
        try:
            job = jobs.popleft()
        except IndexError:
            break
        job.run()
        done.append(job)
        if monotonic() >= report_at:
            _report(loop, done)
            done, report_at = [], monotonic() + _SECONDS_PER_REPORT
    _report(loop, done)


def _report(loop: asyncio.AbstractEventLoop, done: list[_Job]) -> None:
    with suppress(RuntimeError):  # the loop was closed, and nobody waits
        loop.call_soon_threadsafe(_settle, done)


def _settle(done: list[_Job]) -> None:
    for job in done:
        job.settle()
