"""The reference stores: bytes without a prototype, its class with one, and what else they take."""

from __future__ import annotations

from typing import Literal, assert_type

from typing_extensions import Buffer
from zarr.abc.store import RangeByteRequest as ZarrRange
from zarr.core.buffer import Buffer as ZarrBuffer
from zarr.core.buffer import BufferPrototype as ZarrPrototype

from reference_stores import MemoryStore
from storeproto import (
    BufferPrototype,
    ByteRequest,
    PrototypeStore,
    RangeByteRequest,
    Store,
    SuffixByteRequest,
    SupportsDeletes,
    SupportsDeleteSync,
    SupportsGetSync,
    SupportsListing,
    SupportsPartialWrites,
    SupportsSetSync,
    SupportsWrites,
    supports_deletes,
    supports_listing,
    supports_partial_writes,
    supports_writes,
)


async def read(
    store: MemoryStore,
    prototype: BufferPrototype[bytes],
    maybe: BufferPrototype[bytes] | None,
    other: BufferPrototype[bytearray],
    zarr: ZarrPrototype,
) -> None:
    """A read gives the class that the prototype names, and bytes where there is none."""
    assert_type(await store.get("k"), bytes | None)
    assert_type(await store.get("k", prototype), bytes | None)
    assert_type(await store.get("k", maybe), bytes | None)
    assert_type(await store.get("k", zarr), ZarrBuffer | None)
    assert_type(await store.get("k", prototype=other), bytearray | None)
    assert_type(await store.get("k", zarr, RangeByteRequest(0, 4)), ZarrBuffer | None)
    assert_type(await store.get_partial_values(None, [("k", None)]), list[bytes | None])
    assert_type(await store.get_partial_values(zarr, [("k", SuffixByteRequest(1)), ("k", (0, 4))]), list[ZarrBuffer | None])
    assert_type(store.get_sync("k"), bytes | None)
    assert_type(store.get_sync("k", prototype=zarr), ZarrBuffer | None)
    assert_type(store.with_read_only(read_only=True), MemoryStore)


async def read_pairs(store: MemoryStore) -> None:
    """The older pair (start, length) will do for a byte range, either part of it None."""
    assert_type(await store.get("k", byte_range=(0, 4)), bytes | None)
    assert_type(await store.get("k", byte_range=(None, 4)), bytes | None)
    assert_type(await store.get("k", byte_range=(4, None)), bytes | None)
    await store.get("k", byte_range=(0, 4, 1))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await store.get("k", byte_range=ZarrRange(0, 4))  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]


async def change(store: MemoryStore, buffer: Buffer, zarr: ZarrBuffer) -> None:
    """Any buffer is a value, and so is zarr's; the bytes to replace are a range or a pair."""
    await store.set("k", b"v")
    await store.set("k", bytearray(b"v"))
    await store.set("k", buffer)
    await store.set("k", zarr)
    await store.set("k", b"v", RangeByteRequest(0, 1))
    await store.set("k", b"v", byte_range=(0, 1))
    await store.set("k", b"v", SuffixByteRequest(1))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await store.set("k", "v")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await store.set_partial_values([("k", 0, memoryview(b"v"))])


async def listed(store: MemoryStore) -> None:
    """The listings of the class give strings; the root is the default of the questions about a directory."""
    assert_type([key async for key in store.list()], list[str])
    assert_type([name async for name in store.list_dir("")], list[str])
    assert_type(await store.is_empty(), bool)
    assert_type(await store.getsize_prefix(), int)


def want_store(store: Store, /) -> None:
    """Any store of bytes."""


def want_zarr(store: PrototypeStore[ZarrBuffer, ZarrPrototype, ByteRequest], /) -> None:
    """Any store that gives zarr's buffers for zarr's prototypes."""


def want_all(writes: SupportsWrites, deletes: SupportsDeletes, parts: SupportsPartialWrites, listing: SupportsListing, /) -> None:
    """What can do everything."""


def want_synchronous(get: SupportsGetSync, set_: SupportsSetSync, delete: SupportsDeleteSync, /) -> None:
    """What needs no event loop."""


def assign(store: MemoryStore) -> None:
    """The class is each of the protocols, and a store of zarr's buffers too."""
    want_store(store)
    want_zarr(store)
    want_all(store, store, store, store)
    want_synchronous(store, store, store)


def construct(shared: dict[str, bytes], others: dict[str, ZarrBuffer]) -> None:
    """The initial data may be of any values; the mode is given by name."""
    MemoryStore()
    MemoryStore(shared, read_only=True)
    MemoryStore(store_dict=others)
    MemoryStore(shared, readonly=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    MemoryStore([])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def ask(store: MemoryStore) -> None:
    """Asking a store whose flags are known narrows to itself."""
    assert_type(store.supports_writes, Literal[True])
    if supports_writes(store) and supports_deletes(store) and supports_listing(store) and supports_partial_writes(store):
        assert_type(store, MemoryStore)
        await store.clear()
