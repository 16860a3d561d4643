"""What the search found, as results of the clauses."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from itertools import count
from pathlib import Path
from typing import Any

from conformance.awaiting import close_store
from conformance.clause import Clause
from conformance.dialect import Dialect
from conformance.expectation import Expectation
from conformance.operations import Operation
from conformance.recipe import Place
from conformance.report.report import Result, broken
from conformance.saving import encode_trace
from conformance.search.search import Finding
from conformance.subject import Subject
from conformance.trace import Asked, Opened, Performed, Trace

_SERIAL = count()


class StoreMaker:
    """Opens new, empty stores of a subject, each in a directory of its own.

    Args:
        subject: the store under test.
        workspace: a directory.
    """

    def __init__(self, subject: Subject, workspace: Path) -> None:
        self._subject = subject
        self._workspace = workspace

    async def __call__(self, stack: AsyncExitStack) -> Any:
        """Return a new store, which `stack` closes."""
        path = self._workspace / f"program{next(_SERIAL)}"
        path.mkdir(parents=True)
        store = await self._subject.opening.open(Place(path, f"p{time.time_ns():x}"), stack)
        stack.push_async_callback(_close, store)
        return store


async def _close(store: Any) -> None:
    with suppress(Exception):
        await close_store(store)


def trace_of(program: Sequence[Operation], expectation: Expectation) -> Trace:
    """The trace of a minimal program, the last operation of which does not come to what is expected."""
    *before, last = program
    steps = [Performed("store", operation) for operation in before]
    return Trace([Opened("store", "store_path"), *steps, Asked("store", last, "", expectation)], minimal=True)


def result_of(clause: Clause, finding: Finding, subject: Subject, dialect: Dialect) -> Result:
    """The result of a clause that the search found broken."""
    trace = trace_of(finding.program, finding.divergence.expectation)
    return Result(
        clause,
        broken(clause.level),
        f"{finding.divergence.operation}: {finding.divergence.expectation}",
        str(finding.divergence.outcome),
        f"found by the search, in a program of {len(finding.program)} operations",
        script=trace.script(subject, dialect),
        trace=encode_trace(trace),
    )
