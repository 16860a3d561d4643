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
