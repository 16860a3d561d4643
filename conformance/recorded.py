"""Failures that only a search found, decided by what was recorded of them: another search may find them or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from conformance.clause import Check, Verdict
from conformance.expectations import KnownFailure
from conformance.inquiry import Inquiry
from conformance.replay import perform
from conformance.report.report import Result
from conformance.trace import Trace
from conformance.trial import Trial


def ask_recorded(result: Result, expect: Mapping[str, str | KnownFailure], inquiry: Inquiry) -> Result:
    """Return the answer to a clause that is expected to fail: where its own check passed, what the recorded trace comes to.

    Args:
        result: what the clause's check said.
        expect: the known failures.
        inquiry: asks, and keeps the answer.
    """
    entry = expect.get(result.clause.id)
    if result.verdict is not Verdict.PASSED or not isinstance(entry, KnownFailure) or not entry.trace:
        return result
    clause = replace(result.clause, check=_check_of(entry.steps()))
    found = inquiry.attempt(clause)
    if found.verdict is Verdict.PASSED:
        return result
    because = f"{found.because} a search found it, and its steps were recorded".lstrip()
    return inquiry.keep(replace(found, clause=result.clause, because=because))


def _check_of(trace: Trace) -> Check:
    async def check(trial: Trial) -> None:
        await perform(trial, trace)

    return check
