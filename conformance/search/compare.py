"""Two stores beside each other, with no model in between: the first program on which they differ, made minimal."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import cast

from conformance.clause import Need
from conformance.expectation import Expectation, Outcome, Returned, gives, gives_names, raises, returns
from conformance.operations import LISTINGS, Get, Operation, Set
from conformance.profile import Profile
from conformance.search.findings import StoreMaker, trace_of
from conformance.search.minimise import minimise
from conformance.search.play import Player, limited
from conformance.search.pool import Pool, make_pool
from conformance.search.program import LENGTH, Generator, Program
from conformance.session import Session
from conformance.subject import AnyKey, Grammar, Subject
from conformance.survey import Survey
from conformance.worker import BlockedError


@dataclass(frozen=True)
class Difference:
    """A program on which two stores differ.

    Attributes:
        program: minimal, up to the operation whose outcomes differ.
        first: what it came to on the first store.
        second: on the second.
        script: a program that performs it on the second store, and fails where that does not do what the first did; it needs the
            store and the standard library alone.
    """

    program: Program
    first: Outcome
    second: Outcome
    script: str = ""


@dataclass(frozen=True)
class Overdue:
    """A call that did not return within its deadline, which ends a comparison.

    Attributes:
        store: the name of the store.
        call: the operation, or that the store was opened or closed.
        program: what was done to a new store until then, the operation included.
        seconds: the deadline.
    """

    store: str
    call: str
    program: Program
    seconds: float


@dataclass(frozen=True)
class Comparison:
    """What a comparison found.

    Attributes:
        difference: the first that was found; None where there is none.
        operations: how many were performed on each store.
        overdue: the call that did not return; None where all did.
    """

    difference: Difference | None
    operations: int
    overdue: Overdue | None = None


def compare(first: Subject, second: Subject, profile: Profile, *, seed: int = 0, operations: int | None = None) -> Comparison:
    """Run the same programs on two stores until they differ, or the budget is used up.

    Only what both offer is compared, and of two errors only that there were two. Where one of them cannot hold a key beside one
    below it, as files cannot, no such keys are tried.

    Args:
        first: a store.
        second: another.
        profile: how long to go on, and the deadline of each call.
        seed: fixes the programs.
        operations: how many to perform, in place of the profile's time.

    Raises:
        TargetError: one of them cannot be opened.
    """
    with Session(first, profile) as one, Session(second, profile) as two:
        pair = _Pair(one, two, one.survey(), two.survey())
        try:
            return one.worker.run(lambda: pair.search(seed, operations))
        except (BlockedError, TimeoutError):  # with the event loop or without: the call is the finding
            return Comparison(None, pair.done, pair.overdue)


class _Pair:
    def __init__(self, one: Session, two: Session, seen_one: Survey, seen_two: Survey) -> None:
        self._sides = ((one, seen_one), (two, seen_two))
        self._offers = seen_one.offers & seen_two.offers
        self._profile = one.profile
        self._subject = one.subject
        self._other = two.subject
        self.done = 0
        """How many operations were performed on each store."""
        self.overdue: Overdue | None = None
        """The call that is under way, as what it is if it does not return."""
        self._closing = False

    async def search(self, seed: int, operations: int | None) -> Comparison:
        try:
            generator = Generator(await self._pool(), self._offers, seed)
            started = time.monotonic()
            while self._goes_on(operations, started):
                program = generator.program(LENGTH if operations is None else min(LENGTH, operations - self.done))
                self.done += len(program)
                found = await self._differ(program)
                if found is not None:
                    return Comparison(self._with_script(await self._shortest(found)), self.done)
        except TimeoutError:
            return Comparison(None, self.done, await self._alone(self.overdue))
        return Comparison(None, self.done)

    def _goes_on(self, operations: int | None, started: float) -> bool:
        return time.monotonic() - started < self._profile.search if operations is None else self.done < operations

    async def _pool(self) -> Pool:
        """What programs are made of: keys that both stores take, and hold beside each other."""
        pool = make_pool(_grammar_of_both(self._subject.grammar, self._other.grammar))
        below = [key for key in pool.keys if any(key.startswith(f"{other}/") for other in pool.keys)]
        if not below or Need.WRITES not in self._offers:
            return pool
        above = next(key for key in pool.keys if below[0].startswith(f"{key}/"))
        value = pool.values[0]
        outcomes = await self._perform((Set(above, value), Set(below[0], value), Get(above), Get(below[0])))
        if outcomes[2:] == [(Returned(value), Returned(value))] * 2:
            return pool
        return replace(pool, keys=tuple([key for key in pool.keys if key not in below]))

    async def _alone(self, overdue: Overdue | None) -> Overdue | None:
        """The call that did not return, on a new store without those before it, if it does not return there either."""
        if overdue is not None and len(overdue.program) > 1:
            try:
                await self._differ(overdue.program[-1:])
            except TimeoutError:
                return self.overdue
        return overdue

    async def _shortest(self, found: Difference) -> Difference:
        kind = type(found.program[-1])

        async def shows(candidate: Program) -> bool:
            again = await self._differ(candidate)
            return again is not None and len(again.program) == len(candidate) and isinstance(again.program[-1], kind)

        program = await minimise(found.program, shows)
        return await self._differ(program) or found

    def _with_script(self, found: Difference) -> Difference:
        trace = trace_of(found.program, _like(found.program[-1], found.first))
        return replace(found, script=trace.script(self._other, self._sides[1][1].dialect))

    async def _differ(self, program: Program) -> Difference | None:
        """The program up to the first operation whose outcomes differ, with them."""
        outcomes = await self._perform(program)
        last = program[len(outcomes) - 1]
        return None if _same(last, *outcomes[-1]) else Difference(program[: len(outcomes)], *outcomes[-1])

    async def _perform(self, program: Program) -> list[tuple[Outcome, Outcome]]:
        """What the program comes to on new stores, up to the first operation whose outcomes differ."""
        done: list[tuple[Outcome, Outcome]] = []
        async with limited(self._sides[0][0].watch, self._profile.deadline) as limit, AsyncExitStack() as stack:
            players: list[Player] = []
            self._closing = False
            for session, seen in self._sides:
                self._now(session, "opening the store", ())
                store = await StoreMaker(session.subject, session.workspace)(stack)
                players.append(Player(store, seen.dialect, session.watch, limit))
                stack.callback(self._closes, session, program)
            for index, operation in enumerate(program):
                outcomes: list[Outcome] = []
                for (session, _), player in zip(self._sides, players, strict=True):
                    self._now(session, str(operation), program[: index + 1])
                    outcomes.append(await player.perform(operation))
                one, two = outcomes
                done.append((one, two))
                if not _same(operation, one, two):
                    break
            self._closing = True
        return done

    def _closes(self, session: Session, program: Program) -> None:
        """Say that a store is closed, as the next thing, unless that is because a call is overdue."""
        if self._closing:
            self._now(session, "closing the store", program)

    def _now(self, session: Session, call: str, program: Program) -> None:
        self.overdue = Overdue(session.subject.name, call, program, self._profile.deadline)


def _grammar_of_both(first: Grammar, second: Grammar) -> Grammar:
    return first if isinstance(first, AnyKey) and isinstance(second, AnyKey) else _Both(first, second)


class _Both:
    """The keys and values that two grammars allow."""

    def __init__(self, first: Grammar, second: Grammar) -> None:
        self._first = first
        self._second = second

    def legal(self, key: str) -> bool:
        return self._first.legal(key) and self._second.legal(key)

    def name(self, number: int) -> str:
        return self._first.name(number)

    def directory(self, number: int) -> str:
        return self._first.directory(number)

    def value(self, data: bytes) -> bool:
        return self._first.value(data) and self._second.value(data)


def _like(operation: Operation, outcome: Outcome) -> Expectation:
    """What is the same as this outcome."""
    if not isinstance(outcome, Returned):
        return raises()
    if isinstance(operation, LISTINGS):
        return gives_names(cast("list[str]", outcome.value))
    return returns if operation.changes else gives(outcome.value)


def _same(operation: Operation, one: Outcome, two: Outcome) -> bool:
    if not isinstance(one, Returned) or not isinstance(two, Returned):
        return type(one) is type(two)
    if isinstance(operation, LISTINGS):
        return Counter(cast("list[str]", one.value)) == Counter(cast("list[str]", two.value))
    return operation.changes or one.value == two.value
