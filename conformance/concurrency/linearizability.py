"""Whether a history is linearizable: whether each key could be one register whose operations took effect one at a time.

The search is that of Wing and Gong with Lowe's memory and partition, breadth first: key by key, it keeps the set of all
configurations that the register could be in (its value, and which of the pending operations took effect already), and decides
on the order of pending operations only when one of them returns. A configuration that was reached in two ways is looked at once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from conformance.concurrency.history import Call, Kind, by_key

_Configuration: TypeAlias = tuple[int, Hashable]
"""Which of the pending operations took effect, as bits, and the value of the register."""

_BUDGET = 1_000_000

_GET, _SET, _EXISTS, _DELETE = Kind.GET, Kind.SET, Kind.EXISTS, Kind.DELETE  # a global is found sooner than a member


class Answer(Enum):
    """What the judge says of a history."""

    LINEARIZABLE = "linearizable"
    NOT_LINEARIZABLE = "not linearizable"
    UNDECIDED = "undecided"
    """The budget of configurations ran out."""


@dataclass(frozen=True)
class Judgement:
    """What the judge says, and why.

    Attributes:
        answer: the answer.
        key: the first key that is no register.
        witness: few of its calls that show it, in the order of their calls.
    """

    answer: Answer
    key: str = ""
    witness: tuple[Call, ...] = ()


class _BudgetError(Exception):
    """More configurations were looked at than the budget allows."""


class _Search:
    """One key's search.

    Args:
        calls: the calls on the key.
        values: the values that the register may have at the beginning.
        budget: how many configurations may be looked at while operations overlap.
    """

    def __init__(self, calls: Sequence[Call], values: set[Hashable], budget: int) -> None:
        self._calls = calls
        self._values: set[Hashable] = values
        self._budget = budget
        self._configurations: set[_Configuration] = set()
        # What is pending, by its bit.
        self._reads: dict[int, Call] = {}
        self._writes: dict[int, Call] = {}

    def impossible(self) -> Call | None:
        """Return the first call whose return no order of the calls explains; None where there is none.

        Raises:
            _BudgetError: the budget ran out.
        """
        calls, count = self._calls, len(self._calls)
        events = _events(calls)
        bits: dict[int, int] = {}
        free: list[int] = []
        position, last = 0, len(events) - 1
        while position <= last:
            index = events[position] % count
            call = calls[index]
            if not bits and position < last and events[position + 1] % count == index:  # nothing overlaps it
                position += 2
                self._alone(call)
                if not self._values:
                    return call
                continue
            position += 1
            bit = bits.pop(index, 0)
            if not bit:
                if not bits:
                    self._configurations = {(0, value) for value in self._values}
                bit = bits[index] = free.pop() if free else 1 << len(bits)
                self._begin(call, bit)
                continue
            self._end(call, bit)
            if not self._configurations:
                return call
            if bits:
                free.append(bit)
            else:
                self._values = {configuration[1] for configuration in self._configurations}
                free.clear()
        return None

    def _alone(self, call: Call) -> None:
        """Let a call take effect while no other is pending."""
        kind, value = call.kind, call.value
        if not call.certain:
            self._values |= {found for old in self._values for found in _outcomes(call, old)}
        elif kind is _GET:
            self._values = {old for old in self._values if old == value}
        elif kind is _SET:
            self._values = {value}
        else:
            self._values = {found for old in self._values for found in _outcomes(call, old)}

    def _begin(self, call: Call, bit: int) -> None:
        """Take note of a call that others overlap; a read takes effect wherever it can: that never hinders another."""
        if call.kind is _GET or call.kind is _EXISTS:
            self._reads[bit] = call
            self._configurations = {(mask | bit if _sees(call, value) else mask, value) for mask, value in self._configurations}
        else:
            self._writes[bit] = call

    def _end(self, call: Call, bit: int) -> None:
        """Keep the configurations in which a call took effect, or can just before it returns."""
        after: set[_Configuration] = set()
        waiting: list[_Configuration] = []
        for configuration in self._configurations:
            mask, value = configuration
            if mask & bit:
                after.add((mask ^ bit, value))
            else:
                waiting.append(configuration)
        if waiting:
            if not call.certain:
                after.update(waiting)  # it never took effect
            if self._writes:
                self._explore(waiting, bit, after)
        self._reads.pop(bit, None)
        self._writes.pop(bit, None)
        self._configurations = after

    def _explore(self, waiting: list[_Configuration], bit: int, after: set[_Configuration]) -> None:
        """Add to `after` the configurations without `bit` to which pending operations lead from those that wait for it."""
        seen = set(waiting)
        while waiting:
            mask, value = waiting.pop()
            for other, write in self._writes.items():
                if mask & other:
                    continue
                outcome = _written(write, value)
                reached = mask | other
                for place, read in self._reads.items():
                    if not reached & place and _sees(read, outcome):
                        reached |= place
                if reached & bit:
                    after.add((reached ^ bit, outcome))
                elif (reached, outcome) not in seen:
                    seen.add((reached, outcome))
                    waiting.append((reached, outcome))
            self._budget -= 1
            if self._budget < 0:
                raise _BudgetError


def _events(calls: Sequence[Call]) -> list[int]:
    """The calls and the returns in their order, each as a number whose remainder is the call's index.

    At one moment calls come first: the two overlap.
    """
    step = 2 * len(calls)
    events: list[int] = []
    for index, call in enumerate(calls):
        events.append(call.called * step + index)
        if call.returned is not None:
            events.append(call.returned * step + len(calls) + index)
    events.sort()
    return events


def _sees(read: Call, value: Hashable) -> bool:
    """Whether a read of a register with `value` gives what `read` gave."""
    if read.kind is _GET:
        return value == read.value or not read.certain
    return (value is not None) is read.value or not read.certain


def _written(write: Call, value: Hashable) -> Hashable:
    """The value of the register after a write to one with `value`."""
    if write.kind is _SET:
        return write.value
    if write.kind is _DELETE:
        return None
    return write.value if value is None else value


def _outcomes(call: Call, value: Hashable) -> tuple[Hashable, ...]:
    """The value of the register after `call`, if it can take effect on `value`."""
    if call.kind is _GET or call.kind is _EXISTS:
        return (value,) if _sees(call, value) else ()
    return (_written(call, value),)


def judge(history: Iterable[Call], *, budget: int = _BUDGET) -> Judgement:
    """Say whether `history`, which begins with no key set, is linearizable.

    Args:
        history: the calls, in any order. Where each value is set once, an answer is quick.
        budget: how many configurations may be looked at while operations overlap, for each key.
    """
    undecided = ""
    for key, calls in by_key(history).items():
        try:
            impossible = _Search(calls, {None}, budget).impossible()
        except _BudgetError:
            undecided = undecided or key
            continue
        if impossible is not None:
            return Judgement(Answer.NOT_LINEARIZABLE, key, witness(calls, impossible, budget))
    return Judgement(Answer.UNDECIDED, undecided) if undecided else Judgement(Answer.LINEARIZABLE)


def witness(calls: Sequence[Call], impossible: Call, budget: int = _BUDGET) -> tuple[Call, ...]:
    """Return few of the calls on one key that show by themselves that it is no register.

    What is left out explains nothing: what was called after the impossible return; what was over before a moment at which nothing
    was pending, if it fails from every value that the register could have had then; and reads without which it still fails.

    Args:
        calls: all of them.
        impossible: the first call whose return no order explains.
        budget: as for `judge`.
    """
    assert impossible.returned is not None  # noqa: S101  # for the type checker: what never returns is never impossible
    end = impossible.returned
    kept = sorted([_as_of(call, end) for call in calls if call.called <= end], key=lambda call: call.called)
    values: set[Hashable] = {None}
    possible = {None, *[call.value for call in kept if call.kind in (Kind.SET, Kind.SET_IF_NOT_EXISTS)]}
    for start in reversed(_quiet_places(kept)):
        if _fails(kept[start:], possible, budget):
            kept, values = kept[start:], possible
            break
    for call in [call for call in kept if call.kind.reads]:
        fewer = [other for other in kept if other is not call]
        if _fails(fewer, values, budget):
            kept = fewer
    return tuple(kept)


def _as_of(call: Call, end: int) -> Call:
    """The call as it was known at the moment `end`."""
    if call.returned is None or call.returned <= end:
        return call
    return Call(call.kind, call.key, call.called, None, None if call.kind.reads else call.value, certain=False, client=call.client)


def _quiet_places(calls: Sequence[Call]) -> list[int]:
    """The places in calls, by the order of their calls, before which everything had returned."""
    places: list[int] = []
    latest = -1
    for place, call in enumerate(calls):
        if place and latest < call.called:
            places.append(place)
        if call.returned is None:
            break
        latest = max(latest, call.returned)
    return places


def _fails(calls: Sequence[Call], values: set[Hashable], budget: int) -> bool:
    try:
        return bool(calls) and _Search(calls, values, budget).impossible() is not None
    except _BudgetError:
        return False
