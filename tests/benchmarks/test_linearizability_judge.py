"""How many operations the judge of histories takes in a second.

`pytest tests/benchmarks/test_linearizability_judge.py --benchmark-only -rP` prints it.
"""

import random

from conformance.concurrency.history import Call, Kind
from conformance.concurrency.linearizability import Answer, judge

OPERATIONS = 40_000
CLIENTS = 8
KEYS = 8


def history() -> list[Call]:
    """What eight clients do with eight keys, each of them busy half of the time, on a store that answers at once."""
    draw = random.Random(1)  # noqa: S311  # no secret
    values: dict[str, int | None] = {}
    free = [0.0] * CLIENTS
    calls: list[Call] = []
    for number in range(OPERATIONS):
        client = min(range(CLIENTS), key=free.__getitem__)
        called = free[client] + draw.expovariate(1.0)
        returned = called + draw.expovariate(1.0)
        free[client] = returned
        key = f"k{draw.randrange(KEYS)}"
        kind = draw.choice([Kind.SET, Kind.GET, Kind.GET, Kind.EXISTS, Kind.DELETE, Kind.SET_IF_NOT_EXISTS])
        calls.append(Call(kind, key, round(called * 1_000_000), round(returned * 1_000_000), number, client=client))
    calls.sort(key=lambda call: (call.called + (call.returned or 0)) / 2)  # each takes effect half way
    for place, call in enumerate(calls):
        value = values.get(call.key)
        match call.kind:
            case Kind.SET:
                values[call.key] = place
            case Kind.DELETE:
                values[call.key] = None
            case Kind.SET_IF_NOT_EXISTS:
                values[call.key] = place if value is None else value
            case _:
                pass
        seen = {Kind.GET: value, Kind.EXISTS: value is not None, Kind.DELETE: None}.get(call.kind, place)
        calls[place] = Call(call.kind, call.key, call.called, call.returned, seen, client=call.client)
    return sorted(calls, key=lambda call: call.called)


def pending(calls: list[Call]) -> float:
    """How many operations were pending on average."""
    first, last = calls[0].called, max(call.returned or 0 for call in calls)
    return sum((call.returned or 0) - call.called for call in calls) / (last - first)


def test_operations_a_second(benchmark):
    """The judge takes a history of eight clients over eight keys; the rate is printed."""
    calls = history()
    assert benchmark(judge, calls).answer is Answer.LINEARIZABLE
    rate = len(calls) / benchmark.stats.stats.min
    print(f"{rate:,.0f} operations a second, {pending(calls):.1f} pending on average")  # noqa: T201  # what it is for
