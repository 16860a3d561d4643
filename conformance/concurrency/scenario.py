"""What a clause looks for among concurrent clients: programs that could show it, and the judge of what they came to."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Protocol, cast

from conformance.concurrency.history import Call, Kind
from conformance.concurrency.linearizability import Answer, Judgement, judge
from conformance.concurrency.program import Program, Record, Run
from conformance.expectation import Raised, Returned
from conformance.operations import (
    Delete,
    DeleteDir,
    Exists,
    Get,
    GetPartialValues,
    ListAll,
    Operation,
    Set,
    SetIfNotExists,
)  # fmt: skip
from conformance.rendering import brief
from storeproto import RangeByteRequest


@dataclass(frozen=True)
class Names:
    """The keys and directories of one program.

    Attributes:
        key: a key for a number, below a directory.
        directory: a directory for a number.
        first: the number of the first: programs that share a store have keys of their own.
    """

    key: Callable[[int, str], str]
    directory: Callable[[int], str]
    first: int = 0

    def of(self, number: int, below: str = "") -> str:
        """A key."""
        return self.key(self.first + number, below)

    def below(self, number: int) -> str:
        """A directory."""
        return self.directory(self.first + number)


@dataclass(frozen=True)
class Flaw:
    """What is wrong with a run.

    Attributes:
        expected: what the contract allows.
        actual: what came.
        records: the operations that show it.
    """

    expected: str
    actual: str
    records: tuple[Record, ...]


class Scenario(Protocol):
    """What a clause looks for."""

    def draw(self, draw: Random, names: Names, *, heavy: bool) -> Program:
        """Return a program, without a schedule.

        Args:
            draw: decides.
            names: the keys.
            heavy: let it do more, with larger values: for real concurrency, which is not stepped.
        """
        ...

    def judge(self, run: Run) -> Flaw | None:
        """Say what is wrong with a run in which everything returned."""
        ...

    def controls(self, program: Program) -> Sequence[Program]:
        """Return the programs that must not show the same, for it to be a matter of this clause."""
        ...


def value(number: int, size: int = 0) -> bytes:
    """Return a value that no other number has; a long one is one letter all through, so that a mix of two shows."""
    if not size:
        return b"v%d" % number
    return bytes([65 + number % 26 + 32 * (number // 26 % 2)]) * (size + number)


@dataclass(frozen=True)
class Register:
    """Whether one key is a register (CON-1).

    Attributes:
        kinds: the operations that are tried.
    """

    kinds: tuple[Kind, ...]

    def draw(self, draw: Random, names: Names, *, heavy: bool) -> Program:
        """Some clients, each with a few operations on one key."""
        key = names.of(0, names.below(0) if draw.random() < 0.3 else "")
        prepared = (Set(key, value(0)),) if Kind.SET in self.kinds and draw.random() < 0.6 else ()
        number = 0
        clients: list[tuple[Operation, ...]] = []
        for _ in range(4 if heavy else draw.choice((2, 2, 3, 3, 4))):
            operations: list[Operation] = []
            for _ in range(draw.randint(4, 8) if heavy else draw.randint(1, 3)):
                number += 1
                operations.append(_operation(draw.choice(self.kinds), key, number))
            clients.append(tuple(operations))
        return Program(prepared, tuple(clients), (Get(key),))

    def judge(self, run: Run) -> Flaw | None:
        """Whether the whole history is linearizable."""
        return not_linearizable(calls_of(run.records))

    def controls(self, program: Program) -> Sequence[Program]:  # noqa: ARG002  # as in the protocol
        """None."""
        return ()


def _operation(kind: Kind, key: str, number: int) -> Operation:
    match kind:
        case Kind.SET:
            return Set(key, value(number))
        case Kind.SET_IF_NOT_EXISTS:
            return SetIfNotExists(key, value(number))
        case Kind.GET:
            return Get(key)
        case Kind.EXISTS:
            return Exists(key)
        case Kind.DELETE:
            return Delete(key)


def calls_of(records: Sequence[Record]) -> list[tuple[Call, Record]]:
    """Return the operations on single keys as the judge takes them, each with its record.

    What was cancelled or raised may have taken effect at any time after its call, or never.
    """
    calls: list[tuple[Call, Record]] = []
    for record in records:
        operation = record.operation
        if not isinstance(operation, (Get, Exists, Set, SetIfNotExists, Delete)):
            continue
        kind = Kind(operation.method)
        certain = isinstance(record.outcome, Returned)
        found: Hashable = None
        if isinstance(operation, (Set, SetIfNotExists)):
            found = operation.value
        elif kind.reads and isinstance(record.outcome, Returned):
            found = record.outcome.value if isinstance(record.outcome.value, Hashable) else repr(record.outcome.value)
        returned = record.returned if certain else None
        if certain or not kind.reads:
            calls.append((Call(kind, operation.key, record.called, returned, found, certain, record.client), record))
    return calls


def not_linearizable(calls: Sequence[tuple[Call, Record]]) -> Flaw | None:
    """Say what is wrong with a history, if no order of its operations explains it."""
    found = judge([call for call, _ in calls])
    if found.answer is not Answer.NOT_LINEARIZABLE:
        return None
    shown = tuple([record for call, record in calls if (call.called, call.key) in {(c.called, c.key) for c in found.witness}])
    return Flaw("the operations on one key take effect one at a time, in some order", _contradiction(found), shown)


def _contradiction(found: Judgement) -> str:
    last = max(found.witness, key=lambda call: (call.returned or 0, call.called))
    gave = f" gave {brief(last.value)}" if last.kind.reads else " returned"
    return f"{last.kind.value}({found.key!r}){gave}, which no order of the operations explains"


@dataclass(frozen=True)
class WholeReads:
    """Whether a read during an overwrite is whole (CON-2).

    Attributes:
        sizes: of values, in bytes.
        large: of values under real concurrency.
    """

    sizes: tuple[int, ...] = (10, 3_000, 70_000)
    large: tuple[int, ...] = (1_000, 1 << 20)

    def draw(self, draw: Random, names: Names, *, heavy: bool) -> Program:
        """Writers that overwrite one key, and readers."""
        key = names.of(0)
        sizes = self.large if heavy else self.sizes
        number = 0
        clients: list[tuple[Operation, ...]] = []
        for _ in range(draw.choice((1, 1, 2))):
            writes: list[Operation] = []
            for _ in range(3 if heavy else draw.randint(1, 2)):
                number += 1
                writes.append(Set(key, value(number, draw.choice(sizes))))
            clients.append(tuple(writes))
        clients += [(Get(key),) * (4 if heavy else draw.randint(1, 2)) for _ in range(draw.choice((1, 2)))]
        return Program((Set(key, value(0, draw.choice(sizes))),), tuple(clients), (Get(key),))

    def judge(self, run: Run) -> Flaw | None:
        """Whether each read gave a value that was set."""
        written = {operation.value for operation in run.program.operations() if isinstance(operation, Set)}
        for record in run.records:
            if isinstance(record.operation, Get) and not _gives_one_of(record, written):
                shown = (*[other for other in run.records if isinstance(other.operation, Set)], record)
                return Flaw(f"{record.operation}: one of the values that were set, whole", str(record.outcome), _in_order(shown))
        return None

    def controls(self, program: Program) -> Sequence[Program]:  # noqa: ARG002  # as in the protocol
        """None."""
        return ()


def _gives_one_of(record: Record, values: set[bytes]) -> bool:
    return isinstance(record.outcome, Returned) and record.outcome.value in values


def _in_order(records: Sequence[Record]) -> tuple[Record, ...]:
    return tuple(sorted(records, key=lambda record: record.called))


@dataclass(frozen=True)
class OwnKeys:
    """Whether sets of different keys at once all land (CON-3)."""

    def draw(self, draw: Random, names: Names, *, heavy: bool) -> Program:
        """Clients that each set a key of their own."""
        below = names.below(0) if draw.random() < 0.5 else ""
        count = 8 if heavy else draw.randint(2, 4)
        keys = [names.of(number, below) for number in range(count)]
        clients: list[tuple[Operation, ...]] = []
        for number, key in enumerate(keys):
            writes = [Set(key, value(number + count * turn)) for turn in range(3 if heavy else draw.randint(1, 2))]
            clients.append((*writes, Get(key)) if draw.random() < 0.3 else tuple(writes))
        return Program((), tuple(clients), tuple([Get(key) for key in keys]))

    def judge(self, run: Run) -> Flaw | None:
        """Whether each set returned, and each key has the value that it was given last."""
        for record in run.of_clients:
            if isinstance(record.operation, Set) and isinstance(record.outcome, Raised):
                return Flaw(f"{record.operation}: no error", str(record.outcome), _beside(record, run.of_clients))
        for record in run.afterwards:
            if isinstance(record.operation, Get):
                key = record.operation.key
                sets = [other for other in run.of_clients if isinstance(other.operation, Set) and other.operation.key == key]
                if sets and not _gives_one_of(record, {_value_of(sets[-1])}):
                    expected = f"{record.operation}: {brief(_value_of(sets[-1]))}, which was set last"
                    return Flaw(expected, str(record.outcome), _in_order([*run.of_clients, record]))
        return None

    def controls(self, program: Program) -> Sequence[Program]:  # noqa: ARG002  # as in the protocol
        """None."""
        return ()


def _beside(record: Record, records: Sequence[Record]) -> tuple[Record, ...]:
    """The record, and what went on at the same time."""
    end = record.called if record.returned is None else record.returned
    return tuple(
        [other for other in records if other.called <= end and (other.returned is None or other.returned >= record.called)]
    )


def _value_of(record: Record) -> bytes:
    return record.operation.value if isinstance(record.operation, Set) else b""


@dataclass(frozen=True)
class Neighbours:
    """Whether a set stands beside deletes of its neighbours (CON-4).

    Attributes:
        directories: whether delete_dir is tried.
    """

    directories: bool

    def draw(self, draw: Random, names: Names, *, heavy: bool) -> Program:
        """One client sets, others delete what is beside it."""
        directory = names.below(0)
        deep = f"{directory}/{names.below(1)}"
        ours, beside, below = names.of(0, directory), names.of(1, directory), names.of(2, deep)
        deletes: list[Operation] = [Delete(beside), Delete(below)]
        if self.directories:
            deletes += [DeleteDir(deep), DeleteDir(directory)]
        turns = 4 if heavy else 1
        sets = [Set(ours, value(number + 1)) for number in range(turns * draw.randint(1, 2))]
        clients: list[tuple[Operation, ...]] = [tuple(sets)]
        clients += [tuple([draw.choice(deletes) for _ in range(turns * draw.randint(1, 2))]) for _ in range(draw.randint(1, 2))]
        prepared = [Set(key, b"v0") for key in (beside, below) if draw.random() < 0.8]
        return Program(tuple(prepared), tuple(clients), (Get(ours),))

    def judge(self, run: Run) -> Flaw | None:
        """Whether nothing raised, and the value is there unless its directory was deleted after it was set."""
        clients = run.of_clients
        for record in clients:
            if isinstance(record.outcome, Raised):
                return Flaw(f"{record.operation}: no error", str(record.outcome), _beside(record, clients))
        sets = [record for record in clients if isinstance(record.operation, Set)]
        looked = run.afterwards
        if not sets or not looked or not isinstance(looked[0].operation, Get):
            return None
        allowed: set[object] = {_value_of(sets[-1])}
        if any(isinstance(record.operation, DeleteDir) and _covers(record, sets[-1]) for record in clients):
            allowed.add(None)
        found = looked[0].outcome
        if isinstance(found, Returned) and found.value in allowed:
            return None
        expected = f"{looked[0].operation}: {brief(_value_of(sets[-1]))}, which was set last and not deleted since"
        return Flaw(expected, str(found), _in_order([*clients, looked[0]]))

    def controls(self, program: Program) -> Sequence[Program]:  # noqa: ARG002  # as in the protocol
        """None."""
        return ()


def _covers(delete: Record, write: Record) -> bool:
    """Whether `delete`, of a directory, may have deleted what `write` set."""
    prefix, key = next(iter(delete.operation.names())), next(iter(write.operation.names()))
    return key.startswith(f"{prefix}/") and (delete.returned is None or delete.returned > write.called)


@dataclass(frozen=True)
class Cancelled:
    """Whether what is cancelled leaves the old value or the new, and a store that works on (CON-7).

    Attributes:
        kinds: the operations that are cancelled.
        lists: whether the store can be listed.
    """

    kinds: tuple[Kind, ...]
    lists: bool

    def draw(self, draw: Random, names: Names, *, heavy: bool) -> Program:
        """A client that is cancelled, and perhaps another."""
        key, other = names.of(0), names.of(1)
        size = 1 << 18 if heavy else draw.choice((0, 3_000))
        kind = draw.choice(self.kinds)
        operation: Operation = Set(key, value(1, size)) if kind is Kind.SET else _operation(kind, key, 1)
        clients: list[tuple[Operation, ...]] = [(operation,)]
        if draw.random() < 0.5:
            clients.append((draw.choice((Get(key), Set(other, value(2)))),))
        listing = (ListAll(),) if self.lists else ()
        after = (Get(key), *listing, Set(key, value(3)), Get(key))
        prepared = (Set(key, value(0, size)),) if draw.random() < 0.8 else ()
        steps = draw.randint(1, 60 if heavy else 12)
        return Program(prepared, tuple(clients), after, cancellations=((0, steps),))

    def judge(self, run: Run) -> Flaw | None:
        """Whether each read is whole, nothing temporary is listed, and nothing raises."""
        written = {operation.value for operation in run.program.operations() if isinstance(operation, (Set, SetIfNotExists))}
        deleted = not run.program.prepared or any(isinstance(operation, Delete) for operation in run.program.operations())
        allowed: set[object] = {*written, None} if deleted else {*written}
        for record in [*run.of_clients, *run.afterwards]:
            if record.cancelled:
                continue
            operation, outcome = record.operation, record.outcome
            if not isinstance(outcome, Returned):
                return Flaw(f"{operation}: no error, after another was cancelled", str(outcome), run.records)
            if isinstance(operation, Get) and outcome.value not in allowed:
                return Flaw(f"{operation}: the old value or the new, whole", str(outcome), run.records)
            if isinstance(operation, ListAll):
                strange = [name for name in _names(outcome.value) if name not in run.known]
                if strange:
                    return Flaw(f"{operation}: nothing but keys that were set", brief(strange), run.records)
        return None

    def controls(self, program: Program) -> Sequence[Program]:
        """The same without a cancellation."""
        return (replace(program, cancellations=()),)


@dataclass(frozen=True)
class Late:
    """Whether what was cancelled lands after a later operation on the key has returned (CON-8).

    Attributes:
        deletes: whether the store can delete.
    """

    deletes: bool

    def draw(self, draw: Random, names: Names, *, heavy: bool) -> Program:
        """A client whose set is cancelled, and which then goes on with the same key."""
        key = names.of(0)
        size = 1 << 18 if heavy else 0
        later: list[Operation] = [Set(key, value(2, 10 if heavy else 0))]
        if self.deletes:
            later.append(Delete(key))
        prepared = (Set(key, value(0)),) if draw.random() < 0.5 else ()
        steps = draw.randint(1, 40 if heavy else 12)
        clients = ((Set(key, value(1, size)), draw.choice(later), Get(key)),)
        return Program(prepared, clients, (Get(key),), cancellations=((0, steps),))

    def judge(self, run: Run) -> Flaw | None:
        """Whether the history is linearizable when what was cancelled has its time, and only because of that."""
        calls = calls_of(run.records)
        if not_linearizable(calls) is not None:
            return None  # something else is wrong too
        bounded = [(_bounded(call, record, run.records), record) for call, record in calls]
        flaw = not_linearizable(bounded)
        if flaw is None:
            return None
        return replace(flaw, expected="what was cancelled does not take effect after a later operation on its key has returned")

    def controls(self, program: Program) -> Sequence[Program]:
        """The same without a cancellation."""
        return (replace(program, cancellations=()),)


def _bounded(call: Call, record: Record, records: Sequence[Record]) -> Call:
    """The call, with an end if it was cancelled: the first return of what was called on the same key when it had been."""
    if not record.cancelled or record.returned is None:
        return call
    ends = [
        later.returned
        for later in records
        if later.called > record.returned and later.returned is not None and call.key in later.operation.names()
    ]
    return replace(call, returned=min(ends, default=None))


@dataclass(frozen=True)
class Creators:
    """Whether one of those who create a key at once wins (NEW-4)."""

    def draw(self, draw: Random, names: Names, *, heavy: bool) -> Program:  # noqa: ARG002  # as in the protocol
        """Clients that create one key, and read it."""
        key = names.of(0, names.below(0) if draw.random() < 0.3 else "")
        clients = [(SetIfNotExists(key, value(number)), Get(key)) for number in range(draw.choice((2, 2, 3)))]
        return Program((), tuple(clients), (Get(key),))

    def judge(self, run: Run) -> Flaw | None:
        """Whether all that was read is the value of one of them."""
        written = {operation.value for operation in run.program.operations() if isinstance(operation, SetIfNotExists)}
        read = [record for record in run.records if isinstance(record.operation, Get)]
        found = {record.outcome.value if isinstance(record.outcome, Returned) else str(record.outcome) for record in read}
        if len(found) <= 1 and found <= written:
            return None
        saw = ", ".join(sorted(map(brief, found)))
        return Flaw("all that is read after a creation is the value of one creator", f"reads gave {saw}", run.records)

    def controls(self, program: Program) -> Sequence[Program]:  # noqa: ARG002  # as in the protocol
        """None."""
        return ()


@dataclass(frozen=True)
class OneVersion:
    """Whether the ranges of one get_partial_values come from one version (CON-10)."""

    def draw(self, draw: Random, names: Names, *, heavy: bool) -> Program:
        """A writer that overwrites a key, and a reader of two of its parts."""
        key = names.of(0)
        parts = GetPartialValues(((key, RangeByteRequest(0, 2)), (key, RangeByteRequest(4, 6))))
        turns = 4 if heavy else draw.randint(1, 2)
        writes = tuple([Set(key, value(number + 1, 40)) for number in range(turns)])
        return Program((Set(key, value(0, 40)),), (writes, (parts,) * turns))

    def judge(self, run: Run) -> Flaw | None:
        """Whether the parts are of the same letter."""
        for record in run.of_clients:
            if isinstance(record.operation, GetPartialValues) and isinstance(record.outcome, Returned):
                parts = record.outcome.value
                if isinstance(parts, list) and len({_letter(part) for part in cast("list[object]", parts)}) > 1:
                    return Flaw("parts of one version", str(record.outcome), tuple(run.of_clients))
        return None

    def controls(self, program: Program) -> Sequence[Program]:  # noqa: ARG002  # as in the protocol
        """None."""
        return ()


def _names(value: object) -> list[object]:
    return [*cast("list[object]", value)] if isinstance(value, list) else []


def _letter(part: object) -> object:
    return part[:1] if isinstance(part, bytes) else None


def never_returned(run: Run) -> Flaw:
    """The flaw of a run in which something never returned."""
    stuck = run.stuck[0]
    return Flaw(f"{stuck.operation} returns", "it never returned: it waits for what no task will do", run.records)


def with_schedule(program: Program, draw: Random, *, preempts: bool = True) -> Program:
    """Return the program with a schedule: an order of its clients, and at most three preemptions, or none."""
    reordered = _reordered(program, draw)
    if not preempts:
        return reordered
    preemptions = sorted({draw.randrange(12) for _ in range(draw.choice((0, 1, 1, 2, 3)))})
    return replace(reordered, preemptions=tuple(preemptions))


def with_other_schedules(run: Run, draw: Random, count: int) -> Iterator[Program]:
    """Give the program of a run, so many times, with other preemptions and cancellations, made for that run.

    The first preemption comes where a thread stood between two system calls, another place each time; one in three is followed by
    another anywhere. Where no thread did, they come anywhere.
    """
    program = run.program
    anywhere = range(max(1, run.decisions))
    between = [decision for decision, at in enumerate(run.stood) if at]
    firsts = draw.sample(between, min(count, len(between)))
    for number in range(count):
        first = firsts[number] if number < len(firsts) else draw.choice(anywhere)
        preemptions = {first, draw.choice(anywhere)} if draw.random() < 0.3 else {first}
        cancellations = tuple([(client, draw.randint(1, max(1, run.steps))) for client, _ in program.cancellations])
        yield replace(program, preemptions=tuple(sorted(preemptions)), cancellations=cancellations)


def _reordered(program: Program, draw: Random) -> Program:
    order = [*range(len(program.clients))]
    draw.shuffle(order)
    return replace(program, order=tuple(order))
