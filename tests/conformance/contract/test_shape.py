"""Chapters TYP, CAP and RDO on what is right, and where they have nothing to ask."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance import Factory, Recipe, Result, Subject, Verdict, check
from conformance.contract import select


def memory(path: Path) -> Any:
    """Return zarr's MemoryStore."""
    from zarr.storage import MemoryStore

    return MemoryStore()


def local(path: Path) -> Any:
    """Return zarr's LocalStore."""
    from zarr.storage import LocalStore

    return LocalStore(path)


async def zipped(path: Path) -> Any:
    """Return zarr's ZipStore, which must be opened."""
    from zarr.storage import ZipStore

    return await ZipStore.open(path=path / "store.zip", mode="w")


def fsspec(path: Path) -> Any:
    """Return zarr's FsspecStore."""
    from zarr.storage import FsspecStore

    return FsspecStore.from_url(f"file://{path}", storage_options={"auto_mkdir": True})


def objects(path: Path) -> Any:
    """Return zarr's ObjectStore."""
    from obstore.store import MemoryStore
    from zarr.storage import ObjectStore

    return ObjectStore(MemoryStore())


def logging(path: Path) -> Any:
    """Return zarr's LoggingStore."""
    from zarr.storage import LoggingStore, MemoryStore

    return LoggingStore(MemoryStore(), log_level="CRITICAL")


def wrapper(path: Path) -> Any:
    """Return zarr's WrapperStore."""
    from zarr.storage import MemoryStore, WrapperStore

    return WrapperStore(MemoryStore())


def obstore(path: Path) -> Any:
    """Return the adapter of an obstore store."""
    from obstore.store import MemoryStore

    from reference_stores.adapters.obstore import from_obstore

    return from_obstore(MemoryStore())


def icechunk(path: Path) -> Any:
    """Return icechunk's store."""
    from icechunk import Repository, in_memory_storage

    return Repository.create(in_memory_storage()).writable_session("main").store


def answer(id_: str, opening: Factory | Recipe, **options: Any) -> Result:
    """What the kit says of a clause on the stores of a subject."""
    report = check(Subject(name="store", opening=opening, **options), clauses=select([id_]), guard=False, operations=0)
    assert not report.unusable
    return report.results[-1]


@pytest.mark.filterwarnings("ignore")  # zarr's own
@pytest.mark.parametrize("clause", ["TYP-1", "TYP-2", "TYP-3", "TYP-5", "TYP-6", "CAP-5", "CAP-6"])
@pytest.mark.parametrize("opened", [memory, local, zipped, fsspec, objects, logging, wrapper])
def test_zarr_stores_have_the_shape(opened: Any, clause: str):
    """Nothing is found in the shape of zarr's own stores."""
    pytest.importorskip("zarr")
    assert answer(clause, Factory(opened)).verdict in (Verdict.PASSED, Verdict.NOT_APPLICABLE)


@pytest.mark.filterwarnings("ignore")  # zarr's own
@pytest.mark.parametrize("clause", ["TYP-1", "TYP-2", "TYP-5", "TYP-6"])
@pytest.mark.parametrize("opened", [obstore, icechunk])
def test_other_right_stores_have_the_shape(opened: Any, clause: str):
    """Nothing is found in the shape of the adapter of obstore's stores, and of icechunk's."""
    assert answer(clause, Factory(opened)).verdict is Verdict.PASSED


def test_method_for_the_mode():
    """A method in the place of `read_only` is named, and is no reason to take the store for a read-only one."""
    found = answer("TYP-5", Recipe("unruly_stores:ModeIsAMethod"))
    assert (found.verdict, found.expected, found.actual) == (
        Verdict.FAILED,
        "type(store.read_only).__name__: 'bool'",
        "'method'",
    )


def test_finding_names_the_call():
    """A finding in the parameters shows the call that callers write."""
    found = answer("TYP-2", Recipe("unruly_stores:WantsMore"))
    assert (found.expected, found.actual) == (
        "delete(key='key'): no error",
        "TypeError: missing a required argument: 'version'",
    )


def test_wrapper_that_takes_anything_passes_when_it_runs():
    """Methods of *arguments and **options take what callers may write, by name and by position."""
    assert answer("TYP-2", Recipe("unruly_stores:TakesAnything")).verdict is Verdict.PASSED


def test_wrapper_that_takes_anything_is_not_typed():
    """A type checker sees nothing of what such methods take and give, and each is named."""
    found = answer("TYP-4", Recipe("unruly_stores:TakesAnything"))
    assert (found.verdict, found.actual) == (
        Verdict.WARNED,
        'get: result: not typed: it is "Any"\ndelete: result: not typed: it is "Any"',
    )


def test_wrapper_of_positions_alone_takes_no_names():
    """Methods of *arguments alone do not take what callers may give by name."""
    assert answer("TYP-2", Recipe("unruly_stores:TakesPositions")).verdict is Verdict.FAILED


def test_wrapper_that_forwards_what_it_lacks_is_told_so():
    """Where __getattr__ gives the members, isinstance does not see them, and the finding says what to do."""
    found = answer("TYP-1", Recipe("unruly_stores:ForwardsAttributes"))
    assert found.because.endswith("what __getattr__ forwards is no member to isinstance: define each")


def test_wrapper_that_forwards_what_it_lacks_takes_what_the_inner_one_does():
    """Where __getattr__ gives the members their parameters are those of the inner store."""
    assert answer("TYP-2", Recipe("unruly_stores:ForwardsAttributes")).verdict is Verdict.PASSED


def test_read_only_opening_must_be_possible():
    """RDO-4 does not apply where no argument of the opening is the mode."""
    recipe = Recipe("broken_stores.sound_files:SoundFileStore", {"root": "{tmp_path}"})
    assert answer("RDO-4", recipe, reopening=recipe).reason.startswith("the subject opens no read-only handle")


def test_data_of_others_is_not_written_to():
    """CAP-1 does not apply to what the kit did not write, unless it may be deleted."""
    contents = {"k0": b"a value of the archive", "d0/k0": b"another"}
    found = answer("CAP-1", Recipe("broken_stores.cap:Archive"), contents=contents)
    assert found.reason.startswith("the kit wrote none of the store's data")


@pytest.mark.parametrize("chapter", ["TYP", "RDO", "LIF", "GET", "RNG", "PAR", "EXI", "LST"])
def test_archive_is_judged_by_its_contents(chapter: str):
    """A store that cannot be written to is judged by what it holds, and a sound one fails nothing."""
    contents = {"k0": b"a value of the archive", "d0/k0": b"another"}
    subject = Subject(name="archive", opening=Recipe("broken_stores.cap:Archive"), contents=contents)
    assert check(subject, clauses=select([chapter]), guard=False, operations=0).conforms
