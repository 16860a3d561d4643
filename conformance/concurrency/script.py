"""A program of clients as Python source that needs asyncio and the store alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from conformance.concurrency.program import BESIDE, Record, Run
from conformance.dialect import Dialect
from conformance.expectation import Raised, Returned
from conformance.rendering import python_bytes


def source_of(run: Run, delays: Mapping[tuple[int, int], int], dialect: Dialect) -> str:
    """Return statements that do on `store` what a run did, and fail where its answers come again.

    Args:
        run: the run.
        delays: before which operation, by its client and its place, a client lets the others make how many steps.
        dialect: how the store takes values.
    """
    program = run.program
    beside = [record for record in run.records if record.client == BESIDE]
    answers: list[str] = []
    lines = ["got = {}", *[_statement(record, dialect, answers) for record in beside[: len(program.prepared)]]]
    for number, operations in enumerate(program.clients):
        records = [record for record in run.records if record.client == number]
        lines.append(f"async def client_{number + 1}():")
        for place in range(len(operations)):
            if delay := delays.get((number, place), 0):
                lines.append(f"    {_steps(delay)}")
            if place < len(records):
                lines.append(f"    {_statement(records[place], dialect, answers)}")
    clients = ", ".join([f"client_{number + 1}()" for number in range(len(program.clients))])
    if program.cancellations:
        lines.append(f"tasks = [asyncio.create_task(client) for client in ({clients},)]")
        made = 0
        for client, steps in sorted(program.cancellations, key=lambda cancellation: cancellation[1]):
            lines += [_steps(steps - made), f"tasks[{client}].cancel()"]
            made = steps
        lines.append("await asyncio.wait(tasks, timeout=5)")
        lines.append("await asyncio.sleep(0.1)")
    else:
        lines.append(f"await asyncio.wait_for(asyncio.gather({clients}), 5)")
    lines += [_statement(record, dialect, answers) for record in run.afterwards]
    if answers:
        lines.append(f"assert got != {{{', '.join(answers)}}}, got")
    return "\n".join(lines)


def _steps(count: int) -> str:
    return "await asyncio.sleep(0)" if count == 1 else f"for _ in range({count}): await asyncio.sleep(0)"


def _statement(record: Record, dialect: Dialect, answers: list[str]) -> str:
    """The operation; what it gave is kept as `got[...]`, and what it gave here is added to `answers`."""
    operation = record.operation
    if record.cancelled:
        return f"with contextlib.suppress(asyncio.CancelledError): {operation.call('store', dialect)}"
    if record.returned is None:
        return f"async with asyncio.timeout(5): {operation.call('store', dialect)}"
    match record.outcome:
        case Returned(value=value) if not operation.changes:
            place = len(answers)
            answers.append(f"{place}: {_python(value)}")
            return f"got[{place}] = {operation.question('store', dialect)}"
        case Raised() if not operation.changes:
            return f"with contextlib.suppress(Exception): {operation.call('store', dialect)}"
        case _:
            return operation.call("store", dialect)


def _python(value: object) -> str:
    if isinstance(value, bytes):
        return python_bytes(value)
    if isinstance(value, list):
        return f"[{', '.join([_python(item) for item in cast('list[object]', value)])}]"
    return repr(value)
