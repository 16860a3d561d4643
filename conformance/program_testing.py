"""A Hypothesis test of whole programs, each drawn as bytes of a fixed length: faster than the state machine, and as easy to run.

```python
test_my_store = conformance.program_test(my_subject)
```

What fails is made minimal on the trace, in milliseconds: Hypothesis's own shrinking is off. The falsifying example that Hypothesis
prints is the minimal program, and a note beside it has the program as a script, without the kit.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import hypothesis
from hypothesis import HealthCheck, Phase

from conformance.awaiting import close_store, kept_loop
from conformance.recipe import Place
from conformance.search.binary_programs import clause_failure, programs
from conformance.search.findings import StoreMaker, trace_of
from conformance.search.kept import file_name
from conformance.search.program import Program
from conformance.search.search import Finding, Search
from conformance.subject import Subject
from conformance.survey import Survey, survey
from conformance.trial import Watch


def program_test(
    subject: Subject, *, settings: hypothesis.settings | None = None, seconds: float = float("inf"), deadline: float = 10.0
) -> Callable[[], None]:
    """Return a test for pytest, for HypoFuzz, or to be called: each example is a program of up to 50 operations on a new store.

    What the subject expects to fail is passed over: the model then follows the store.

    Args:
        subject: the store under test.
        settings: how many examples, and all else that Hypothesis takes; those of the current profile by default. Shrinking, the
            deadline of an example and the health checks are off.
        seconds: after so many, further examples do nothing: for a remote store, which is asked for a time and not for a number.
        deadline: seconds that one operation may take.

    Returns:
        The test. It raises `ClauseFailure`, which names the clause, where the contract does not allow what the store does.
    """
    judge = _Judge(subject, seconds, deadline)

    def test(program: Program) -> None:
        judge.judge(program)

    # Hypothesis tells tests, and so the examples that it keeps of them, apart by their names.
    test.__name__ = test.__qualname__ = f"test_{re.sub(r'[^0-9a-zA-Z]+', '_', file_name(subject))}"
    test.__doc__ = f"{subject.name} does what the contract allows, in any program."
    given = settings or hypothesis.settings()
    chosen = hypothesis.settings(
        given,
        phases=[phase for phase in given.phases if phase not in (Phase.shrink, Phase.explain)],
        deadline=None,
        suppress_health_check=cast("list[HealthCheck]", [*HealthCheck]),
    )
    return cast("Callable[[], None]", chosen(hypothesis.given(programs(judge.decoded))(test)))


class _Judge:
    """Judges programs, and knows the minimal form of those that failed: as such they are drawn, and printed, from then on."""

    def __init__(self, subject: Subject, seconds: float, deadline: float) -> None:
        self._subject = subject
        self._seconds = seconds
        self._deadline = deadline
        self._minimal: dict[Program, Program] = {}
        self._until: float | None = None

    @cached_property
    def _survey(self) -> Survey:
        async def ask() -> Survey:
            with tempfile.TemporaryDirectory(prefix="storeproto-", ignore_cleanup_errors=True) as directory:
                async with AsyncExitStack() as stack:
                    store: Any = await self._subject.opening.open(Place(Path(directory), f"t{time.time_ns():x}"), stack)
                    found = survey(self._subject, store)
                    await close_store(store)
                    return found

        return kept_loop().run_until_complete(ask())

    @cached_property
    def _search(self) -> Search:
        seen = self._survey
        return Search(self._open, seen.dialect, seen.offers, self._subject.grammar, Watch(), known=self._subject.expect)

    async def _open(self, stack: AsyncExitStack) -> Any:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="storeproto-", ignore_cleanup_errors=True))
        return await StoreMaker(self._subject, Path(directory))(stack)

    def decoded(self, data: bytes) -> Program:
        """Return the program that `data` stands for; of one that has failed, what it came to."""
        program = self._search.generator.decoded(data)
        return self._minimal.get(program, program)

    def judge(self, program: Program) -> None:
        """Run a program on a new store.

        Raises:
            ClauseFailure: the contract does not allow what the store does.
            TimeoutError: an operation took longer than the deadline.
        """
        __tracebackhide__ = True  # pytest shows what failed, and not where in the kit
        if self._until is None:
            self._until = time.monotonic() + self._seconds
        if time.monotonic() > self._until and not self._minimal:  # what has failed must fail again
            return
        finding = kept_loop().run_until_complete(self._found(program))
        if finding is not None:
            self._minimal[program] = finding.program
            failure = clause_failure(finding.program, finding.divergence)
            failure.add_note(trace_of(finding.program, finding.divergence.expectation).script(self._subject, self._survey.dialect))
            raise failure

    async def _found(self, program: Program) -> Finding | None:
        divergence = await self._search.play(program, deadline=self._deadline)
        if divergence is None:
            return None
        return await self._search.explain(program, divergence, deadline=self._deadline)
