"""The state machine under `storeproto check`."""

from __future__ import annotations

import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from conformance.clause import ClauseFailure
from conformance.machine import StoreStateMachine
from conformance.search.batches import Batches
from conformance.search.play import Divergence
from conformance.subject import Subject
from conformance.trace import Trace
from conformance.trial import Watch

T = TypeVar("T")


class MachineSearch(Batches):
    """Runs the machine of a subject.

    Attributes:
        traces: the minimal traces of `failures`, by clause, where there is one.
    """

    def __init__(
        self, subject: Subject, watch: Watch, known: set[str], *, deadline: float, seed_number: int = 0, cache: Path | None = None
    ) -> None:
        super().__init__(subject, watch, known, deadline=deadline, seed_number=seed_number, cache=cache)
        self.traces: dict[str, Trace] = {}
        self._machine = self._make(subject)
        self._failed: StoreStateMachine | None = None

    def _test(self, number: str, chosen: settings) -> None:
        run_state_machine_as_test(seed(number)(self._machine), settings=chosen)

    def _keep(self, failure: ClauseFailure | None) -> None:
        # The search itself makes a program minimal; from now on, what was found is passed over.
        if failure is not None and self.last is None and self._failed is not None:
            trace = self._failed.explained()
            self.last = None
            if trace is not None:
                self.traces[failure.because] = trace
        self._failed = None
        super()._keep(failure)

    def _make(self, judged: Subject) -> type[StoreStateMachine]:
        search = self

        class Machine(StoreStateMachine):
            subject = judged
            deadline = search.deadline
            watch = search.watch

            @property
            def known(self) -> set[str]:
                return search.known

            def run(self, call: Coroutine[Any, Any, T]) -> T:
                search.watch.until = time.monotonic() + self.deadline
                try:
                    return search.runner.run(self.limited(call))
                finally:
                    search.watch.until = float("inf")

            def explain(self) -> None:
                search._failed = self

            def diverge(self, divergence: Divergence) -> None:
                search.last = (self.program, divergence)
                super().diverge(divergence)

            def teardown(self) -> None:
                search.operations += len(self.program)
                super().teardown()

        return Machine
