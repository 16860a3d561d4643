"""Threads that are stepped: of them and the event loop's own one runs at a time, from one system call to the next.

Work that a store gives to threads is a job. It belongs to the client that gave it, and each of its steps is a step of that client:
the loop hands it the baton, and has it back when the job stands before its next system call, has ended, or waits for a lock. What
waits for a lock goes on when another has let go of it: nothing is taken for blocked, or for running, by the clock, as far as the
system says what its threads wait for.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import Context
from typing import TYPE_CHECKING, Any

from conformance.concurrency.checkpoints import Hooks
from conformance.concurrency.lock_waits import Sleep, sleep_for_lock, tells_of_locks
from conformance.concurrency.loop import CLIENT

if TYPE_CHECKING:
    from conformance.concurrency.stepping_loop import SteppingLoop

_LOOK = 0.003
"""Seconds between two looks at a thread that has the baton."""
PATIENCE = 10.0
"""Seconds after which a thread that has the baton, and waits for no lock, is given up."""
_BLIND_PATIENCE = 2.0
"""The same where the system does not say what a thread waits for."""
_WOKEN = 10
"""Waits of threads for what no thread of the crew gives, after which the store counts as one that leaves Python."""


class _Seat:
    """A thread that takes one job after the other."""

    def __init__(self, crew: Crew) -> None:
        self.go = _taken()
        self.back = _taken()
        self.job: Job | None = None
        self.awake = False
        self._crew = crew
        self._thread = threading.Thread(target=self._serve, name="conformance-stepped", daemon=True)
        self._thread.start()

    @property
    def number(self) -> int:
        """The system's number of the thread."""
        return self._thread.native_id or 0

    def _serve(self) -> None:
        while True:
            self._wait()
            job = self.job
            assert job is not None  # noqa: S101  # for the type checker: it is given before the baton
            self._crew.follow(job)
            job.perform()
            self._crew.follow(None)
            job.ended = True
            self.back.release()

    def stand(self) -> None:
        """Give the baton back, and wait for it."""
        self.back.release()
        self._wait()

    def _wait(self) -> None:
        """Wait for the baton."""
        self.go.acquire()
        self.awake = True

    def go_on(self) -> None:
        """Have the baton."""
        self.awake = False
        self.go.release()


class Job(Future[Any]):
    """Work that a store gave to a thread.

    Args:
        crew: its threads.
        loop: steps it.
        call: the work.
        client: whose it is.

    Attributes:
        stepped: whether it stands still before each system call, or runs through.
        at: the system call before which it stands; empty where it has not begun.
        audited: whether that call raises an audit event.
        ended: whether its thread is done with it.
        sleeps: in which wait for a lock it gave the baton back; None where it did not.
        abandoned: whether nobody waits for what comes of it any more, while it goes on.
        stop: the number of the loop's note that it stands still while others go on; None where it does not.
    """

    def __init__(self, crew: Crew, loop: SteppingLoop, call: Callable[[], Any], client: int, *, stepped: bool) -> None:
        super().__init__()
        self.client = client
        self.stepped = stepped
        self.at = ""
        self.audited = False
        self.ended = False
        self.sleeps: Sleep | None = None
        self.abandoned = False
        self.stop: int | None = None
        self.loop = loop
        self.seat: _Seat | None = None
        self._crew = crew
        self._call = call
        self._context = Context()
        self._context.run(CLIENT.set, client)

    def cancel(self) -> bool:
        """Cancel it if it has not begun; else it goes on, as threads do, and nobody waits for it."""
        if super().cancel():
            return True
        if self.running() and not self.abandoned:
            self.abandoned = True
            self.loop.abandoned(self)
        return False

    def begin(self) -> bool:
        """Give it a thread; return whether it was not cancelled before."""
        if self.seat is None:
            if not self.set_running_or_notify_cancel():
                self.ended = True
                return False
            self.seat = self._crew.seat_for(self)
        return True

    def perform(self) -> None:
        """Do the work, in its thread."""
        self._context.run(self._perform)

    def _perform(self) -> None:
        if self.stepped:
            sys.setprofile(self._crew.hooks.profile)
        try:
            result = self._call()
        except BaseException as error:  # noqa: BLE001  # whoever waits for it has it
            self._rest()
            self.set_exception(error)
        else:
            self._rest()
            self.set_result(result)
        finally:
            del self._call

    def _rest(self) -> None:
        """Stand still no more: what follows is the executor's."""
        sys.setprofile(None)
        self.stepped = False


class Crew:
    """The stepped threads of a process that is made for it: hooks of the interpreter stay as long as it does.

    Attributes:
        left: how what runs left Python, in words; empty where it did not.
    """

    def __init__(self) -> None:
        self.left = ""
        self.hooks = Hooks(self._stand, self.leave, self.takes_part)
        self.loop: SteppingLoop | None = None
        self._local = threading.local()
        self._free: list[_Seat] = []
        self._tells = tells_of_locks()
        self._submit = ThreadPoolExecutor.submit
        self._own_work = False
        self._woken = 0
        self._helping = threading.Lock()

    def install(self) -> None:
        """Set the hooks: while a loop of this crew runs, what is submitted to an executor of threads is stepped."""
        self.hooks.install()
        crew, submit = self, self._submit

        def submit_stepped(executor: ThreadPoolExecutor, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            if crew.loop is None or not crew.takes_part():
                return submit(executor, call, *args, **kwargs)
            return crew.loop.submit(lambda: call(*args, **kwargs))

        ThreadPoolExecutor.submit = submit_stepped  # type: ignore[assignment, method-assign]  # in this process alone
        start = threading.Thread.start

        def start_noted(thread: threading.Thread) -> None:
            if crew.takes_part():
                crew.leave("it started a thread of its own")
            start(thread)

        threading.Thread.start = start_noted  # type: ignore[assignment, method-assign]  # as above
        if self._tells:
            threading.Thread(target=self._watch, name="conformance-watch", daemon=True).start()

    # In the threads

    def follow(self, job: Job | None) -> None:
        """Say what this thread does now."""
        self._local.job = job

    def own_job(self) -> Job | None:
        """What this thread does."""
        found: Job | None = getattr(self._local, "job", None)
        return found

    def takes_part(self) -> bool:
        """Whether what this thread does is the store's doing: it is the loop's, or stepped."""
        if self.own_job() is not None:
            return True
        return self.loop is not None and not self._own_work and threading.get_ident() == self.loop.thread

    def _stand(self, name: str, audited: bool) -> None:
        """Stand still before a system call, in a stepped thread."""
        job = self.own_job()
        if job is None or not job.stepped or job.seat is None:
            return
        job.at, job.audited = name, audited
        job.loop.came_to(job.client, name)
        self._local.job = None  # what happens in here is not the store's
        job.seat.stand()
        self._local.job = job

    def leave(self, what: str) -> None:
        """Take note of how the store left what can be stepped."""
        self.left = self.left or what

    # In the loop's thread

    def seat_for(self, job: Job) -> _Seat:
        """A thread for a job."""
        self._own_work = True
        seat = self._free.pop() if self._free else _Seat(self)
        self._own_work = False
        seat.job = job
        return seat

    def let_go_on(self, job: Job) -> None:
        """Give a job the baton, and wait until it stands, has ended, or waits for a lock."""
        assert job.seat is not None  # noqa: S101  # for the type checker: it has begun
        job.loop.hands_over = True
        with self._helping:
            job.seat.go_on()
        self.wait_for(job)
        job.loop.hands_over = False

    def wait_for(self, job: Job) -> None:
        """Wait until a job that runs stands, has ended, or waits for a lock."""
        assert job.seat is not None  # noqa: S101  # as above
        seen: Sleep | None = None
        until = time.monotonic() + (PATIENCE if self._tells else _BLIND_PATIENCE)
        while not job.seat.back.acquire(timeout=_LOOK):
            sleep = sleep_for_lock(job.seat.number) if self._tells and job.seat.awake else None
            if sleep is not None and sleep == seen:
                job.sleeps = sleep
                return
            seen = sleep
            if time.monotonic() > until:
                self.leave("a thread was away for too long: it may wait for a lock, or for what is outside of Python")
                job.sleeps = ("", "")
                return
        job.sleeps = None
        if job.ended:
            self._free.append(job.seat)

    def woken_from_outside(self) -> None:
        """Take note that a job waited though none that is stepped could let it go on; it is as if it had run for long."""
        self._woken += 1
        if self._woken > _WOKEN:
            self.leave("threads wait for what is outside of Python, or for a time")

    def has_woken(self, job: Job) -> bool:
        """Whether a job that waited for a lock waits no more."""
        return job.seat is not None and sleep_for_lock(job.seat.number) != job.sleeps

    # Beside them

    def _watch(self) -> None:
        """Look after the loop's own thread: while it waits for a lock, those that stand go on, the oldest first."""
        seen: Sleep | None = None
        while True:
            time.sleep(_LOOK)
            loop = self.loop
            if loop is None or loop.hands_over or self._own_work:
                seen = None
                continue
            with self._helping:
                sleep = None if loop.hands_over or self._own_work else sleep_for_lock(loop.number)
                if sleep is not None and sleep == seen:
                    self._help(loop, sleep)
            seen = sleep

    def _help(self, loop: SteppingLoop, sleep: Sleep) -> None:
        """Let the threads that stand go on, one after the other, as long as the loop's own is in that sleep."""
        for job in loop.standing():
            while not job.ended and job.sleeps is None and sleep_for_lock(loop.number) == sleep:
                assert job.seat is not None  # noqa: S101  # as above
                job.seat.go_on()
                self.wait_for(job)


def _taken() -> threading.Lock:
    """A lock that is taken: whoever waits for it waits for another to let go of it."""
    lock = threading.Lock()
    lock.acquire()
    return lock
