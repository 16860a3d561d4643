"""What a trial does with its store in other processes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from conformance.clause import ClauseFailure, Need, NotApplicable
from conformance.durability.processes import Message, Process, SilentError, UnusableError
from conformance.durability.values import value_of
from conformance.expectation import Returned
from conformance.operations import Get
from conformance.recipe import Place, Recipe
from conformance.subject import import_path
from conformance.trial import Handle, Trial, whatever_it_raises

T = TypeVar("T")

_WORKS = "the store works in another process too"


def given_to(trial: Trial, place: Place, opening: Recipe, **more: Any) -> dict[str, Any]:
    """What a job is told of the store that it is to open."""
    recipe = {"target": opening.target, "arguments": dict(opening.arguments)}
    return {
        "subject": trial.subject.to_json(), "opening": recipe, "path": str(place.path), "unique": place.unique, **more,
    }  # fmt: skip


def largest(trial: Trial) -> int:
    """Bytes of the largest value that another process is to set."""
    return min(trial.profile.largest, 1 << 20)


async def started(trial: Trial, job: str, given: dict[str, Any]) -> Process:
    """Start a job, `module:function`.

    Raises:
        NotApplicable: another process cannot import the store.
    """
    try:
        return await asyncio.to_thread(trial.processes.start, job, given)
    except UnusableError as error:
        raise NotApplicable(f"another process cannot import the store: {error}") from None


async def heard(trial: Trial, process: Process, *kinds: str) -> Any:
    """Wait for a message of one of `kinds`, and return its value.

    Raises:
        ClauseFailure: the process ended, or said nothing within the deadline.
    """
    return (await heard_any(trial, process, *kinds))[1]


async def heard_any(trial: Trial, process: Process, *kinds: str) -> Message:
    """Wait for a message of one of `kinds`, and return both.

    Raises:
        ClauseFailure: as above.
    """
    try:
        while True:
            kind, value = await asyncio.to_thread(process.receive, trial.profile.deadline)
            if kind in kinds:
                return kind, value
            if kind == "raised":
                trial.fail(_WORKS, str(value))
            if kind == "ended" or (kind == "returned" and "ended" not in kinds):
                trial.fail(_WORKS, "the process ended before it had an answer")
    except SilentError:
        await asyncio.to_thread(process.kill, trial.profile.deadline)
        trial.fail(_WORKS, f"a call there had not returned after {trial.profile.deadline:g} s")


async def killed_when(trial: Trial, job: str, given: dict[str, Any], kind: str) -> Any:
    """Start a job, and kill it as soon as it sends a message of this kind; return the message's value."""
    process = await started(trial, job, given)
    value = await heard(trial, process, kind)
    await asyncio.to_thread(process.kill, trial.profile.deadline)
    return value


async def once(trial: Trial, name: str, find: Callable[[], Awaitable[T]]) -> T:
    """Return what `find` finds: it is asked once, for all clauses that need what has the same name."""
    remembered = trial.processes.remembered
    if name not in remembered:
        remembered[name] = await find()
    return cast("T", remembered[name])


def fresh_opening(trial: Trial) -> Recipe:
    """The recipe that opens a new store.

    Raises:
        NotApplicable: it is opened in this process alone.
    """
    if not isinstance(trial.subject.opening, Recipe):
        raise NotApplicable(Need.RECIPE.lack)
    return trial.subject.opening


async def shared_opening(trial: Trial) -> Recipe:
    """Return the recipe that opens what another process wrote, closed and left in good order.

    Raises:
        NotApplicable: there is none.
    """
    found = await once(trial, "opening", lambda: _find_opening(trial))
    if isinstance(found, str):
        raise NotApplicable(found)
    return found


async def _find_opening(trial: Trial) -> Recipe | str:
    subject = trial.subject
    again = subject.reopening or (subject.opening if subject.opening.takes_path else None)
    if not isinstance(again, Recipe) or not isinstance(subject.opening, Recipe):
        return Need.REOPENING.lack
    if subject.publishes and import_path(subject.publish) is None:
        return "the subject's publish() has no import path, so that no other process can publish what it sets"
    key, size = trial.key(), largest(trial)
    for number in range(7):
        trial.legal_value(value_of(key, number, size))
    place = trial.place()
    given = given_to(trial, place, subject.opening, stock={key: 1}, largest=size, waits=False)
    process = await started(trial, "conformance.durability.jobs:set_and_close", given)
    try:
        await heard(trial, process, "ended")
        handle = await trial.visit(place, again)
        trial.processes.remembered["appends"] = not handle.store.read_only
        outcome = await handle.do(Get(key))
        await close(handle)
    except ClauseFailure as failure:
        return f"what another process set and closed cannot be seen here: {failure.actual}"
    finally:
        trial.trace.steps.clear()
    if outcome != Returned(value_of(key, 1, size)):
        return f"the location is not shared with other processes: what one of them set and closed reads here as {outcome}"
    return again


async def close(handle: Handle) -> None:
    """Close a handle, whatever that raises."""
    with whatever_it_raises():
        await handle.close()


async def look_at(trial: Trial, job: str, because: str) -> str:
    """Run one of these jobs, and demand that it found nothing wrong; return why the fault could not be made, or nothing.

    Raises:
        ClauseFailure: something was wrong.
        NotApplicable: no such fault can be made on this system, or of this store.
    """
    if sys.platform == "win32":
        raise NotApplicable("this system has no resource limits")
    trial.legal_value(value_of(trial.key(), 4))
    key, other = trial.key(below=trial.directory()), trial.key(1)
    given = given_to(trial, trial.place(), fresh_opening(trial), key=key, other=other, lists=trial.offers(Need.LISTING))
    process = await started(trial, job, given)
    kind, value = await heard_any(trial, process, "wrong", "unmade", "returned", "raised")
    if kind == "wrong":
        expected, actual = value
        trial.fail(expected, actual, because)
    if kind == "raised":
        raise NotApplicable(f"the store cannot be tried in another process: {value}")
    return str(value) if kind == "unmade" else ""
