"""Known failures in a file."""

import tomllib
from dataclasses import replace

import pytest

from conformance import Recipe, Subject, Verdict, check
from conformance.contract import select
from conformance.expectations import (
    ExpectationError,
    KnownFailure,
    read_known_failures,
    render_expectations,
)
from conformance.profile import QUICK


def write(tmp_path, text):
    """Write the entries of a file, and return its path."""
    path = tmp_path / "expect.toml"
    path.write_text(f"[expect]\n{text}\n")
    return path


def read_expectations(path):
    """What a file says, by clause."""
    return {id_: str(known) for id_, known in read_known_failures(path).items()}


def test_string(tmp_path):
    """An entry is a reason."""
    assert read_expectations(write(tmp_path, '"GET-1" = "why"')) == {"GET-1": "why"}


def test_table(tmp_path):
    """An entry is a table of reason, link and end."""
    path = write(tmp_path, '"GET-1" = { reason = "why", link = "#7", until = "1.9" }')
    assert read_known_failures(path) == {"GET-1": KnownFailure("why", "#7", "1.9")}


def test_link_is_shown(tmp_path):
    """The link is told with the reason."""
    assert read_expectations(write(tmp_path, '"GET-1" = { reason = "why", link = "#7" }')) == {"GET-1": "why (#7)"}


@pytest.mark.parametrize("until", ['"2999-01-01"', "2999-01-01", '"99.0"', '"1.0"'])
def test_not_over(tmp_path, until):
    """An entry whose end is not past is accepted; a day may be a TOML date."""
    assert read_expectations(write(tmp_path, f'"GET-1" = {{ reason = "why", until = {until} }}')) == {"GET-1": "why"}


@pytest.mark.parametrize("until", ['"2001-01-01"', "2001-01-01", '"0.9"'])
def test_over(tmp_path, until):
    """An entry whose end is past is an error."""
    with pytest.raises(ExpectationError, match="which is past"):
        read_expectations(write(tmp_path, f'"GET-1" = {{ reason = "why", until = {until} }}'))


@pytest.mark.parametrize(
    "entry",
    [
        '"GET-99" = "why"',
        '"GET-1" = " "',
        '"GET-1" = 3',
        '"GET-1" = { link = "#7" }',
        '"GET-1" = { reason = "why", untill = "1.9" }',
        '"GET-1" = { reason = 3 }',
        '"GET-1" = { reason = "why", until = "soon" }',
        '"GET-1" = { reason = "why", trace = "[" }',
        '"GET-1" = { reason = "why", trace = "[3]" }',
        """"GET-1" = { reason = "why", trace = '[{"kind": "Executed", "source": "import os"}]' }""",
    ],
)
def test_refused(tmp_path, entry):
    """An unknown clause, an empty reason, an unknown field or end is an error of one line."""
    with pytest.raises(ExpectationError):
        read_expectations(write(tmp_path, entry))


@pytest.fixture
def report():
    """A report with one broken clause, whose text is hard to write."""
    found = check(Subject(name="m", opening=Recipe("reference_stores:MemoryStore")), clauses=select(["GET-1"]), operations=0)
    broken = replace(found.results[-1], verdict=Verdict.FAILED, expected='"', actual="\\ \x7f \n \x00 é")
    return replace(found, results=(broken,))


def test_written_is_read(report, tmp_path):
    """What is written can be read, whatever the store said."""
    path = tmp_path / "expect.toml"
    path.write_text(render_expectations(report, {}), encoding="utf-8")
    assert set(read_expectations(path)) == {"GET-1"}


def test_what_is_said_is_kept(report):
    """What the file said of a clause that still fails is kept."""
    text = render_expectations(report, {"GET-1": KnownFailure("why", "#7"), "GET-2": KnownFailure("mended")})
    assert tomllib.loads(text) == {"expect": {"GET-1": {"reason": "why", "link": "#7"}}}


SHORT = Subject(name="short", opening=Recipe("unruly_stores:KeepsShortKeys"))


def recorded():
    """The report on a store whose fault a search alone finds, and the expectations that are written of it."""
    report = check(SHORT, clauses=select(["SET"]), guard=False, operations=4_000, profile=QUICK)
    return report, render_expectations(report, {})


@pytest.fixture(scope="module")
def found():
    """The report that shows the fault, and the file that is written of it."""
    return recorded()


def test_found_by_the_search(found):
    """The fault is one that no clause's own check shows, and a search does."""
    report, _ = found
    assert report.search["found"] == [result.clause.id for result in report.with_verdict(Verdict.FAILED)] == ["SET-5"]


def again(text, tmp_path, subject=SHORT):
    """The verdict of a run without a search, with the file of expectations."""
    path = tmp_path / "expect.toml"
    path.write_text(text, encoding="utf-8")
    known = read_known_failures(path)
    report = check(subject, clauses=select(["SET-5"]), guard=False, operations=0, profile=QUICK, expect=known)
    return report.results[-1].verdict


def test_recorded_trace_decides(found, tmp_path):
    """What only a search found is decided by the recorded trace: it fails as expected, and no search is needed."""
    assert again(found[1], tmp_path) is Verdict.EXPECTED_FAILURE


def test_recorded_trace_of_a_mended_store(found, tmp_path):
    """Where the recorded trace shows the fault no more, the expectation does not hold."""
    mended = Subject(name="sound", opening=Recipe("broken_stores.sound:SoundStore"))
    assert again(found[1], tmp_path, mended) is Verdict.UNEXPECTED_PASS


def test_recorded_trace_is_kept(found, tmp_path):
    """Writing the file again keeps the recorded trace."""
    path = tmp_path / "expect.toml"
    path.write_text(found[1], encoding="utf-8")
    known = read_known_failures(path)
    report = check(SHORT, clauses=select(["SET-5"]), guard=False, operations=0, profile=QUICK, expect=known)
    assert tomllib.loads(render_expectations(report, known)) == tomllib.loads(found[1])


def test_search_without_steps(found):
    """Where there is nothing to record of what a search found, no expectation is written that would not hold."""
    report, _ = found
    without = replace(report, results=tuple([replace(result, trace=[]) for result in report.results]))
    assert tomllib.loads(render_expectations(without, {})) == {"expect": {}}
