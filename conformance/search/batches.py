"""Hypothesis under `storeproto check`: its examples in batches, until the time is used up, in a thread that can be left behind."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from asyncio import Runner
from pathlib import Path
from threading import Event, Thread
from typing import cast

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.errors import Flaky

from conformance.clause import ClauseFailure
from conformance.contract import CONTRACT
from conformance.search.kept import file_name
from conformance.search.play import Divergence
from conformance.search.program import Program
from conformance.subject import Subject
from conformance.trial import Watch
from conformance.worker import BlockedError

_SMALLEST_BATCH, _LARGEST_BATCH = 4, 64
"""Examples that Hypothesis runs at once; the first of them is always the simplest."""
_GRACE = 2.0
"""Seconds beyond a call's deadline after which a loop that has not even cancelled it counts as blocked."""


class Batches(ABC):
    """Runs a test of Hypothesis's; what it finds is passed over from then on.

    Args:
        subject: the store under test.
        watch: is told what goes on.
        known: the clauses whose divergences are passed over; what is found is added.
        deadline: seconds that one call may take.
        seed_number: fixes the sequence of batches.
        cache: the kit's cache folder, for Hypothesis's examples; None keeps none.

    Attributes:
        diverged: the programs that showed a divergence, not yet minimal.
        failures: what other steps than single operations showed, by clause.
        operations: how many were performed.
        seconds: how long it took.
        last: the program that the batch under way found to diverge, if it did.
        runner: runs the calls of the batch under way.
    """

    def __init__(
        self, subject: Subject, watch: Watch, known: set[str], *, deadline: float, seed_number: int = 0, cache: Path | None = None
    ) -> None:
        self.diverged: list[tuple[Program, Divergence]] = []
        self.failures: dict[str, ClauseFailure] = {}
        self.operations = 0
        self.seconds = 0.0
        self.watch = watch
        self.known = known
        self.deadline = deadline
        self._seed = seed_number
        self._database = DirectoryBasedExampleDatabase(cache / "examples" / file_name(subject)) if cache else None
        self._stop = Event()
        self._batches, self._size, self._each = 0, _SMALLEST_BATCH, 0.0
        self.last: tuple[Program, Divergence] | None = None
        self.runner: Runner

    @abstractmethod
    def _test(self, number: str, chosen: settings) -> None:
        """Run one batch.

        Args:
            number: its seed.
            chosen: how many examples, and all else that Hypothesis is told.

        Raises:
            ClauseFailure: a clause does not hold, which is given as the reason; `last` is the program, if it was one.
        """

    def run(self, seconds: float) -> None:
        """Search until the time is used up, or each clause was found broken; another run goes on from there.

        Raises:
            BlockedError: a call blocked the event loop; the thread is left behind.
        """
        self._stop.clear()
        started = time.monotonic()
        errors: list[BaseException] = []

        def search() -> None:
            try:
                with Runner() as self.runner:
                    self._run_batches(started + seconds)
            except BaseException as error:  # noqa: BLE001  # raised again in the thread that waits
                errors.append(error)

        thread = Thread(target=search, name="conformance-hypothesis", daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                thread.join(0.05)
                if time.monotonic() > self.watch.until + _GRACE:
                    raise BlockedError(str(self.watch.operation))
        finally:
            self._stop.set()
            self.watch.until = float("inf")
            self.seconds += time.monotonic() - started
        if errors:
            raise errors[0]

    def _run_batches(self, end: float) -> None:
        every = {clause.id for clause in CONTRACT}
        while (left := end - time.monotonic()) > 0 and not self._stop.is_set() and not every <= self.known:
            if self._each:
                self._size = max(_SMALLEST_BATCH, min(2 * self._size, _LARGEST_BATCH, int(left / self._each)))
            began = time.monotonic()
            self._run_batch(self._size)
            self._each = (time.monotonic() - began) / self._size

    def _run_batch(self, size: int) -> None:
        self.last = None
        self._batches += 1
        chosen = settings(
            max_examples=size,
            deadline=None,
            database=self._database,
            phases=[Phase.reuse, Phase.generate],  # the trace is made minimal faster
            suppress_health_check=cast("list[HealthCheck]", [*HealthCheck]),
            verbosity=Verbosity.quiet,
            print_blob=False,
        )
        try:
            self._test(f"{self._seed} {self._batches}", chosen)
        except ClauseFailure as failure:
            self._keep(failure)
        except Flaky:  # it does not show itself each time; what showed is kept
            self._keep(None)

    def _keep(self, failure: ClauseFailure | None) -> None:
        if self.last is not None:
            self.diverged.append(self.last)
        elif failure is not None:
            self.failures[failure.because] = failure
        if failure is not None:
            self.known.add(failure.because)
