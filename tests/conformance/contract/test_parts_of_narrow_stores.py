"""Chapters GET, RNG, PAR, PWR and ERR on sound stores that cannot do all of it."""

from __future__ import annotations

import re

import pytest
from broken_stores.sound import SoundStore, Unwritable

from conformance import Report, Subject, Verdict, check
from conformance.contract import select
from conformance.recipe import Factory

CHAPTERS = ("GET", "RNG", "PAR", "PWR", "ERR", "SAF-6")


class ShortKeys:
    """A grammar of short keys without line ends, and of values that are not empty and not large."""

    def legal(self, key: str) -> bool:
        return re.fullmatch(r"[a-z0-9/]{1,20}", key) is not None

    def name(self, number: int) -> str:
        return f"name{number}"

    def directory(self, number: int) -> str:
        return f"directory{number}"

    def value(self, data: bytes) -> bool:
        return 0 < len(data) <= 100_000


def judged(subject: Subject) -> Report:
    """What a run says of the chapters."""
    return check(subject, clauses=select([*CHAPTERS]), guard=False, operations=0)


def unwritable(contents: dict[str, bytes]) -> Report:
    """What a run says of a sound store with these contents that cannot be written to."""
    return judged(Subject(name="unwritable", opening=Factory(lambda _: Unwritable(dict(contents))), contents=contents))


@pytest.fixture(scope="module")
def of_two_values() -> Report:
    """What is said of a store that holds two values, none of them empty or large."""
    return unwritable({"a": b"0123456789", "b/c": b"abcdefgh"})


@pytest.fixture(scope="module")
def of_short_keys() -> Report:
    """What is said of a store with a narrow grammar."""
    return judged(Subject(name="short", opening=Factory(lambda _: SoundStore()), grammar=ShortKeys()))


def reasons(report: Report) -> dict[str, str]:
    """Why the clauses of these chapters that do not apply do not."""
    found = report.with_verdict(Verdict.NOT_APPLICABLE)
    return {result.clause.id: result.reason for result in found if result.clause.chapter != "PRE"}


def test_contents_are_enough(of_two_values: Report):
    """A store that cannot be written to is judged by its contents, and a sound one breaks nothing."""
    assert {result.verdict for result in of_two_values.results} == {Verdict.PASSED, Verdict.NOT_APPLICABLE}


def test_ranges_are_asked_of_contents(of_two_values: Report):
    """Most of what is said of ranges needs no writes."""
    asked = {result.clause.id for result in of_two_values.with_verdict(Verdict.PASSED)}
    assert {f"RNG-{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14)} <= asked


def test_no_empty_value(of_two_values: Report):
    """Parts of the empty value are not asked of a store that holds none."""
    assert reasons(of_two_values)["RNG-10"] == "the store cannot be written to, and holds no value of 0 bytes"


def test_no_large_value(of_two_values: Report):
    """Parts of large values are not asked of a store that holds none."""
    assert reasons(of_two_values)["RNG-13"] == "the store cannot be written to, and holds no value of 65,536 bytes"


def test_too_few_values():
    """What needs two values is not asked of a store that holds one."""
    expected = "the store cannot be written to, and does not hold 2 values of 8 bytes or more"
    assert reasons(unwritable({"a": b"0123456789"}))["PAR-1"] == expected


def test_narrow_grammar(of_short_keys: Report):
    """A sound store with a narrow grammar breaks nothing."""
    assert {result.verdict for result in of_short_keys.results} == {Verdict.PASSED, Verdict.NOT_APPLICABLE}


def test_nothing_refused_is_written(of_short_keys: Report):
    """What the grammar leaves out is why a clause does not apply, and nothing else is, but that set takes no byte range."""
    assert set(reasons(of_short_keys)) == {"RNG-10", "PWR-7", "SAF-6"}
