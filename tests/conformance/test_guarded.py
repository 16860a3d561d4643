"""What the run makes of what happened in the guard's child process."""

from __future__ import annotations

import pytest

from conformance import Recipe, Report, Result, Subject, Verdict, check
from conformance.contract import select
from conformance.guard import Disturbance
from conformance.guarded import blamed
from conformance.profile import QUICK

SAF = [Result(clause, Verdict.PASSED) for clause in select(["SAF"])]


def judged(target: str, *clauses: str) -> Report:
    """The report on a target, the guard included."""
    subject = Subject(name=target, opening=Recipe(f"unruly_stores:{target}"), pure_python=True)
    return check(subject, clauses=select([*clauses]), profile=QUICK, operations=0)


def test_error_in_the_guard_breaks_err_2():
    """A store that an illegal key broke, in the guard, no longer answers correctly after an error."""
    assert judged("BreaksAtAnIllegalKey", "KEY-12", "ERR-2").results[-1].verdict is Verdict.FAILED


def test_store_that_cannot_be_opened_in_the_guard():
    """A clause of the guard is inconclusive where the store cannot be opened there, with the reason: it is no fault of the kit."""
    result = judged("opens_at_home_alone", "SAF-2").results[-1]
    assert (result.verdict, "PermissionError: [Errno 13] cannot read: 'secret/module.py'" in result.reason) == (
        Verdict.INCONCLUSIVE,
        True,
    )


@pytest.mark.parametrize(
    ("changes", "expected"), [(["added"], ["SAF-1"]), (["removed"], ["SAF-3"]), (["removed", "added"], ["SAF-1"]), ([], [])]
)
def test_disturbance_is_blamed(changes: list[str], expected: list[str]):
    """What was changed outside the roots is laid to the store, where no clause saw it."""
    found = blamed(SAF, [Disturbance(f"/scratch/{change}", change) for change in changes])  # type: ignore[arg-type]
    assert [result.clause.id for result in found if result.verdict is Verdict.FAILED] == expected


def test_disturbance_that_a_clause_saw():
    """What a clause has reported is not reported again."""
    seen = [Result(SAF[0].clause, Verdict.PASSED), Result(SAF[2].clause, Verdict.FAILED, "nothing", "a file")]
    assert blamed(seen, [Disturbance("/scratch/x", "added")]) == seen
