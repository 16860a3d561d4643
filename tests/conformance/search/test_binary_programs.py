"""Programs that are bytes: what they stand for, and how they are run under `storeproto check`."""

from dataclasses import replace
from hashlib import shake_256

import pytest

from conformance import Recipe, Report, Subject, Verdict, check
from conformance.clause import Need
from conformance.contract import select
from conformance.operations import OPERATIONS, SetEach, SetRange
from conformance.profile import QUICK, THOROUGH
from conformance.search.binary_programs import SIZE
from conformance.search.pool import make_pool
from conformance.search.program import LENGTH, Generator
from conformance.subject import AnyKey

EVERYTHING = frozenset({Need.WRITES, Need.DELETES, Need.LISTING, Need.PARTIAL_WRITES})
TIRING = Subject(name="a store", opening=Recipe("unruly_stores:TiresOfDeletes"))


def data(number: int) -> bytes:
    """The bytes of a program like any other."""
    return shake_256(bytes([number])).digest(SIZE)


@pytest.fixture
def generator() -> Generator:
    """A generator of every operation."""
    return Generator(make_pool(AnyKey()), EVERYTHING, 0)


@pytest.fixture(scope="module")
def searched() -> Report:
    """A report of a run with binary programs alone."""
    return check(TIRING, clauses=select(["EXI-1"]), profile=replace(QUICK, search=0.0, binary=120.0), guard=False)


def test_zeros_are_no_operation(generator):
    """The smallest bytes are the shortest program."""
    assert generator.decoded(bytes(SIZE)) == ()


def test_bytes_without_zeros_are_a_whole_program(generator):
    """Bytes of which no block begins with a zero are a program of the full length."""
    assert len(generator.decoded(b"\1" * SIZE)) == LENGTH


def test_same_bytes_same_program(generator):
    """What was decoded before changes nothing."""
    first = generator.decoded(data(1))
    generator.decoded(data(2))
    assert generator.decoded(data(1)) == first


def test_every_operation_is_reached(generator):
    """Each kind of operation that programs are made of has bytes that stand for it."""
    kinds = {type(operation) for number in range(20) for operation in generator.decoded(data(number))}
    assert kinds == {*OPERATIONS} - {SetRange, SetEach}


def test_they_find(searched):
    """What they find is the finding of its clause."""
    assert searched.results[-1].verdict is Verdict.FAILED


def test_report_says_how_far_they_came(searched):
    """The report says how many operations they were."""
    assert searched.search["binary"]["operations"] > 0


def test_thorough_profile_has_them():
    """The thorough profile has time for them."""
    assert THOROUGH.binary > 0
