"""Nothing is found in the types of stores that are right."""

import pytest
import zarr.storage
from icechunk import IcechunkStore

import reference_stores
from conformance.dialect import Native, Zarr
from reference_stores.adapters.obstore import ObstoreAdapter
from reference_stores.adapters.zarr import BytesAdapter, ZarrAdapter
from reference_stores.faults import FaultyStore

OURS = [
    *[getattr(reference_stores, name) for name in ("MemoryStore", "LocalStore", "ZipStore", "RemoteStore", "LoggingStore")],
    ObstoreAdapter,
    BytesAdapter,
    FaultyStore,
]
OF_ZARR_BUFFERS = [
    zarr.storage.MemoryStore,
    zarr.storage.LocalStore,
    zarr.storage.ZipStore,
    zarr.storage.FsspecStore,
    zarr.storage.ObjectStore,
    zarr.storage.LoggingStore,
    zarr.storage.WrapperStore,
    zarr.storage.GpuMemoryStore,
    IcechunkStore,
    ZarrAdapter,
]
NO_DELETES = {reference_stores.ZipStore, zarr.storage.ZipStore}
NO_PARTIAL_WRITES = {reference_stores.ZipStore, reference_stores.RemoteStore, ObstoreAdapter, BytesAdapter, *OF_ZARR_BUFFERS}


@pytest.fixture(scope="module")
def said_by_mypy(judge, candidate):
    """What mypy says of each."""

    def asked(store, dialect):
        return candidate(
            store, dialect, supports_deletes=store not in NO_DELETES, supports_partial_writes=store not in NO_PARTIAL_WRITES
        )

    native = {store: asked(store, Native()) for store in OURS}
    return judge({**native, **{store: asked(store, Zarr()) for store in OF_ZARR_BUFFERS}})


@pytest.mark.parametrize("store", [*OURS, *OF_ZARR_BUFFERS], ids=lambda store: f"{store.__module__}.{store.__name__}")
def test_nothing_is_found(store, said_by_mypy):
    """The reference stores and adapters, zarr's stores and icechunk's are right, in their dialect."""
    assert said_by_mypy[store] == ()


@pytest.mark.parametrize("store", OURS, ids=lambda store: store.__name__)
def test_our_own_are_plain_stores(store, candidate):
    """Ours are judged as stores whose reads need a key alone."""
    assert candidate(store).plain


def test_others_are_judged_by_the_wider_protocol(candidate):
    """A store whose reads require a prototype is judged as a PrototypeStore."""
    assert not candidate(zarr.storage.ZipStore, Zarr()).plain
