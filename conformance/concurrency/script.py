"""A program of clients as Python source that needs asyncio and the store alone."""

from __future__ import annotations

from typing import cast

from conformance.concurrency.program import BESIDE, Pace, Record, Run, Stop
from conformance.dialect import Dialect
from conformance.expectation import Raised, Returned
from conformance.rendering import python_bytes

_PAUSING = (
    "@types.coroutine",
    "def paused(call, after, rounds):  # after so many of its steps, others make so many",
    "    for step in itertools.count():",
    "        for _ in range(rounds if step == after else 0): yield",
    "        try: waits = call.send(None)",
    "        except StopIteration as end: return end.value",
    "        yield waits",
)


def source_of(run: Run, pace: Pace, dialect: Dialect) -> str:
    """Return statements that do on `store` what a run did, and fail where its answers come again.

    Args:
        run: the run.
        pace: how the clients are paced.
        dialect: how the store takes values.
    """
    program = run.program
    answers: list[str] = []
    pausing = _PAUSING if pace.pauses else ()
    lines = ["got = {}", *pausing, *_prepared(run, dialect, answers), *_clients(run, pace, dialect, answers)]
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
    return "\n".join([*lines, *_end(run, dialect, answers)])


def holding_source_of(run: Run, stop: Stop, dialect: Dialect) -> str:
    """Return statements that do on `store` what a run did in which one thread stood still, and fail where its answers come again.

    They hold the thread before the same system call until the others are done.

    Args:
        run: the run.
        stop: where the thread stood.
        dialect: how the store takes values.
    """
    program = run.program
    answers: list[str] = []
    others = [f"client_{number + 1}()" for number in range(len(program.clients)) if number != stop.client]
    cancelled = stop.client in [client for client, _ in program.cancellations]
    lines = [
        "got = {}",
        "armed, stands, go_on, calls = threading.Event(), threading.Event(), threading.Event(), []",
        *_hold(stop),
        *_prepared(run, dialect, answers),
        *_clients(run, Pace(), dialect, answers),
        "armed.set()",
        f"first = asyncio.create_task(client_{stop.client + 1}())",
        "while not (stands.is_set() or first.done()): await asyncio.sleep(0.001)",
        *(["first.cancel()", "await asyncio.wait([first], timeout=5)"] if cancelled else []),
        *[f"await asyncio.wait_for({other}, 5)" for other in others],
        "go_on.set()",
        "await asyncio.sleep(0.1)" if cancelled else "await asyncio.wait_for(first, 5)",
    ]
    return "\n".join([*lines, *_end(run, dialect, answers)])


def _hold(stop: Stop) -> list[str]:
    """A hook that holds the thread that is about to make a system call, and how it is set."""
    name = stop.at.rpartition(".")[2]
    times = "" if stop.number == 1 else f" for the {stop.number}. time"
    if stop.audited:
        match stop.at:
            case "open to write":
                condition = "event == 'open' and arguments[2] & (os.O_WRONLY | os.O_RDWR)"
            case "open":
                condition = "event == 'open' and not arguments[2] & (os.O_WRONLY | os.O_RDWR)"
            case _:
                condition = f"event == {stop.at!r}"
        head, install = "def hold(event, arguments):", "sys.addaudithook(hold)"
    else:
        of_file = f"called.__name__ == {name!r} and type(called.__self__).__module__ == '_io'"
        condition = f"event == 'c_call' and {f'called is {stop.at}' if stop.at.startswith('os.') else of_file}"
        head, install = "def hold(frame, event, called):", "threading.setprofile(hold)"
    return [
        f"{head}  # the thread that comes to {stop.at}{times} stands there until the others are done",
        "    if not armed.is_set() or threading.current_thread() is threading.main_thread(): return",
        f"    if {condition}:",
        "        calls.append(event)",
        f"        if len(calls) == {stop.number}:",
        "            stands.set()",
        "            go_on.wait(10)",
        install,
    ]


def _prepared(run: Run, dialect: Dialect, answers: list[str]) -> list[str]:
    """What is done before the clients."""
    beside = [record for record in run.records if record.client == BESIDE]
    return [_statement(record, dialect, answers) for record in beside[: len(run.program.prepared)]]


def _clients(run: Run, pace: Pace, dialect: Dialect, answers: list[str]) -> list[str]:
    """A coroutine function for each client."""
    lines: list[str] = []
    for number, operations in enumerate(run.program.clients):
        records = [record for record in run.records if record.client == number]
        lines.append(f"async def client_{number + 1}():")
        for place in range(len(operations)):
            if delay := pace.delays.get((number, place), 0):
                lines.append(f"    {_steps(delay)}")
            if place < len(records):
                statement = _statement(records[place], dialect, answers)
                if pause := pace.pauses.get((number, place)):
                    call = operations[place].call("store", dialect)
                    after, rounds = pause
                    statement = statement.replace(call, f"await paused({call.removeprefix('await ')}, {after}, {rounds})")
                lines.append(f"    {statement}")
    return lines


def _end(run: Run, dialect: Dialect, answers: list[str]) -> list[str]:
    """What is done after the clients, and the question."""
    lines = [_statement(record, dialect, answers) for record in run.afterwards]
    return [*lines, f"assert got != {{{', '.join(answers)}}}, got"] if answers else lines


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
