"""Versions of the contract: which clauses each has, and what a kit says of a clause that was another one then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from conformance.clause import FIRST_VERSION, Clause, Verdict
from conformance.contract import CONTRACT, VERSION
from conformance.report.report import Result

_BROKEN = (Verdict.FAILED, Verdict.WARNED, Verdict.NOTED)


class UnknownVersionError(Exception):
    """There is no such version of the contract; the message is one line."""


def number(version: str) -> tuple[int, ...]:
    """Return `version` so that it compares: 1.10 comes after 1.9."""
    return tuple(map(int, version.split(".")))


def versions_of(clauses: Iterable[Clause]) -> list[str]:
    """Return the versions in which something came to `clauses`, the oldest first."""
    found = {version for clause in clauses for version in (clause.since, clause.changed) if version}
    return sorted({FIRST_VERSION, VERSION, *found}, key=number)


def version_asked(asked: str | None, clauses: Iterable[Clause]) -> str:
    """Return the version that was asked for, the newest for None or nothing.

    Args:
        asked: the version.
        clauses: what is to be asked, which may be more than the contract has.

    Raises:
        UnknownVersionError: there is no such version.
    """
    versions = versions_of([*CONTRACT, *clauses])
    if asked and asked not in versions:
        raise UnknownVersionError(f"there is no version {asked!r} of the contract; this kit decides {', '.join(versions)}")
    return asked or versions[-1]


def at_version(version: str, clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    """Return those of `clauses` that the contract had in `version`."""
    return tuple([clause for clause in clauses if number(clause.since) <= number(version)])


def in_its_form(result: Result, version: str) -> Result:
    """Return the result as it stands in `version`: whoever breaks a clause that was made stricter later may well keep that one."""
    changed = result.clause.changed
    if not changed or number(changed) <= number(version) or result.verdict not in _BROKEN:
        return result
    reason = f"{changed} made it stricter, and only that form can be decided; contract {version} was asked for"
    return replace(result, verdict=Verdict.NOT_APPLICABLE, reason=reason)
