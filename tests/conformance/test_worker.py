"""The thread in which stores are tried."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from conformance.trial import Watch
from conformance.worker import BlockedError, Worker


@pytest.fixture
def watch() -> Watch:
    """What the worker looks at."""
    return Watch()


@pytest.fixture
def worker(watch: Watch) -> Iterator[Worker]:
    """A worker, closed at the end."""
    made = Worker(watch)
    yield made
    made.close()


async def thread() -> threading.Thread:
    """The thread that runs this."""
    return threading.current_thread()


async def loop() -> asyncio.AbstractEventLoop:
    """The loop that runs this."""
    return asyncio.get_running_loop()


async def fail(error: BaseException) -> None:
    """Raise `error`."""
    raise error


def test_result(worker: Worker):
    """What the coroutine returns is returned."""
    assert worker.run(lambda: asyncio.sleep(0, "result")) == "result"


def test_another_thread(worker: Worker):
    """The coroutine runs in another thread."""
    assert worker.run(thread) is not threading.current_thread()


def test_loop_is_kept(worker: Worker):
    """Coroutines run in one loop, since stores may be bound to it."""
    assert worker.run(loop) is worker.run(loop)


@pytest.mark.parametrize("kind", [ValueError, BaseException])
def test_error(worker: Worker, kind: type[BaseException]):
    """What the coroutine raises is raised."""
    with pytest.raises(kind, match=r"^why$"):
        worker.run(lambda: fail(kind("why")))


def test_tasks_left_behind_are_cancelled(worker: Worker):
    """A task that a trial leaves behind does not live on in the next."""
    tasks: list[asyncio.Task[None]] = []

    async def leave_one() -> None:
        tasks.append(asyncio.ensure_future(asyncio.sleep(3600)))

    worker.run(leave_one)
    assert tasks[0].cancelled()


@pytest.fixture
def blocking(watch: Watch) -> Iterator[object]:
    """A coroutine function that blocks its thread, as the watch knows; it is let go at the end."""
    released = threading.Event()

    async def block() -> None:
        watch.operation, watch.until = "exists('k')", time.monotonic() - 2
        released.wait()

    yield block
    released.set()


def test_blocked_thread(worker: Worker, blocking):
    """A call that blocks the loop past its deadline is named."""
    with pytest.raises(BlockedError, match="exists"):
        worker.run(blocking)


def test_new_thread_after_a_blocked_one(worker: Worker, blocking):
    """A thread that is blocked is left behind for a new one."""
    with pytest.raises(BlockedError):
        worker.run(blocking)
    assert worker.run(lambda: asyncio.sleep(0, "result")) == "result"


def test_close_ends_the_thread(watch: Watch):
    """After close the thread is gone."""
    worker = Worker(watch)
    ran = worker.run(thread)
    worker.close()
    assert not ran.is_alive()
