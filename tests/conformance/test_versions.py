"""Versions of the contract."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from conformance import Recipe, Report, Subject, Verdict, check
from conformance.clause import Clause, Level, clause
from conformance.cli import main
from conformance.contract import CONTRACT, VERSION, select
from conformance.report.html import render_html
from conformance.trial import Trial
from conformance.versions import UnknownVersionError, at_version, number, version_asked, versions_of

CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"
(GET_1,) = select(["GET-1"])


@clause("GET-99", Level.MUST, "a later clause", "A clause that a later version brings.", since="1.1")
async def later(trial: Trial) -> None:
    """Hold for no store."""
    trial.fail("something new", "what there was")


STRICTER = replace(later, since="1.0", changed="1.1")


def judged(*clauses: Clause, **options: object) -> Report:
    """The report on a sound store, with GET-1 and `clauses` for the contract."""
    subject = Subject(name="sound", opening=Recipe("broken_stores.sound:SoundStore"))
    return check(subject, clauses=(GET_1, *clauses), guard=False, operations=0, **options)  # type: ignore[arg-type]


def verdicts(report: Report) -> dict[str, str]:
    """What a report says of chapter GET."""
    return {result.clause.id: result.verdict.value for result in report.results if result.clause.chapter == "GET"}


def test_older_version():
    """A run by an older version does not ask what came later."""
    assert verdicts(judged(later, contract="1.0")) == {"GET-1": "passed"}


def test_newest_version():
    """A run asks for the newest version unless it is told otherwise."""
    assert verdicts(judged(later)) == {"GET-1": "passed", "GET-99": "failed"}


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_report_says_the_version(version: str):
    """The report says by which version it was judged."""
    assert judged(later, contract=version).to_json()["contract"] == version


def test_stricter_form_in_an_older_version():
    """Whoever breaks only the stricter form of a clause does not break the older version of the contract."""
    report = judged(STRICTER, contract="1.0")
    assert (verdicts(report)["GET-99"], report.exit_status(strict=True)) == ("not-applicable", 0)


def test_stricter_form_in_its_version():
    """The stricter form counts in the version that brought it."""
    assert verdicts(judged(STRICTER, contract="1.1"))["GET-99"] == "failed"


def test_expectation_of_a_stricter_form():
    """What is expected to fail in the newer form is no unexpected pass in the older."""
    report = judged(replace(STRICTER, id="GET-2"), contract="1.0", expect={"GET-2": "not yet"})
    assert report.with_verdict(Verdict.UNEXPECTED_PASS) == []


def test_unknown_version():
    """A version that there is not is refused, with those that there are."""
    with pytest.raises(UnknownVersionError, match=r"no version '0\.9' of the contract; this kit decides 1\.0"):
        judged(contract="0.9")


def test_versions_in_order():
    """Versions are numbers, and not text."""
    assert versions_of([replace(later, since=version) for version in ("1.10", "1.9")])[-2:] == ["1.9", "1.10"]


def test_version_between():
    """A version in which nothing came to the clauses that are asked is a version all the same."""
    assert version_asked(VERSION, []) == VERSION


def test_new_clause_is_marked():
    """A page marks the clause that is new in a version."""
    assert ">new in 1.1<" in render_html([judged(later)])


@pytest.mark.parametrize(
    ("changed", "news"), [(later, "new in 1.1"), (STRICTER, "stricter in 1.1"), (GET_1, "")], ids=["new", "stricter", "first"]
)
def test_news(changed: Clause, news: str):
    """A clause says what a later version did to it."""
    assert changed.news == news


def test_command_marks_what_is_new(monkeypatch, capsys):
    """`storeproto contract` marks the clauses that are new."""
    monkeypatch.setattr("conformance.contract.CONTRACT", (*CONTRACT, later))
    main(["contract", "GET-99"])
    assert "A clause that a later version brings.  (new in 1.1)" in capsys.readouterr().out


def test_command_lists_an_older_version(monkeypatch, capsys):
    """`storeproto contract` lists the clauses of the version that is asked for."""
    monkeypatch.setattr("conformance.contract.CONTRACT", (*CONTRACT, later))
    main(["contract", "--contract", "1.0"])
    assert "GET-99" not in capsys.readouterr().out


def test_newest_is_the_newest():
    """The version of the contract is the newest of its clauses."""
    assert versions_of(CONTRACT)[-1] == VERSION


def listed(version: str) -> dict[str, set[str]]:
    """The ids that the changelog lists for a version of the contract, by what was done to them; `GET-1 to 3` are three."""
    text = re.search(rf"^- Version {re.escape(version)}\b.*?(?=^\n|^- |^#|\Z)", CHANGELOG.read_text(), re.MULTILINE | re.DOTALL)
    parts = re.split(r"(New|Stricter):", text[0] if text else "")
    return {kind: set(_ids(ids)) for kind, ids in zip(parts[1::2], parts[2::2], strict=True)}


def _ids(text: str) -> list[str]:
    found: list[str] = []
    for chapter, first, suffix, last in re.findall(r"([A-Z]{3})-(\d+)([a-z]?)(?: to (\d+))?", text):
        found += [f"{chapter}-{each}{suffix}" for each in range(int(first), int(last or first) + 1)]
    return found


@pytest.mark.parametrize("version", versions_of(CONTRACT))
def test_changelog_lists_the_changes(version: str):
    """The changelog lists what each version of the contract brought: nothing else, and nothing less."""
    new = {clause.id for clause in CONTRACT if clause.since == version}
    stricter = {clause.id for clause in CONTRACT if clause.changed == version}
    assert listed(version) == {kind: ids for kind, ids in (("New", new), ("Stricter", stricter)) if ids}


def test_every_clause_is_in_its_version():
    """A version has what came with it and before it."""
    assert at_version(VERSION, CONTRACT) == CONTRACT


def test_version_is_a_number():
    """A version reads as numbers with dots."""
    assert number(VERSION) >= (1, 0)
