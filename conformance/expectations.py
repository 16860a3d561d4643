"""Failures that are known, each with its reason: an expectation that does not hold is a failure too."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from conformance.clause import Verdict
from conformance.contract import CONTRACT
from conformance.report.report import Result


class ExpectationError(Exception):
    """An expectation cannot be used; the message is one line that says what, and how to mend it."""


def read_expectations(path: Path) -> dict[str, str]:
    """Return the reasons by clause of a TOML file with a table `[expect]`: `"NEW-4" = "why"`.

    Raises:
        ExpectationError: the file cannot be read, or an entry is not of that form.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("expect")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ExpectationError(f"cannot read the expectations file {str(path)!r}: {error}") from error
    if not isinstance(table, dict):
        raise ExpectationError(f'the expectations file {str(path)!r} has no table [expect] with lines like "NEW-4" = "why"')
    found = cast("dict[str, object]", table)
    for id_, reason in found.items():
        if not isinstance(reason, str):
            raise ExpectationError(f"the expectation {id_!r} in {str(path)!r}: give its reason as a string")
    reasons = cast("dict[str, str]", table)
    check_expectations(reasons)
    return reasons


def check_expectations(expect: Mapping[str, str]) -> None:
    """Accept only clauses that exist, each with a reason.

    Raises:
        ExpectationError: an id is unknown or a reason is empty.
    """
    known = {clause.id for clause in CONTRACT}
    for id_, reason in expect.items():
        if id_ not in known:
            raise ExpectationError(f"an expectation names {id_!r}, which is no clause (storeproto contract lists them)")
        if not reason.strip():
            raise ExpectationError(f"the expectation for {id_} has no reason; say why it fails")


def settle(results: Iterable[Result], expect: Mapping[str, str]) -> list[Result]:
    """Return the results with the expected failures and the unexpected passes named as such."""
    check_expectations(expect)
    return [_settled(result, expect[result.clause.id]) if result.clause.id in expect else result for result in results]


def _settled(result: Result, reason: str) -> Result:
    match result.verdict:
        case Verdict.FAILED | Verdict.WARNED | Verdict.NOTED:
            return replace(result, verdict=Verdict.EXPECTED_FAILURE, reason=reason)
        case Verdict.PASSED:
            return replace(result, verdict=Verdict.UNEXPECTED_PASS, reason=f"was expected to fail: {reason}")
        case _:
            return result
