"""ERR-2 and ERR-3 sum up what the clauses before them came to."""

from __future__ import annotations

from typing import Any

import pytest
from broken_stores.sound import SoundStore

from conformance import Recipe, Result, Subject, check
from conformance.clause import Clause, Level
from conformance.contract import select
from conformance.expectation import raises
from conformance.operations import SetPartialValues
from conformance.trial import Trial


class ForgetsAfterAnOverlap(SoundStore):
    """Reads every key as missing once partial writes overlapped."""

    forgets = False

    async def get(self, key: str, prototype: Any = None, byte_range: Any = None) -> Any:
        return None if self.forgets else await super().get(key, prototype, byte_range)

    async def set_partial_values(self, key_start_values: Any) -> None:
        writes = [*key_start_values]
        self.forgets = len(writes) > 1
        await super().set_partial_values(writes)


async def overlap(trial: Trial) -> None:
    """Provoke the error, and ask nothing after it."""
    store = await trial.open()
    writes = ((trial.key(), 0, b"ab"), (trial.key(), 1, b"cd"))
    await store.expect(SetPartialValues(writes), raises(ValueError))


@pytest.fixture(scope="module")
def result() -> Result:
    """What ERR-2 says of the store after a clause that provokes the error."""
    provoking = Clause("PWR-6", Level.MUST, "overlap", "Overlaps raise.", check=overlap)
    opening = Recipe(f"{__name__}:ForgetsAfterAnOverlap")
    subject = Subject(name="forgetful", opening=opening)
    report = check(subject, clauses=(provoking, *select(["ERR-2"])), guard=False, operations=0)
    return next(result for result in report.results if result.clause.id == "ERR-2")


def test_names_the_clause(result: Result):
    """ERR-2 says which clause provoked the error after which a store no longer answered correctly."""
    assert result.because == "it came after an error that PWR-6 provoked"


def test_shows_the_error(result: Result):
    """The script of ERR-2 provokes the same error."""
    assert "set_partial_values([('k0', 0, b'ab'), ('k0', 1, b'cd')])" in result.script
