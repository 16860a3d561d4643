"""One subject, asked clause by clause: what the runner and the pytest plugin share."""

from __future__ import annotations

import platform
import sys
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from conformance.admission import NotAdmittedError
from conformance.clause import Clause, ClauseFailure, Inconclusive, Need, NotApplicable, Verdict
from conformance.contract import CONTRACT
from conformance.guarded import run_in_guard
from conformance.needed_reads import keep_needed_reads
from conformance.package import package_of
from conformance.recipe import TargetError
from conformance.report.report import Result, broken
from conformance.saving import encode_trace
from conformance.search.findings import StoreMaker, result_of
from conformance.search.kept import KeptPrograms
from conformance.search.program import Program
from conformance.search.search import Search
from conformance.session import Session
from conformance.survey import Survey
from conformance.trace import Trace
from conformance.trial import Trial
from conformance.worker import BlockedError
from storeproto import __version__

if TYPE_CHECKING:
    from conformance.search.batches import Batches
    from conformance.search.machine_search import MachineSearch

Progress: TypeAlias = Callable[[Result], None]
"""Is told each result as it comes."""


def _say_nothing(result: Result) -> None:
    """Tell no one."""


class Inquiry:
    """Asks one subject, one clause at a time, and remembers the answers; first `begin`, then any clause in any order.

    Args:
        session: what the trials share.
        clauses: what may be asked: those of them that need the guard are asked together, in one child process.
        guard: ask also what needs the guard's child process.
        progress: is told each result as it comes.

    Attributes:
        subject: the subject, as far as it turned out to be able to what it says.
        results: what was asked, by id, as it was found: expectations are not looked at.
        unusable: why the subject cannot be judged at all, one line; empty where it can.
        enforcement: how the guard was enforced.
        coverage: what the search did.
    """

    def __init__(
        self, session: Session, clauses: Iterable[Clause] = CONTRACT, *, guard: bool = True, progress: Progress | None = None
    ) -> None:
        self.subject = session.subject
        self.results: dict[str, Result] = {}
        self.unusable = ""
        self.enforcement = "not run"
        self.coverage: dict[str, Any] = {}
        self._clauses = tuple(clauses)
        self._guard = guard
        self._session = session
        self._profile = session.profile
        self._progress = progress or _say_nothing
        self._seen: Survey | None = None
        self._in_guard: dict[str, Result] = {}
        self._guard_lock = Lock()
        self._serial = 0

    def begin(self) -> str:
        """Open the store, and ask chapter PRE; return why the subject cannot be judged, or nothing.

        Raises:
            TargetError: the subject cannot be opened, or opens no store.
        """
        if self._seen is None:
            self._seen = self._session.survey()
            self.unusable = self._settle_subject()
            if self.subject.reopening is None:
                self._seen = self._seen.without(Need.REOPENING)
        return self.unusable

    @property
    def seen(self) -> Survey:
        """What the store says of itself, once it was begun."""
        if self._seen is None:
            raise RuntimeError("begin() comes first")
        return self._seen

    def ask(self, clause: Clause) -> Result:
        """Return the answer to `clause`, from the first time that it was asked."""
        if clause.id in self.results:
            return self.results[clause.id]
        if clause.guarded:
            self.run_guarded()
            return self.keep(self._in_guard[clause.id])
        return self._decide(clause)

    def keep(self, result: Result) -> Result:
        """Take `result` for the answer to its clause."""
        self.results[result.clause.id] = result
        self._progress(result)
        return result

    def _settle_subject(self) -> str:
        """Ask chapter PRE; return why the subject is unusable, or nothing."""
        for clause in CONTRACT:
            if clause.chapter != "PRE":
                continue
            if clause.id == "PRE-3" and self.subject.reopening_inferred:
                self._infer_reopening(clause)
                continue
            result = self._decide(clause)
            if result.verdict is Verdict.FAILED:
                return (
                    f"{self.subject.name}: {clause.id}: expected {result.expected}; got {result.actual}. {result.because}".strip()
                )
            if result.verdict is Verdict.ERROR:  # a store that was not shown to be empty is not written to
                return f"{self.subject.name}: {clause.id} could not be decided"
        return ""

    def _infer_reopening(self, clause: Clause) -> None:
        """Find out whether opening a second time leads to the same data; where it does not, the subject cannot re-open."""
        result = self.attempt(clause)
        if result.verdict is Verdict.FAILED:
            self.subject = self.subject.without_reopening()
            reason = f"a second opening with the same arguments does not lead to the same data: {result.actual}"
            result = Result(clause, Verdict.NOT_APPLICABLE, reason=reason)
        self.keep(result)

    def run_guarded(self) -> None:
        """Ask the clauses that need the guard's child process, together, if that is not done yet."""
        with self._guard_lock:
            if self._in_guard:
                return
            clauses = [clause for clause in self._clauses if clause.guarded]
            found = {clause.id: self._not_asked(clause) for clause in clauses}
            pending = [clause for clause in clauses if found[clause.id] is None]
            if not self._guard or not self.subject.has_recipe:
                reason = Need.RECIPE.lack if self._guard else "the guard's child process was not asked for"
                answers = [Result(clause, Verdict.NOT_APPLICABLE, reason=reason) for clause in pending]
            elif pending:
                answers, self.enforcement, unsound = run_in_guard(self.subject, pending, self._profile)
                self._session.watch.unsound += unsound
            else:
                answers = []
            given = [result for result in found.values() if result is not None]
            self._in_guard = {result.clause.id: result for result in [*given, *answers]}

    def ask_type_checkers(self) -> None:
        """Ask the type checkers what TYP-4 asks them: it takes a child process some seconds, and they remember the answer."""
        names = self._profile.type_checkers if any(clause.id == "TYP-4" for clause in self._clauses) else ()
        if not names:
            return
        from conformance.typing_check import CHECKERS, Candidate, CandidateError, CheckerError, find_once

        with suppress(CandidateError, CheckerError):  # which the clause tells of
            candidate = Candidate.of(self.seen.store_class, self.seen.flags, self.seen.dialect)
            for name in names:
                if CHECKERS[name].installed():
                    find_once(candidate, name, self._session.cache)

    def search(self, *, wanted: Collection[str], expected: Collection[str], seed: int, operations: int | None) -> list[Result]:
        """Search with programs; return what was found of the clauses `wanted`, which are not known to be broken.

        Args:
            wanted: the clauses to find something of, by id.
            expected: the clauses whose failure is expected: a program that shows one is of no interest for another.
            seed: fixes the programs.
            operations: search for this many operations, and not for the profile's time.
        """
        asked = {clause.id: clause for clause in self._clauses}
        seen = self.seen
        watch = self._session.watch
        known = {clause.id for clause in CONTRACT} - ({*wanted} - {*expected})
        search = Search(
            StoreMaker(self.subject, self._session.workspace), seen.dialect, seen.offers, self.subject.grammar, watch,
            seed=seed, known=known,
        )  # fmt: skip
        kept = KeptPrograms(self._session.cache, self.subject)
        found: list[Result] = []
        failing: list[Program] = []
        deadline = self._profile.deadline

        async def run() -> None:
            failing.extend(await search.replay(kept.read(), deadline=deadline))
            await search.run(seconds=self._profile.search, operations=operations, deadline=deadline)

        try:
            self._session.worker.run(run)
            if operations is None and (self._profile.machine or self._profile.binary):
                found += self._run_hypothesis(search, asked, wanted=wanted, known=known, seed=seed)
        except (BlockedError, TimeoutError):
            failing.append(search.playing)
            if "ERR-3" in asked:  # a program hung: the operation is the finding
                expectation = f"{watch.operation} returns, raises or can be cancelled within its deadline"
                actual = f"it had not returned after {deadline:g} s, in a program of the search"
                found.append(Result(asked["ERR-3"], Verdict.FAILED, expectation, actual))
        kept.write([*failing, *[finding.program for finding in search.findings.values()]])
        self.coverage |= search.coverage.to_json()
        return [
            *found,
            *[
                result_of(asked[finding.clause], finding, self.subject, seen.dialect)
                for finding in search.findings.values()
                if finding.clause in wanted
            ],
        ]

    def _run_hypothesis(
        self, search: Search, asked: Mapping[str, Clause], *, wanted: Collection[str], known: set[str], seed: int
    ) -> list[Result]:
        """Run what Hypothesis draws, and give the search the programs that diverged; return what other steps showed."""
        from conformance.search.binary_programs import BinaryPrograms  # Hypothesis is heavy
        from conformance.search.machine_search import MachineSearch

        profile, watch, cache = self._profile, self._session.watch, self._session.cache

        def run(name: str, batches: Batches, seconds: float) -> None:
            batches.run(seconds)
            self.coverage[name] = {"operations": batches.operations, "seconds": round(batches.seconds, 3)}
            self._session.worker.run(lambda: look_into(batches))

        async def look_into(batches: Batches) -> None:
            for program, divergence in batches.diverged:
                await search.look_into(program, divergence, deadline=profile.deadline)

        if profile.binary:
            passed_over = known | {*search.findings}
            binary = BinaryPrograms(
                self.subject, watch, passed_over, search, deadline=profile.deadline, seed_number=seed, cache=cache
            )
            run("binary", binary, profile.binary)
        if not profile.machine:
            return []
        passed_over = known | {*search.findings}
        machine = MachineSearch(self.subject, watch, passed_over, deadline=profile.deadline, seed_number=seed, cache=cache)
        run("machine", machine, profile.machine)
        return [self._by_machine(asked[id_], machine) for id_ in machine.failures if id_ in wanted]

    def _by_machine(self, clause: Clause, machine: MachineSearch) -> Result:
        """The result of a clause that other steps than single operations showed to be broken."""
        failure, trace = machine.failures[clause.id], machine.traces.get(clause.id, Trace())
        return Result(
            clause,
            broken(clause.level),
            failure.expected,
            failure.actual,
            "found by the state machine",
            script=trace.script(self.subject, self.seen.dialect),
            trace=encode_trace(trace),
        )

    def _not_asked(self, clause: Clause) -> Result | None:
        """The result of a clause that is not asked at all."""
        for need in sorted(clause.needs - self.seen.offers, key=lambda need: need.value):
            return Result(clause, Verdict.NOT_APPLICABLE, reason=need.lack)
        if clause.check is None:
            return Result(clause, Verdict.NOT_DECIDED, reason="the kit has no check of this clause yet")
        return None

    def _decide(self, clause: Clause) -> Result:
        return self.keep(self._not_asked(clause) or self.attempt(clause))

    def described(self) -> dict[str, Any]:
        """The subject, as a report tells of it."""
        seen = self.seen
        return {
            "name": self.subject.name,
            "class": seen.kind,
            "package": package_of(seen.kind.partition(".")[0]),
            "dialect": seen.dialect.name,
            "read_only": seen.read_only,
            "flags": seen.flags,
            "reopens": self.subject.reopening is not None,
            "recipe": self.subject.has_recipe,
        }

    def environment(self) -> dict[str, Any]:
        """Where and how it was asked, as a report tells of it."""
        return {
            "storeproto": __version__,
            "python": platform.python_version(),
            "implementation": sys.implementation.name,
            "platform": platform.platform(),
            "profile": self._profile.name,
            "guard": self.enforcement,
        }

    def attempt(self, clause: Clause) -> Result:
        """Run the check of `clause`, and return what it says; `keep` makes it the answer."""
        self._serial += 1
        workspace = self._session.workspace / f"{clause.id}-{self._serial}"
        session = self._session
        trial = Trial(
            self.subject,
            self.seen,
            clause,
            self._profile,
            workspace,
            session.watch,
            processes=session.processes,
            cache=session.cache,
        )
        started = time.perf_counter()
        try:
            result = self._session.worker.run(lambda: decide(trial))
        except BlockedError as error:
            self._session.watch.overdue.append(self._session.watch.method or error.operation)
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
        return Result(clause, Verdict.PASSED, because=trial.note)
    except ClauseFailure as failure:
        if not clause.guarded:
            await keep_needed_reads(trial)
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
        trial.clause,
        Verdict.FAILED if failure.binding else broken(trial.clause.level),
        failure.expected,
        failure.actual,
        failure.because,
        script=script,
        trace=steps,
        timeline=trial.timeline,
    )


def timed(result: Result, started: float) -> Result:
    """The result with the seconds since `started` on the performance counter."""
    return replace(result, seconds=time.perf_counter() - started)
