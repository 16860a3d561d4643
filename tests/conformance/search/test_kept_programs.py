"""What is kept of one run for the next."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from conformance import Recipe, Report, Subject, Verdict, check
from conformance.contract import select
from conformance.operations import Delete, Get, Set
from conformance.profile import QUICK
from conformance.search.kept import KeptPrograms

SUBJECT = Subject(name="a store", opening=Recipe("broken_stores.sound:SoundStore"))
TIRING = replace(SUBJECT, opening=Recipe("unruly_stores:TiresOfDeletes"))
PROGRAM = (Set("a", b"long"), Set("a", b"v"), Get("a"))


@pytest.fixture
def kept(tmp_path) -> KeptPrograms:
    """The kept programs of the store."""
    return KeptPrograms(tmp_path, SUBJECT)


def searched(subject: Subject, cache: Path | None, **options: int) -> Report:
    """A report on EXI-1, with a search."""
    return check(subject, clauses=select(["EXI-1"]), profile=QUICK, guard=False, cache=cache, **options)


def test_programs_come_back(kept):
    """What is written is read."""
    kept.write([PROGRAM])
    assert kept.read() == [PROGRAM]


def test_nothing_leaves_no_file(kept, tmp_path):
    """Where there is nothing to keep, there is no file."""
    kept.write([PROGRAM])
    kept.write([])
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_subjects_are_told_apart(kept, tmp_path):
    """A store opened otherwise has programs of its own."""
    kept.write([PROGRAM])
    assert KeptPrograms(tmp_path, TIRING).read() == []


@pytest.mark.parametrize("name", ["../x", "/", "/a", "~", "a/../b", "%2e%2e/x"])
def test_key_that_is_not_admitted(kept, name):
    """A program with a key that could lead out of the store is not performed, whoever wrote the file."""
    kept.write([(Delete(name),), PROGRAM])
    assert kept.read() == [PROGRAM]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": 99, "programs": []}', '{"schema": 1, "programs": [[{"kind": "x"}]]}'])
def test_file_that_cannot_be_read(kept, tmp_path, text):
    """A file that holds something else counts as none."""
    kept.write([PROGRAM])
    next((tmp_path / "programs").iterdir()).write_text(text)
    assert kept.read() == []


def test_no_cache_keeps_nothing():
    """Without a cache nothing is kept."""
    none = KeptPrograms(None, SUBJECT)
    none.write([PROGRAM])
    assert none.read() == []


def test_file_is_json(kept, tmp_path):
    """The file says whose programs it holds."""
    kept.write([PROGRAM])
    assert json.loads(next((tmp_path / "programs").iterdir()).read_text())["subject"] == "a store"


def test_found_once_is_found_at_once(tmp_path):
    """What a search found is found by the next run, whatever its seed, without a search."""
    searched(TIRING, tmp_path, operations=5_000)
    again = searched(TIRING, tmp_path, operations=1, seed=1)
    assert (again.results[-1].verdict, again.search["kept"]) == (Verdict.FAILED, 1)


def test_what_holds_again_is_dropped(tmp_path):
    """A kept program that shows no fault any more is dropped."""
    kept = KeptPrograms(tmp_path, SUBJECT)
    kept.write([PROGRAM])
    searched(SUBJECT, tmp_path, operations=1)
    assert kept.read() == []
