"""A thread with an event loop in which stores are tried, so that one that blocks its loop can be left behind."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from conformance.trial import Watch

T = TypeVar("T")

_GRACE = 2.0
"""Seconds beyond a call's deadline after which a loop that has not even cancelled it counts as blocked."""
_LOOK = 0.05
"""Seconds between two looks at the watch."""


class BlockedError(Exception):
    """A call blocked the event loop past its deadline.

    Args:
        operation: the call.
    """

    def __init__(self, operation: str) -> None:
        super().__init__(operation)
        self.operation = operation


class Worker:
    """Runs coroutines one after the other in a loop of its own, which is kept, since stores may be bound to it."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._thread: threading.Thread | None = None
        self._jobs: queue.SimpleQueue[Callable[[asyncio.Runner], None] | None] = queue.SimpleQueue()

    def run(self, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return what the coroutine returns, or raise what it raises.

        Raises:
            BlockedError: a call blocked the loop; the thread is left behind, and the next run begins a new one.
        """
        if self._thread is None:
            self._jobs = queue.SimpleQueue()
            self._thread = threading.Thread(target=_serve, args=(self._jobs,), name="conformance", daemon=True)
            self._thread.start()
        done = threading.Event()
        result: list[T] = []
        errors: list[BaseException] = []

        def job(runner: asyncio.Runner) -> None:
            try:
                result.append(runner.run(_tidied(make())))
            except BaseException as error:  # noqa: BLE001  # raised again in the thread that waits
                errors.append(error)
            finally:
                done.set()

        self._jobs.put(job)
        while not done.wait(_LOOK):
            if time.monotonic() > self._watch.until + _GRACE:
                self._thread = None
                self._watch.until = float("inf")
                raise BlockedError(str(self._watch.operation))
        if errors:
            raise errors[0]
        return result[0]

    def close(self) -> None:
        """End the thread."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join(_GRACE)
            self._thread = None


def _serve(jobs: queue.SimpleQueue[Callable[[asyncio.Runner], None] | None]) -> None:
    with asyncio.Runner() as runner:
        while (job := jobs.get()) is not None:
            job(runner)


async def _tidied(call: Coroutine[Any, Any, T]) -> T:
    """Run `call`, then cancel the tasks that it left behind, so that one trial does not disturb the next."""
    before = asyncio.all_tasks()
    try:
        return await call
    finally:
        left = asyncio.all_tasks() - before
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=1.0)
