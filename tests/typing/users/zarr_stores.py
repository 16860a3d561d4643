"""zarr's own store classes, unchanged: which protocols they are."""

from __future__ import annotations

from typing import TypeAlias, assert_type

import zarr.abc.store
from obstore.store import MemoryStore as ObjectMemory
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import (
    FsspecStore,
    GpuMemoryStore,
    LocalStore,
    LoggingStore,
    MemoryStore,
    ObjectStore,
    WrapperStore,
    ZipStore,
)

import storeproto
from storeproto import PrototypeStore, Store, supports_deletes, supports_listing, supports_writes

ZarrStore: TypeAlias = PrototypeStore[Buffer, BufferPrototype, zarr.abc.store.ByteRequest]
ZarrPlainStore: TypeAlias = Store[Buffer, BufferPrototype, zarr.abc.store.ByteRequest]


def want(store: ZarrStore, /) -> None:
    """Any of zarr's stores."""


def want_plain(store: ZarrPlainStore, /) -> None:
    """One of zarr's stores that reads without a prototype."""


def want_bytes(store: PrototypeStore, /) -> None:
    """A store of bytes."""


def want_prototype(prototype: storeproto.BufferPrototype[Buffer], /) -> None:
    """What names zarr's buffer class."""


def assign_prototype(prototype: BufferPrototype) -> None:
    """Zarr's prototypes are prototypes."""
    want_prototype(prototype)


def assign_abstract(store: zarr.abc.store.Store) -> None:
    """Zarr's abstract class is a store."""
    want(store)


def assign_memory(store: MemoryStore) -> None:
    """Zarr's MemoryStore is a store, and reads without a prototype."""
    want(store)
    want_plain(store)


def assign_gpu_memory(store: GpuMemoryStore) -> None:
    """Zarr's GpuMemoryStore is a store."""
    want(store)


def assign_local(store: LocalStore) -> None:
    """Zarr's LocalStore is a store, and reads without a prototype."""
    want(store)
    want_plain(store)


def assign_zip(store: ZipStore) -> None:
    """Zarr's ZipStore is a store, and wants a prototype."""
    want(store)
    want_plain(store)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def assign_fsspec(store: FsspecStore) -> None:
    """Zarr's FsspecStore is a store, and wants a prototype."""
    want(store)
    want_plain(store)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def assign_object(store: ObjectStore[ObjectMemory]) -> None:
    """Zarr's ObjectStore, over a store of obstore, is a store, and wants a prototype."""
    want(store)
    want_plain(store)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def assign_logging(store: LoggingStore[MemoryStore]) -> None:
    """Zarr's LoggingStore is a store, and wants a prototype."""
    want(store)
    want_plain(store)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def assign_wrapper(store: WrapperStore[MemoryStore]) -> None:
    """Zarr's WrapperStore is a store, and wants a prototype."""
    want(store)
    want_plain(store)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def assign_wrongly(memory: MemoryStore, abstract: zarr.abc.store.Store, any_store: ZarrStore) -> None:
    """A store of zarr's buffers is no store of bytes, and not every one reads without a prototype."""
    want_bytes(memory)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    want_bytes(abstract)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    want_plain(abstract)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    want_plain(any_store)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def use(store: ZarrStore, prototype: BufferPrototype, value: Buffer) -> None:
    """A store of zarr's is asked and narrowed like any other."""
    assert_type(await store.get("k", prototype), Buffer | None)
    assert_type(await store.get("k", prototype, zarr.abc.store.SuffixByteRequest(4)), Buffer | None)
    if supports_writes(store) and supports_deletes(store) and supports_listing(store):
        await store.set("k", value)
        await store.delete("k")
        assert_type([key async for key in store.list()], list[str])
        await store.set("k", b"v")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
