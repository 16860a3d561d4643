"""A subject and clauses in, a report out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from conformance.clause import Clause, Verdict
from conformance.contract import CONTRACT
from conformance.expectations import KnownFailure, check_expectations, settle
from conformance.inquiry import Inquiry, Progress
from conformance.profile import DEFAULT, Profile
from conformance.recorded import ask_recorded
from conformance.report.report import INTERRUPTED, Report, Result
from conformance.session import Session
from conformance.subject import Subject
from conformance.versions import at_version, in_its_form, version_asked

_TIMED = ("CON", "DUR")
"""Chapters that measure time, or let clients race: they are asked when the type checkers have ended."""


def check(
    subject: Subject,
    *,
    clauses: Iterable[Clause] = CONTRACT,
    profile: Profile = DEFAULT,
    expect: Mapping[str, str | KnownFailure] | None = None,
    progress: Progress | None = None,
    guard: bool = True,
    seed: int = 0,
    operations: int | None = None,
    cache: Path | None = None,
    contract: str | None = None,
) -> Report:
    """Judge `subject` by `clauses` and return the report.

    The clauses of chapter PRE come first, asked or not: where one of them fails, nothing else is asked.

    Args:
        subject: the store under test.
        clauses: what to ask; the whole contract by default.
        profile: how much to ask.
        expect: reasons for clauses that are known to fail, by id, beside the subject's own; a `KnownFailure` where there is more
            to say.
        progress: is told each result as it comes.
        guard: ask also what needs the guard's child process.
        seed: fixes the programs of the search.
        operations: search for this many operations, and not for the profile's time; 0 leaves the search out.
        cache: the folder of what helps the next run (`conformance.cache.cache_folder()`); without one, nothing is kept.
        contract: the version of the contract: of `clauses` those are asked that it has; the newest by default.

    Raises:
        TargetError: the subject cannot be opened, or opens no store.
        ExpectationError: an expectation names no clause, or has no reason.
        UnknownVersionError: there is no such version of the contract.
    """
    given = tuple(clauses)
    version = version_asked(contract, given)
    expected: dict[str, str | KnownFailure] = {**subject.expect, **(expect or {})}
    check_expectations(expected)
    asked = at_version(version, given)
    with Session(subject, profile, cache) as session:
        inquiry = Inquiry(session, asked, guard=guard, progress=progress)
        interrupted = False
        if not inquiry.begin():
            interrupted = _ask_all(inquiry, asked)
            for result in [] if interrupted else [*inquiry.results.values()]:
                ask_recorded(result, expected, inquiry)
            if operations != 0 and not interrupted:
                passed = {id_ for id_, result in inquiry.results.items() if result.verdict is Verdict.PASSED}
                wanted = passed & {clause.id for clause in asked}
                with suppress(KeyboardInterrupt):  # every clause has its answer
                    found = inquiry.search(wanted=wanted, expected=expected, seed=seed, operations=operations)
                    inquiry.coverage["found"] = [inquiry.keep(result).clause.id for result in found]
        order = dict.fromkeys([clause.id for clause in (*CONTRACT, *asked)])
        results = [in_its_form(inquiry.results[id_], version) for id_ in order if id_ in inquiry.results]
        settled = settle(results, expected)
        environment = inquiry.environment()
        if interrupted:
            environment["guard"] = "interrupted"
        return Report(inquiry.described(), environment, tuple(settled), version, inquiry.unusable, inquiry.coverage)


def _ask_all(inquiry: Inquiry, clauses: tuple[Clause, ...]) -> bool:
    """Ask the clauses, those of the guard and the type checkers beside the others; return whether that was interrupted."""
    here = [clause for clause in clauses if not clause.guarded and clause.chapter != "ERR"]  # which asks what all came upon
    with ThreadPoolExecutor(2, "beside") as pool:
        guarded, types = pool.submit(inquiry.run_guarded), pool.submit(inquiry.ask_type_checkers)
        try:
            for clause in here:
                if clause.id != "TYP-4" and clause.chapter not in _TIMED:
                    inquiry.ask(clause)
            types.result()
            for clause in here:
                inquiry.ask(clause)
            guarded.result()
            for clause in clauses:
                inquiry.ask(clause)
        except KeyboardInterrupt:
            guarded.cancel()
            for clause in clauses:
                if clause.id not in inquiry.results:
                    inquiry.keep(Result(clause, Verdict.INCONCLUSIVE, reason=INTERRUPTED))
            return True
        return False
