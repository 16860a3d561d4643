"""Running a program on a store, judged by the model at every step."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

from conformance.dialect import Dialect
from conformance.expectation import Expectation, Outcome, Raised, Returned
from conformance.model import Model
from conformance.operations import Get, ListAll, Operation
from conformance.trial import Watch


@dataclass(frozen=True)
class Divergence:
    """The first operation of a program whose outcome the contract does not allow.

    Attributes:
        index: its place in the program.
        operation: the operation.
        expectation: what was allowed.
        outcome: what it came to.
    """

    index: int
    operation: Operation
    expectation: Expectation
    outcome: Outcome


class Limit:
    """The deadline of each operation of a program, however many there are.

    Args:
        timeout: ends the program.
        watch: is told when it is overdue.
        seconds: that one operation may take; up to a twentieth less, so that a fast one costs no timer.
    """

    def __init__(self, timeout: asyncio.Timeout, watch: Watch, seconds: float) -> None:
        self._timeout = timeout
        self._watch = watch
        self._seconds = seconds
        self._renewed = 0.0

    def renew(self) -> None:
        """Begin an operation."""
        now = time.monotonic()
        if now - self._renewed > self._seconds / 20:
            self._renewed = now
            self._watch.until = now + self._seconds
            self._timeout.reschedule(asyncio.get_running_loop().time() + self._seconds)


@asynccontextmanager
async def limited(watch: Watch, seconds: float) -> AsyncGenerator[Limit]:
    """Limit what is done inside: each operation, where the limit is renewed before it.

    Raises:
        TimeoutError: one took longer.
    """
    try:
        async with asyncio.timeout(seconds) as timeout:
            limit = Limit(timeout, watch, seconds)
            limit.renew()
            yield limit
    finally:
        watch.until = float("inf")


class Player:
    """Runs operations on one store, beside a model of it.

    Args:
        store: the store, new and empty.
        dialect: how it takes values.
        watch: is told what goes on.
        limit: the deadline of each operation; None where the caller sees to it.
    """

    def __init__(self, store: Any, dialect: Dialect, watch: Watch, limit: Limit | None = None) -> None:
        self.model = Model()
        self.store = store
        self._dialect = dialect
        self._watch = watch
        self._limit = limit

    async def perform(self, operation: Operation) -> Outcome:
        """Perform one operation; it has passed admission when it was drawn from the pool."""
        self._watch.operation = operation
        if self._limit is not None:
            self._limit.renew()
        try:
            return Returned(await operation.apply(self.store, self._dialect))
        except Exception as error:  # noqa: BLE001  # an outcome like another
            return Raised(error)

    async def judge(self, operation: Operation, index: int) -> Divergence | None:
        """Perform one operation; change the model by it, or say how its outcome diverges."""
        expectation = self.model.allows(operation)
        outcome = await self.perform(operation)
        if not expectation.allows(outcome):
            return Divergence(index, operation, expectation, outcome)
        if operation.changes:
            if isinstance(outcome, Returned):
                self.model.apply(operation)
            elif len(names := {*operation.names()}) > 1:
                await self._take_over(names)  # refused for one key, it may have been done for another
        return None

    async def _take_over(self, keys: Iterable[str]) -> None:
        """Take over into the model what the store holds under `keys`."""
        for key in keys:
            value = await self.perform(Get(key))
            if isinstance(value, Returned):
                self.model.contents.pop(key, None)
                if isinstance(value.value, bytes):
                    self.model.contents[key] = value.value

    async def play(self, program: Sequence[Operation], tolerate: Callable[[Divergence], bool] | None = None) -> Divergence | None:
        """Run a program up to its first divergence that is not tolerated; after one that is, the model follows the store."""
        for index, operation in enumerate(program):
            divergence = await self.judge(operation, index)
            if divergence is not None:
                if tolerate is None or not tolerate(divergence):
                    return divergence
                if not await self.follow():
                    return None
        return None

    async def follow(self) -> bool:
        """Take over into the model what the store holds; False where that cannot be found out."""
        listed = await self.perform(ListAll())
        names: object = listed.value if isinstance(listed, Returned) else None
        if not isinstance(names, list):
            return False
        contents: dict[str, bytes] = {}
        for key in dict.fromkeys([*cast("list[str]", names), *self.model.contents]):
            value = await self.perform(Get(key))
            if isinstance(value, Raised):
                return False
            if isinstance(value.value, bytes):
                contents[key] = value.value
        self.model = Model(contents)
        return True

    async def first_wrong(self, reads: Iterable[Get], index: int) -> Divergence | None:
        """The first of `reads` whose outcome diverges."""
        for read in reads:
            expectation = self.model.allows(read)
            outcome = await self.perform(read)
            if not expectation.allows(outcome):
                return Divergence(index, read, expectation, outcome)
        return None
