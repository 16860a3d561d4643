"""Two stores beside each other."""

from pathlib import Path
from threading import Event

import pytest
from printed_scripts import run_script
from unruly_stores import Blocks

import conformance
from conformance.operations import Delete, Get, Set
from conformance.profile import QUICK
from conformance.search.compare import compare


def subject(target: str) -> conformance.Subject:
    """A subject that opens `target`."""
    return conformance.Subject(name=target, opening=conformance.Recipe(target))


def test_equal_stores_agree():
    """Two stores that keep the contract do not differ."""
    found = compare(subject("reference_stores:MemoryStore"), subject("broken_stores.sound:SoundStore"), QUICK, operations=3_000)
    assert found.difference is None


def test_first_difference_is_minimal():
    """The first difference is shown by a program from which nothing can be left out."""
    one, two = subject("broken_stores.sound:SoundStore"), subject("broken_stores.del_:ReadsWhatWasDeleted")
    difference = compare(one, two, QUICK, operations=3_000).difference
    assert difference is not None
    assert [type(operation) for operation in difference.program[:-1]] == [Set, Get, Delete]


def script_of(one: str, two: str) -> str:
    """The script of the first difference between two stores."""
    difference = compare(subject(one), subject(two), QUICK, operations=3_000).difference
    assert difference is not None
    return difference.script


SOUND = "broken_stores.sound:SoundStore"
DIFFERENT = [
    "broken_stores.del_:ReadsWhatWasDeleted",
    "broken_stores.get:MissingKeyIsEmpty",
    "broken_stores.lst:ListsSiblingsTwice",
]


@pytest.mark.parametrize("other", DIFFERENT)
def test_script_fails_on_the_second(other, tmp_path: Path):
    """The script of a difference fails where the second store does not do what the first does."""
    assert "AssertionError" in run_script(script_of(SOUND, other), tmp_path).stderr


@pytest.mark.parametrize("other", DIFFERENT)
def test_script_holds_on_the_first(other, tmp_path: Path):
    """The script of a difference holds on a store that does what the first does."""
    module, name = other.split(":")
    source = script_of(SOUND, other).replace(f"from {module} import {name}", "from broken_stores.sound import SoundStore")
    assert run_script(source.replace(name, "SoundStore"), tmp_path).stderr == ""


def test_keys_that_one_cannot_hold_beside_each_other():
    """A store of files and one in memory do not differ by a key and one below it, which files cannot be."""
    files = conformance.Subject(
        name="files", opening=conformance.Recipe("reference_stores:LocalStore", {"root": "{tmp_path}/root"})
    )
    assert compare(files, subject("reference_stores:MemoryStore"), QUICK, operations=1_000).difference is None


def test_keys_that_both_hold_beside_each_other():
    """Of two stores that hold a key beside one below it, one that deletes both with the first is found out."""
    difference = compare(subject(SOUND), subject("broken_stores.del_:DeleteTakesTheTree"), QUICK, operations=3_000).difference
    assert difference is not None


@pytest.mark.parametrize(
    "pair", [("unruly_stores:Hangs", "broken_stores.sound:SoundStore"), ("broken_stores.sound:SoundStore", "unruly_stores:Hangs")]
)
def test_call_that_does_not_return(pair):
    """A call that does not return within its deadline is the finding, of the store that it was made on."""
    overdue = compare(*map(subject, pair), QUICK.with_deadline(0.2), operations=3_000).overdue
    assert overdue is not None
    assert (overdue.store, overdue.call) == ("unruly_stores:Hangs", str(overdue.program[-1]))


def test_call_that_blocks(monkeypatch):
    """A call that blocks the event loop is the finding too."""
    monkeypatch.setattr(Blocks, "released", Event())
    try:
        overdue = compare(
            subject("unruly_stores:Blocks"), subject("broken_stores.sound:SoundStore"), QUICK.with_deadline(0.2)
        ).overdue
    finally:
        Blocks.released.set()
    assert overdue is not None
    assert overdue.store == "unruly_stores:Blocks"
