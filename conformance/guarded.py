"""Clauses that use illegal or climbing keys, decided in the guard's child process."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, cast

from conformance.clause import Clause, Verdict
from conformance.profile import Profile
from conformance.report.report import Result
from conformance.subject import Subject

if TYPE_CHECKING:
    from conformance.guard import GuardedWorld
    from conformance.guard.values import JSON

_FOR_EACH = 5.0
"""Seconds for the child to start, and for each clause beyond one call's deadline."""
_ROOTS = 64
"""Stores that one clause may open."""


def run_in_guard(subject: Subject, clauses: list[Clause], profile: Profile) -> tuple[list[Result], str]:
    """Return the results of `clauses`, and how the guard was enforced, in words."""
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
    return results, ", ".join(sorted(found.enforcement)) or "nothing but the child process"


def _result(clause: Clause, message: dict[str, Any] | None, why: str) -> Result:
    if message is None:
        return Result(clause, Verdict.ERROR, reason=f"the guard's child process ended before it had an answer: {why}")
    found = {field.name: message[field.name] for field in fields(Result) if field.name not in ("clause", "verdict")}
    return Result(clause, Verdict(message["verdict"]), **found)


def decide_in_child(payload: JSON, world: GuardedWorld) -> None:
    """The child's job: decide each clause and send its result."""
    from conformance.contract import CONTRACT

    given = cast("dict[str, Any]", payload)
    subject = Subject.from_json(given["subject"])
    profile = Profile(**given["profile"])
    with asyncio.Runner() as runner:
        for clause in CONTRACT:
            if clause.id in given["clauses"]:
                world.send(runner.run(_decide(subject, clause, profile, world)).to_json())


async def _decide(subject: Subject, clause: Clause, profile: Profile, world: GuardedWorld) -> Result:
    from contextlib import AsyncExitStack

    from conformance.inquiry import decide, timed
    from conformance.recipe import Place
    from conformance.survey import survey
    from conformance.trial import Trial, Watch

    started = time.perf_counter()
    root = world.new_root()
    async with AsyncExitStack() as stack:
        seen = survey(subject, await subject.opening.open(Place(root, "survey"), stack))
    return timed(await decide(Trial(subject, seen, clause, profile, root, Watch(), world)), started)
