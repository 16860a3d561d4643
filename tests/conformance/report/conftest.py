"""A report with every kind of text in it."""

import pytest

from conformance import Recipe, Report, Subject, Verdict, check
from conformance.contract import CONTRACT, select
from conformance.report.report import Result

HOSTILE = "</script><script>alert('x')</script> \x00 \ud800 ]]> & \"quoted\" | piped"


@pytest.fixture(scope="session")
def report() -> Report:
    """A real report of a store that keeps what it is asked."""
    return check(
        Subject(name="memory", opening=Recipe("reference_stores:MemoryStore")), clauses=select(["GET", "EXI"]), operations=0
    )


@pytest.fixture
def hostile(report: Report) -> Report:
    """A report of every verdict, whose texts are not to be trusted."""
    results = [Result(clause, verdict, *[HOSTILE] * 4, script=HOSTILE) for clause, verdict in zip(CONTRACT, Verdict, strict=False)]
    return Report({**report.subject, "name": HOSTILE}, report.environment, tuple(results), report.contract)
