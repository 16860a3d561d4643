"""What clients did at once, drawn: a column for each, time runs down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from conformance.concurrency.program import BESIDE, Record, Stop
from conformance.expectation import Raised, Returned
from conformance.operations import DeleteDir, GetPartialValues, ListAll, Operation, Set, SetIfNotExists
from conformance.rendering import brief

_WIDTH = 74


def timeline(records: Sequence[Record], stops: Sequence[Stop] = ()) -> str:
    """Return a drawing of at most 74 columns, so that it can be indented; time runs down, an operation from its name to its end.

    What was done before the clients, or after them, stands across all columns. Where threads were stepped, `stops` says where one
    stood still meanwhile: `~` begins the line that says so, and the one in which it goes on.
    """
    clients = sorted({record.client for record in records if record.client != BESIDE})
    width = _WIDTH // max(1, len(clients)) - 1
    columns = {client: place for place, client in enumerate(clients)}
    lines = [_line({columns[client]: f"client {client + 1}" for client in clients}, len(clients), width)]
    busy: set[int] = set()
    before: Record | None = None
    for _, record, text in sorted([*_ends(records), *_halts(stops, columns)], key=lambda event: event[0]):
        if isinstance(record, Stop):
            column = columns[record.client]
            lines.append(_line({**dict.fromkeys(busy, "|"), column: text}, len(clients), width))
            before = None
            continue
        begins = not text
        if record.client == BESIDE:
            if begins:
                lines.append(_cut(f"{_name(record.operation)} {_end(record)}", _WIDTH))
            continue
        column = columns[record.client]
        cells = dict.fromkeys(busy, "|")
        if begins:
            busy.add(column)
            lines.append(_line({**cells, column: _name(record.operation)}, len(clients), width))
        else:
            busy.discard(column)
            if before is record and len(_name(record.operation) + text) < width - 1:
                lines[-1] = _line({**dict.fromkeys(busy, "|"), column: f"{_name(record.operation)} {text}"}, len(clients), width)
            else:
                lines.append(_line({**cells, column: text}, len(clients), width))
        before = record
    pending = {
        columns[record.client]: "never returned" for record in records if record.returned is None and record.client in columns
    }
    if pending:
        lines.append(_line(pending, len(clients), width))
    return "\n".join(lines)


def _ends(records: Sequence[Record]) -> Iterator[tuple[int, Record | Stop, str]]:
    """When each operation begins, and when it ends; with what it came to, for its end."""
    for record in records:
        yield record.called, record, ""
        if record.returned is not None:
            yield record.returned, record, _end(record)


def _halts(stops: Sequence[Stop], columns: Mapping[int, int]) -> Iterator[tuple[int, Record | Stop, str]]:
    """When a thread comes to stand still, and when it goes on."""
    for stop in stops:
        if stop.client in columns:
            yield stop.since, stop, f"~ stands: {stop.at}"
            if stop.until is not None:
                yield stop.until, stop, "~ goes on"


def _line(cells: dict[int, str], count: int, width: int) -> str:
    return " ".join([_cut(cells.get(place, ""), width).ljust(width) for place in range(count)]).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _name(operation: Operation) -> str:
    match operation:
        case Set() | SetIfNotExists():
            return f"{operation.method}({operation.key!r}, {short(operation.value)})"
        case GetPartialValues():
            return f"get_partial_values({operation.key_ranges[0][0]!r})"
        case ListAll() | DeleteDir():
            return f"{operation.method}({', '.join([repr(name) for name in operation.names()])})"
        case _:
            return str(operation)


def short(value: object) -> str:
    """A value in few characters: its beginning, and its size where it is long."""
    if isinstance(value, bytes) and len(value) > 12:
        return f"{value[:1]!r}*{len(value)}" if value == value[:1] * len(value) else f"{value[:4]!r}...{len(value)}"
    return brief(value)


def _end(record: Record) -> str:
    match record.outcome:
        case Returned(value=value):
            return "-> returned" if record.operation.changes else f"-> {short(value)}"
        case Raised(error=error):
            return f"-> {type(error).__name__}"
        case None:
            return "-> cancelled" if record.cancelled else "-> never returned"
