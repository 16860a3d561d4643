"""The program search: seeded programs until the budget is used, each divergence made minimal, none hiding another."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from conformance.clause import Need
from conformance.dialect import Dialect
from conformance.operations import OPERATIONS, Get, GetPartialValues, Operation
from conformance.search.blame import accounts, blame
from conformance.search.minimise import minimise
from conformance.search.play import Divergence, Player, limited
from conformance.search.pool import make_pool
from conformance.search.program import LENGTH, Generator, Program
from conformance.subject import Grammar
from conformance.trial import Watch
from storeproto.keys import is_key

_PATIENCE = 5
"""How often a clause may be blamed at first, and another in the end, before it is no more looked into."""

Opener = Callable[[AsyncExitStack], Awaitable[Any]]
"""Opens a new, empty store, which the stack closes."""


@dataclass(frozen=True)
class Finding:
    """A clause that the search found broken.

    Attributes:
        clause: its id.
        program: the minimal program, up to the operation that shows it.
        divergence: how the last operation's outcome diverges.
    """

    clause: str
    program: Program
    divergence: Divergence


@dataclass
class Coverage:
    """What a search did.

    Attributes:
        seed: fixed the sequence of programs.
        operations: how many were performed.
        seconds: how long it took.
        live: how many of the operations with a key met one that was set.
        keyed: how many operations had a key.
        pairs: which kinds of operation followed one another.
        kept: how many programs of earlier runs were performed first, beside the operations.
        possible: how many pairs there are of the kinds that the store offers.
    """

    seed: int
    operations: int = 0
    seconds: float = 0.0
    live: int = 0
    keyed: int = 0
    pairs: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    possible: int = 0
    kept: int = 0

    def to_json(self) -> dict[str, Any]:
        """For the report."""
        return {
            "seed": self.seed,
            "operations": self.operations,
            "seconds": round(self.seconds, 3),
            "live_keys": round(self.live / self.keyed, 3) if self.keyed else 0.0,
            "pairs": len(self.pairs),
            "pairs_possible": self.possible,
            "kept": self.kept,
        }


class Search:
    """Looks for divergences between a store and the model.

    Args:
        open_store: opens a new, empty store.
        dialect: how it takes values.
        offers: what it can do.
        grammar: the keys and values that it takes.
        watch: is told what goes on.
        seed: fixes the sequence of programs.
        known: the clauses whose divergences are of no interest, because they are known to be broken.

    Attributes:
        coverage: what it did.
        findings: what it found, by clause.
        generator: draws the programs.
    """

    def __init__(
        self,
        open_store: Opener,
        dialect: Dialect,
        offers: frozenset[Need],
        grammar: Grammar,
        watch: Watch,
        *,
        seed: int = 0,
        known: Collection[str] = (),
    ) -> None:
        self.coverage = Coverage(seed)
        self.findings: dict[str, Finding] = {}
        self.playing: Program = ()
        """The program that is performed at this moment."""
        self._open = open_store
        self._dialect = dialect
        self.generator = Generator(make_pool(grammar), offers, seed)
        self._watch = watch
        self._known = {*known}
        self._misled: Counter[str] = Counter()
        kinds = {operation.method for operation in OPERATIONS if _offered(operation, offers)}
        self.coverage.possible = len(kinds) ** 2

    async def run(self, *, seconds: float, operations: int | None = None, deadline: float = 10.0) -> None:
        """Search until the time, or the number of operations, is used up; what was found is in `findings`."""
        started = time.monotonic()
        while self.coverage.operations < (operations or 1 << 62) and (operations or time.monotonic() - started < seconds):
            program = self.generator.program(LENGTH)
            try:
                divergence = await self.play(program, deadline=deadline)
            finally:
                self._count(program)
            if divergence is not None:
                await self.look_into(program, divergence, deadline=deadline)
        self.coverage.seconds = time.monotonic() - started

    async def replay(self, programs: Iterable[Program], *, deadline: float = 10.0) -> list[Program]:
        """Perform the programs that an earlier run kept; return those that still show a fault, known or not."""
        failing: list[Program] = []
        for program in programs:
            self.coverage.kept += 1
            self.playing = program
            async with self._player(deadline) as player:
                divergence = await player.play(program)
            if divergence is not None:
                failing.append(program)
                if accounts(divergence, program).isdisjoint(self._known):
                    await self.look_into(program, divergence, deadline=deadline)
        return failing

    async def play(self, program: Program, *, deadline: float = 10.0, known: Collection[str] | None = None) -> Divergence | None:
        """Run a program on a new store; return how it diverges, if it does.

        Args:
            program: what to run.
            deadline: seconds that one operation may take.
            known: the clauses to pass over; those that the search does by default.

        Raises:
            TimeoutError: an operation took longer than the deadline.
        """
        self.playing = program
        passed_over = self._known if known is None else {*known}
        async with self._player(deadline) as player:
            return await player.play(program, lambda divergence: not accounts(divergence, program).isdisjoint(passed_over))

    @asynccontextmanager
    async def _player(self, deadline: float) -> AsyncGenerator[Player]:
        """A player on a new store."""
        async with limited(self._watch, deadline) as limit, AsyncExitStack() as stack:
            yield Player(await self._open(stack), self._dialect, self._watch, limit)

    def _count(self, program: Program) -> None:
        coverage = self.coverage
        coverage.operations += len(program)
        live: set[str] = set()
        before = ""
        for operation in program:
            coverage.pairs.add((before, operation.method))
            before = operation.method
            key = getattr(operation, "key", None)
            if key is not None:
                coverage.keyed += 1
                coverage.live += key in live
                if operation.method in ("set", "set_if_not_exists"):
                    live.add(key)
        coverage.pairs.discard(("", program[0].method))

    async def look_into(self, program: Program, divergence: Divergence, *, deadline: float = 10.0) -> None:
        """Make the program minimal, and keep it as the finding of its clause."""
        found_as = blame(divergence, program)
        finding = await self.explain(program, divergence, deadline=deadline)
        is_news = accounts(finding.divergence, finding.program).isdisjoint(self._known)
        self._known.add(finding.clause)
        self._misled[found_as] += found_as != finding.clause
        if self._misled[found_as] == _PATIENCE:  # else one fault that shows in many ways would use up the whole budget
            self._known.add(found_as)
        if is_news:
            self.findings[finding.clause] = finding

    async def explain(self, program: Program, divergence: Divergence, *, deadline: float = 10.0) -> Finding:
        """Return the minimal program that shows the same, and the clause that it breaks."""
        kind = type(divergence.operation)

        async def shows(candidate: Program) -> bool:
            found = await self._only(candidate, deadline)
            return found is not None and found.index == len(candidate) - 1 and isinstance(found.operation, kind)

        shortest = await minimise(program[: divergence.index + 1], shows)
        found = await self._only(shortest, deadline)
        if found is None:
            # It cannot be shown again: reported as it was found.
            shortest, found = program[: divergence.index + 1], divergence
        program, found = await self._cause(shortest, found, deadline)
        return Finding(blame(found, program), program, found)

    async def _only(self, program: Program, deadline: float) -> Divergence | None:
        """Run a program on a new store, up to its first divergence."""
        with suppress(TimeoutError):
            async with self._player(deadline) as player:
                return await player.play(program)
        return None

    async def _cause(self, program: Program, divergence: Divergence, deadline: float) -> tuple[Program, Divergence]:
        """A plainer read that shows the same fault, where there is one: of a whole value, of one part of many."""
        operation = divergence.operation
        if operation.changes or (isinstance(operation, Get) and operation.byte_range is None):
            return program, divergence
        with suppress(TimeoutError):
            async with self._player(deadline) as player:
                if await player.play(program[:-1]) is None:
                    many = operation.key_ranges if isinstance(operation, GetPartialValues) else ()
                    names = [key for key in [*player.model.contents, *operation.names()] if is_key(key)]
                    reads = [*[Get(key) for key in names], *[Get(key, request) for key, request in many]]
                    plainer = await player.first_wrong(reads, len(program) - 1)
                    if plainer is not None:
                        return (*program[:-1], plainer.operation), plainer
        return program, divergence


def _offered(operation: type[Operation], offers: frozenset[Need]) -> bool:
    needs = {
        "set": {Need.WRITES}, "set_if_not_exists": {Need.WRITES}, "set_partial_values": {Need.PARTIAL_WRITES},
        "delete": {Need.DELETES}, "delete_dir": {Need.DELETES, Need.LISTING}, "clear": {Need.DELETES, Need.LISTING},
        "list": {Need.LISTING}, "list_prefix": {Need.LISTING}, "list_dir": {Need.LISTING},
        "is_empty": {Need.LISTING}, "getsize_prefix": {Need.LISTING},
    }  # fmt: skip
    return needs.get(operation.method, set[Need]()) <= offers
