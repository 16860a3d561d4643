"""Each clause catches the fault that breaks it, and no clause cries wolf."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from broken_stores.sound import SoundStore
from broken_stores.subjects import stores, subject
from kill_table import sequential
from printed_scripts import run_script

from conformance import Verdict, check
from conformance.contract import CONTRACT
from conformance.profile import PROFILES
from conformance.report.report import Result

BROKEN = (Verdict.FAILED, Verdict.WARNED, Verdict.NOTED)


@pytest.fixture
def files_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the stores' files in memory, where the system has a place for that: how fast the disk is, is no part of the question."""
    if os.access("/dev/shm", os.W_OK):  # noqa: S108  # not a fixed name in it
        monkeypatch.setattr(tempfile, "tempdir", "/dev/shm")  # noqa: S108  # as above


def shows_it_each_time(result: Result) -> bool:
    """Whether the result has a script that promises to fail, and does no harm outside the guard."""
    chance = "may order the script's clients otherwise" in result.because or "need not show it each time" in result.because
    # mypy is asked by the script of TYP-4, in another place: tests/conformance/typing_check is about it.
    return bool(result.script) and not chance and not result.clause.guarded and result.clause.id != "TYP-4"


@pytest.mark.usefixtures("files_in_memory")
@pytest.mark.parametrize("store", stores(), ids=lambda store: store.__name__)
def test_breaks_what_it_says(store: type[Any], tmp_path: Path):
    """A broken store breaks just the clauses that it declares, and the script of each shows it."""
    profile = PROFILES[getattr(store, "profile", "quick")].with_deadline(getattr(store, "deadline", None))
    profile = profile.with_type_checkers(*getattr(store, "type_checkers", ()))
    if store.breaks & {"DUR-1", "DUR-2"}:
        profile = replace(profile, kills=40)  # where a kill falls is chance: one in two misses some of these faults
    report = check(subject(store), profile=profile, guard=getattr(store, "guarded", False), operations=0)
    broken = report.with_verdict(*BROKEN)
    silent = [result for result in broken if shows_it_each_time(result) and not run_script(result.script, tmp_path).returncode]
    assert ({result.clause.id for result in broken}, silent) == (set(store.breaks), []), [
        str(result) for result in report.with_verdict(*BROKEN, Verdict.ERROR)
    ]


@pytest.mark.parametrize("store", stores(), ids=lambda store: store.__name__)
def test_parent_is_sound_or_broken_itself(store: type[Any]):
    """A broken store's faults are its own: its parent is a sound store, or another that declares its faults."""
    assert issubclass(store, SoundStore)


# DUR-6 is about a server behind the store: tests/conformance/durability/test_backend.py has one, and the store that breaks it.
DECIDED = [clause for clause in CONTRACT if clause.check is not None and clause.id != "DUR-6"]


@pytest.mark.parametrize("clause", DECIDED, ids=lambda clause: clause.id)
def test_clause_kills_a_store(clause):
    """Each clause that the kit decides is broken by some store: one that breaks none is not known to see anything."""
    assert [store for store in stores() if clause.id in store.breaks]


def test_kill_table_is_complete():
    """The page of what kills which store lists every store that it is about, and no other; tests/kill_table.py writes it."""
    page = (Path(__file__).parents[2] / "docs" / "kill_table.md").read_text(encoding="utf-8").partition("## ")[0]
    assert set(re.findall(r"^\| ([A-Z]\w+) \|", page, re.MULTILINE)) == {store.__name__ for store in sequential()}
