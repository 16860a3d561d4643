"""What a key may hold after a kill, and which stores are not killed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from conformance import Recipe, Subject, Verdict, check
from conformance.contract import select
from conformance.durability.values import Writer, Writers, describe, value_of
from conformance.profile import QUICK
from conformance.reference import SUBJECTS
from conformance.report.report import Result
from reference_stores import ZipStore

LARGEST = 1 << 16


def written(acknowledged: int, published: int, before: dict[str, bytes] | None = None) -> dict[str, list[bytes | None]]:
    """What the keys `a` and `b`, set in turn, may hold."""
    return Writer(["a", "b"], 10, acknowledged, published).allowed(before or {}, LARGEST)


def number(key: str, step: int) -> bytes:
    """The value that is set in this step."""
    return value_of(key, 10 + step, LARGEST)


def test_nothing_acknowledged():
    """Before the first set returns, its key holds the value from before, or that of the set."""
    assert written(0, 0, {"a": b"old"})["a"] == [b"old", number("a", 0)]


def test_untouched_key():
    """A key that no set has begun with holds what it held."""
    assert written(0, 0, {"b": b"old"})["b"] == [b"old"]


def test_published():
    """A published set is the least that its key holds."""
    assert written(1, 1)["a"] == [number("a", 0)]


def test_in_flight():
    """The set in flight may have landed, or not."""
    assert written(2, 2)["a"] == [number("a", 0), number("a", 2)]


def test_acknowledged_and_not_published():
    """A set that was acknowledged and not published may be lost, or not."""
    assert written(3, 1)["a"] == [number("a", 0), number("a", 2)]


def test_sets_count_as_published():
    """Where a subject publishes nothing, a set counts when it returns."""
    writers = Writers([Writer(["a", "b"], 10)], {}, LARGEST, publishes=False)
    writers.heard("set", 0)
    assert writers.allowed()["a"] == [number("a", 0)]


def test_publishing_counts():
    """Where a subject publishes, a set counts when it was published."""
    writers = Writers([Writer(["a", "b"], 10)], {}, LARGEST, publishes=True)
    writers.heard("set", 0)
    assert writers.allowed()["a"] == [None, number("a", 0)]


def test_cut_value_is_told():
    """A part of a value is told as such."""
    assert describe(b"abc", [b"abcdef"]).endswith("the first 3 of the 6 bytes of a value that was being set")


@pytest.mark.parametrize("step", range(7))
def test_values_differ(step: int):
    """Two values of one key are never the same, the shortest included."""
    assert value_of("k", step, LARGEST) != value_of("k", step + 7, LARGEST)


def found(subject: Subject, *clauses: str, kills: int = 3) -> list[Result]:
    """The results of these clauses, of which two kill so many processes."""
    report = check(subject, clauses=select([*clauses]), profile=replace(QUICK, kills=kills), guard=False, operations=0)
    return [result for result in report.results if result.clause.id in clauses]


def test_data_in_memory_is_not_killed():
    """A store whose data no other process sees is not applicable, and the reason says so."""
    [result] = found(SUBJECTS["remote"], "DUR-1")
    assert result.reason.startswith("the location is not shared with other processes")


def test_store_without_reopening_is_not_killed():
    """A store that cannot be opened again is not applicable, and the reason says so."""
    [result] = found(SUBJECTS["memory"], "DUR-1")
    assert result.reason == "the subject cannot open the same data again in this process"


@pytest.mark.parametrize("name", ["local", "zip"])
def test_reference_stores_survive(name: str):
    """What a reference store acknowledged survives 20 kills, and nothing is left in the way."""
    results = found(SUBJECTS[name], "DUR-1", "DUR-2", "DUR-4", kills=20)
    assert {result.verdict for result in results} == {Verdict.PASSED}, results


def test_archive_that_is_appended_to_survives():
    """What a zip archive held before a writer was killed is there afterwards."""
    recipe = Recipe("reference_stores:ZipStore", {"path": "{tmp_path}/store.zip", "mode": "a"})
    subject = Subject(name="appended", opening=recipe, reopening=recipe, publish=ZipStore.close)
    results = found(subject, "DUR-1", "DUR-2", "DUR-4", kills=20)
    assert {result.verdict for result in results} == {Verdict.PASSED}, results


def test_publish_without_an_import_path_is_not_killed():
    """A subject whose publish() no other process can import is not applicable, and the reason says so."""
    [result] = found(replace(SUBJECTS["zip"], publish=partial(SUBJECTS["zip"].publish)), "DUR-1")
    assert result.reason.startswith("the subject's publish() has no import path")
