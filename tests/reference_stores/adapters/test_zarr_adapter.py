"""A reference store as a zarr store, and a zarr store as a store of bytes."""

from pathlib import Path

import numpy as np
import pytest
import zarr
import zarr.storage
from zarr.core.buffer import default_buffer_prototype

from reference_stores import LocalStore, MemoryStore, ZipStore
from reference_stores.adapters.zarr import ZarrAdapter, from_zarr, to_zarr
from storeproto import RangeByteRequest, Store, UnsupportedOperationError

DATA = np.arange(10_000, dtype="i4").reshape(100, 100)


@pytest.fixture(params=["memory", "local", "zip"])
def adapted(request: pytest.FixtureRequest, tmp_path: Path):
    """Each reference store that needs no server, as a zarr store."""
    match request.param:
        case "memory":
            store = MemoryStore()
        case "local":
            store = LocalStore(tmp_path / "store")
        case _:
            store = ZipStore(tmp_path / "store.zip", mode="w")
    adapter = to_zarr(store)
    yield adapter
    adapter.close()


@pytest.mark.parametrize("options", [{}, {"shards": (50, 50)}, {"compressors": None}], ids=["plain", "sharded", "raw"])
def test_array_round_trip(adapted: ZarrAdapter, options: dict):
    """What zarr writes into an array through the adapter, it reads back."""
    array = zarr.create_array(adapted, name="a", shape=DATA.shape, chunks=(10, 10), dtype="i4", **options)
    array[:] = DATA
    assert np.array_equal(zarr.open_array(adapted, path="a", mode="r")[:], DATA)


def test_partial_read_of_a_shard(adapted: ZarrAdapter):
    """A part of a sharded array is read by byte ranges."""
    array = zarr.create_array(adapted, name="a", shape=DATA.shape, chunks=(10, 10), shards=(100, 100), dtype="i4")
    array[:] = DATA
    assert np.array_equal(array[15:25, 33:44], DATA[15:25, 33:44])


def test_groups(adapted: ZarrAdapter):
    """A group's members are found by listing."""
    group = zarr.create_group(adapted)
    group.create_group("g").create_array("a", shape=(3,), dtype="i4")
    group.create_array("b", shape=(3,), dtype="i4")
    assert sorted(name for name, _ in zarr.open_group(adapted, mode="r").members(max_depth=None)) == ["b", "g", "g/a"]


@pytest.mark.filterwarnings("ignore:Consolidated metadata:UserWarning")
def test_consolidated_metadata(adapted: ZarrAdapter):
    """Consolidated metadata are written and read."""
    zarr.create_group(adapted).create_array("b", shape=(3,), dtype="i4")
    zarr.consolidate_metadata(adapted)
    assert list(zarr.open_consolidated(adapted).array_keys()) == ["b"]


async def test_there_and_back(adapted: ZarrAdapter):
    """A reference store as a zarr store as a store of bytes gives the bytes that were set."""
    store = from_zarr(adapted)
    await store.set("k", b"value")
    assert await store.get("k", byte_range=RangeByteRequest(1, 3)) == b"al"


async def test_is_a_store():
    """A zarr store as a store of bytes is a Store."""
    assert isinstance(from_zarr(zarr.storage.MemoryStore()), Store)


async def test_flags_are_the_inner_stores(tmp_path: Path):
    """An adapter claims what the inner store claims."""
    with ZipStore(tmp_path / "store.zip", mode="w") as store:
        assert not to_zarr(store).supports_deletes


async def test_partial_writes_are_refused():
    """A zarr store as a store of bytes refuses partial writes, as its flag says."""
    with pytest.raises(UnsupportedOperationError):
        await from_zarr(zarr.storage.MemoryStore()).set_partial_values([("k", 0, b"v")])


async def test_takes_zarr_buffers_alone():
    """A value that is no zarr buffer raises TypeError, as in zarr's own stores."""
    with pytest.raises(TypeError):
        await to_zarr(MemoryStore()).set("k", b"value")  # type: ignore[arg-type]


async def test_equal_over_equal_stores():
    """Adapters over equal stores are equal, and with_read_only makes another."""
    adapter = to_zarr(MemoryStore())
    assert (adapter == to_zarr(adapter.inner), adapter == adapter.with_read_only(read_only=True)) == (True, False)


async def test_prototype_of_another_class():
    """The value comes in the class that the prototype names."""
    adapter = to_zarr(MemoryStore())
    await adapter.set("k", default_buffer_prototype().buffer.from_bytes(b"v"))
    assert isinstance(await adapter.get("k", default_buffer_prototype()), default_buffer_prototype().buffer)
