"""The deterministic loop for stores that give work to threads: the threads are stepped too, in a process that is made for it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, ThreadPoolExecutor
from contextvars import Context
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar, TypeVarTuple

from conformance.concurrency.loop import CLIENT, DeterministicLoop, LeavesLoopError, Schedule
from conformance.concurrency.program import GHOSTS, Stop
from conformance.concurrency.stepped_threads import PATIENCE, Crew, Job

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

_LOOK = 0.001
"""Seconds between two looks at threads that wait for locks, where nothing else can go on."""
_LONG_AGO = -2
_OF_NO_THREADS = "it gave work to an executor that is none of threads"


class SteppingLoop(DeterministicLoop):
    """Runs one coroutine, all that it starts, and the work that it gives to threads, by a schedule.

    Args:
        crew: the threads.
        schedule: says which client makes the next step; None: first come, first served, and what is given to threads runs through.
        clock: gives the moments of the program.

    Attributes:
        thread: the thread that it runs in, as Python numbers it.
        number: the same thread, as the system numbers it.
        hands_over: whether a thread of the crew has the baton.
        stops: where threads stood still while others went on.
        stood: for each decision, the system call before which a thread of the client stood that was chosen; empty where none did.
    """

    def __init__(self, crew: Crew, schedule: Schedule | None = None, clock: Callable[[], int] = lambda: 0) -> None:
        super().__init__(schedule)
        self.thread = threading.get_ident()
        self.number = threading.get_native_id()
        self.hands_over = False
        self.stops: list[Stop] = []
        self.stood: list[str] = []
        self._crew = crew
        self._clock = clock
        self._jobs: dict[Job, asyncio.Handle | None] = {}
        self._asleep: dict[Job, int] = {}
        self._made = 0
        self._client = -1
        self._calls: Counter[tuple[int, str]] = Counter()

    # What a store gives to threads

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Arguments], T], *args: *Arguments) -> asyncio.Future[T]:
        """Step `func` in a thread, whichever executor of threads it is given to; others are left."""
        self._demand_threads(executor)
        return asyncio.wrap_future(self.submit(partial(func, *args)), loop=self)

    def set_default_executor(self, executor: Executor) -> None:
        """Do nothing: work is stepped whichever executor of threads it is given to; others are left."""
        self._demand_threads(executor)

    def _demand_threads(self, executor: Executor | None) -> None:
        if executor is not None and not isinstance(executor, ThreadPoolExecutor):
            self.left = self.left or _OF_NO_THREADS
            raise LeavesLoopError(_OF_NO_THREADS)

    def submit(self, call: Callable[[], T]) -> Job:
        """Step `call` in a thread, as a step of the client that asks for it."""
        client = CLIENT.get(-1)
        job = Job(self._crew, self, call, client, stepped=self._schedule is not None and client >= 0)
        self._ready_again(job)
        return job

    def call_soon_threadsafe(
        self, callback: Callable[[*Arguments], object], *args: *Arguments, context: Context | None = None
    ) -> asyncio.Handle:
        """Run `callback` as `call_soon` does; from a thread that is not stepped, the loop has been left."""
        if self._crew.own_job() is None:
            return super().call_soon_threadsafe(callback, *args, context=context)
        return self.call_soon(callback, *args, context=context)

    def abandoned(self, job: Job) -> None:
        """Let a job whose waiter has been cancelled go on when the schedule finds nothing more urgent."""
        if 0 <= job.client < GHOSTS:
            self._note_stop(job)
            job.client += GHOSTS
            handle = self._jobs.get(job)
            if handle is not None:
                handle.cancel()
                self._ready_again(job)

    def standing(self) -> list[Job]:
        """The jobs that have begun and stand still, the oldest first."""
        return [job for job in self._jobs if job.seat is not None and not job.ended and job.sleeps is None]

    # Running

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        """Return what `call` comes to."""
        try:
            return super().run(call)
        finally:
            self._note_left()

    def settle(self) -> None:
        """Run what was left behind, as far as it comes to an end."""
        super().settle()
        self._note_left()

    def _note_left(self) -> None:
        self.left = self.left or self._crew.left

    def _run_until(self, done: Callable[[], bool]) -> None:
        self._crew.loop = self
        try:
            super()._run_until(done)
        finally:
            self._crew.loop = None

    def _step(self) -> bool:
        self._made += 1
        self._wake()
        while not self._crew.left:
            if super()._step():
                return True
            if not self._asleep or not self._awaited():
                break
        return False

    def came_to(self, client: int, call: str) -> None:
        """Count a system call to which work of `client` has come."""
        self._calls[client % GHOSTS, call] += 1

    def _next(self) -> tuple[int, asyncio.Handle]:
        client, handle = super()._next()
        if client != self._client:
            for job in self.standing():
                if job.client == self._client >= 0:
                    self._note_stop(job)
            self._client = client
        return client, handle

    def _choose(self, schedule: Schedule, ready: list[int]) -> int:
        chosen = super()._choose(schedule, ready)
        self.stood.append(next((job.at for job in self.standing() if job.client == chosen), ""))
        return chosen

    def _note_stop(self, job: Job) -> None:
        """Take note that a job stands still while others go on."""
        if job.stop is None and job.at and not job.ended:
            number = self._calls[job.client % GHOSTS, job.at]
            job.stop = len(self.stops)
            self.stops.append(Stop(job.client % GHOSTS, job.at, job.audited, number, self._clock()))

    def _note_going_on(self, job: Job) -> None:
        if job.stop is not None:
            self.stops[job.stop] = replace(self.stops[job.stop], until=self._clock())
            job.stop = None

    def _ready_again(self, job: Job) -> None:
        """Make the next step of a job a step of its client."""
        context = Context()
        context.run(CLIENT.set, job.client)
        self._jobs[job] = self.call_soon(self._go_on, job, context=context)

    def _go_on(self, job: Job) -> None:
        """Make a step of a job: to its next system call, to its end, or to where it waits for a lock."""
        self._jobs[job] = None
        if job.sleeps is not None:
            self._asleep[job] = _LONG_AGO  # it went on while the loop waited for a lock, and came to one itself
        elif not job.ended and job.begin():
            self._note_going_on(job)
            self._crew.let_go_on(job)
        self._place(job)

    def _place(self, job: Job) -> None:
        """Put a job where it belongs after a step."""
        if job.ended:
            self._jobs.pop(job, None)
        elif job.sleeps is not None:
            self._asleep.setdefault(job, self._made)
        else:
            self._ready_again(job)

    def _wake(self) -> None:
        """Take up the jobs that waited for a lock and have it."""
        for job, since in list(self._asleep.items()):
            if self._crew.has_woken(job):
                del self._asleep[job]
                if self._made <= since + 1:  # nothing has run that could have woken it
                    self._crew.woken_from_outside()
                self.hands_over = True
                self._crew.wait_for(job)
                self.hands_over = False
                self._place(job)

    def _awaited(self) -> bool:
        """Wait until one of the jobs that wait for locks goes on, where nothing else can; return whether one does."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            time.sleep(_LOOK)
            before = len(self._asleep)
            self._wake()
            if len(self._asleep) != before or self._ready:
                return not self._crew.left
        self._crew.leave("threads wait for locks that none of them lets go of, or for what is outside of Python")
        return False


def new_stepping_loop(crew: Crew, schedule: Schedule | None = None, clock: Callable[[], int] = lambda: 0) -> SteppingLoop:
    """Return a loop that runs by `schedule`, or first come, first served, and steps threads."""
    return SteppingLoop(crew, schedule, clock)  # type: ignore[abstract]  # what is missing was set in its base
