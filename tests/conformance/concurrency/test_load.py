"""Registers under load: many operations of clients at once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from broken_stores.con import CachesWhatWasInvalidated
from broken_stores.subjects import subject

from conformance import Result, Subject, Verdict, check
from conformance.concurrency.load import demand_registers_under_load
from conformance.contract import select
from conformance.profile import QUICK
from conformance.reference import SUBJECTS


def under_load(store: Subject, operations: int) -> Result:
    """What CON-1 says when it is asked with so many operations."""
    (clause,) = select(["CON-1"])
    clause = replace(clause, check=partial(demand_registers_under_load, operations=operations))
    report = check(store, clauses=[clause], profile=QUICK, guard=False, operations=0)
    return next(result for result in report.results if result.clause.id == "CON-1")


@pytest.mark.parametrize(("name", "operations"), [(name, 10_000 if name == "remote" else 20_000) for name in SUBJECTS])
def test_reference_store_under_load(name: str, operations: int):
    """Each key of a reference store is one register, whatever 20,000 operations at once do."""
    assert under_load(SUBJECTS[name], operations).verdict is Verdict.PASSED


def test_finds_a_race():
    """A store whose cache keeps what was read before a write is found out."""
    assert under_load(subject(CachesWhatWasInvalidated), 5_000).verdict is Verdict.FAILED
