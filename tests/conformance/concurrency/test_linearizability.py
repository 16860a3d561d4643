"""The judge of histories: it agrees with one that tries every order, and its witnesses are few."""

import random
from collections.abc import Sequence

import pytest

from conformance.concurrency.history import Call, Kind
from conformance.concurrency.linearizability import Answer, judge

HISTORIES = 40_000


def tried_in_every_order(calls: Sequence[Call], value: object = None) -> bool:
    """Whether some order of the calls, which keeps what was over before what came later, is that of one register."""
    certain = [call for call in calls if call.certain]
    if not certain:
        return True
    for call in calls:
        rest = [other for other in calls if other is not call]
        if any(other.returned is not None and other.returned < call.called for other in rest if other.certain):
            continue
        # What is not certain and is over by now did not take effect.
        left = [other for other in rest if other.certain or other.returned is None or other.returned >= call.called]
        if call.kind is Kind.GET and call.certain and call.value != value:
            continue
        if call.kind is Kind.EXISTS and call.certain and call.value is not (value is not None):
            continue
        after = {Kind.SET: call.value, Kind.DELETE: None, Kind.SET_IF_NOT_EXISTS: call.value if value is None else value}
        if tried_in_every_order(left, after.get(call.kind, value)):
            return True
    return False


def drawn(draw: random.Random) -> list[Call]:
    """A small history: some of them possible, some not."""
    calls: list[Call] = []
    for number in range(draw.randint(1, 6)):
        kind = draw.choice([Kind.SET, Kind.GET, Kind.GET, Kind.EXISTS, Kind.DELETE, Kind.SET_IF_NOT_EXISTS])
        called = draw.randrange(12)
        certain = draw.random() < 0.85
        returned = called + draw.randrange(5) if certain or draw.random() < 0.5 else None
        values = {Kind.SET: number, Kind.SET_IF_NOT_EXISTS: number, Kind.GET: draw.choice([None, *range(number)])}
        value = draw.random() < 0.5 if kind is Kind.EXISTS else values.get(kind)
        calls.append(Call(kind, "k", called, returned, value, certain))
    return calls


def test_agrees_with_every_order_tried():
    """The judge says of 40,000 small histories what trying every order says."""
    draw = random.Random(7)  # noqa: S311  # no secret
    histories = [drawn(draw) for _ in range(HISTORIES)]
    answers = [(judge(calls).answer is Answer.LINEARIZABLE, tried_in_every_order(calls)) for calls in histories]
    assert [calls for calls, (ours, theirs) in zip(histories, answers, strict=True) if ours != theirs] == []


def test_histories_of_both_kinds_were_drawn():
    """Both answers are common among the histories that are drawn."""
    draw = random.Random(7)  # noqa: S311  # no secret
    answers = [judge(drawn(draw)).answer for _ in range(1_000)]
    assert min(answers.count(Answer.LINEARIZABLE), answers.count(Answer.NOT_LINEARIZABLE)) > 200


def test_keys_are_judged_apart():
    """A history fails by the key that is no register."""
    history = [Call(Kind.SET, "a", 0, 1, 1), Call(Kind.SET, "b", 2, 3, 2), Call(Kind.GET, "b", 4, 5, 1)]
    assert judge(history).key == "b"


def test_a_late_write_is_not_explained():
    """A cancelled set whose time is over does not take effect."""
    history = [Call(Kind.SET, "k", 0, 2, 1, certain=False), Call(Kind.SET, "k", 3, 4, 2), Call(Kind.GET, "k", 5, 6, 1)]
    assert judge(history).answer is Answer.NOT_LINEARIZABLE


def test_a_lost_call_may_take_effect_at_any_time():
    """A cancelled set without an end may take effect after a later one."""
    history = [Call(Kind.SET, "k", 0, None, 1, certain=False), Call(Kind.SET, "k", 3, 4, 2), Call(Kind.GET, "k", 5, 6, 1)]
    assert judge(history).answer is Answer.LINEARIZABLE


def test_the_budget_has_a_verdict_of_its_own():
    """Where the budget runs out, the judge says so."""
    calls = [Call(Kind.SET, "k", number, 100, number) for number in range(12)]
    assert judge([*calls, Call(Kind.GET, "k", 101, 102, 99)], budget=100).answer is Answer.UNDECIDED


def long_history() -> list[Call]:
    """A hundred sets and reads in turn, then a read of what was overwritten."""
    calls = [
        Call(kind, "k", 4 * number + 2 * place, 4 * number + 2 * place + 1, number)
        for number in range(100)
        for place, kind in enumerate((Kind.SET, Kind.GET))
    ]
    return [*calls, Call(Kind.GET, "k", 500, 501, 98)]


def test_a_witness_is_short():
    """Of a long history the calls that contradict each other remain."""
    assert [(call.kind, call.value) for call in judge(long_history()).witness] == [(Kind.GET, 99), (Kind.GET, 98)]


@pytest.mark.parametrize("seed", range(20))
def test_a_witness_fails_by_itself(seed: int):
    """The witness of a history that fails from a missing key fails too, whatever the register held before."""
    draw = random.Random(seed)  # noqa: S311  # no secret
    failing = next(found for found in iter(lambda: judge(drawn(draw)), None) if found.answer is Answer.NOT_LINEARIZABLE)
    assert not tried_in_every_order(failing.witness)
