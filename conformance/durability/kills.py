"""Processes killed in the middle of sets, and what they leave behind (DUR-1, DUR-2)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import cast

from conformance.clause import ClauseFailure, Need, NotApplicable
from conformance.durability.elsewhere import close, fresh_opening, given_to, heard, largest, once, shared_opening, started
from conformance.durability.processes import Process, SilentError
from conformance.durability.values import Writer, Writers, describe, value_of
from conformance.expectation import Raised, gives_names, returns
from conformance.operations import Clear, DeleteDir, Get, ListAll, Set
from conformance.recipe import Recipe
from conformance.rendering import brief, brief_all
from conformance.trial import Handle, Trial

_TASKS = 4
_NEW_KEYS = 20
"""Keys that a task makes beside the one that it overwrites."""
_ROUNDS_IN_A_PLACE = 10
_MOST_SETS = 12
"""Sets after which the kill comes at the latest."""
_SECONDS_FOR_EACH = 0.6
"""Of a slow store fewer processes are killed: so many that this is the time for each."""
_WHY = "a process was killed in the middle of sets"


@dataclass
class Kills:
    """What the kills brought to light.

    Attributes:
        count: how many processes were killed.
        sets: how many of their sets were acknowledged.
        lost: how a key does not hold what it must (DUR-1).
        left: what was left behind in the way (DUR-2).
        unseen: why what was left behind could not be looked at.
    """

    count: int = 0
    sets: int = 0
    lost: ClauseFailure | None = None
    left: ClauseFailure | None = None
    unseen: str = ""


async def kills(trial: Trial) -> Kills:
    """Return what came of killing processes that set: they are killed once, for both clauses that ask."""
    opening = await shared_opening(trial)
    return await once(trial, "kills", lambda: _Killing(trial, opening).run())


class _Killing:
    def __init__(self, trial: Trial, again: Recipe) -> None:
        self._trial = trial
        self._again = again
        self._random = Random(trial.profile.kills)  # noqa: S311  # no secret
        self._found = Kills()
        self._appends = bool(trial.processes.remembered["appends"])
        self._place = trial.place()
        self._held: dict[str, bytes] = {}

    async def run(self) -> Kills:
        """Kill as often as the profile says, or until both clauses are known to be broken."""
        count = self._trial.profile.kills
        until = time.monotonic() + count * _SECONDS_FOR_EACH
        for number in range(count):
            fresh = not self._appends or number % _ROUNDS_IN_A_PLACE == 0
            last = not self._appends or number % _ROUNDS_IN_A_PLACE == _ROUNDS_IN_A_PLACE - 1 or number == count - 1
            await self._round(number, fresh=fresh, last=last or time.monotonic() > until)
            if self._found.lost or self._found.left or time.monotonic() > until:
                break
        return self._found

    async def _round(self, number: int, *, fresh: bool, last: bool) -> None:
        trial = self._trial
        try:
            writers = await self._killed(number, fresh=fresh)
        except ClauseFailure as failure:
            if fresh:
                raise NotApplicable(f"no process could be killed in the middle of sets: {failure.actual}") from None
            self._found.left = ClauseFailure(failure.expected, failure.actual, f"{_WHY} before")
            return
        self._found.count += 1
        self._found.sets += writers.total
        try:
            handle = await trial.visit(self._place, self._again)
        except ClauseFailure as failure:
            self._found.lost = ClauseFailure(
                f"the store opens again, and holds {len(writers.before)} keys that were set before", failure.actual, _WHY
            )
            self._found.unseen = "what the kill left cannot be opened again (DUR-1)"
            return
        try:
            await self._look(handle, writers)
            if trial.offers(Need.LISTING):
                await self._list(handle, {*self._held, *writers.allowed()})
            if last and self._appends and not self._found.left:
                await self._go_on(handle, writers)
        except ClauseFailure as failure:
            self._found.left = ClauseFailure(failure.expected, failure.actual, _WHY)
        finally:
            await close(handle)
            trial.trace.steps.clear()

    def _keys(self, task: int, number: int) -> Sequence[str]:
        trial = self._trial
        overwritten, below = trial.key(task), trial.directory(task)
        new = [trial.key(1000 + number * _NEW_KEYS + i, below) for i in range(_NEW_KEYS)]
        return [key for each in new for key in (overwritten, each)]

    async def _killed(self, number: int, *, fresh: bool) -> Writers:
        """Let a process set, and kill it; return what it did."""
        trial = self._trial
        counted = trial.subject.publishes
        size, first = largest(trial), 1000 * (number + 1)
        keys = [self._keys(task, number) for task in range(1 if counted else _TASKS)]
        stock: dict[str, int] = {}
        if fresh:
            self._place = trial.place()
            stock = {trial.key(900): 0} | {each[0]: 0 for each in keys}
            self._held = {key: value_of(key, 0, size) for key in stock}
        opening = fresh_opening(trial)
        if self._appends:
            if fresh:
                given = given_to(trial, self._place, opening, stock=stock, largest=size, waits=False)
                await heard(trial, await started(trial, "conformance.durability.jobs:set_and_close", given), "ended")
            opening, stock = self._again, {}
        publishes = counted and number % 2 == 1  # often enough without, so that a kill finds something that is not published
        given = given_to(trial, self._place, opening, keys=keys, first=first, stock=stock, largest=size, publishes=publishes)
        process = await started(trial, "conformance.durability.jobs:set_until_killed", given)
        await heard(trial, process, "ready")
        writers = Writers([Writer(each, first) for each in keys], self._held, size, counted)
        await asyncio.to_thread(self._kill, process, writers)
        return writers

    def _kill(self, process: Process, writers: Writers) -> None:
        """Kill the process after some of its sets, at any moment of the next."""
        wanted = self._random.randint(1, _MOST_SETS)
        deadline = self._trial.profile.deadline
        begun = time.perf_counter()
        try:
            while writers.total < wanted:
                kind, value = process.receive(deadline)
                if kind in ("ended", "raised"):
                    raise ClauseFailure(
                        "sets succeed in another process too", str(value), "one after the other in each of its tasks"
                    )
                if kind == "idle":
                    break
                writers.heard(kind, value)
        except SilentError:
            pass  # it hangs: ERR-3 asks about that
        time.sleep(self._random.random() * (time.perf_counter() - begun) / max(writers.total, 1) * len(writers.each))
        for kind, value in process.kill(deadline):
            writers.heard(kind, value)

    async def _look(self, handle: Handle, writers: Writers) -> None:
        allowed: dict[str, list[bytes | None]] = {key: [value] for key, value in self._held.items()}
        for key, values in (allowed | writers.allowed()).items():
            outcome = await handle.do(Get(key))
            if isinstance(outcome, Raised) or outcome.value not in values:
                expected = " or ".join([brief(value) for value in dict.fromkeys(values[-3:])])
                actual = str(outcome) if isinstance(outcome, Raised) else describe(outcome.value, values)
                why = "acknowledged or in flight" if len(values) > 1 else "acknowledged before the last set"
                self._found.lost = self._found.lost or ClauseFailure(
                    f"get({key!r}): {expected}, {why}", actual, f"{_WHY}, {writers.total} of which had returned"
                )
            elif isinstance(outcome.value, bytes):
                self._held[key] = outcome.value

    async def _list(self, handle: Handle, known: set[str]) -> None:
        outcome = await handle.do(ListAll())
        if isinstance(outcome, Raised):
            self._found.left = ClauseFailure("list() returns", str(outcome), _WHY)
        elif more := sorted({*cast("list[str]", outcome.value)} - known):
            self._found.left = ClauseFailure("list(): nothing but keys that were set", f"also {brief_all(more)}", _WHY)

    async def _go_on(self, handle: Handle, writers: Writers) -> None:
        """Use the store as if nothing had been: what was left behind must not stop it."""
        trial = self._trial
        for writer in writers.each:
            for key in writer.keys[:4]:
                await handle.expect(Set(key, b"after"), returns)
        if not {Need.DELETES, Need.LISTING} <= trial.survey.offers:
            return
        for task in range(len(writers.each)):
            await handle.run(DeleteDir(trial.directory(task)))
        await handle.run(Clear())
        await handle.expect(ListAll(), gives_names([]))
