"""Failures that are known, each with its reason: an expectation that does not hold is a failure too."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast

from conformance.clause import Verdict
from conformance.contract import CONTRACT, VERSION
from conformance.report.report import Report, Result
from conformance.report.scrub import scrubbed
from conformance.saving import SavedTraceError, decode_trace
from conformance.trace import Trace, has_statements
from conformance.versions import number


class ExpectationError(Exception):
    """An expectation cannot be used; the message is one line that says what, and how to mend it."""


@dataclass(frozen=True)
class KnownFailure:
    """A failure that is expected.

    Attributes:
        reason: why it fails.
        link: where that is written down, an issue say.
        until: the last day, `2026-12-31`, or the last version of the contract, `1.2`, on which it is accepted; empty for no end.
        trace: the recorded steps that show it, as JSON: where only a search found it, they decide instead of another search.
    """

    reason: str
    link: str = ""
    until: str = ""
    trace: str = ""

    def __str__(self) -> str:
        return f"{self.reason} ({self.link})" if self.link else self.reason

    def steps(self) -> Trace:
        """Return the recorded trace; it is empty where there is none.

        Raises:
            SavedTraceError: it cannot be read, or holds statements, which no file has a say in.
        """
        try:
            trace = decode_trace(json.loads(self.trace or "[]"))
        except ValueError as error:
            raise SavedTraceError(f"the trace is no JSON: {error}") from error
        if has_statements(trace):
            raise SavedTraceError("the trace holds statements; only operations are performed")
        return trace

    def is_over(self, contract: str = VERSION) -> bool:
        """Whether `until` is past, in a run by this version of the contract.

        Raises:
            ValueError: `until` is neither a day nor a version.
        """
        if not self.until:
            return False
        if re.fullmatch(r"\d+(\.\d+)*", self.until):
            return number(contract) > number(self.until)
        return datetime.now(UTC).date() > date.fromisoformat(self.until)


def read_known_failures(path: Path, contract: str = VERSION) -> dict[str, KnownFailure]:
    """Return the entries of a TOML file with a table `[expect]`: `"NEW-4" = "why"`, or a table of reason, link and until.

    Args:
        path: the file.
        contract: the version of the contract that it is for.

    Raises:
        ExpectationError: the file cannot be read, an entry is not of that form, names no clause, has no reason or is over.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("expect")
    except OSError as error:
        raise ExpectationError(f"cannot read the expectations file {str(path)!r}: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ExpectationError(f"the expectations file {str(path)!r} is no TOML: {error}") from error
    if not isinstance(table, dict):
        raise ExpectationError(f'the expectations file {str(path)!r} has no table [expect] with lines like "NEW-4" = "why"')
    found = cast("dict[str, object]", table)
    known = {id_: _known_failure(id_, entry, path) for id_, entry in found.items()}
    check_expectations(known)
    for id_, entry in known.items():
        try:
            over = entry.is_over(contract)
        except ValueError:
            raise ExpectationError(
                f"the expectation {id_!r} in {str(path)!r}: until = {entry.until!r} is neither a day (2026-12-31) "
                "nor a version of the contract (1.2)"
            ) from None
        if over:
            raise ExpectationError(f"the expectation {id_!r} in {str(path)!r} was accepted until {entry.until}, which is past")
        try:
            entry.steps()
        except SavedTraceError as error:
            raise ExpectationError(
                f"the expectation {id_!r} in {str(path)!r}: {error}; storeproto check --write-expectations records it"
            ) from None
    return known


def _known_failure(id_: str, entry: object, path: Path) -> KnownFailure:
    if isinstance(entry, str):
        return KnownFailure(entry)
    if isinstance(entry, dict):
        given = {name: _text(value) for name, value in cast("dict[str, object]", entry).items()}
        if "reason" in given and {*given} <= _FIELDS and None not in given.values():
            return KnownFailure(**cast("dict[str, str]", given))
    raise ExpectationError(
        f"the expectation {id_!r} in {str(path)!r}: give its reason as a string, or "
        '{reason = "why", link = "...", until = "...", trace = "..."}'
    )


_FIELDS = {field.name for field in fields(KnownFailure)}


def _text(value: object) -> str | None:
    """The value of a field: a string, or a date as one."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str) else None


def render_expectations(report: Report, known: Mapping[str, KnownFailure]) -> str:
    """Return the expectations file of a store as it is today: what `known` says is kept where it still holds.

    Args:
        report: what a run found.
        known: the entries of the file that the run was given.
    """
    lines = [
        f"# What {_comment(str(report.subject['name']))} does not keep of the store contract {report.contract}, and why:",
        "# an entry that no longer fails is a failure itself.",
        "[expect]",
    ]
    for result in report.with_verdict(Verdict.FAILED, Verdict.WARNED, Verdict.EXPECTED_FAILURE):
        id_ = result.clause.id
        entry = known.get(id_) or KnownFailure(_reason(result))
        if id_ in report.search.get("found", ()) and not result.trace:
            lines.append(f"# {id_}: {_comment(entry.reason)}; a search found it, and there are no steps to record")
            continue
        if id_ in report.search.get("found", ()):
            entry = replace(entry, trace=json.dumps(result.trace))
        if entry == KnownFailure(entry.reason):
            lines.append(f"{_toml(id_)} = {_toml(entry.reason)}")
        else:
            members = [f"{name} = {_toml(text)}" for name, text in asdict(entry).items() if text]
            lines.append(f"{_toml(id_)} = {{ {', '.join(members)} }}")
    return "\n".join(lines) + "\n"


def _reason(result: Result) -> str:
    if result.verdict is Verdict.EXPECTED_FAILURE:
        return result.reason
    return scrubbed(f"not mended yet: expected {result.expected}; got {result.actual}")


def _comment(text: str) -> str:
    return " ".join(text.split())


def _toml(text: str) -> str:
    """A literal string where there is much to escape, else a basic one."""
    if text.count('"') > 1 and text.isascii() and text.isprintable() and "'''" not in text and not text.endswith("'"):
        return f"'''{text}'''"
    plain = text.encode("utf-8", "replace").decode("utf-8")  # TOML knows no lone surrogates
    return json.dumps(plain, ensure_ascii=False).replace("\x7f", "\\u007f")


def check_expectations(expect: Mapping[str, str | KnownFailure]) -> None:
    """Accept only clauses that exist, each with a reason.

    Raises:
        ExpectationError: an id is unknown or a reason is empty.
    """
    known = {clause.id for clause in CONTRACT}
    for id_, entry in expect.items():
        if id_ not in known:
            raise ExpectationError(f"an expectation names {id_!r}, which is no clause (storeproto contract lists them)")
        if not (entry if isinstance(entry, str) else entry.reason).strip():
            raise ExpectationError(f"the expectation for {id_} has no reason; say why it fails")


def settle(results: Iterable[Result], expect: Mapping[str, str | KnownFailure]) -> list[Result]:
    """Return the results with the expected failures and the unexpected passes named as such."""
    check_expectations(expect)
    return [_settled(result, expect[result.clause.id]) if result.clause.id in expect else result for result in results]


def _settled(result: Result, entry: str | KnownFailure) -> Result:
    match result.verdict:
        case Verdict.FAILED | Verdict.WARNED | Verdict.NOTED:
            return replace(result, verdict=Verdict.EXPECTED_FAILURE, reason=str(entry))
        case Verdict.PASSED:
            recorded = isinstance(entry, KnownFailure) and entry.trace
            now = "; the recorded trace shows it no more: remove the expectation" if recorded else "; remove the expectation"
            return replace(result, verdict=Verdict.UNEXPECTED_PASS, reason=f"was expected to fail: {entry}{now}")
        case _:
            return result
