"""Findings of other processes, as scripts that show them without the kit."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from broken_stores import dur, lif, new
from broken_stores.subjects import subject
from printed_scripts import run_script

from conformance import check
from conformance.contract import select
from conformance.profile import QUICK

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="this system has no resource limits")

FAULTS = [
    (dur.WritesInPlace, "DUR-1", "no value that was set"),
    (dur.LeavesTemporaries, "DUR-2", "temporary-"),
    (dur.LeavesALock, "DUR-2", "FileExistsError"),
    (dur.AcknowledgesWhatItCannotWrite, "DUR-3", "AssertionError: ('d0/k0', False"),
    (dur.LosesTheOldValue, "DUR-3", "AssertionError: ('d0/k0', True, None)"),
    (dur.TidiesAfterClose, "DUR-4", "AssertionError: ('k0', b'')"),
    (dur.TakesFaultsForMissing, "DUR-5", "AssertionError: get('d0/k0') is b'kept', and was None meanwhile"),
    (dur.TakesWhatIsForbiddenForMissing, "DUR-5", "AssertionError: get('d0/k0') is b'kept', and was None meanwhile"),
    (dur.ListsWhatItCanSee, "DUR-5", "AssertionError: list() is ['d0/k0'], and was [] meanwhile"),
    (lif.AnswersWronglyInAFork, "LIF-11", "the child hangs, died, or was answered wrongly"),
    (new.ChecksFilesThenSets, "NEW-4", "the creators read"),
    (new.LocksItsOwnProcess, "NEW-4", "the creators read"),
]
OF_EACH_KIND = [(store, clause) for store, clause, _ in FAULTS if store not in (dur.LeavesALock, dur.LosesTheOldValue)]


@cache
def script(store: type[dur.SoundFileStore], clause: str) -> str:
    """The script of a store that breaks the clause."""
    report = check(subject(store), clauses=select([clause]), profile=replace(QUICK, kills=60), guard=False, operations=0)
    return report.results[-1].script


@pytest.mark.parametrize(("store", "clause", "words"), FAULTS, ids=lambda each: getattr(each, "__name__", str(each)[:5]))
def test_script_shows_the_fault(store, clause: str, words: str, tmp_path: Path):
    """The printed script of a broken store fails in the same way, on its own."""
    assert words in run_script(script(store, clause), tmp_path).stderr


@pytest.mark.parametrize(("store", "clause"), OF_EACH_KIND)
def test_script_of_a_sound_store(store, clause: str, tmp_path: Path):
    """The same script ends without an error where the store does what it must."""
    source = script(store, clause)
    source = re.sub(r"range\((1, )?20?0\)", "range(1, 3)", source.replace(store.__module__, "broken_stores.sound_files"))
    result = run_script(source.replace(store.__name__, "SoundFileStore"), tmp_path)
    assert (result.returncode, result.stderr) == (0, "")


def test_script_needs_the_store_alone():
    """A script, and the program in it, import the store and the standard library, and nothing of the kit."""
    modules = re.findall(r"^ *from (\S+) import", script(dur.WritesInPlace, "DUR-1"), re.MULTILINE)
    assert modules == ["broken_stores.dur"] * 2
