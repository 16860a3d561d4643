"""The state machine under `storeproto check`."""

from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from unruly_stores import Blocks

from conformance import Recipe, Report, Subject, Verdict, check
from conformance.contract import CONTRACT, select
from conformance.profile import QUICK, THOROUGH
from conformance.reference import SUBJECTS
from conformance.search.machine_search import MachineSearch
from conformance.trace import Asked, Executed, Opened, Performed
from conformance.trial import Watch
from conformance.worker import BlockedError

TIRING = Subject(name="a store", opening=Recipe("unruly_stores:TiresOfDeletes"))
PROFILE = replace(QUICK, search=0.0, machine=120.0)
"""It ends when the one clause that is asked is found broken."""


@pytest.fixture(scope="module")
def searched(tmp_path_factory) -> tuple[Report, Path]:
    """A report of a run with the state machine, and its cache."""
    cache = tmp_path_factory.mktemp("cache")
    return check(TIRING, clauses=select(["EXI-1"]), profile=PROFILE, guard=False, cache=cache), cache


def test_machine_finds(searched):
    """What the state machine finds is the finding of its clause."""
    assert searched[0].results[-1].verdict is Verdict.FAILED


def test_report_says_how_far_it_came(searched):
    """The report says how many operations the state machine performed."""
    assert searched[0].search["machine"]["operations"] > 0


def test_examples_are_kept(searched):
    """What the state machine found is in Hypothesis's database in the cache."""
    assert [*(searched[1] / "examples").rglob("*")]


def test_thorough_profile_has_it():
    """The thorough profile has time for the state machine."""
    assert THOROUGH.machine > 0


def test_other_steps_have_a_trace():
    """What another step than a single operation showed is made minimal too."""
    opening = Recipe("broken_stores.lif:PicklesElsewhere", {"root": "{tmp_path}", "read_only": "{read_only}"})
    others = {clause.id for clause in CONTRACT} - {"LIF-5"}
    search = MachineSearch(Subject(name="pickles", opening=opening, reopening=opening), Watch(), others, deadline=10.0)
    search.run(120.0)
    assert [type(step) for step in search.traces["LIF-5"].steps] == [Opened, Performed, Executed, Asked]


SHORT = replace(QUICK, search=0.2, binary=0.3, machine=1.0)


@pytest.mark.parametrize("name", SUBJECTS)
@pytest.mark.filterwarnings("ignore")  # what a store warns of is no matter of the search
def test_reference_store_conforms(name):
    """Each reference store conforms when it is searched in the ways of the thorough profile, which CI gives its whole time."""
    clauses = select(["SET-1", "GET", "RNG", "PAR", "NEW-1", "NEW-2", "DEL-1", "DEL-6", "EXI", "LST-1", "RDO-1", "LIF-4", "LIF-5"])
    report = check(SUBJECTS[name], clauses=clauses, profile=SHORT, guard=False)
    assert report.with_verdict(Verdict.FAILED, Verdict.WARNED, Verdict.ERROR) == []


def test_blocking_call_is_left_behind(monkeypatch):
    """A call that blocks the event loop past its deadline ends the search."""
    monkeypatch.setattr(Blocks, "released", Event())
    search = MachineSearch(Subject(name="blocks", opening=Recipe("unruly_stores:Blocks")), Watch(), set(), deadline=0.2)
    try:
        with pytest.raises(BlockedError, match="exists"):
            search.run(60.0)
    finally:
        Blocks.released.set()
