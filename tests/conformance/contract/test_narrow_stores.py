"""Chapters KEY, SET, NEW, DEL, EXI and LST on sound stores that cannot do all of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from broken_stores.sound import SoundStore, Unwritable

from conformance import Subject, Verdict, check
from conformance.contract import select
from conformance.recipe import Factory

CHAPTERS = ["KEY", "SET", "NEW", "DEL", "EXI", "LST"]
CONTENTS = {"zarr.json": b"{}", "group/zarr.json": b"", "group/array/c/0/0": b"chunk", "group/array/c/0/1": b"x" * 5000}


class ZarrKeys:
    """A grammar of zarr's keys alone, and of values that are not empty."""

    def legal(self, key: str) -> bool:
        return re.fullmatch(r"(d\d+/)*(c(/\d+)+|zarr\.json)", key) is not None

    def name(self, number: int) -> str:
        return f"c/{number}"

    def directory(self, number: int) -> str:
        return f"d{number}"

    def value(self, data: bytes) -> bool:
        return data != b""


class ZarrKeysStore(SoundStore):
    """A sound store that refuses what that grammar leaves out."""

    async def set(self, key: str, value: Any) -> None:
        if not (ZarrKeys().legal(key) and ZarrKeys().value(value)):
            raise AssertionError(f"the kit wrote {value!r} under {key!r}")
        await super().set(key, value)


def verdicts(subject: Subject, *names: str) -> dict[str, tuple[Verdict, str]]:
    """What a run says of the clauses, with its reasons."""
    report = check(subject, clauses=select([*names]), guard=False, operations=0)
    return {result.clause.id: (result.verdict, result.reason) for result in report.results if result.clause.chapter in CHAPTERS}


@pytest.fixture(scope="module")
def unwritable() -> dict[str, tuple[Verdict, str]]:
    """What is said of a sound store with contents that cannot be written to."""
    subject = Subject(name="unwritable", opening=Factory(lambda _: Unwritable(dict(CONTENTS))), contents=CONTENTS)
    return verdicts(subject, *CHAPTERS)


@pytest.fixture(scope="module")
def zarr_keys() -> dict[str, tuple[Verdict, str]]:
    """What is said of a sound store of zarr's keys."""
    return verdicts(Subject(name="zarr keys", opening=Factory(lambda _: ZarrKeysStore()), grammar=ZarrKeys()), *CHAPTERS)


@pytest.mark.parametrize(
    "id_",
    ["KEY-13", "KEY-13a", *[f"EXI-{n}" for n in range(1, 6)], *[f"LST-{n}" for n in (1, 2, 3, 4, 5, 6, 7, 9, 11, 12)]],
)
def test_reads_are_judged_by_the_contents(unwritable, id_: str):
    """A clause that only reads is decided on a store that cannot be written to."""
    assert unwritable[id_][0] is Verdict.PASSED


@pytest.mark.parametrize("id_", ["KEY-1", "SET-1", "NEW-1", "DEL-1", "LST-8", "LST-10", "LST-13"])
def test_writes_are_not_applicable(unwritable, id_: str):
    """A clause that writes is not applicable to a store that cannot be written to."""
    assert unwritable[id_][0] is Verdict.NOT_APPLICABLE


def test_no_sound_store_of_few_keys_is_broken(zarr_keys):
    """A store that takes fewer keys and values passes, without any override, all that applies to it."""
    assert {verdict for verdict, _ in zarr_keys.values()} <= {Verdict.PASSED, Verdict.NOT_APPLICABLE, Verdict.NOT_DECIDED}


@pytest.mark.parametrize("id_", ["KEY-2", "KEY-3", "KEY-4", "KEY-5", "KEY-6", "KEY-7", "KEY-8", "KEY-10"])
def test_keys_outside_the_grammar_are_not_tried(zarr_keys, id_: str):
    """Where the grammar leaves out the keys of a clause, it does not apply, and the reason says so."""
    assert zarr_keys[id_][1].startswith("the subject's key grammar leaves out")


@pytest.mark.parametrize(
    "id_", [*[f"SET-{n}" for n in range(3, 12)], "NEW-1", "NEW-2", "DEL-6", "DEL-10", "EXI-4", "EXI-5", "LST-6", "LST-8", "LST-10"]
)
def test_names_come_from_the_grammar(zarr_keys, id_: str):
    """What can be asked with keys of the grammar is asked with them."""
    assert zarr_keys[id_][0] is Verdict.PASSED
