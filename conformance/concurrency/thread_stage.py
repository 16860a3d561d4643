"""Where programs are performed whose store gives work to threads: on loops that step them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from conformance.concurrency.loop import DeterministicLoop, Schedule
from conformance.concurrency.program import Play, Run
from conformance.concurrency.search import Stage
from conformance.concurrency.stepped_threads import Crew
from conformance.concurrency.stepping_loop import SteppingLoop, new_stepping_loop

_SCHEDULES = 5
"""Schedules of each program: between system calls there are more places for a switch than between the steps of tasks."""


@dataclass(frozen=True)
class ThreadStage(Stage):
    """Performs programs in a process that is made for it: what a store gives to threads is stepped between system calls.

    Attributes:
        crew: the threads.
    """

    crew: Crew

    @property
    def schedules(self) -> int:
        """Several."""
        return _SCHEDULES

    @property
    def plain_loop(self) -> bool:
        """No loop of asyncio's orders threads."""
        return False

    def loop(self, play: Play, schedule: Schedule | None = None) -> DeterministicLoop:
        """Return a new loop that steps threads."""
        return new_stepping_loop(self.crew, schedule, play.clock.__next__)

    def told(self, run: Run, loop: DeterministicLoop) -> Run:
        """Return a run with where threads stood still."""
        if not isinstance(loop, SteppingLoop):
            return run
        return replace(run, stops=tuple(loop.stops), stood=tuple(loop.stood))
