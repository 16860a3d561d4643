"""The report as values, as JSON and as text."""

from __future__ import annotations

import json
from io import StringIO
from itertools import cycle

import pytest
from rich.console import Console

from conformance import Report, Result, Verdict
from conformance.contract import CONTRACT
from conformance.rendering import brief_error, brief_source
from conformance.report.json import render_json
from conformance.report.report import INTERRUPTED
from conformance.report.terminal import print_report


def report(*verdicts: Verdict, reason: str = "", unusable: str = "") -> Report:
    """A report in which the clauses came to `verdicts`."""
    results = tuple(
        [
            Result(clause, verdict, "this", "that", "[red]because[/red]", reason, script="import asyncio\n")
            for clause, verdict in zip(cycle(CONTRACT), verdicts, strict=False)
        ]
    )
    return Report({"name": "a store", "class": "a.Store", "package": "a 1.0"}, {"guard": "not run"}, results, "1.0", unusable)


def text(given: Report, *, strict: bool = False) -> str:
    """A report as it is printed in a pipe."""
    file = StringIO()
    print_report(given, Console(file=file, width=400, markup=False, highlight=False), strict=strict, started=0)
    return file.getvalue()


@pytest.mark.parametrize(
    ("verdict", "plain", "strict"),
    [
        (Verdict.PASSED, 0, 0),
        (Verdict.FAILED, 1, 1),
        (Verdict.WARNED, 0, 1),
        (Verdict.NOTED, 0, 0),
        (Verdict.NOT_APPLICABLE, 0, 0),
        (Verdict.NOT_DECIDED, 0, 0),
        (Verdict.INCONCLUSIVE, 0, 1),
        (Verdict.EXPECTED_FAILURE, 0, 0),
        (Verdict.UNEXPECTED_PASS, 1, 1),
        (Verdict.ERROR, 3, 3),
    ],
)
def test_exit_status(verdict: Verdict, plain: int, strict: int):
    """Each verdict has its exit status, plain and strict."""
    found = report(Verdict.PASSED, verdict)
    assert (found.exit_status(), found.exit_status(strict=True)) == (plain, strict)


def test_unusable():
    """An unusable subject is exit status 2, whatever failed."""
    assert report(Verdict.FAILED, unusable="it is full").exit_status() == 2


def test_interrupted():
    """An interrupted run is exit status 3."""
    assert report(Verdict.PASSED, Verdict.INCONCLUSIVE, reason=INTERRUPTED).exit_status() == 3


def test_counts():
    """Every verdict is counted, also those that did not come."""
    assert report(*Verdict).counts() == dict.fromkeys(report().counts(), 1)


def test_json_schema():
    """The JSON has the fields of the published schema."""
    assert {"schema", "contract", "subject", "environment", "summary", "clauses"} <= {*json.loads(render_json([report()]))}


def test_json_clause():
    """Each clause has the fields of the published schema."""
    fields = "id level title news verdict expected actual because reason seconds script trace timeline"
    assert [*json.loads(render_json([report(Verdict.FAILED)]))["clauses"][0]] == fields.split()


def test_json_summary():
    """The summary counts by the names of the published schema."""
    names = "passed failed warned not_applicable not_decided inconclusive noted expected unexpected_pass errors"
    assert [*json.loads(render_json([report()]))["summary"]] == names.split()


def test_json_of_several():
    """Several reports come as a list."""
    assert len(json.loads(render_json([report(), report()]))["reports"]) == 2


@pytest.mark.parametrize("words", ["requirement: Each opening", "expected:    this", "actual:      that", "import asyncio"])
def test_text_of_a_failure(words: str):
    """A failure is printed with its requirement, what was expected, what came, and its script."""
    assert words in text(report(Verdict.FAILED))


def test_text_is_not_markup():
    """What a store says is printed as it is."""
    assert "[red]because[/red]" in text(report(Verdict.FAILED))


def test_lines_on_a_terminal():
    """On a narrow terminal the lines of a paragraph stand below one another."""
    file = StringIO()
    console = Console(file=file, force_terminal=True, color_system=None, width=40, markup=False, highlight=False)
    print_report(report(Verdict.FAILED), console, strict=False, started=0)
    requirement = file.getvalue().partition("requirement:")[2].partition("  expected:")[0].splitlines()[1:]
    assert {line[:15] for line in requirement if line} == {" " * 15}


def test_long_source_is_cut():
    """What a clause asked in Python is said in brief: the script has all of it."""
    assert len(brief_source("await store.get('k')\n" * 40)) < 120


def test_text_of_passes():
    """What passed is only counted."""
    assert "PRE-1" not in text(report(Verdict.PASSED))


def test_text_of_what_does_not_apply():
    """What does not apply is printed with its reason, once for all clauses that have it."""
    assert "not applicable: PRE-1, PRE-2: no reason" in text(report(*[Verdict.NOT_APPLICABLE] * 2, reason="no reason"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (report(Verdict.PASSED, Verdict.NOT_DECIDED), "a store conforms (contract 1.0): 1 of 2 clauses passed"),
        (report(Verdict.PASSED, Verdict.FAILED), "a store does not conform (contract 1.0): 1 of 2 clauses passed"),
        (report(Verdict.ERROR), "a store was not judged: the kit itself failed"),
        (report(unusable="it is full"), "a store cannot be judged: it is full"),
        (report(Verdict.INCONCLUSIVE, reason=INTERRUPTED), "a store was not judged to the end: the run was interrupted"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_conclusion(given: Report, words: str):
    """The last line says what came out."""
    assert text(given).splitlines()[-1] == words


def test_strict_conclusion():
    """A strict run says so."""
    assert "does not conform (contract 1.0, strict)" in text(report(Verdict.WARNED), strict=True)


def test_error_is_one_line():
    """An error is told on one line; its line ends and control characters are shown, and not done."""
    assert brief_error(LookupError("no  size\n\x1b[31mPRE-1  passed")) == r"LookupError: no size\n\x1b[31mPRE-1 passed"
