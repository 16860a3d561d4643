"""Protocols that a library composes of those of this package, for what it needs of a store."""

from __future__ import annotations

from typing import TypeVar, assert_type

from zarr.core.buffer import Buffer as ZarrBuffer
from zarr.core.buffer import BufferPrototype as ZarrPrototype

from reference_stores import MemoryStore
from storeproto import (
    BufferPrototype,
    ByteRequest,
    Protocol,
    PrototypeStore,
    Store,
    SupportsDeletes,
    SupportsListing,
    SupportsPartialWrites,
    SupportsWrites,
    runtime_checkable,
    supports_deletes,
    supports_listing,
    supports_partial_writes,
    supports_writes,
)


@runtime_checkable
class FullStore(Store, SupportsWrites, SupportsDeletes, SupportsListing, SupportsPartialWrites, Protocol):
    """Can do everything."""


class SameInAnotherOrder(SupportsPartialWrites, SupportsListing, SupportsDeletes, SupportsWrites, Store, Protocol):
    """Can do everything; the order of the parts does not matter."""


class Sweepable(SupportsListing, PrototypeStore, SupportsDeletes, Protocol):
    """Can list and delete, and may want a prototype for reads."""


class ZarrSweepable(PrototypeStore[ZarrBuffer, ZarrPrototype, ByteRequest], SupportsWrites[ZarrBuffer], SupportsDeletes, Protocol):
    """Gives and takes zarr's buffers, and deletes."""


T = TypeVar("T")


class WritableStoreOf(Store[T, BufferPrototype[T]], SupportsWrites[T], Protocol[T]):
    """A store of any one class of values that can be written to."""


async def use_everything(store: FullStore) -> None:
    """A composed protocol has the members of each of its parts."""
    assert_type(await store.get("k"), bytes | None)
    await store.set("k", b"v")
    await store.set_partial_values([("k", 0, b"v")])
    await store.delete("k")
    assert_type([key async for key in store.list()], list[str])
    await store.set("k", "v")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def sweep(store: Sweepable) -> None:
    """Less is composed of fewer parts."""
    async for key in store.list():
        await store.delete(key)
    store.set("k", b"v")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


async def copy_value(store: WritableStoreOf[T], source: str, target: str) -> T | None:
    """What a generic store gives it also takes."""
    value = await store.get(source)
    if value is not None:
        await store.set(target, value)
    return value


async def hand_over(one: FullStore, other: SameInAnotherOrder, memory: MemoryStore, store: Store) -> None:
    """A store with the members is taken, whatever it is declared as; a bare store only after it is asked."""
    await use_everything(other)
    await use_everything(memory)
    await sweep(one)
    await sweep(memory)
    assert_type(await copy_value(one, "a", "b"), bytes | None)
    if supports_deletes(store) and supports_writes(store) and supports_partial_writes(store) and supports_listing(store):
        await use_everything(store)
        await sweep(store)
    if supports_deletes(store):
        await sweep(store)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await use_everything(store)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def is_full(candidate: object) -> FullStore | None:
    """A composed protocol that is made run-time checkable is checked at run time."""
    return candidate if isinstance(candidate, FullStore) else None


def zarr_too(store: ZarrSweepable, memory: MemoryStore) -> ZarrSweepable:
    """The memory store gives and takes zarr's buffers as well."""
    return memory if store.read_only else store
