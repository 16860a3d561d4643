"""A power cut, simulated on what a process brought to the disk (DUR-7)."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from conformance.clause import ClauseFailure, Need, NotApplicable
from conformance.durability.disk import FAULT, RECORD
from conformance.durability.elsewhere import close, fresh_opening, given_to, heard_any, shared_opening, started
from conformance.durability.values import Change, describe
from conformance.expectation import Outcome, Raised
from conformance.operations import Get
from conformance.recipe import Place, Recipe
from conformance.rendering import brief
from conformance.trial import Trial

_LARGEST = 4096
_MOST_TOLD = 4


class _Moment(NamedTuple):
    """A moment at which the power might go.

    Attributes:
        acknowledged: how many changes had returned.
        kind: `acknowledged` right after the last of them, `underway` in the middle of what came next, `closed` after close.
        lost: what was not synchronised.
        images: the numbers of what a cut would leave, and what survived in each; the first has everything.
    """

    acknowledged: int
    kind: str
    lost: list[str]
    images: list[tuple[int, str]]


def changes(trial: Trial) -> list[Change]:
    """New keys in the root and in new directories, overwrites, a creation and a delete.

    Raises:
        NotApplicable: the subject's own grammar leaves them out.
    """
    outer, other = trial.directory(0), trial.directory(2)
    top, below, deep = trial.key(0), trial.key(1, outer), trial.key(2, trial.directory(1, outer))
    deletes = [Change("delete", top)] if trial.offers(Need.DELETES) else []
    made = [
        Change("set", top, 0), Change("set", below, 1), Change("set", top, 2), Change("set", deep, 3),
        Change("set_if_not_exists", trial.key(3, other), 4), Change("set", below, 5), *deletes, Change("set", trial.key(4), 6),
    ]  # fmt: skip
    for change in made:
        trial.legal(change.key)
        trial.legal_value(change.value(_LARGEST) or b"")
    return made


async def cut(trial: Trial) -> None:
    """Let another process make changes, and look at what a power cut at each moment would leave of them.

    Raises:
        ClauseFailure: what was acknowledged is not in it.
        NotApplicable: nobody can see what the store brings to the disk, or it promises nothing.
        RuntimeError: the watch failed: a fault of the kit.
    """
    if trial.subject.durable is False:
        raise NotApplicable("the store promises nothing about a power cut: its subject says durable=False")
    if sys.platform != "linux":
        raise NotApplicable("only Linux shows what a process brings to the disk")
    opening = fresh_opening(trial)
    if not opening.takes_path:
        raise NotApplicable("the store does not live in a directory of the kit's")
    again = await shared_opening(trial)
    place, images, made = trial.place(), trial.place(), changes(trial)
    given = given_to(
        trial, place, opening, images=str(images.path), changes=made, largest=_LARGEST, publishes=trial.subject.publishes
    )  # fmt: skip
    process = await started(trial, "conformance.durability.jobs:change_while_watched", given)
    kind, value = await heard_any(trial, process, "unmade", "returned", "raised")
    if kind == "unmade":
        raise NotApplicable(f"nobody can see what the store brings to the disk: {value}")
    fault = images.path / FAULT
    if fault.exists():
        raise RuntimeError(f"the watch over the process failed: {fault.read_text()}")
    if kind == "raised":
        raise NotApplicable(f"the store cannot be tried in another process: {value}")
    record = json.loads((images.path / RECORD).read_bytes())
    if record["unmade"]:
        raise NotApplicable(f"the store's directory cannot be copied at each moment: {record['unmade']}")
    cutting = _Cutting(trial, again, replace(place, path=images.path), made)
    await cutting.judge([_Moment(**moment) for moment in record["moments"]])


class _Cutting:
    """Judges what power cuts leave.

    Args:
        trial: the trial.
        again: opens what is left.
        images: the directory of the images; its unique word is that of the store.
        changes: what was done.
    """

    def __init__(self, trial: Trial, again: Recipe, images: Place, changes: Sequence[Change]) -> None:
        self._trial = trial
        self._again = again
        self._images = images
        self._changes = changes
        self._keys = list(dict.fromkeys(change.key for change in changes))
        self._answers: dict[int, dict[str, Outcome] | str] = {}

    async def judge(self, moments: Sequence[_Moment]) -> None:
        """Demand that nothing acknowledged is lost, wherever nothing is as long as the power stays."""
        judged, why = 0, "it keeps nothing there"
        for moment in moments:
            if moment.acknowledged == 0:
                continue
            (everything, _), *parts = moment.images
            if wrong := await self._wrong(everything, moment):
                why = f"{wrong[0]}; got {wrong[1]}"  # a kill would show that: for other clauses to say
                continue
            judged += 1
            for number, survivors in parts:
                if found := await self._wrong(number, moment):
                    self._fail(moment, survivors, *found)
        if not judged:
            raise NotApplicable(f"what the store acknowledges is not in the directory that it was given: expected {why}")
        self._trial.note = f"the power was cut at {judged} moments, which left {len(self._answers)} different states of the disk"

    def _fail(self, moment: _Moment, survivors: str, expected: str, actual: str) -> None:
        lost = ", ".join(moment.lost[:_MOST_TOLD]) + (", ..." if len(moment.lost) > _MOST_TOLD else "")
        raise ClauseFailure(
            expected,
            actual,
            f"the power was cut {self._when(moment)}; of what was not synchronised ({lost}) there survived {survivors}",
            binding=self._trial.subject.durable is True,
        )

    def _when(self, moment: _Moment) -> str:
        changes, number = self._changes, moment.acknowledged
        if moment.kind == "closed" or number == len(changes):
            return "after close" if moment.kind == "closed" else f"after {changes[number - 1].operation(_LARGEST)} had returned"
        if moment.kind == "acknowledged":
            return f"after {changes[number - 1].operation(_LARGEST)} had returned"
        return f"in the middle of {changes[number].operation(_LARGEST)}"

    async def _wrong(self, image: int, moment: _Moment) -> tuple[str, str] | None:
        """What was expected of an image and what it gives, for a key that does not hold what it must."""
        done = self._changes[: moment.acknowledged]
        held = {change.key: change.value(_LARGEST) for change in done}
        answers = await self._read(image)
        if isinstance(answers, str):
            return f"the store opens again, and holds {len(held)} keys that were acknowledged", answers
        underway = self._changes[moment.acknowledged :][:1]
        for key, value in held.items():
            allowed = [value, *[change.value(_LARGEST) for change in underway if change.key == key]]
            outcome = answers[key]
            if isinstance(outcome, Raised) or outcome.value not in allowed:
                what = " or ".join([brief(each) for each in allowed])
                actual = str(outcome) if isinstance(outcome, Raised) else describe(outcome.value, allowed)
                return f"get({key!r}): {what}, acknowledged before the power was cut", actual
        return None

    async def _read(self, image: int) -> dict[str, Any] | str:
        """What the keys hold after a cut, or how opening the store fails."""
        if image not in self._answers:
            self._answers[image] = await self._opened_and_read(self._images.path / str(image))
        return self._answers[image]

    async def _opened_and_read(self, path: Path) -> dict[str, Outcome] | str:
        trial = self._trial
        try:
            handle = await trial.visit(replace(self._images, path=path), self._again)
        except ClauseFailure as failure:
            trial.trace.steps.clear()
            return failure.actual
        try:
            return {key: await trial.perform(handle, Get(key)) for key in self._keys}
        finally:
            await close(handle)
            trial.trace.steps.clear()
