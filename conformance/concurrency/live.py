"""Programs on a store that leaves the event loop: real tasks in a real loop, many short rounds, judged by the same judges."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from random import Random
from typing import Any

from conformance.concurrency.program import Play, Program, Run, admit_all
from conformance.concurrency.scenario import Flaw, Names, Scenario, never_returned
from conformance.dialect import Dialect

_NAMES_EACH = 16
"""Numbers of keys for one program."""
_SERIAL = 2
"""Programs that are performed client by client first."""
_BATCH = 10
"""Programs with cancellations that are looked at together, when what was cancelled has had time to land."""
_LANDING = 0.02
"""Seconds for that."""


class LiveSearch:
    """Looks for a flaw with real concurrency, on one store.

    Args:
        store: the store.
        dialect: how it takes values.
        scenario: what is looked for.
        names: gives the keys of a program, by the number of its first.
        seed: fixes the programs, not what comes of them.

    Attributes:
        tried: how many programs were performed.
        operations: how many operations their clients called.
        unsuitable: whether the store is wrong without concurrency too.
        found: the run that shows a flaw, and the flaw.
        known: every key that was set.
    """

    def __init__(self, store: Any, dialect: Dialect, scenario: Scenario, names: Callable[[int], Names], *, seed: int = 0) -> None:
        self.tried = 0
        self.operations = 0
        self.unsuitable = False
        self.found: tuple[Run, Flaw] | None = None
        self._store = store
        self._dialect = dialect
        self._scenario = scenario
        self._names = names
        self._seed = seed
        self.known: frozenset[str] = frozenset()
        self._serial = count()

    async def run(self, programs: int, seconds: float) -> None:
        """Search until there is a flaw, or an end."""
        for number in range(_SERIAL):
            if await self._wrong_alone(number):
                self.unsuitable = True
                return
        until = time.monotonic() + seconds
        waiting: list[tuple[int, Play]] = []
        while self.tried < programs and time.monotonic() < until:
            play = self._play(self._drawn(self.tried))
            waiting.append((self.tried, play))
            self.tried += 1
            self.operations += sum(map(len, play.program.clients))
            await play.prepare()
            await play.run_clients()
            if not play.program.cancellations or len(waiting) == _BATCH:
                await self._look(waiting)
                waiting = []
                if self.found is not None or self.unsuitable:
                    return
        await self._look(waiting)

    async def _look(self, waiting: list[tuple[int, Play]]) -> None:
        """Look at what became of programs, and judge them."""
        if any(play.program.cancellations for _, play in waiting):
            await asyncio.sleep(_LANDING)
        for number, play in waiting:
            await play.look()
            run = play.run(known=self.known)
            flaw = never_returned(run) if run.stuck else self._scenario.judge(run)
            if flaw is None or self.found is not None:
                continue
            for order in run.orders():
                if await self._wrong_alone(number, order):
                    self.unsuitable = True
                    return
            self.found = (run, flaw)

    def _drawn(self, number: int) -> Program:
        """The program of a number, with keys that no other has."""
        draw = Random(f"{self._seed} {number}")  # noqa: S311  # no secret
        program = self._scenario.draw(draw, self._names(_NAMES_EACH * next(self._serial)), heavy=True)
        self.known |= program.names()
        return program

    async def _wrong_alone(self, number: int, order: Sequence[tuple[int, int]] = ()) -> bool:
        """Whether the program of a number is wrong when its operations come one after the other, client by client or in `order`."""
        program = self._drawn(number)
        play = self._play(replace(program, cancellations=()))
        await play.prepare()
        await play.run_serially(order or program.serially())
        await play.look()
        return self._scenario.judge(play.run(known=self.known)) is not None

    def _play(self, program: Program) -> Play:
        admit_all(program)
        return Play(program, self._store, self._dialect)
