"""Programs of concurrent clients: one value holds what they do, in which order, and who is cancelled when."""

from __future__ import annotations

import asyncio
import types
from collections import Counter
from collections.abc import Callable, Coroutine, Generator, Iterable, Iterator, Mapping
from contextvars import copy_context
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar, cast

from conformance.concurrency.loop import CLIENT
from conformance.dialect import Dialect
from conformance.expectation import Outcome, Raised, Returned
from conformance.operations import Operation

T = TypeVar("T")

BESIDE = -1
"""The number, in the place of a client's, of who prepares and looks afterwards."""
GHOSTS = 1_000
"""What is added to a client's number for work of it that goes on in a thread though the client has been cancelled."""


@dataclass(frozen=True)
class Program:
    """What clients do at once.

    Attributes:
        prepared: what is done before them, one after the other.
        clients: the operations of each, one after the other.
        after: what is done when all have ended, one after the other.
        order: the clients, the most urgent first: each goes on until it waits, or steps back.
        preemptions: at which decisions between clients the most urgent one steps back behind all others.
        cancellations: a client, and after how many of its steps what it is doing is cancelled.
    """

    prepared: tuple[Operation, ...]
    clients: tuple[tuple[Operation, ...], ...]
    after: tuple[Operation, ...] = ()
    order: tuple[int, ...] = ()
    preemptions: tuple[int, ...] = ()
    cancellations: tuple[tuple[int, int], ...] = ()

    def operations(self) -> Iterator[Operation]:
        """Every operation."""
        yield from self.prepared
        for client in self.clients:
            yield from client
        yield from self.after

    def serially(self, order: Iterable[int] | None = None) -> list[tuple[int, int]]:
        """What the clients do, client by client, as `Play.run_serially` takes it."""
        clients = range(len(self.clients)) if order is None else order
        return [(client, place) for client in clients for place in range(len(self.clients[client]))]

    def names(self) -> frozenset[str]:
        """Every key that is set."""
        return frozenset(
            [name for operation in self.operations() if operation.changes and not operation.removes for name in operation.names()]
        )


@dataclass
class Record:
    """One operation as it went.

    Attributes:
        client: whose it is; BESIDE for what was prepared and what was looked at afterwards.
        operation: the operation.
        called: when, on the clock of its history.
        returned: when it returned, raised or was cancelled; None where it never did.
        outcome: what it came to; None where it was cancelled, or never returned.
        cancelled: whether it was cancelled.
    """

    client: int
    operation: Operation
    called: int
    returned: int | None = None
    outcome: Outcome | None = None
    cancelled: bool = False


@dataclass(frozen=True)
class Stop:
    """A thread stood still before a system call while others went on.

    Attributes:
        client: whose work it did.
        at: the system call.
        audited: whether it raises an audit event, so that a hook of these sees it.
        number: how many times work of this client had come to that call, with this time.
        since: from when on, on the clock of the program.
        until: when it went on; None where it never did.
    """

    client: int
    at: str
    audited: bool
    number: int
    since: int
    until: int | None = None


@dataclass(frozen=True)
class Run:
    """What a program came to.

    Attributes:
        program: the program.
        records: its operations, in the order of their calls.
        known: the names that a listing may give.
        left: how the store left the deterministic event loop; empty where it did not.
        waited: whether an operation of a client waited for anything, so that another client could go on.
        decisions: how often the schedule had to choose between clients.
        steps: how many steps the client made that made the most.
        stops: where its threads stood still, if they were stepped.
        stood: for each decision, the system call before which a thread of the client stood that was chosen; empty where none did.
    """

    program: Program
    records: tuple[Record, ...]
    known: frozenset[str]
    left: str = ""
    waited: bool = True
    decisions: int = 0
    steps: int = 0
    stops: tuple[Stop, ...] = ()
    stood: tuple[str, ...] = ()

    def orders(self) -> list[list[tuple[int, int]]]:
        """The orders in which its operations were called and ended, each by its client and its place."""
        numbers: Counter[int] = Counter()
        places: list[tuple[Record, tuple[int, int]]] = []
        for record in self.of_clients:
            places.append((record, (record.client, numbers[record.client])))
            numbers[record.client] += 1
        ended = sorted(places, key=lambda each: (each[0].returned is None, each[0].returned))
        return [[place for _, place in places], [place for _, place in ended]]

    @property
    def stuck(self) -> list[Record]:
        """What never returned."""
        return [record for record in self.records if record.returned is None]

    @property
    def of_clients(self) -> list[Record]:
        """What the clients did."""
        return [record for record in self.records if record.client != BESIDE]

    @property
    def afterwards(self) -> list[Record]:
        """What was done when all had ended."""
        return [record for record in self.records if record.client == BESIDE][len(self.program.prepared) :]


@dataclass(frozen=True)
class Pace:
    """How the clients of a program are paced on asyncio's own loop, where no schedule orders them.

    Attributes:
        delays: before which operation, by its client and its place, a client lets the others make how many steps.
        pauses: within which operation, after how many of its own steps, it lets them make how many.
    """

    delays: Mapping[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])
    pauses: Mapping[tuple[int, int], tuple[int, int]] = field(default_factory=dict[tuple[int, int], tuple[int, int]])


@types.coroutine
def paused(call: Coroutine[Any, Any, T], after: int, rounds: int) -> Generator[Any, Any, T]:
    """Await `call`; after so many of its steps, let others make so many."""
    step = 0
    while True:
        if step == after:
            for _ in range(rounds):
                yield
        try:
            waits = call.send(None)
        except StopIteration as end:
            return cast("T", end.value)
        step += 1
        yield waits


@dataclass
class Play:
    """A program that is performed on a store, in the event loop that runs.

    Args:
        program: the program.
        store: the store.
        dialect: how it takes values.
        clock: gives the moments, to all that share a history.
        pace: how the clients are paced.
        cancels: cancel by steps of the loop; else it is for a schedule to do.
    """

    program: Program
    store: Any
    dialect: Dialect
    clock: Iterator[int] = field(default_factory=count)
    pace: Pace = field(default_factory=Pace)
    cancels: bool = True
    records: list[Record] = field(default_factory=list[Record])
    tasks: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])
    _ending: bool = False

    async def prepare(self) -> None:
        """Do what comes before the clients."""
        for operation in self.program.prepared:
            await self._call(BESIDE, operation)

    async def run_clients(self) -> None:
        """Let the clients do what they do, all at once."""
        loop = asyncio.get_running_loop()
        for number in range(len(self.program.clients)):
            context = copy_context()
            context.run(CLIENT.set, number)
            self.tasks.append(loop.create_task(self._client(number), context=context))
        if not self.tasks:
            return
        try:
            if self.cancels:
                await self._cancel_by_steps()
            await asyncio.wait(self.tasks)
        except asyncio.CancelledError:
            self._ending = True
            for task in self.tasks:
                task.cancel()
            raise

    async def run_serially(self, order: Iterable[tuple[int, int]]) -> None:
        """Do what the clients do, one operation after the other: each is named by its client and its place."""
        for client, place in order:
            await self._call(client, self.program.clients[client][place])

    async def look(self) -> None:
        """Do what comes when all have ended."""
        for operation in self.program.after:
            await self._call(BESIDE, operation)

    def cancel(self, client: int) -> None:
        """Cancel what `client` is doing."""
        self.tasks[client].cancel()

    def run(self, *, known: frozenset[str] = frozenset(), left: str = "") -> Run:
        """What it came to."""
        return Run(self.program, tuple(self.records), known | self.program.names(), left)

    async def _cancel_by_steps(self) -> None:
        made = 0
        for client, steps in sorted(self.program.cancellations, key=lambda cancellation: cancellation[1]):
            while made < steps:
                await asyncio.sleep(0)
                made += 1
            self.cancel(client)

    async def _client(self, number: int) -> None:
        for place, operation in enumerate(self.program.clients[number]):
            for _ in range(self.pace.delays.get((number, place), 0)):
                await asyncio.sleep(0)
            await self._call(number, operation, self.pace.pauses.get((number, place)))

    async def _call(self, client: int, operation: Operation, pause: tuple[int, int] | None = None) -> None:
        record = Record(client, operation, next(self.clock))
        self.records.append(record)
        try:
            call = operation.apply(self.store, self.dialect)
            record.outcome = Returned(await (call if pause is None else paused(call, *pause)))
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or not task.cancelling():
                record.outcome = Raised(error)  # nobody cancelled it
            elif self._ending or task not in self.tasks:
                raise
            else:
                task.uncancel()
                record.cancelled = True
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001  # a native panic is an outcome too
            record.outcome = Raised(error)
        record.returned = next(self.clock)


class Urgency:
    """The schedule of a program: the most urgent client that is ready makes the next step.

    Args:
        program: says who is how urgent, when that changes, and who is cancelled when.
        cancel: cancels what a client is doing.
    """

    def __init__(self, program: Program, cancel: Callable[[int], None]) -> None:
        self._rank = {client: rank for rank, client in enumerate(program.order)}
        self._preemptions = program.preemptions
        self._cancellations = program.cancellations
        self._cancel = cancel
        self._decisions = 0
        self._steps = dict.fromkeys(range(len(program.clients)), 0)

    def choose(self, ready: list[int]) -> int:
        """Return the most urgent of the clients that are ready."""
        chosen = min(ready, key=self._urgency)
        if self._decisions in self._preemptions:
            self._rank[chosen] = max([*self._rank.values(), chosen]) + 1
            chosen = min(ready, key=self._urgency)
        self._decisions += 1
        return chosen

    def _urgency(self, client: int) -> int:
        return self._rank.get(client, client)

    @property
    def decisions(self) -> int:
        """How often there was something to choose."""
        return self._decisions

    @property
    def steps(self) -> int:
        """How many steps the client made that made the most."""
        return max(self._steps.values(), default=0)

    def stepped(self, client: int) -> None:
        """Cancel what `client` is doing, if this was the step after which to do so."""
        if client in self._steps:
            self._steps[client] += 1
            if (client, self._steps[client]) in self._cancellations:
                self._cancel(client)


def admit_all(program: Program) -> None:
    """Admit every key that the program gives to a store.

    Raises:
        NotAdmittedError: a key could lead out of a store.
    """
    for operation in program.operations():
        operation.admit()
