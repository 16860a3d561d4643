"""icechunk's store class, unchanged: which protocols it is."""

from __future__ import annotations

import zarr.abc.store
from icechunk import IcechunkStore
from zarr.core.buffer import Buffer, BufferPrototype

from storeproto import PrototypeStore, Store


def want(store: PrototypeStore[Buffer, BufferPrototype, zarr.abc.store.ByteRequest], /) -> None:
    """A store whose reads may want a prototype."""


def want_plain(store: Store[Buffer, BufferPrototype, zarr.abc.store.ByteRequest], /) -> None:
    """A store that reads without a prototype."""


def assign(store: IcechunkStore) -> None:
    """Icechunk's store is a store, and wants a prototype."""
    want(store)
    want_plain(store)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
