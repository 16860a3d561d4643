"""Clauses that use illegal or climbing keys, decided in the guard's child process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from contextlib import AsyncExitStack
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from conformance.clause import Clause, ClauseFailure, Verdict
from conformance.profile import Profile
from conformance.recipe import Place
from conformance.rendering import brief_error
from conformance.report.report import Result
from conformance.saving import decode_trace, encode_trace
from conformance.subject import Subject
from conformance.survey import survey
from conformance.trial import Trial, Unsound, Watch

if TYPE_CHECKING:
    from conformance.guard import Disturbance, GuardedWorld
    from conformance.guard.values import JSON

_FOR_EACH = 5.0
"""Seconds for the child to start, and for each clause beyond one call's deadline."""
_ROOTS = 64
"""Stores that one clause may open."""


class GuardedRun(NamedTuple):
    """What came of the clauses.

    Args:
        results: one for each.
        enforcement: how the guard was enforced, in words.
        unsound: the stores that no longer answered correctly after an error (ERR-2).
    """

    results: list[Result]
    enforcement: str
    unsound: list[Unsound]


def run_in_guard(subject: Subject, clauses: list[Clause], profile: Profile) -> GuardedRun:
    """Ask `clauses` in the guard's child process."""
    from conformance.guard import run_guarded

    payload: JSON = {"subject": subject.to_json(), "clauses": [clause.id for clause in clauses], "profile": asdict(profile)}
    found = run_guarded(
        "conformance.guarded:decide_in_child",
        payload,
        deadline=_FOR_EACH + len(clauses) * (_FOR_EACH + profile.deadline),
        roots=_ROOTS * len(clauses),
    )
    messages = {message["id"]: message for message in cast("list[dict[str, Any]]", found.messages)}
    why = (
        "it was ended at its deadline"
        if found.timed_out
        else found.error or found.stderr[-2000:] or f"exit status {found.exit_status}"
    )
    results = [_result(clause, messages.get(clause.id), why) for clause in clauses]
    unsound = [_unsound(message["id"], each) for message in messages.values() for each in message["unsound"]]
    enforcement = ", ".join(sorted(found.enforcement)) or "nothing but the child process"
    return GuardedRun(blamed(results, found.disturbances), enforcement, unsound)


def _result(clause: Clause, message: dict[str, Any] | None, why: str) -> Result:
    if message is None:
        return Result(clause, Verdict.ERROR, reason=f"the guard's child process ended before it had an answer: {why}")
    found = {field.name: message[field.name] for field in fields(Result) if field.name not in ("clause", "verdict")}
    return Result(clause, Verdict(message["verdict"]), **found)


def _unsound(clause: str, said: dict[str, Any]) -> Unsound:
    return Unsound(clause, ClauseFailure(said["expected"], said["actual"], said["because"]), decode_trace(said["trace"]))


def blamed(results: list[Result], disturbances: Collection[Disturbance]) -> list[Result]:
    """Return the results, with the blame for what was changed outside the stores' roots, where no clause saw it happen."""
    if not disturbances or any(result.verdict is Verdict.FAILED and result.clause.chapter == "SAF" for result in results):
        return results
    removed = all(disturbance.change == "removed" for disturbance in disturbances)
    to_blame = "SAF-3" if removed and any(result.clause.id == "SAF-3" for result in results) else "SAF-1"
    what = ", ".join([f"{Path(disturbance.path).name!r} was {disturbance.change}" for disturbance in disturbances])
    finding = ("nothing outside the roots of the stores is touched", what, "seen when all clauses of the guard had been asked")
    return [Result(result.clause, Verdict.FAILED, *finding) if result.clause.id == to_blame else result for result in results]


def decide_in_child(payload: JSON, world: GuardedWorld) -> None:
    """The child's job: decide each clause and send its result."""
    from conformance.contract import CONTRACT

    given = cast("dict[str, Any]", payload)
    subject = Subject.from_json(given["subject"])
    profile = Profile(**given["profile"])
    with asyncio.Runner() as runner:
        for clause in CONTRACT:
            if clause.id in given["clauses"]:
                watch = Watch()
                result = runner.run(_decide(subject, clause, profile, world, watch))
                world.send({**result.to_json(), "unsound": [_said(unsound) for unsound in watch.unsound]})


def _said(unsound: Unsound) -> dict[str, JSON]:
    failure = unsound.failure
    found: dict[str, JSON] = {"expected": failure.expected, "actual": failure.actual, "because": failure.because}
    return {**found, "trace": cast("JSON", encode_trace(unsound.trace))}


async def _decide(subject: Subject, clause: Clause, profile: Profile, world: GuardedWorld, watch: Watch) -> Result:
    from conformance.inquiry import decide, timed

    started = time.perf_counter()
    root = world.new_root()
    try:
        async with AsyncExitStack() as stack:
            seen = survey(subject, await subject.opening.open(Place(root, "survey"), stack))
    except Exception as error:  # noqa: BLE001  # of the guard's making or of the store's: neither is shown
        reason = f"the store cannot be opened in the guard's child process: {brief_error(error)}"
        return timed(Result(clause, Verdict.INCONCLUSIVE, reason=reason), started)
    return timed(await decide(Trial(subject, seen, clause, profile, root, watch, world)), started)
