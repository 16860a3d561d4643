"""The search with stepped threads as its parent sees it: it is made in another process, and what it found is told here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conformance.clause import NotApplicable
from conformance.concurrency.scenario import Scenario
from conformance.concurrency.thread_search import ThreadSearch, given_for
from conformance.durability.elsewhere import fresh_opening, given_to, started
from conformance.durability.processes import SilentError

if TYPE_CHECKING:
    from conformance.trial import Trial

_JOBS = "conformance.concurrency.thread_search"
_SHARE = 6
"""Programs on the deterministic loop for one with stepped threads, which takes longer."""
_LEAST = 40
"""Programs with stepped threads that are tried at least."""
_PATIENCE = 30.0
"""Seconds after which a script counts as one that shows nothing."""
_REMEMBERED = "threads cannot be stepped"


async def search_in_threads(trial: Trial, scenario: Scenario, *, clears: bool, removes: bool) -> ThreadSearch:
    """Search for the flaw of a scenario with stepped threads, in another process.

    Where that cannot be done, `left` of what is returned says why: it is tried once for all clauses.
    """
    try:
        remembered = trial.processes.remembered
        if _REMEMBERED in remembered:
            return ThreadSearch(left=remembered[_REMEMBERED])
        found = await _search(trial, scenario, clears=clears, removes=removes)
    except NotApplicable as reason:  # no other process can open the store
        return ThreadSearch(left=reason.reason)
    if found.left:
        remembered[_REMEMBERED] = found.left
    return found


async def _search(trial: Trial, scenario: Scenario, *, clears: bool, removes: bool) -> ThreadSearch:
    programs = max(_LEAST, trial.profile.programs // _SHARE)
    given = given_to(
        trial, trial.place(), fresh_opening(trial), scenario=given_for(scenario), clears=clears, removes=removes,
        programs=programs, seconds=2 * trial.profile.deadline,
    )  # fmt: skip
    process = await started(trial, f"{_JOBS}:search_threads", given)
    pieces: list[str] = []
    try:
        while True:
            kind, value = await asyncio.to_thread(process.receive, trial.profile.deadline)
            if kind == "piece":
                pieces.append(value)
            elif kind == "searched":
                return ThreadSearch.from_json("".join(pieces))
            elif kind in ("raised", "returned", "ended"):
                return ThreadSearch(left=f"the process ended: {value}" if kind == "ended" else f"it raised there: {value}")
    except SilentError:
        return ThreadSearch(left=f"the threads had not gone on after {trial.profile.deadline:g} s")
    finally:
        await asyncio.to_thread(process.kill, trial.profile.deadline)


async def error_of(trial: Trial, script: str) -> str:
    """Run a script in another process, and return the name of the error that it ends with; nothing where it ends without one."""
    try:
        process = await started(trial, f"{_JOBS}:run_script", {"script": script, "path": str(trial.place().path)})
    except NotApplicable:
        return ""
    try:
        while True:
            kind, value = await asyncio.to_thread(process.receive, _PATIENCE)
            if kind == "error":
                return str(value)
            if kind == "ended":
                return ""
    except SilentError:
        return ""
    finally:
        await asyncio.to_thread(process.kill, trial.profile.deadline)
