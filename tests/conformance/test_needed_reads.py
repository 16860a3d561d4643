"""Reads whose answers were right, and without which a fault does not show."""

from __future__ import annotations

import importlib
import re

import pytest
from broken_stores.del_ import ReadsWhatWasDeleted
from broken_stores.get import MissingKeyIsEmpty
from broken_stores.subjects import subject
from unruly_stores import ReadsSomeOfWhatWasDeleted

from conformance import Verdict, check
from conformance.contract import select
from conformance.profile import QUICK
from conformance.replay import replay
from conformance.report.report import Result
from conformance.saving import decode_trace


def result_of(store: type, *clauses: str, operations: int = 0) -> Result:
    """What a store breaks of some clauses, which is one of them."""
    report = check(subject(store), clauses=select(clauses), profile=QUICK, guard=False, operations=operations)
    (result,) = report.with_verdict(Verdict.FAILED)
    return result


@pytest.fixture(scope="module")
def by_example() -> Result:
    """What the clause's own example found of a store that keeps what it has read."""
    return result_of(ReadsWhatWasDeleted, "DEL-1")


@pytest.fixture(scope="module")
def by_search() -> Result:
    """What the search found of a store that keeps only what the clause's example does not read."""
    return result_of(ReadsSomeOfWhatWasDeleted, "DEL-1", operations=30_000)


@pytest.fixture(params=["by_example", "by_search"])
def result(request: pytest.FixtureRequest):
    """What was found of one of the stores."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def replayed(result):
    """What the saved trace came to, performed again on the store."""
    module, name = re.findall(r"from (\S+) import (\S+)", result.script)[-1]
    return replay({"it": decode_trace(result.trace)}, subject(getattr(importlib.import_module(module), name)), QUICK)[0]


def test_script_has_the_read(result):
    """The script reads the key before it is deleted, too."""
    before, _, _ = result.script.partition("await store.delete")
    assert "await store.get" in before


def test_script_shows_the_fault(result):
    """The script fails when it is run."""
    with pytest.raises(AssertionError, match="b'"):
        exec(compile(result.script, "script", "exec"), {})  # noqa: S102  # what is tested


def test_saved_trace_shows_the_fault(replayed):
    """The trace of the report fails when it is performed again."""
    assert replayed.holds is False


def test_saved_trace_has_the_same_script(replayed, result):
    """A trace that was saved is no shorter than what was printed."""
    assert replayed.script == result.script


def test_needless_reads_are_left_out(by_example):
    """Of the reads before the fault, the script has the one that it needs."""
    assert by_example.script.count("await store.get") == 2


def test_script_without_a_read():
    """Where the fault shows without the reads before it, the script has none of them."""
    script = result_of(MissingKeyIsEmpty, "GET-1").script
    assert script.count("await store.") == 1
