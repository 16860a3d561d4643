"""The search for a program that shows a flaw on the deterministic loop, made as small as possible."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from itertools import chain, islice, permutations
from random import Random
from typing import Any

from conformance.awaiting import close_store
from conformance.concurrency.loop import IN_THREADS, DeterministicLoop, Schedule, StuckError, new_loop
from conformance.concurrency.program import Pace, Play, Program, Run, Urgency, admit_all
from conformance.concurrency.scenario import Flaw, Names, Scenario, never_returned, with_other_schedules, with_schedule
from conformance.dialect import Dialect
from conformance.operations import LISTINGS, Clear
from conformance.recipe import Opening, Place

_IDLE = 10
"""Programs in which no client waited for anything, after which there is nothing to search: every operation is one step."""
_ALONE = 10
"""Flawed programs that are flawed without concurrency too, after which the store is left to other clauses."""
_SMALLER = 1_000
"""Programs that are tried to make one smaller."""
_FEW_DECISIONS = 8
"""Decisions between clients at which one is preempted in turn, to find the schedule of a smaller program."""
_PLAIN = 200
"""Programs with delays that are tried to make one that asyncio's own loop shows."""
_LATEST_PAUSE, _LONGEST_PAUSE = 4, 12
"""Steps of an operation after which it stands still in such a program, and steps that the others make meanwhile."""


@dataclass(frozen=True)
class Stage:
    """Where programs are performed: each on a new store, in a deterministic loop of its own.

    Attributes:
        opening: opens a store.
        place: makes a place for one.
        dialect: how it takes values.
        clears: whether a new store may hold data that must be deleted.
        removes: whether what is set must be deleted in the end, because it would outlive the place.
    """

    opening: Opening
    place: Callable[[], Place]
    dialect: Dialect
    clears: bool
    removes: bool

    @property
    def schedules(self) -> int:
        """How many schedules of each program are tried."""
        return 1

    @property
    def plain_loop(self) -> bool:
        """Whether what is found may show on asyncio's own loop, with steps of clients in the right order."""
        return True

    def loop(self, play: Play, schedule: Schedule | None = None) -> DeterministicLoop:  # noqa: ARG002  # for those that step threads
        """Return a new loop for a program that is performed."""
        return new_loop(schedule)

    def told(self, run: Run, loop: DeterministicLoop) -> Run:  # noqa: ARG002  # for those that step threads
        """Return a run with what its loop tells of threads."""
        return run

    def scheduled(self, program: Program) -> Run:
        """Perform a program by its schedule."""
        play = Play(program, None, self.dialect, cancels=False)
        schedule = Urgency(program, play.cancel)
        run = self._perform(self.loop(play, schedule), play, play.run_clients)
        return replace(run, waited=schedule.steps > 1, decisions=schedule.decisions, steps=schedule.steps)

    def serial(self, program: Program, order: Sequence[tuple[int, int]]) -> Run:
        """Perform the operations of a program one after the other."""
        play = Play(replace(program, cancellations=()), None, self.dialect)
        return self._perform(self.loop(play), play, lambda: play.run_serially(order))

    def plain(self, program: Program, pace: Pace) -> Run:
        """Perform a program as asyncio's own loop would."""
        play = Play(program, None, self.dialect, pace=pace)
        return self._perform(self.loop(play), play, play.run_clients)

    def _perform(self, loop: DeterministicLoop, play: Play, clients: Callable[[], Any]) -> Run:
        admit_all(play.program)
        place = self.place()
        stack = AsyncExitStack()
        try:
            play.store = loop.run(self._open(place, stack))
            loop.run(play.prepare())
            loop.run(clients())
            loop.settle()
            loop.run(play.look())
        except StuckError:
            loop.left = loop.left or ("" if play.records else "opening it waits for what is outside")
        except Exception as error:  # noqa: BLE001  # of the opening alone: what operations raise is recorded
            loop.left = loop.left or f"opening it in a loop without an outside raised {type(error).__name__}"
        finally:
            self._end(loop, play, stack)
            shutil.rmtree(place.path, ignore_errors=True)
        return self.told(play.run(left=loop.left), loop)

    async def _open(self, place: Place, stack: AsyncExitStack) -> Any:
        store = await self.opening.open(place, stack)
        if self.clears:
            await Clear().apply(store, self.dialect)
        return store

    def _end(self, loop: DeterministicLoop, play: Play, stack: AsyncExitStack) -> None:
        with suppress(Exception):  # how it closes is for other clauses to say
            loop.run(_close(play, stack, removes=self.removes))
        loop.close()


async def _close(play: Play, stack: AsyncExitStack, *, removes: bool) -> None:
    if removes:
        for name in play.program.names():
            await play.store.delete(name)
    await close_store(play.store)
    await stack.aclose()


@dataclass(frozen=True)
class Found:
    """A flaw that the search found.

    Attributes:
        program: the smallest program that shows it.
        run: what it came to.
        flaw: what is wrong with that.
        pace: how the clients are paced where asyncio's own loop shows it; None where it was not seen to.
    """

    program: Program
    run: Run
    flaw: Flaw
    pace: Pace | None


@dataclass
class Search:
    """Looks for a flaw on the deterministic loop.

    Attributes:
        stage: where programs are performed.
        scenario: what is looked for.
        names: the keys.
        programs: how many programs are drawn.
        seconds: of the processor's time, after which no further one is.
        patience: seconds after which nothing is tried any more, whatever the machine does beside.
        seed: fixes them.
        progress: called for each program that is performed.
        found: the flaw, if there is one.
        tried: how many programs were performed.
        left: how the store left the loop; empty where it did not.
        waits: whether an operation waited for anything.
        alone: how many of the programs were flawed without concurrency too.
    """

    stage: Stage
    scenario: Scenario
    names: Names
    programs: int
    seconds: float = 5.0
    patience: float = 30.0
    seed: int = 0
    progress: Callable[[], None] = lambda: None
    found: Found | None = None
    tried: int = 0
    left: str = ""
    waits: bool = False
    alone: int = 0
    _budget: int = _SMALLER
    _begun: float = 0.0
    _last: Run | None = None
    _flawed: Run | None = None

    def run(self) -> None:
        """Search until there is a flaw, or an end."""
        self._begun = time.monotonic()
        until = time.thread_time() + self.seconds
        for program in self._drawn():
            if self.tried >= self.programs or time.thread_time() > until or self._late():
                return
            run = self._last = self._scheduled(program)
            self.tried += 1
            self.left = run.left
            self.waits = self.waits or run.waited
            if run.left or (self.tried >= _IDLE and not self.waits):
                return
            if self._flaw(run) is None:
                continue
            if self._sound_alone(program, run):
                self._flawed = run
                self.found = self._explained(self._smallest(program))
                return
            self.alone += 1
            if self.left or self.alone >= _ALONE:
                return

    def _drawn(self) -> Iterator[Program]:
        """Programs, each with its schedules."""
        draw = Random(self.seed)  # noqa: S311  # no secret
        more = self.stage.schedules - 1
        while True:
            yield with_schedule(self.scenario.draw(draw, self.names, heavy=False), draw, preempts=not more)
            first = self._last
            if first is not None:
                yield from with_other_schedules(first, draw, more)

    def _scheduled(self, program: Program) -> Run:
        self.progress()
        return self.stage.scheduled(program)

    @property
    def unsuitable(self) -> bool:
        """Whether the store is wrong without concurrency too, so that this search says nothing of it."""
        return self.found is None and self.alone >= _ALONE

    @property
    def threads(self) -> bool:
        """Whether the store left the loop for threads, for all that is known."""
        return self.left in IN_THREADS

    def _late(self) -> bool:
        return time.monotonic() > self._begun + self.patience

    def _flaw(self, run: Run) -> Flaw | None:
        return never_returned(run) if run.stuck else self.scenario.judge(run)

    def _sound_alone(self, program: Program, flawed: Run) -> bool:
        """Whether the program shows no flaw without concurrency, nor do those that it is compared with."""
        clients = list(permutations(range(len(program.clients))))
        for order in [*flawed.orders(), *[program.serially(order) for order in clients[:6]]]:
            self.progress()
            run = self.stage.serial(program, order)
            if run.stuck:
                self.left = run.left or "it waits for what is outside"
            if run.left or run.stuck or self.scenario.judge(run) is not None:
                return False
        return all(self._flaw(self._scheduled(control)) is None for control in self.scenario.controls(program))

    def _smallest(self, program: Program) -> Program:
        """Return a program from which nothing can be left out."""
        while True:
            shorter = next(filter(None, map(self._showing, _shorter(program))), None)
            if shorter is None:
                break
            program = shorter
        while True:
            plainer = next(filter(self._shows, chain(self._fewer(program), _plainer(program))), None)
            if plainer is None:
                return program
            program = plainer

    def _fewer(self, program: Program) -> Iterator[Program]:
        """The program with schedules of fewer preemptions, of whatever order."""
        if program.preemptions:
            yield from [other for other in self._schedules(program) if len(other.preemptions) < len(program.preemptions)]

    def _showing(self, program: Program) -> Program | None:
        """The program with the first schedule that shows a flaw: its own, or one with few preemptions."""
        return next(filter(self._shows, self._schedules(program)), None)

    def _schedules(self, program: Program) -> Iterator[Program]:
        """The program with its own schedule, and with those of at most one preemption.

        Where threads were stepped, that is where a thread stands before a call before which one stood when the flaw showed.
        """
        yield program
        calls = {stop.at for stop in self._flawed.stops} if self._flawed is not None else set[str]()
        for order in list(permutations(range(len(program.clients))))[:6]:
            plain = replace(program, order=order, preemptions=())
            decisions: Iterable[int] = range(_FEW_DECISIONS)
            if plain != program:
                yield plain
            if calls:
                self._budget -= 1
                stood = self._scheduled(plain).stood
                decisions = [decision for decision, at in enumerate(stood) if at in calls]
            for decision in decisions:
                if (order, (decision,)) != (program.order, program.preemptions):
                    yield replace(program, order=order, preemptions=(decision,))

    def _shows(self, program: Program) -> bool:
        if self._budget <= 0 or self._late():
            return False
        self._budget -= 1
        run = self._scheduled(program)
        if run.left or self._flaw(run) is None or not self._sound_alone(program, run):
            return False
        self._flawed = run
        return True

    def _explained(self, program: Program) -> Found:
        """The flaw of the smallest program: as asyncio's own loop shows it, where it does."""
        for cancellations, pace in _paced(program) if self.stage.plain_loop else ():
            if self._late():
                break
            run = self.stage.plain(replace(program, cancellations=cancellations), pace)
            flaw = self._flaw(run)
            if flaw is not None and not run.left:
                return Found(program, run, flaw, pace)
        if not self.stage.plain_loop:
            program = self._standing(program)
        run = self._scheduled(program)
        flaw = self._flaw(run)
        assert flaw is not None  # noqa: S101  # for the type checker: it was found with this program
        return Found(program, run, flaw, None)

    def _standing(self, program: Program) -> Program:
        """The program with a thread that stands still while it shows a flaw, if there is one: a script can hold it there."""
        if self._flawed is None or self._flawed.stops or len(program.preemptions) != 1:
            return program
        for later in range(1, _FEW_DECISIONS + 1):
            other = replace(program, preemptions=(program.preemptions[0] + later,))
            if self._shows(other) and self._flawed.stops:
                return other
        return program


def _shorter(program: Program) -> Iterator[Program]:
    """The programs with one operation less, or with all operations of one client."""
    if len(program.clients) > 1:
        for number in range(len(program.clients)):
            yield _without_client(program, number)
    for number, operations in enumerate(program.clients):
        for place in range(len(operations)):
            if len(operations) > 1:
                shorter = operations[:place] + operations[place + 1 :]
                yield replace(program, clients=(*program.clients[:number], shorter, *program.clients[number + 1 :]))
    for place in range(len(program.prepared)):
        yield replace(program, prepared=program.prepared[:place] + program.prepared[place + 1 :])


def _plainer(program: Program) -> Iterator[Program]:
    """The programs with a plainer schedule: fewer cancellations and preemptions, the clients in their order, all of it earlier."""
    for cancellation in program.cancellations:
        yield replace(program, cancellations=tuple([other for other in program.cancellations if other != cancellation]))
    for preemption in program.preemptions:
        yield replace(program, preemptions=tuple([other for other in program.preemptions if other != preemption]))
    if program.order != tuple(range(len(program.clients))):
        yield replace(program, order=tuple(range(len(program.clients))))
    for preemption in program.preemptions:
        for earlier in range(preemption):
            if earlier not in program.preemptions:
                yield replace(program, preemptions=tuple([earlier if p == preemption else p for p in program.preemptions]))
    for client, steps in program.cancellations:
        for earlier in range(1, steps):
            yield replace(program, cancellations=tuple([(c, earlier if c == client else s) for c, s in program.cancellations]))


def _without_client(program: Program, number: int) -> Program:
    """The program without a client; those after it are renumbered."""

    def renumbered(client: int) -> int:
        return client - (client > number)

    return replace(
        program,
        clients=program.clients[:number] + program.clients[number + 1 :],
        order=tuple([renumbered(client) for client in program.order if client != number]),
        cancellations=tuple([(renumbered(client), steps) for client, steps in program.cancellations if client != number]),
    )


def _paced(program: Program) -> Iterator[tuple[tuple[tuple[int, int], ...], Pace]]:
    """The cancellations and the paces of a program on asyncio's own loop to try, the plainest first."""
    yield from islice(_delayed(program), _PLAIN)
    if not program.cancellations:
        yield from [((), pace) for pace in _with_a_pause(program)]


def _with_a_pause(program: Program) -> Iterator[Pace]:
    """The paces at which one operation stands still, the shortest first; a listing's script has no one call to hold."""
    places = [
        (number, place)
        for number, operations in enumerate(program.clients)
        for place, operation in enumerate(operations)
        if not isinstance(operation, LISTINGS)
    ]
    for rounds in range(1, _LONGEST_PAUSE + 1):
        for after in range(1, _LATEST_PAUSE + 1):
            yield from [Pace(pauses={place: (after, rounds)}) for place in places]


def _delayed(program: Program) -> Iterator[tuple[tuple[tuple[int, int], ...], Pace]]:
    """The cancellations of a program on asyncio's own loop, and its paces with delays, the fewest steps first."""
    places = [(number, place) for number, operations in enumerate(program.clients) for place in range(len(operations))]
    cancelled = [client for client, _ in program.cancellations]
    for total in range(12):
        for steps in _summing_to(total, len(places) + len(cancelled)):
            delays = {place: count for place, count in zip(places, steps, strict=False) if count}
            yield tuple([(client, 1 + count) for client, count in zip(cancelled, steps[len(places) :], strict=True)]), Pace(delays)


def _summing_to(total: int, count: int) -> Iterator[tuple[int, ...]]:
    if count == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _summing_to(total - first, count - 1):
            yield (first, *rest)
