"""Fixtures for other people's test suites: the reference stores, one of each, and one with faults."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from reference_stores import LocalStore, MemoryStore, RemoteStore, ZipStore
    from reference_stores.faults import FaultyStore

_SERIAL = itertools.count()

STORES: tuple[Literal["memory", "local", "zip", "remote"], ...] = ("memory", "local", "zip", "remote")
"""What `each_reference_store` stands for, one after the other."""


@pytest.fixture
def memory_store() -> Iterator[MemoryStore]:
    """An empty MemoryStore."""
    from reference_stores import MemoryStore

    with closing(MemoryStore()) as store:
        yield store


@pytest.fixture
def local_store(tmp_path: Path) -> Iterator[LocalStore]:
    """An empty LocalStore, in a directory of its own."""
    from reference_stores import LocalStore

    with closing(LocalStore(tmp_path / "local_store")) as store:
        yield store


@pytest.fixture
def zip_store(tmp_path: Path) -> Iterator[ZipStore]:
    """An empty ZipStore that is written to."""
    from reference_stores import ZipStore

    with closing(ZipStore(tmp_path / "store.zip", mode="w")) as store:
        yield store


@pytest.fixture
def remote_store() -> Iterator[RemoteStore]:
    """An empty RemoteStore on fsspec's memory; the test is skipped where fsspec is not installed."""
    if find_spec("fsspec") is None:
        pytest.skip("remote_store needs fsspec: pip install 'storeproto[remote]'")
    from reference_stores import RemoteStore

    place = f"/storeproto-{next(_SERIAL)}"
    with closing(RemoteStore.from_url(f"memory:/{place}")) as store:
        yield store


@pytest.fixture(params=STORES)
def each_reference_store(request: pytest.FixtureRequest) -> MemoryStore | LocalStore | ZipStore | RemoteStore:
    """Each of the four stores in turn: the test runs once with each. The zip store has no deletes, and its flag says so."""
    store: MemoryStore | LocalStore | ZipStore | RemoteStore = request.getfixturevalue(f"{request.param}_store")
    return store


@pytest.fixture
def faulty_store(memory_store: MemoryStore) -> FaultyStore:
    """A FaultyStore on an empty MemoryStore, without faults yet: `faulty_store.add(...)` plans them."""
    from reference_stores.faults import FaultyStore

    return FaultyStore(memory_store)
