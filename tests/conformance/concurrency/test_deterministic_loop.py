"""The deterministic loop: what runs next is for the schedule to say, time is virtual, and what leaves the loop is known."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextvars import copy_context

import pytest

from conformance.concurrency.loop import CLIENT, LeavesLoopError, StuckError, new_loop


class LastFirst:
    """Lets the client with the highest number go first."""

    def choose(self, ready: list[int]) -> int:
        return ready[-1]

    def stepped(self, client: int) -> None:
        pass


async def clients_say(said: list[int]) -> None:
    """Two clients that say their numbers twice."""

    async def say(number: int) -> None:
        for _ in range(2):
            said.append(number)
            await asyncio.sleep(0)

    tasks: list[asyncio.Task[None]] = []
    for number in range(2):
        context = copy_context()
        context.run(CLIENT.set, number)
        tasks.append(asyncio.get_running_loop().create_task(say(number), context=context))
    await asyncio.wait(tasks)


def test_schedule_says_who_is_next():
    """A client that the schedule prefers makes all of its steps first."""
    said: list[int] = []
    new_loop(LastFirst()).run(clients_say(said))
    assert said == [1, 1, 0, 0]


def test_without_schedule_first_come_first_served():
    """Without a schedule the steps come as in asyncio's own loops."""
    theirs: list[int] = []
    ours: list[int] = []
    asyncio.run(clients_say(theirs))
    new_loop().run(clients_say(ours))
    assert ours == theirs


def test_time_is_virtual():
    """A long sleep is over at once, and the clock says that it was long."""
    loop = new_loop()
    loop.run(asyncio.sleep(3_600))
    assert loop.time() == 3_600


def test_timeouts_work():
    """A time-out comes when its virtual time has passed."""
    with pytest.raises(TimeoutError):
        new_loop().run(asyncio.wait_for(asyncio.Event().wait(), 5))


def test_gather_works():
    """The functions of asyncio work on it."""

    async def both() -> list[int]:
        return await asyncio.gather(asyncio.sleep(1, 1), asyncio.sleep(0, 2))

    assert new_loop().run(both()) == [1, 2]


def test_stuck():
    """Waiting for what does not come is known at once."""
    with pytest.raises(StuckError):
        new_loop().run(asyncio.Event().wait())


async def in_thread() -> None:
    """Give work to a thread."""
    await asyncio.to_thread(threading.get_ident)


async def over_socket() -> None:
    """Open a connection."""
    await asyncio.open_connection("localhost", 9)


async def in_process() -> None:
    """Start a process."""
    await asyncio.create_subprocess_exec("true")


@pytest.mark.parametrize("call", [in_thread, over_socket, in_process], ids=lambda call: call.__name__)
def test_leaving_raises(call: Callable[[], Awaitable[None]]):
    """Threads, sockets and processes are refused."""

    async def attempt() -> None:
        with pytest.raises(LeavesLoopError):
            await call()

    new_loop().run(attempt())


@pytest.mark.parametrize(
    ("call", "left"),
    [(in_thread, "it gave work to a thread"), (over_socket, "it opened a socket"), (in_process, "it started a process")],
    ids=["thread", "socket", "process"],
)
def test_leaving_is_remembered(call: Callable[[], Awaitable[None]], left: str):
    """What needed more than the loop is known, though the store makes nothing of the error."""
    loop = new_loop()

    async def attempt() -> None:
        with pytest.raises(LeavesLoopError):
            await call()

    loop.run(attempt())
    assert loop.left == left


def test_call_from_another_thread_is_remembered():
    """A callback from a thread of the store's own leaves the loop."""
    loop = new_loop()

    async def attempt() -> None:
        future = loop.create_future()
        thread = threading.Thread(target=loop.call_soon_threadsafe, args=(future.set_result, None))
        thread.start()
        thread.join()
        await future

    loop.run(attempt())
    assert loop.left == "another thread called it back"


def test_settle_runs_what_was_left_behind():
    """What a call started and did not await comes to its end."""
    loop = new_loop()
    done: list[bool] = []

    async def later() -> None:
        await asyncio.sleep(1)
        done.append(True)

    async def start() -> asyncio.Task[None]:
        return asyncio.create_task(later())

    kept = loop.run(start())
    loop.settle()
    assert (done, kept.done()) == ([True], True)


def test_a_busy_task_ends():
    """What keeps itself busy forever is left alone after a while."""

    async def busy() -> None:
        while True:  # noqa: ASYNC110  # that is what is asked about
            await asyncio.sleep(0)

    with pytest.raises(StuckError):
        new_loop().run(busy())


def test_generators_that_were_left_are_closed():
    """An asynchronous generator that nobody finished is closed with the loop."""
    closed: list[bool] = []

    async def numbers():
        try:
            yield 1
        finally:
            closed.append(True)

    left = numbers()

    async def begin() -> int:
        return await anext(left)

    loop = new_loop()
    loop.run(begin())
    loop.close()
    assert closed == [True]
