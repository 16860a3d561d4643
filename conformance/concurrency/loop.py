"""An event loop without a clock and without the outside world: what runs next is decided by a schedule alone.

The steps of each client, and of all tasks and callbacks that it starts, run in their order; which client makes its next step is
for the schedule to say. Time is virtual: a timer is due when nothing else can run. Whatever needs threads, sockets or subprocesses
leaves the loop: it raises, and the loop remembers what it was.
"""

from __future__ import annotations

import asyncio
import heapq
import sys
import threading
import weakref
from asyncio import events
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from itertools import count
from typing import Any, NoReturn, Protocol, TypeVar, TypeVarTuple

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

CLIENT: ContextVar[int] = ContextVar("client", default=-1)
"""Whose task this is: the number of a client; -1 for who starts them."""

_MOST_STEPS = 20_000
"""Steps after which a store that keeps itself busy is left alone."""


class Schedule(Protocol):
    """Says which client makes the next step."""

    def choose(self, ready: list[int]) -> int:
        """Return one of the clients that are ready, which are at least two, in the order of their numbers."""
        ...

    def stepped(self, client: int) -> None:
        """Take note that `client` made a step."""
        ...


class LeavesLoopError(RuntimeError):
    """A store did what needs more than the loop: threads, sockets, subprocesses."""


class StuckError(Exception):
    """Nothing can run any more, or too much ran, and what was waited for has not come."""


class DeterministicLoop(asyncio.AbstractEventLoop):
    """Runs one coroutine, and all that it starts, by a schedule.

    Args:
        schedule: says which client makes the next step; None: as asyncio's own loops do, first come, first served.

    Attributes:
        left: what was done that needs more than the loop, in words; empty where all stayed in it.
        errors: what asyncio told the loop of errors that nobody awaited.
    """

    def __init__(self, schedule: Schedule | None = None) -> None:
        self.left = ""
        self.errors: list[dict[str, Any]] = []
        self._schedule = schedule
        self._ready: deque[tuple[int, asyncio.Handle]] = deque()
        self._timers: list[tuple[float, int, int, asyncio.TimerHandle]] = []
        self._numbers = count()
        self._now = 0.0
        self._steps = 0
        self._closed = False
        self._thread = threading.get_ident()
        self._generators: weakref.WeakSet[AsyncGenerator[Any, Any]] = weakref.WeakSet()

    # What tasks, futures and the functions of asyncio ask of a loop

    def time(self) -> float:
        """The virtual time."""
        return self._now

    def get_debug(self) -> bool:
        """Never."""
        return False

    def set_debug(self, enabled: bool) -> None:
        """Do nothing."""

    def is_running(self) -> bool:
        """Whether it has not been closed."""
        return not self._closed

    def is_closed(self) -> bool:
        """Whether it has been closed."""
        return self._closed

    def call_soon(
        self, callback: Callable[[*Arguments], object], *args: *Arguments, context: Context | None = None
    ) -> asyncio.Handle:
        """Run `callback` as a step of the client whose context it is."""
        context = copy_context() if context is None else context
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append((context.get(CLIENT, -1), handle))
        return handle

    def call_soon_threadsafe(
        self, callback: Callable[[*Arguments], object], *args: *Arguments, context: Context | None = None
    ) -> asyncio.Handle:
        """Run `callback` as `call_soon` does; from another thread, the loop has been left."""
        if threading.get_ident() != self._thread:
            self.left = self.left or "another thread called it back"
        return self.call_soon(callback, *args, context=context)

    def call_later(
        self,
        delay: float,
        callback: Callable[[*Arguments], object],
        *args: *Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run `callback` when so much of the virtual time has passed."""
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[[*Arguments], object], *args: *Arguments, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Run `callback` at a virtual time."""
        context = copy_context() if context is None else context
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._timers, (when, next(self._numbers), context.get(CLIENT, -1), handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Do nothing: timers that are cancelled are passed over."""

    def create_future(self) -> asyncio.Future[Any]:
        """Return a new future."""
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        """Return a new task; the options are those of `asyncio.Task`, of which later Pythons have more."""
        return asyncio.Task(coro, loop=self, **options)

    def get_task_factory(self) -> None:
        """There is none."""

    def get_exception_handler(self) -> None:
        """There is none."""

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Take note of an error that nobody awaited."""
        self.errors.append(context)

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """Take note of an error that nobody awaited."""
        self.errors.append(context)

    async def shutdown_asyncgens(self) -> None:
        """Close the asynchronous generators that were left."""
        for generator in [*self._generators]:
            await generator.aclose()

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109  # as in the base
        """Do nothing: there is none."""

    # Running

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        """Return what `call` comes to; what it left behind goes on until `settle` or `close`.

        Raises:
            StuckError: what it waits for does not come.
        """
        task: asyncio.Task[T] = self.create_task(call)
        self._run_until(task.done)
        if not task.done():
            task.cancel()
            self._run_until(task.done)
            raise StuckError
        return task.result()

    def settle(self) -> None:
        """Run what was left behind, as far as it comes to an end."""
        self._run_until(lambda: False)

    def close(self) -> None:
        """Cancel what is left, and end."""
        for task in asyncio.all_tasks(self):
            task.cancel()
        self._steps = 0
        self.settle()
        closing = self.create_task(self.shutdown_asyncgens())
        self._run_until(closing.done)
        if not closing.cancelled() and closing.done():
            closing.exception()
        self._ready.clear()
        self._timers.clear()
        self._closed = True

    def _run_until(self, done: Callable[[], bool]) -> None:
        """Make steps until `done`, as long as there are any."""
        hooks = sys.get_asyncgen_hooks()
        running = events._get_running_loop()  # how a loop says that it runs
        sys.set_asyncgen_hooks(firstiter=self._generators.add, finalizer=self._finalise)
        events._set_running_loop(self)  # as above
        try:
            while not done() and self._steps < _MOST_STEPS and self._step():
                self._steps += 1
        finally:
            events._set_running_loop(running)  # as above
            sys.set_asyncgen_hooks(*hooks)

    def _finalise(self, generator: AsyncGenerator[Any, Any]) -> None:
        self._generators.discard(generator)
        if not self._closed:
            self.create_task(generator.aclose())

    def _step(self) -> bool:
        """Run one handle that is ready; return whether there was one."""
        while any(handle.cancelled() for _, handle in self._ready):
            self._ready = deque([(client, handle) for client, handle in self._ready if not handle.cancelled()])
        while not self._ready:
            if not self._timers:
                return False
            when, _, client, timer = heapq.heappop(self._timers)
            if not timer.cancelled():
                self._now = max(self._now, when)
                self._ready.append((client, timer))
        client, handle = self._next()
        handle._run()  # a handle is made for the loop to run it
        if self._schedule is not None:
            self._schedule.stepped(client)
        return True

    def _next(self) -> tuple[int, asyncio.Handle]:
        """Take the next handle of the client whose turn it is; who starts the clients comes first."""
        if self._schedule is None:
            return self._ready.popleft()
        ready = sorted({client for client, _ in self._ready})
        chosen = ready[0]
        if len(ready) > 1 and chosen >= 0:
            chosen = self._choose(self._schedule, ready)
        place = next(place for place, (client, _) in enumerate(self._ready) if client == chosen)
        found = self._ready[place]
        del self._ready[place]
        return found

    def _choose(self, schedule: Schedule, ready: list[int]) -> int:
        """Ask the schedule."""
        return schedule.choose(ready)


IN_THREADS = ("it gave work to a thread", "it set up threads")
"""How a store leaves the loop that gives work to threads, and may do no more than that."""

_OUTSIDE = {
    "run_in_executor": IN_THREADS[0],
    "set_default_executor": IN_THREADS[1],
    "getaddrinfo": "it looked up a host",
    "getnameinfo": "it looked up a host",
    "add_signal_handler": "it handles signals",
    "subprocess_exec": "it started a process",
    "subprocess_shell": "it started a process",
    **dict.fromkeys(("connect_read_pipe", "connect_write_pipe"), "it opened a pipe"),
    **dict.fromkeys(("add_reader", "remove_reader", "add_writer", "remove_writer"), "it watches a file descriptor"),
    **dict.fromkeys(
        (
            "create_connection", "create_server", "create_datagram_endpoint", "create_unix_connection", "create_unix_server",
            "connect_accepted_socket", "start_tls", "sendfile", "sock_accept", "sock_connect", "sock_recv", "sock_recv_into",
            "sock_recvfrom", "sock_recvfrom_into", "sock_sendall", "sock_sendfile", "sock_sendto",
        ),
        "it opened a socket",
    ),
}  # fmt: skip
"""The methods of a loop that need more than the loop, and what a store that calls one does."""


def _leaving(what: str) -> Callable[..., NoReturn]:
    def leave(self: DeterministicLoop, *args: object, **kwargs: object) -> NoReturn:  # noqa: ARG001  # whatever it was
        self.left = self.left or what
        raise LeavesLoopError(what)

    return leave


for _name, _what in _OUTSIDE.items():
    setattr(DeterministicLoop, _name, _leaving(_what))


def new_loop(schedule: Schedule | None = None) -> DeterministicLoop:
    """Return a loop that runs by `schedule`, or first come, first served."""
    return DeterministicLoop(schedule)  # type: ignore[abstract]  # what is missing was set just above
