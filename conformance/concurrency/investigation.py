"""How a clause of chapter CON is decided.

On the deterministic loop, where the store stays in it; where it gives work to threads, with threads that are stepped, and with real
concurrency too; with real concurrency alone where it does what cannot be stepped.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from conformance.clause import ClauseFailure, Need, NotApplicable
from conformance.concurrency.history import Kind
from conformance.concurrency.live import LiveSearch
from conformance.concurrency.program import Pace
from conformance.concurrency.scenario import Names, Register, Scenario
from conformance.concurrency.script import source_of
from conformance.concurrency.search import Found, Search, Stage
from conformance.concurrency.thread_search import ThreadFinding, shown
from conformance.concurrency.threads_elsewhere import error_of, search_in_threads
from conformance.concurrency.timeline import timeline
from conformance.trace import Executed, Opened

if TYPE_CHECKING:
    from conformance.trial import Trial

_SHARE = 8
"""Programs on the deterministic loop for one with real concurrency, which takes longer and does more."""
_LEAST = 1.0
"""Seconds of the processor's time that every profile spends on the deterministic loop, if it takes as long."""
_SHARE_BESIDE = 1 / 3
"""The share of real concurrency that is left to do where threads were stepped."""
_RUNS = 5
"""How often a script that orders no threads is run."""
SHARE_OF_TIME = 0.4
"""The share of the search's seconds that real concurrency may take for one clause."""
_ALONE = "it is wrong without concurrency too: the clauses of the single operations say how"


def stage_of(trial: Trial) -> Stage:
    """Where the programs of a trial are performed."""
    listed = trial.offers(Need.LISTING) and trial.offers(Need.DELETES)
    opening = trial.subject.opening
    return Stage(
        opening, trial.place, trial.dialect, trial.subject.disposable and listed, not opening.scratch and trial.offers(Need.DELETES)
    )


def names_of(trial: Trial, first: int = 0) -> Names:
    """The names of a program's keys."""
    return Names(trial.key, trial.directory, first)


def register_kinds(trial: Trial) -> tuple[Kind, ...]:
    """The operations of a register that the store has, but for set_if_not_exists; what is done more often comes twice."""
    kinds = (Kind.SET, Kind.GET, Kind.GET, Kind.EXISTS)
    return (*kinds, Kind.DELETE) if trial.offers(Need.DELETES) else kinds


async def investigate(trial: Trial, scenario: Scenario, *, often: int = 1, live: bool = True) -> bool:
    """Look for the flaw of a scenario; return whether there was anything to interleave.

    Args:
        trial: asks the store.
        scenario: says what is looked for.
        often: how many times as many programs it takes with real concurrency, where the flaw shows in few of them.
        live: look for it with real concurrency too, where that is more than can be fixed.

    Raises:
        ClauseFailure: there is one.
        NotApplicable: the store is wrong without concurrency too.
    """
    search = await search_in_loop(trial, scenario)
    if search.found is not None:
        _fail(trial, search.found)
    if search.left:
        await _search_outside(trial, scenario, search, often if live else 0)
        return True
    if search.unsuitable:
        raise NotApplicable(_ALONE)
    trial.note = _told(search)
    return search.waits


async def _search_outside(trial: Trial, scenario: Scenario, search: Search, often: int) -> None:
    """Look for the flaw where the store leaves the loop: with stepped threads as far as that goes, and with real concurrency.

    Raises:
        ClauseFailure: there is one.
        NotApplicable: the store is wrong without concurrency too.
    """
    if not search.threads:
        await _search_live(trial, scenario, f", since the store leaves the event loop: {search.left}", often)
        return
    stage = search.stage
    found = await search_in_threads(trial, scenario, clears=stage.clears, removes=stage.removes)
    if found.found is not None:
        await _fail_with_threads(trial, found.found)
    if found.left:
        why = f", since the store leaves the event loop: {search.left}, and its threads were not stepped: {found.left}"
        await _search_live(trial, scenario, why, often)
        return
    stepped = "with threads stepped from one system call to the next"
    trial.note = f"{found.tried} programs of concurrent clients {stepped}"
    await _search_live(trial, scenario, f", beside {found.tried} {stepped}", often, share=_SHARE_BESIDE)


async def investigate_register(trial: Trial) -> None:
    """Look whether each key is a register; set_if_not_exists joins in where it creates a key once, however many try at once.

    Raises:
        ClauseFailure: a key is none.
        NotApplicable: the store is wrong without concurrency too.
    """
    kinds = register_kinds(trial)
    waits = await investigate(trial, Register(kinds))
    note = trial.note
    try:
        waits = await investigate(trial, Register((Kind.SET_IF_NOT_EXISTS, Kind.GET))) or waits
    except (ClauseFailure, NotApplicable):
        trial.note, trial.timeline = note, ""
        trial.trace.steps.clear()
        return
    if waits:
        await investigate(trial, Register((*kinds, Kind.SET_IF_NOT_EXISTS, Kind.SET_IF_NOT_EXISTS)))


async def search_in_loop(trial: Trial, scenario: Scenario) -> Search:
    """Search on the deterministic loop, in a thread of its own, since a loop runs in this one."""
    profile = trial.profile
    seconds = max(profile.search, _LEAST)
    search = Search(stage_of(trial), scenario, names_of(trial), profile.programs, seconds, patience=2 * profile.deadline)
    async with trial.within("a program of concurrent clients", 3 * profile.deadline):
        await in_thread(search.run)
    return search


def _told(search: Search) -> str:
    if not search.waits:
        return "no operation lets another task run before it has ended, so that there is nothing to interleave"
    return f"{search.tried} programs of concurrent clients on the deterministic event loop"


async def in_thread(job: Callable[[], None]) -> None:
    """Run `job` in a thread that may be left behind."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()

    def end(error: BaseException | None) -> None:
        if ended.done():
            return
        if error is None:
            ended.set_result(None)
        else:
            ended.set_exception(error)

    def run() -> None:
        error: BaseException | None = None
        try:
            job()
        except BaseException as raised:  # noqa: BLE001  # raised again where it is awaited
            error = raised
        if not loop.is_closed():
            loop.call_soon_threadsafe(end, error)

    threading.Thread(target=run, name="conformance-programs", daemon=True).start()
    await ended


def _fail(trial: Trial, found: Found) -> None:
    """Say what was found on the deterministic loop, with a time line and a script."""
    program = found.run.program
    trial.timeline = timeline(shown(found.run, found.flaw))
    trial.trace.steps[:] = [Opened("store", "store_path"), Executed(source_of(found.run, found.pace or Pace(), trial.dialect))]
    if found.pace is not None:
        how = "found on the deterministic event loop, and shown by asyncio's own: the script repeats it"
    else:
        how = (
            f"found on the deterministic event loop, with the clients in the order {_clients(program.order)}, "
            f"preempted at the decisions {list(program.preemptions)}; asyncio's own loop may order the script's clients otherwise"
        )
    raise ClauseFailure(found.flaw.expected, found.flaw.actual, how)


async def _fail_with_threads(trial: Trial, found: ThreadFinding) -> NoReturn:
    """Say what was found with stepped threads, with a time line, and a script that holds the thread if that shows it."""
    how = f"found with threads stepped from one system call to the next, with the clients in the order {_clients(found.order)}"
    if found.preemptions:
        how += f", preempted at the decisions {list(found.preemptions)}"
    for client, steps in found.cancellations:
        how += f", and client {client + 1} cancelled after step {steps}"
    trial.timeline = found.timeline
    for call, holding in found.holding:
        if await _times_failed(trial, holding, found, 1):
            how += f"; the script holds the thread before its {call}, and failed when it was run"
            raise ClauseFailure(found.expected, found.actual, how)
    times = await _times_failed(trial, found.script, found, _RUNS)
    how += f"; the script orders no threads: run {_RUNS} times it failed {times} times, and it need not show it each time"
    raise ClauseFailure(found.expected, found.actual, how)


async def _times_failed(trial: Trial, source: str, found: ThreadFinding, runs: int) -> int:
    """Make a script of statements, run it so many times, and return how many times it failed as it should."""
    trial.trace.steps[:] = [Opened("store", "store_path"), Executed(source)]
    errors = [await error_of(trial, trial.script()) for _ in range(runs)]
    return sum(error == "AssertionError" or (bool(error) and error in found.actual) for error in errors)


def _clients(numbers: Iterable[int]) -> str:
    return ", ".join([str(client + 1) for client in numbers])


async def _search_live(trial: Trial, scenario: Scenario, why: str, often: int, *, share: float = 1.0) -> None:
    """Look for the flaw with real concurrency, unless that is to be done 0 times.

    Args:
        trial: asks the store.
        scenario: says what is looked for.
        why: why that is done, as it follows on these words.
        often: how many times as many programs it takes.
        share: how much of the time that it may take it takes.
    """
    if not often:
        return
    handle = await trial.open()
    search = LiveSearch(handle.store, trial.dialect, scenario, partial(names_of, trial))
    programs = max(5, int(share * often * trial.profile.programs / _SHARE))
    try:
        async with trial.within("a program of concurrent clients", 2 * trial.profile.deadline):
            await search.run(programs, share * often * trial.profile.search * SHARE_OF_TIME)
    finally:
        handle.written.update(dict.fromkeys(search.known))
    if search.unsuitable:
        raise NotApplicable(_ALONE)
    real = f"real concurrency{why}"
    trial.note = f"{search.tried} programs of concurrent clients with {real}"
    if search.found is not None:
        run, flaw = search.found
        trial.timeline = timeline(shown(run, flaw))
        trial.trace.steps[:] = [Opened("store", "store_path"), Executed(source_of(run, Pace(), trial.dialect))]
        raise ClauseFailure(
            flaw.expected, flaw.actual, f"found with {real}; the script does the same, and need not show it each time"
        )
