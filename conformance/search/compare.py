"""Two stores beside each other, with no model in between: the first program on which they differ, made minimal."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import cast

from conformance.expectation import Outcome, Returned
from conformance.operations import ListAll, ListDir, ListPrefix, Operation
from conformance.profile import Profile
from conformance.search.findings import StoreMaker
from conformance.search.minimise import minimise
from conformance.search.play import Player, limited
from conformance.search.pool import make_pool
from conformance.search.program import LENGTH, Generator, Program
from conformance.session import Session
from conformance.subject import Subject
from conformance.survey import Survey


@dataclass(frozen=True)
class Difference:
    """A program on which two stores differ.

    Attributes:
        program: minimal, up to the operation whose outcomes differ.
        first: what it came to on the first store.
        second: on the second.
    """

    program: Program
    first: Outcome
    second: Outcome


@dataclass(frozen=True)
class Comparison:
    """What a comparison found.

    Attributes:
        difference: the first that was found; None where there is none.
        operations: how many were performed on each store.
    """

    difference: Difference | None
    operations: int


def compare(first: Subject, second: Subject, profile: Profile, *, seed: int = 0, operations: int | None = None) -> Comparison:
    """Run the same programs on two stores until they differ, or the budget is used up.

    Only what both offer is compared, and of two errors only that there were two.

    Raises:
        TargetError: one of them cannot be opened.
    """
    with Session(first, profile) as one, Session(second, profile) as two:
        pair = _Pair(one, two, one.survey(), two.survey())
        return one.worker.run(lambda: pair.search(seed, operations))


class _Pair:
    def __init__(self, one: Session, two: Session, seen_one: Survey, seen_two: Survey) -> None:
        self._sides = ((one, seen_one), (two, seen_two))
        self._offers = seen_one.offers & seen_two.offers
        self._profile = one.profile
        self._subject = one.subject
        self._other = two.subject

    async def search(self, seed: int, operations: int | None) -> Comparison:
        # The keys are those that both take.
        pool = make_pool(_Both(self._subject, self._other))
        generator = Generator(pool, self._offers, seed)
        started, done = time.monotonic(), 0
        while done < (operations or 1 << 62) and (operations or time.monotonic() - started < self._profile.search):
            program = generator.program(LENGTH)
            done += len(program)
            if (found := await self._differ(program)) is not None:
                return Comparison(await self._shortest(found), done)
        return Comparison(None, done)

    async def _shortest(self, found: Difference) -> Difference:
        kind = type(found.program[-1])

        async def shows(candidate: Program) -> bool:
            again = await self._differ(candidate)
            return again is not None and len(again.program) == len(candidate) and isinstance(again.program[-1], kind)

        program = await minimise(found.program, shows)
        return await self._differ(program) or found

    async def _differ(self, program: Program) -> Difference | None:
        """The program up to the first operation whose outcomes differ, with them."""
        async with limited(self._sides[0][0].watch, self._profile.deadline) as limit, AsyncExitStack() as stack:
            players: list[Player] = []
            for session, seen in self._sides:
                store = await StoreMaker(session.subject, session.workspace)(stack)
                players.append(Player(store, seen.dialect, session.watch, limit))
            for index, operation in enumerate(program):
                one, two = [await player.perform(operation) for player in players]
                if not _same(operation, one, two):
                    return Difference(program[: index + 1], one, two)
        return None


class _Both:
    """The keys and values that two subjects take."""

    def __init__(self, first: Subject, second: Subject) -> None:
        self._first = first.grammar
        self._second = second.grammar

    def legal(self, key: str) -> bool:
        return self._first.legal(key) and self._second.legal(key)

    def name(self, number: int) -> str:
        return self._first.name(number)

    def directory(self, number: int) -> str:
        return self._first.directory(number)

    def value(self, data: bytes) -> bool:
        return self._first.value(data) and self._second.value(data)


def _same(operation: Operation, one: Outcome, two: Outcome) -> bool:
    if not isinstance(one, Returned) or not isinstance(two, Returned):
        return type(one) is type(two)
    if isinstance(operation, (ListAll, ListDir, ListPrefix)):
        return Counter(cast("list[str]", one.value)) == Counter(cast("list[str]", two.value))
    return operation.changes or one.value == two.value
