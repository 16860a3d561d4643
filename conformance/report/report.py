"""The verdicts of one run: frozen values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from conformance.clause import Clause, Level, Verdict


@dataclass(frozen=True)
class Result:
    """What a run says of one clause.

    Attributes:
        clause: the clause.
        verdict: the answer.
        expected: what the contract allows there; empty where nothing failed.
        actual: what the store did.
        because: the reason in that situation.
        reason: why the clause does not apply, was expected to fail, or could not be decided.
        seconds: how long it took.
        script: a program that shows the failure without the kit.
        trace: the same as JSON values.
        timeline: what concurrent clients did, drawn.
    """

    clause: Clause
    verdict: Verdict
    expected: str = ""
    actual: str = ""
    because: str = ""
    reason: str = ""
    seconds: float = 0.0
    script: str = ""
    trace: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    timeline: str = ""

    def text(self) -> str:
        """The finding for people: requirement, expected, actual, and the script."""
        clause = self.clause
        lines = [
            f"{name + ':':<13}{text}".replace("\n", "\n" + " " * 13)
            for name, text in (
                ("requirement", f"{clause.text} ({clause.id}, {clause.level.value})"),
                ("expected", self.expected),
                ("actual", self.actual),
                ("because", self.because),
                ("reason", self.reason),
            )
            if text
        ]
        if self.timeline:
            lines += ["time line:", *[f"    {line}" for line in self.timeline.splitlines()]]
        if self.script:
            lines += ["script:", *[f"    {line}" for line in self.script.splitlines()]]
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """The result by the published schema."""
        return {
            "id": self.clause.id,
            "level": self.clause.level.value,
            "title": self.clause.title,
            "news": self.clause.news,
            "verdict": self.verdict.value,
            "expected": self.expected,
            "actual": self.actual,
            "because": self.because,
            "reason": self.reason,
            "seconds": round(self.seconds, 6),
            "script": self.script,
            "trace": self.trace,
            "timeline": self.timeline,
        }


INTERRUPTED = "the run was interrupted"
"""Why a clause is inconclusive that was not asked any more."""

_COUNTED = {
    "passed": Verdict.PASSED,
    "failed": Verdict.FAILED,
    "warned": Verdict.WARNED,
    "not_applicable": Verdict.NOT_APPLICABLE,
    "not_decided": Verdict.NOT_DECIDED,
    "inconclusive": Verdict.INCONCLUSIVE,
    "noted": Verdict.NOTED,
    "expected": Verdict.EXPECTED_FAILURE,
    "unexpected_pass": Verdict.UNEXPECTED_PASS,
    "errors": Verdict.ERROR,
}


@dataclass(frozen=True)
class Report:
    """What a run found about one subject.

    Attributes:
        subject: its name and what the kit learned of it.
        environment: versions, the profile, and how the guard was enforced.
        results: one for each clause asked, in the contract's order.
        contract: the version of the contract.
        unusable: why the subject could not be judged at all, one line; empty where it could.
        search: what the program search did; empty where it was not asked for.
    """

    subject: dict[str, Any]
    environment: dict[str, Any]
    results: tuple[Result, ...]
    contract: str
    unusable: str = ""
    search: dict[str, Any] = field(default_factory=dict[str, Any])

    def counts(self) -> dict[str, int]:
        """How many clauses came to each verdict."""
        counter = Counter([result.verdict for result in self.results])
        return {name: counter[verdict] for name, verdict in _COUNTED.items()}

    def with_verdict(self, *verdicts: Verdict) -> list[Result]:
        """The results with one of `verdicts`."""
        return [result for result in self.results if result.verdict in verdicts]

    def exit_status(self, *, strict: bool = False) -> int:
        """0: conforms. 1: does not, or an expectation did not hold. 2: it is unusable. 3: the kit failed, or was interrupted."""
        if self.with_verdict(Verdict.ERROR) or self.interrupted:
            return 3
        if self.unusable:
            return 2
        broken = self.with_verdict(Verdict.FAILED, Verdict.UNEXPECTED_PASS)
        if strict:
            broken += self.with_verdict(Verdict.WARNED, Verdict.INCONCLUSIVE)
        return 1 if broken else 0

    @property
    def interrupted(self) -> bool:
        """Whether someone stopped the run before every clause was asked."""
        return any(result.reason == INTERRUPTED for result in self.results)

    @property
    def conforms(self) -> bool:
        """Whether no MUST is broken and every expectation held."""
        return self.exit_status() == 0

    def to_json(self) -> dict[str, Any]:
        """The report by the published schema."""
        return {
            "schema": 1,
            "contract": self.contract,
            "subject": self.subject,
            "environment": self.environment,
            "summary": self.counts(),
            "search": self.search,
            "clauses": [result.to_json() for result in self.results],
        }


def broken(level: Level) -> Verdict:
    """The verdict on a clause of `level` that does not hold."""
    return {Level.MUST: Verdict.FAILED, Level.SHOULD: Verdict.WARNED, Level.MAY: Verdict.NOTED}[level]
