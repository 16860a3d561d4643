"""What clients did at once, drawn: a column for each, time runs down."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.concurrency.program import BESIDE, Record
from conformance.expectation import Raised, Returned
from conformance.operations import DeleteDir, GetPartialValues, ListAll, Operation, Set, SetIfNotExists
from conformance.rendering import brief

_WIDTH = 74


def timeline(records: Sequence[Record]) -> str:
    """Return a drawing of at most 74 columns, so that it can be indented; time runs down, an operation from its name to its end.

    What was done before the clients, or after them, stands across all columns.
    """
    clients = sorted({record.client for record in records if record.client != BESIDE})
    width = _WIDTH // max(1, len(clients)) - 1
    columns = {client: place for place, client in enumerate(clients)}
    events = sorted(
        [(record.called, record, True) for record in records]
        + [(record.returned, record, False) for record in records if record.returned is not None],
        key=lambda event: event[0],
    )
    lines = [_line({columns[client]: f"client {client + 1}" for client in clients}, len(clients), width)]
    busy: set[int] = set()
    for place, (_, record, begins) in enumerate(events):
        if record.client == BESIDE:
            if begins:
                lines.append(_cut(f"{_name(record.operation)} {_end(record)}", _WIDTH))
            continue
        column = columns[record.client]
        cells = dict.fromkeys(busy, "|")
        if not begins:
            busy.discard(column)
            if place and events[place - 1][1] is record and len(_name(record.operation) + _end(record)) < width - 1:
                lines[-1] = _line(
                    {**dict.fromkeys(busy, "|"), column: f"{_name(record.operation)} {_end(record)}"}, len(clients), width
                )
            else:
                lines.append(_line({**cells, column: _end(record)}, len(clients), width))
            continue
        busy.add(column)
        lines.append(_line({**cells, column: _name(record.operation)}, len(clients), width))
    pending = {
        columns[record.client]: "never returned" for record in records if record.returned is None and record.client in columns
    }
    if pending:
        lines.append(_line(pending, len(clients), width))
    return "\n".join(lines)


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
