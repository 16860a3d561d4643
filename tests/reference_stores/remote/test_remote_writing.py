"""set, set_if_not_exists, delete, delete_dir, clear."""

import asyncio
from typing import Any

import pytest

from reference_stores import RemoteStore
from storeproto import RangeByteRequest, ReadOnlyStoreError, UnsupportedOperationError


async def keys(store: RemoteStore) -> list[str]:
    """The keys, sorted."""
    return sorted([key async for key in store.list()])


@pytest.mark.parametrize("value", [b"", b"v", bytes(range(256)) * 300], ids=["empty", "one", "76800"])
async def test_a_value_comes_back(store: RemoteStore, value: bytes):
    """What was set is what is read."""
    await store.set("a/k", value)
    assert await store.get("a/k") == value


@pytest.mark.parametrize(("old", "new"), [(b"longer", b"new"), (b"old", b"longer"), (b"old", b""), (b"", b"new")])
async def test_an_overwrite_replaces_the_whole_value(store: RemoteStore, old: bytes, new: bytes):
    """After an overwrite the value is the new one, whole."""
    await store.set("k", old)
    await store.set("k", new)
    assert await store.get("k") == new


async def test_any_buffer_is_a_value(store: RemoteStore):
    """A value may be any buffer; one that is not contiguous is made so."""
    await store.set("k", memoryview(b"0123456789")[::2])
    assert await store.get("k") == b"02468"


async def test_a_buffer_of_zarr_is_a_value(store: RemoteStore):
    """A value may be an object with to_bytes()."""
    from zarr.core.buffer.cpu import Buffer

    await store.set("k", Buffer.from_bytes(b"v"))
    assert await store.get("k") == b"v"


@pytest.mark.parametrize("value", ["text", 3, None])
async def test_what_is_no_buffer_is_refused(store: RemoteStore, value: Any):
    """A value that is no buffer raises TypeError, and nothing is stored."""
    with pytest.raises(TypeError):
        await store.set("k", value)
    assert await store.is_empty()


async def test_a_later_change_of_the_buffer_changes_nothing(store: RemoteStore):
    """The store keeps no reference to the caller's buffer."""
    value = bytearray(b"old")
    await store.set("k", value)
    value[:] = b"new"
    assert await store.get("k") == b"old"


async def test_no_parts_are_written(store: RemoteStore):
    """A set with a byte range raises UnsupportedOperationError, and nothing changes."""
    await store.set("k", b"old")
    with pytest.raises(UnsupportedOperationError):
        await store.set("k", b"new", RangeByteRequest(0, 3))
    assert await store.get("k") == b"old"


async def test_no_partial_values_are_written(store: RemoteStore):
    """set_partial_values is there, as documented, and says that it is not supported; nothing changes."""
    await store.set("k", b"old")
    with pytest.raises(UnsupportedOperationError, match="supports_partial_writes"):
        await store.set_partial_values([("k", 0, b"new")])
    assert await store.get("k") == b"old"


async def test_it_stores_where_there_is_nothing(store: RemoteStore):
    """set_if_not_exists stores the value of a missing key."""
    await store.set_if_not_exists("d/k", b"v")
    assert await store.get("d/k") == b"v"


@pytest.mark.parametrize("old", [b"old", b""])
async def test_it_keeps_what_there_is(store: RemoteStore, old: bytes):
    """set_if_not_exists keeps an old value, an empty one too."""
    await store.set("k", old)
    await store.set_if_not_exists("k", b"new")
    assert await store.get("k") == old


async def test_it_stores_again_after_a_delete(store: RemoteStore):
    """set_if_not_exists stores again where the key has been deleted."""
    await store.set("k", b"old")
    await store.delete("k")
    await store.set_if_not_exists("k", b"new")
    assert await store.get("k") == b"new"


@pytest.mark.parametrize("protocol", ["memory", "file", "s3"])
async def test_one_creator_wins(reopen_on, protocol: str):
    """Of many creators at once one wins, and its value stays, in memory, on local files and on S3."""
    async with reopen_on(protocol)() as store:

        async def create(number: int) -> bytes | None:
            await store.set_if_not_exists("k", b"%d" % number)
            return await store.get("k")

        assert len(set(await asyncio.gather(*[create(number) for number in range(32)]))) == 1


async def test_a_delete_takes_the_key(store: RemoteStore):
    """After a delete the key reads None, and is not listed."""
    await store.set("k", b"v")
    await store.delete("k")
    assert (await store.get("k"), await keys(store)) == (None, [])


async def test_a_delete_of_a_missing_key(store: RemoteStore):
    """A delete of a missing key does nothing."""
    await store.delete("missing")
    assert await store.is_empty()


async def test_a_delete_takes_the_key_alone(store: RemoteStore):
    """A delete of a name that is a prefix of keys takes none of them."""
    for key in ("a/b", "ab", "a-b"):
        await store.set(key, b"v")
    await store.delete("a")
    assert await keys(store) == ["a-b", "a/b", "ab"]


async def test_a_delete_below_a_key(store: RemoteStore):
    """A delete of a name below a key takes nothing."""
    await store.set("a", b"v")
    await store.delete("a/b")
    assert await store.get("a") == b"v"


async def test_a_directory_gives_way_to_a_key(store: RemoteStore):
    """When the last key below a prefix has gone, the prefix can be a key, and a prefix again."""
    await store.set("a/b/c", b"1")
    await store.delete("a/b/c")
    await store.set("a", b"2")
    await store.delete("a")
    await store.set("a/b", b"3")
    assert await keys(store) == ["a/b"]


@pytest.mark.parametrize("prefix", ["p", "p/"])
async def test_a_directory_is_deleted(store: RemoteStore, prefix: str):
    """delete_dir takes what is below the prefix, at any depth, and nothing else."""
    for key in ("p/a", "p/b/c/d", "px", "p-x/y", "q/p/a"):
        await store.set(key, b"v")
    await store.delete_dir(prefix)
    assert await keys(store) == ["p-x/y", "px", "q/p/a"]


async def test_a_directory_is_deleted_without_the_key_of_its_name(store: RemoteStore):
    """delete_dir does not take the key of the prefix itself."""
    await store.set("p", b"v")
    await store.delete_dir("p")
    assert await store.get("p") == b"v"


async def test_a_missing_directory_is_deleted(store: RemoteStore):
    """delete_dir of a missing prefix does nothing."""
    await store.set("a", b"v")
    await store.delete_dir("missing")
    assert await keys(store) == ["a"]


async def test_clear_empties_the_store(store: RemoteStore):
    """Clearing takes every key in every directory, and the store works on."""
    for number in range(6):
        await store.set(f"d{number % 3}/e/{number}", b"v")
    await store.clear()
    await store.set("k", b"v")
    assert await keys(store) == ["k"]


async def test_clear_stays_below_the_root(reopen, store: RemoteStore):
    """Clearing takes nothing beside the root."""
    beside = type(store)(store.fs, path=f"{store.path}-beside")
    await beside.set("k", b"v")
    await store.set("k", b"v")
    await store.clear()
    assert await beside.get("k") == b"v"


CHANGES = {
    "set": lambda store: store.set("k", b"new"),
    "set_if_not_exists": lambda store: store.set_if_not_exists("n", b"new"),
    "set_if_not_exists of a key": lambda store: store.set_if_not_exists("k", b"new"),
    "delete": lambda store: store.delete("k"),
    "delete_dir": lambda store: store.delete_dir(""),
    "clear": lambda store: store.clear(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
async def test_a_read_only_store_refuses_changes(store: RemoteStore, change: Any):
    """Each change of a read-only handle raises ReadOnlyStoreError, and nothing changes."""
    await store.set("k", b"old")
    with pytest.raises(ReadOnlyStoreError):
        await change(store.with_read_only(read_only=True))
    assert (await store.get("k"), await keys(store)) == (b"old", ["k"])
