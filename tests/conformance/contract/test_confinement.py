"""Chapter SAF where it cannot be asked."""

from __future__ import annotations

from pathlib import Path

from conformance import Recipe, Report, Subject, Verdict, check
from conformance.contract import select
from conformance.profile import QUICK


def judged(clause: str, target: str, **arguments: object) -> Report:
    """What a run says of one clause."""
    subject = Subject(name="any", opening=Recipe(target, arguments), on_host_files=True, pure_python=True, disposable=True)
    return check(subject, clauses=select([clause]), profile=QUICK, operations=0)


def reason(report: Report, clause: str) -> str:
    """Why the clause does not apply."""
    found = report.with_verdict(Verdict.NOT_APPLICABLE)
    return next(result.reason for result in found if result.clause.id == clause)


def test_root_outside_the_guard(tmp_path: Path):
    """A store whose root is not the guard's cannot be written to there, and so is not asked where it writes."""
    report = judged("SAF-1", "broken_stores.sound_files:SoundFileStore", root=f"{tmp_path}/{{unique}}")
    assert reason(report, "SAF-1").startswith("inside the guard the store cannot be written to")


def test_no_files():
    """A store that keeps no file for each key has no place for a link."""
    assert (
        reason(judged("SAF-5", "broken_stores.sound:SoundStore"), "SAF-5")
        == "the store keeps no file of a key's name below its root"
    )
