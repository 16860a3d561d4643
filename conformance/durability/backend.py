"""A store whose backend is disturbed (DUR-5, DUR-6)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import cast

from conformance.clause import ClauseFailure, Inconclusive, Need, NotApplicable
from conformance.durability.proxy import Answered, Cut, Delayed, Disturbance, Proxy, Shortened
from conformance.durability.values import value_of
from conformance.expectation import Outcome, Raised, Returned
from conformance.operations import Exists, Get, GetPartialValues, GetSize, ListAll, ListDir, Operation, Set
from conformance.recipe import Recipe
from conformance.rendering import brief
from conformance.trial import Handle, Trial
from storeproto import OffsetByteRequest, RangeByteRequest, SuffixByteRequest

FAULTS: Sequence[Disturbance] = (
    Answered(status=HTTPStatus.INTERNAL_SERVER_ERROR),
    Answered(status=HTTPStatus.SERVICE_UNAVAILABLE, times=1),
    Answered(status=HTTPStatus.FORBIDDEN),
    Cut(),
    Cut(times=1),
    Delayed(seconds=0.1),
)
SHORT_ANSWERS: Sequence[Disturbance] = (Shortened(), Shortened(times=1))
_PATIENCE = 5.0
"""Seconds for one call: a client may try again, and again."""


def through(opening: Recipe, backend: str, proxy: str) -> Recipe:
    """Return the recipe with another URL in the backend's place.

    Raises:
        NotApplicable: no argument holds the backend's URL.
    """
    arguments = {name: _replaced(argument, backend, proxy) for name, argument in opening.arguments.items()}
    if arguments == dict(opening.arguments):
        raise NotApplicable(f"no argument of the subject's recipe holds the backend's URL {backend!r}")
    return replace(opening, arguments=arguments)


def _replaced(argument: object, old: str, new: str) -> object:
    match argument:
        case str():
            return argument.replace(old, new)
        case list():
            return [_replaced(item, old, new) for item in cast("list[object]", argument)]
        case dict():
            return {name: _replaced(item, old, new) for name, item in cast("dict[str, object]", argument).items()}
        case _:
            return argument


async def disturb(trial: Trial, faults: Sequence[Disturbance], *, refuse: bool) -> None:
    """Ask everything while each of `faults` lasts: each answer is right, or an error.

    Args:
        trial: the trial.
        faults: what the proxy does.
        refuse: whether the backend refuses every connection in the end.
    """
    backend, opening = trial.subject.backend, trial.subject.opening
    if backend is None or not isinstance(opening, Recipe):
        raise NotApplicable(Need.BACKEND.lack)
    with Proxy(backend) as proxy:
        store = await trial.visit(trial.place(), through(opening, backend, proxy.url), "store")
        key, value = await _stocked(trial, store)
        every = _questions(trial, key, value)
        questions = [(question, right) for question, right in every if await trial.perform(store, question) == Returned(right)]
        if not questions:
            raise NotApplicable("the store gives no right answer through a proxy that passes everything on")
        impatient = 0
        for fault in faults:
            proxy.follow(fault)
            impatient += await _ask(trial, store, questions, str(fault))
            proxy.follow()
        await _set_while(trial, store, proxy, faults[0])
        if refuse:
            proxy.close()
            impatient += await _ask(trial, store, questions, "the backend refused every connection")
        trial.trace.steps.clear()
        if impatient > len(faults):
            raise Inconclusive("calls had not returned after some seconds, whatever befell the backend")


async def _stocked(trial: Trial, store: Handle) -> tuple[str, bytes]:
    if trial.offers(Need.WRITES):
        key = trial.key(below=trial.directory())
        value = trial.legal_value(value_of(key, 4))
        await store.set(key, value)
        return key, value
    contents = trial.subject.contents or {}
    if not contents:
        raise NotApplicable("the store cannot be written to, and holds nothing")
    key = max(contents, key=lambda each: len(contents[each]))
    return key, contents[key]


def _questions(trial: Trial, key: str, value: bytes) -> list[tuple[Operation, object]]:
    middle = len(value) // 2
    questions: list[tuple[Operation, object]] = [
        (Get(key), value),
        (Get(key, RangeByteRequest(1, middle)), value[1:middle]),
        (Get(key, OffsetByteRequest(middle)), value[middle:]),
        (Get(key, SuffixByteRequest(middle)), value[-middle:]),
        (GetPartialValues(((key, RangeByteRequest(1, middle)), (key, None))), [value[1:middle], value]),
        (Exists(key), True),
        (GetSize(key), len(value)),
    ]
    if trial.offers(Need.LISTING) and trial.offers(Need.WRITES):
        directory, _, name = key.partition("/")
        questions += [(ListAll(), [key]), (ListDir(directory), [name])]
    return questions


async def _patiently(trial: Trial, store: Handle, operation: Operation) -> Outcome | None:
    """What a call comes to; None where it takes too long."""
    try:
        return await asyncio.wait_for(trial.perform(store, operation), min(_PATIENCE, trial.profile.deadline / 2))
    except TimeoutError:
        return None


async def _ask(trial: Trial, store: Handle, questions: Sequence[tuple[Operation, object]], fault: str) -> bool:
    """Ask; return whether a call took too long, and the others were not asked."""
    for question, right in questions:
        outcome = await _patiently(trial, store, question)
        if outcome is None:
            return True
        if not isinstance(outcome, Raised) and outcome != Returned(right):
            trial.trace.steps.clear()
            raise ClauseFailure(f"{question}: an error, or {brief(right)}", str(outcome), fault)
    return False


async def _set_while(trial: Trial, store: Handle, proxy: Proxy, fault: Disturbance) -> None:
    """Set while the backend is disturbed: what is acknowledged all the same is there."""
    if not trial.offers(Need.WRITES):
        return
    key = trial.key(1)
    proxy.follow(fault)
    outcome = await _patiently(trial, store, Set(key, b"value"))
    proxy.follow()
    if isinstance(outcome, Returned) and (found := await trial.perform(store, Get(key))) != Returned(b"value"):
        trial.trace.steps.clear()
        raise ClauseFailure(f"set({key!r}) raises, or lands", f"it returned, and then get gives {found}", str(fault))
