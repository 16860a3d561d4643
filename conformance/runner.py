"""A subject and clauses in, a report out."""

from __future__ import annotations

import platform
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from typing import Any, TypeAlias

from conformance.admission import NotAdmittedError
from conformance.clause import Clause, ClauseFailure, Inconclusive, Need, NotApplicable, Verdict
from conformance.contract import CONTRACT, VERSION
from conformance.expectations import check_expectations, settle
from conformance.guarded import run_in_guard
from conformance.profile import DEFAULT, Profile
from conformance.recipe import TargetError
from conformance.report.report import Report, Result, broken
from conformance.saving import encode_trace
from conformance.search.findings import StoreMaker, result_of
from conformance.search.search import Search
from conformance.session import Session
from conformance.subject import Subject
from conformance.survey import Survey
from conformance.trial import Trial
from conformance.worker import BlockedError

Progress: TypeAlias = Callable[[Result], None]
"""Is told each result as it comes."""


def check(
    subject: Subject,
    *,
    clauses: Iterable[Clause] = CONTRACT,
    profile: Profile = DEFAULT,
    expect: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    guard: bool = True,
    seed: int = 0,
    operations: int | None = None,
) -> Report:
    """Judge `subject` by `clauses` and return the report.

    The clauses of chapter PRE come first, asked or not: where one of them fails, nothing else is asked.

    Args:
        subject: the store under test.
        clauses: what to ask; the whole contract by default.
        profile: how much to ask.
        expect: reasons for clauses that are known to fail, by id, beside the subject's own.
        progress: is told each result as it comes.
        guard: ask also what needs the guard's child process.
        seed: fixes the programs of the search.
        operations: search for this many operations, and not for the profile's time; 0 leaves the search out.

    Raises:
        TargetError: the subject cannot be opened, or opens no store.
        ExpectationError: an expectation names no clause, or has no reason.
    """
    with Session(subject, profile) as session:
        run = _Run(session, tuple(clauses), progress or _say_nothing)
        return run.report({**subject.expect, **(expect or {})}, guard=guard, seed=seed, operations=operations)


def _say_nothing(result: Result) -> None:
    """Tell no one."""


class _Run:
    def __init__(self, session: Session, clauses: tuple[Clause, ...], progress: Progress) -> None:
        self._session = session
        self._subject = session.subject
        self._clauses = clauses
        self._profile = session.profile
        self._workspace = session.workspace
        self._progress = progress
        self._watch = session.watch
        self._worker = session.worker
        self._results: dict[str, Result] = {}
        self._serial = 0

    def report(self, expect: Mapping[str, str], *, guard: bool, seed: int, operations: int | None) -> Report:
        check_expectations(expect)
        search: dict[str, Any] = {}
        seen = self._session.survey()
        unusable = self._settle_subject(seen)
        environment = _environment(self._profile)
        if not unusable:
            if self._subject.reopening is None:
                seen = seen.without(Need.REOPENING)
            environment["guard"] = self._ask_all(seen, guard=guard)
            if operations != 0:
                search = self._search(seen, expect, seed, operations)
        settled = settle([self._results[clause.id] for clause in CONTRACT if clause.id in self._results], expect)
        return Report(_described(self._subject, seen), environment, tuple(settled), VERSION, unusable, search)

    def _settle_subject(self, seen: Survey) -> str:
        """Ask chapter PRE; return why the subject is unusable, or nothing."""
        for clause in CONTRACT:
            if clause.chapter != "PRE":
                continue
            if clause.id == "PRE-3" and self._subject.reopening_inferred:
                self._infer_reopening(clause, seen)
                continue
            result = self._decide(clause, seen)
            if result.verdict is Verdict.FAILED:
                return (
                    f"{self._subject.name}: {clause.id}: expected {result.expected}; got {result.actual}. {result.because}".strip()
                )
            if result.verdict is Verdict.ERROR:  # a store that was not shown to be empty is not written to
                return f"{self._subject.name}: {clause.id} could not be decided"
        return ""

    def _infer_reopening(self, clause: Clause, seen: Survey) -> None:
        """Find out whether opening a second time leads to the same data; where it does not, the subject cannot re-open."""
        result = self._try(clause, seen)
        if result.verdict is Verdict.FAILED:
            self._subject = self._subject.without_reopening()
            reason = f"a second opening with the same arguments does not lead to the same data: {result.actual}"
            result = Result(clause, Verdict.NOT_APPLICABLE, reason=reason)
        self._keep(result)

    def _ask_all(self, seen: Survey, *, guard: bool) -> str:
        """Ask the clauses; return how the guard was enforced."""
        asked = [clause for clause in self._clauses if clause.id not in self._results]
        with ThreadPoolExecutor(1, "guard") as pool:
            guarded = pool.submit(self._guarded, [clause for clause in asked if clause.guarded], seen, run=guard)
            try:
                for clause in asked:
                    if not clause.guarded:
                        self._decide(clause, seen)
                return self._collect(guarded)
            except KeyboardInterrupt:
                guarded.cancel()
                for clause in asked:
                    if clause.id not in self._results:
                        self._keep(Result(clause, Verdict.INCONCLUSIVE, reason="the run was interrupted"))
                return "interrupted"

    def _collect(self, guarded: Future[tuple[list[Result], str]]) -> str:
        results, enforcement = guarded.result()
        for result in results:
            self._keep(result)
        return enforcement

    def _guarded(self, clauses: list[Clause], seen: Survey, *, run: bool) -> tuple[list[Result], str]:
        """Ask the clauses that need the guard's child process."""
        lacking = [self._not_asked(clause, seen) for clause in clauses]
        results = [result for result in lacking if result is not None]
        pending = [clause for clause, result in zip(clauses, lacking, strict=True) if result is None]
        if not run or not self._subject.has_recipe:
            reason = Need.RECIPE.lack if run else "the guard's child process was not asked for"
            return [*results, *[Result(clause, Verdict.NOT_APPLICABLE, reason=reason) for clause in pending]], "not run"
        if not pending:
            return results, "not run"
        found, enforcement = run_in_guard(self._subject, pending, self._profile)
        return [*results, *found], enforcement

    def _search(self, seen: Survey, expect: Mapping[str, str], seed: int, operations: int | None) -> dict[str, Any]:
        """Search with programs; what is found makes the verdict on its clause, where that was asked and had passed."""
        asked = {clause.id: clause for clause in self._clauses}
        wanted = {id_ for id_, result in self._results.items() if id_ in asked and result.verdict is Verdict.PASSED}
        known = {clause.id for clause in CONTRACT} - (wanted - {*expect})
        search = Search(
            StoreMaker(self._subject, self._workspace), seen.dialect, seen.offers, self._subject.grammar, self._watch,
            seed=seed, known=known,
        )  # fmt: skip
        try:
            self._worker.run(
                lambda: search.run(seconds=self._profile.search, operations=operations, deadline=self._profile.deadline)
            )
        except (BlockedError, TimeoutError):
            self._keep_overdue(asked)
        for finding in search.findings.values():
            if finding.clause in wanted:
                self._keep(result_of(asked[finding.clause], finding, self._subject, seen.dialect))
        return search.coverage.to_json()

    def _keep_overdue(self, asked: Mapping[str, Clause]) -> None:
        """A program of the search hung: the operation is the finding."""
        if "ERR-3" in asked:
            expected = f"{self._watch.operation} returns, raises or can be cancelled within its deadline"
            actual = f"it had not returned after {self._profile.deadline:g} s, in a program of the search"
            self._keep(Result(asked["ERR-3"], Verdict.FAILED, expected, actual))

    def _not_asked(self, clause: Clause, seen: Survey) -> Result | None:
        """The result of a clause that is not asked at all."""
        for need in sorted(clause.needs - seen.offers, key=lambda need: need.value):
            return Result(clause, Verdict.NOT_APPLICABLE, reason=need.lack)
        if clause.check is None:
            return Result(clause, Verdict.NOT_DECIDED, reason="the kit has no check of this clause yet")
        return None

    def _decide(self, clause: Clause, seen: Survey) -> Result:
        return self._keep(self._not_asked(clause, seen) or self._try(clause, seen))

    def _keep(self, result: Result) -> Result:
        self._results[result.clause.id] = result
        self._progress(result)
        return result

    def _try(self, clause: Clause, seen: Survey) -> Result:
        self._serial += 1
        workspace = self._workspace / f"{clause.id}-{self._serial}"
        trial = Trial(self._subject, seen, clause, self._profile, workspace, self._watch)
        started = time.perf_counter()
        try:
            result = self._worker.run(lambda: decide(trial))
        except BlockedError as error:
            self._watch.overdue.append(error.operation)
            result = failed(
                trial,
                ClauseFailure(
                    f"{error.operation} returns, raises or can be cancelled within its deadline",
                    f"it blocked the event loop for more than {self._profile.deadline:g} s",
                    "ERR-3",
                ),
            )
        return timed(result, started)


async def decide(trial: Trial) -> Result:
    """Return what the check of the trial's clause says."""
    clause = trial.clause
    assert clause.check is not None  # noqa: S101  # for the type checker: what has no check is not tried
    try:
        await clause.check(trial)
        return Result(clause, Verdict.PASSED)
    except ClauseFailure as failure:
        return failed(trial, failure)
    except NotApplicable as reason:
        return Result(clause, Verdict.NOT_APPLICABLE, reason=reason.reason)
    except Inconclusive as reason:
        return Result(clause, Verdict.INCONCLUSIVE, reason=reason.reason)
    except NotAdmittedError as error:
        return Result(clause, Verdict.ERROR, reason=f"the check gave the store a key that is not admitted: {error}")
    except TargetError as error:
        return failed(trial, ClauseFailure("another opening gives a store", str(error)))
    except Exception:  # noqa: BLE001  # a fault of the kit, which must not end the run
        return Result(clause, Verdict.ERROR, reason=traceback.format_exc())
    finally:
        await trial.aftermath()
        await trial.close()


def failed(trial: Trial, failure: ClauseFailure) -> Result:
    """The result of a clause that does not hold."""
    try:
        script, steps = trial.script(), encode_trace(trial.trace)
    except Exception:  # noqa: BLE001  # the finding counts, with a script or without
        script, steps = "", []
    return Result(
        trial.clause, broken(trial.clause.level), failure.expected, failure.actual, failure.because, script=script, trace=steps
    )


def timed(result: Result, started: float) -> Result:
    """The result with the seconds since `started` on the performance counter."""
    return replace(result, seconds=time.perf_counter() - started)


def _described(subject: Subject, seen: Survey) -> dict[str, Any]:
    package = seen.kind.partition(".")[0]
    return {
        "name": subject.name,
        "class": seen.kind,
        "package": _package(package),
        "dialect": seen.dialect.name,
        "read_only": seen.read_only,
        "flags": seen.flags,
        "reopens": subject.reopening is not None,
        "recipe": subject.has_recipe,
    }


def _package(module: str) -> str:
    """The distribution that has the module, with its version."""
    for name in packages_distributions().get(module, []):
        with suppress(PackageNotFoundError):
            return f"{name} {version(name)}"
    return module


def _environment(profile: Profile) -> dict[str, Any]:
    return {
        "storeproto": _package("storeproto").rpartition(" ")[2],
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "platform": platform.platform(),
        "profile": profile.name,
        "guard": "not run",
    }
