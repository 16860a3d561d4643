"""Callers of a bare store: what they may write, what comes back, and what is refused."""

from __future__ import annotations

from typing import assert_type

from zarr.core.buffer import BufferPrototype as ZarrPrototype

from storeproto import (
    BufferPrototype,
    BytesPrototype,
    OffsetByteRequest,
    PrototypeStore,
    RangeByteRequest,
    Store,
    SuffixByteRequest,
    default_buffer_prototype,
    is_store,
    supports_deletes,
    supports_listing,
    supports_partial_writes,
    supports_writes,
)


async def read(store: Store, prototype: BufferPrototype[bytes], maybe: BufferPrototype[bytes] | None) -> None:
    """A bare store gives bytes, with a key alone and with all that goes with it."""
    assert_type(await store.get("k"), bytes | None)
    assert_type(await store.get(key="k"), bytes | None)
    assert_type(await store.get("k", prototype), bytes | None)
    assert_type(await store.get("k", maybe), bytes | None)
    assert_type(await store.get("k", prototype=default_buffer_prototype()), bytes | None)
    assert_type(await store.get("k", None, RangeByteRequest(0, 4)), bytes | None)
    assert_type(await store.get("k", byte_range=OffsetByteRequest(4)), bytes | None)
    assert_type(await store.get("k", byte_range=SuffixByteRequest(4)), bytes | None)
    assert_type(await store.get_partial_values(prototype, [("k", None), ("k", RangeByteRequest(0, 4))]), list[bytes | None])
    assert_type(await store.exists("k"), bool)
    assert_type(await store.getsize("k"), int)
    assert_type(store.read_only, bool)
    assert_type(store.with_read_only(), Store)
    assert_type(await store.with_read_only(read_only=True).get("k"), bytes | None)
    store.close()


async def read_wrongly(store: Store, prototype: ZarrPrototype) -> None:
    """What no bare store takes is refused before it runs."""
    await store.get(b"k")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await store.get("k", prototype)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await store.get("k", byte_range=(0, 4))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await store.get("k", range=RangeByteRequest(0, 4))  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await store.get_partial_values(None, [])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    len(await store.get("k"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    store.read_only = True  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    store.supports_writes = True  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


async def change_without_asking(store: Store) -> None:
    """What a store may not support is not there before its flag is asked."""
    await store.set("k", b"v")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    await store.delete("k")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    store.clear()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    store.list()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


async def change(store: Store) -> None:
    """What the flag says is supported is there after it is asked."""
    if supports_writes(store):
        await store.set("k", b"v")
        await store.set(key="k", value=b"v")
        await store.set_if_not_exists("k", b"v")
        await store.set("k", "v")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        store.delete("k")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    if supports_partial_writes(store):
        await store.set_partial_values([("k", 0, b"v"), ("k", 4, bytearray(b"w")), ("k", 8, memoryview(b"x"))])
    if supports_deletes(store):
        await store.delete(key="k")
        await store.delete_dir(prefix="k")
        await store.clear()


async def listed(store: Store) -> None:
    """Listings are iterated over without await; what they give are strings."""
    if supports_listing(store):
        assert_type([key async for key in store.list()], list[str])
        assert_type([key async for key in store.list_prefix("d/")], list[str])
        assert_type([name async for name in store.list_dir(prefix="d")], list[str])
        assert_type(await store.is_empty("d"), bool)
        assert_type(await store.getsize_prefix("d"), int)
        await store.list()  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
        list(store.list())  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]


async def tell_stores_from_others(candidate: Store | str) -> str:
    """What may be a store is asked; what is none is the other thing."""
    return await tell(candidate) if is_store(candidate) else assert_type(candidate, str)


async def tell(store: Store) -> str:
    """The number of bytes of a value, in words."""
    return str(await store.getsize("k"))


async def read_with_a_prototype(store: PrototypeStore, prototype: BufferPrototype[bytes]) -> None:
    """The wider protocol wants a prototype for each read."""
    assert_type(await store.get("k", prototype), bytes | None)
    assert_type(await store.get("k", prototype=BytesPrototype(), byte_range=RangeByteRequest(0, 4)), bytes | None)
    await store.get("k")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await store.get("k", None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def widen(store: Store) -> PrototypeStore:
    """Every store is one of the wider protocol."""
    return store


def narrow(store: PrototypeStore) -> Store:
    """One of the wider protocol may not be a store: its reads may want a prototype."""
    return store  # type: ignore[return-value]  # pyright: ignore[reportReturnType]
