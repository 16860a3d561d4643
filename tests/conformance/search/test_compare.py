"""Two stores beside each other."""

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
