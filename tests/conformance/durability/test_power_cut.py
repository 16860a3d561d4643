"""Which stores keep what they acknowledged through a power cut (DUR-7)."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import pytest

from conformance import Recipe, Subject, Verdict, check
from conformance.contract import select
from conformance.profile import QUICK
from conformance.reference import SUBJECTS
from conformance.report.report import Report, Result
from reference_stores import ZipStore

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows what a process brings to the disk")
LOCAL = SUBJECTS["local"]


def judged(subject: Subject) -> Report:
    """The report on the one clause."""
    return check(subject, clauses=select(["DUR-7"]), profile=QUICK, guard=False, operations=0)


def result(subject: Subject) -> Result:
    """What it says."""
    return judged(subject).results[-1]


def durable_local() -> Subject:
    """LocalStore, which was told to be durable."""
    arguments = {"root": "{tmp_path}/new/store", "read_only": "{read_only}", "durable": True}
    recipe = Recipe("reference_stores:LocalStore", arguments)
    return replace(LOCAL, name="durable", opening=recipe, reopening=recipe, durable=True)


@on_linux
def test_durable_local_store():
    """A LocalStore that was told to be durable loses nothing, in a root that it makes itself too."""
    assert result(durable_local()).verdict is Verdict.PASSED


@pytest.fixture(scope="module")
def told() -> Result:
    """What is said of a LocalStore that was not told to be durable."""
    return result(LOCAL)


@on_linux
def test_local_store_that_was_not_told_so(told):
    """Without it, what a power cut may take of a LocalStore is noted, as it says itself."""
    assert told.verdict is Verdict.NOTED


@on_linux
def test_what_is_lost_is_told(told):
    """The finding says which key, when the power was cut, and what was not synchronised."""
    assert told.expected.startswith("get('k0'): b'k0#0")
    assert told.actual == "b''"
    assert told.because.startswith("the power was cut after set('k0') had returned; of what was not synchronised (the contents of ")


@on_linux
def test_broken_promise_fails():
    """A store that promises it, and loses what it acknowledged, does not conform."""
    report = judged(replace(LOCAL, durable=True))
    assert (report.results[-1].verdict, report.conforms) == (Verdict.FAILED, False)


def test_store_that_promises_nothing():
    """A subject that says that its store promises nothing is not asked."""
    told = result(replace(LOCAL, durable=False))
    assert (told.verdict, told.reason.partition(":")[0]) == (
        Verdict.NOT_APPLICABLE,
        "the store promises nothing about a power cut",
    )


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_system_that_shows_nothing(system: str, monkeypatch: pytest.MonkeyPatch):
    """Where no process can see what another one brings to the disk, the clause does not apply, and says so."""
    monkeypatch.setattr("conformance.durability.power_cut.sys.platform", system)
    assert result(LOCAL).reason == "only Linux shows what a process brings to the disk"


def test_store_in_memory():
    """A store that has no directory of the kit's is not applicable."""
    assert result(SUBJECTS["remote"]).reason == "the store does not live in a directory of the kit's"


async def flush(store: ZipStore) -> None:
    """Bring an archive to the disk."""
    if not store.read_only:
        await store.flush(durable=True)


@on_linux
def test_archive_that_is_flushed_to_the_disk():
    """What a durable flush of a new zip archive wrote survives, and so does all before it while the next is underway."""
    assert result(replace(SUBJECTS["zip"], publish=flush, durable=True)).verdict is Verdict.PASSED


@on_linux
def test_archive_that_is_flushed():
    """What a flush wrote that was not told to be durable may be lost."""
    assert result(SUBJECTS["zip"]).verdict is Verdict.NOTED


@on_linux
def test_native_store():
    """The calls of native code are seen: obstore's local store synchronises nothing."""
    pytest.importorskip("obstore")
    recipe = Recipe(f"{__name__}:native", {"tmp_path": "{tmp_path}"})
    told = result(Subject(name="obstore", opening=recipe, reopening=recipe, on_host_files=True))
    assert (told.verdict, told.actual) == (Verdict.NOTED, "b''")


def native(tmp_path: Any) -> Any:
    """Zarr's store over obstore's local one."""
    from obstore.store import LocalStore
    from zarr.storage import ObjectStore

    return ObjectStore(LocalStore(prefix=tmp_path))
