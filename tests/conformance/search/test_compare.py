"""Two stores beside each other."""

from threading import Event

import pytest
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
