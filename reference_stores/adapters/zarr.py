"""A store as a zarr store, and a zarr store as a store of bytes.

zarr's functions take nothing but subclasses of `zarr.abc.store.Store`; `to_zarr(store)` makes one. The other way needs no adapter
for the types: zarr's stores are `storeproto.PrototypeStore`s of zarr's buffers. `from_zarr(store)` is for code that wants bytes.
"""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING, Any, Literal, Self, overload

import zarr.abc.store as zarr_store
from zarr.core.buffer import Buffer, BufferPrototype, default_buffer_prototype
from zarr.core.buffer.cpu import Buffer as CpuBuffer

import storeproto
from storeproto import (
    BufferLike,
    BytesLike,
    OffsetByteRequest,
    RangeByteRequest,
    SuffixByteRequest,
    as_bytes,
    from_pair,
    supports_deletes,
    supports_listing,
    supports_writes,
)
from storeproto.errors import unsupported_error

if TYPE_CHECKING:
    from reference_stores.reading import B, KeyRange, Request
    from storeproto import BufferPrototype as AnyPrototype
    from storeproto import ByteRequest, SupportsDeletes, SupportsListing, SupportsWrites


def to_zarr(store: storeproto.Store[Any, Any]) -> ZarrAdapter:
    """Return `store` as a zarr store: for `zarr.create_array(store=...)` and the like.

    Values come and go in zarr's buffers, and byte requests in zarr's classes. Flags, mode and data are those of `store`; closing
    the zarr store closes it.

    Args:
        store: any store whose `get` needs only a key.

    Raises:
        ImportError: zarr is not installed (when this module is imported).
    """
    return ZarrAdapter(store)


def from_zarr(store: zarr_store.Store) -> BytesAdapter:
    """Return the zarr store `store` as a store of bytes, with storeproto's byte requests and the pair form.

    Flags, mode, data and faults are those of `store`: what it does wrong, this one does.

    Args:
        store: any store of zarr's kind, icechunk's too.

    Raises:
        ImportError: zarr is not installed (when this module is imported).
    """
    return BytesAdapter(store)


def _from_zarr_range(request: zarr_store.ByteRequest | None) -> ByteRequest | None:
    match request:
        case None:
            return None
        case zarr_store.RangeByteRequest():
            return RangeByteRequest(request.start, request.end)
        case zarr_store.OffsetByteRequest():
            return OffsetByteRequest(request.offset)
        case zarr_store.SuffixByteRequest():
            return SuffixByteRequest(request.suffix)
        case _:  # pyright: ignore[reportUnnecessaryComparison]  # for callers without a type checker
            raise TypeError(f"the byte range {request!r} is not one of zarr's byte requests")


def _to_zarr_range(request: Request) -> zarr_store.ByteRequest | None:
    match request:
        case None:
            return None
        case RangeByteRequest():
            return zarr_store.RangeByteRequest(request.start, request.end)
        case OffsetByteRequest():
            return zarr_store.OffsetByteRequest(request.offset)
        case SuffixByteRequest():
            return zarr_store.SuffixByteRequest(request.suffix)
        case tuple():
            return _to_zarr_range(from_pair(request))
        case _:  # pyright: ignore[reportUnnecessaryComparison]  # for callers without a type checker
            raise TypeError(f"the byte range {request!r} is not a byte request")


class ZarrAdapter(zarr_store.Store):
    """A zarr store over a store of bytes; equal to another over an equal store.

    Args:
        inner: the store; it is not closed before this one is.
    """

    def __init__(self, inner: storeproto.Store[Any, Any]) -> None:
        super().__init__(read_only=inner.read_only)
        self.inner = inner
        # Asked for once: flags do not change, and the question takes as long as a call of a store in memory.
        self._writing = inner if supports_writes(inner) else None
        self._deleting = inner if supports_deletes(inner) else None
        self._listing = inner if supports_listing(inner) else None

    def with_read_only(self, read_only: bool = False) -> ZarrAdapter:
        """Return a new handle on the same data; this one keeps its mode."""
        return type(self)(self.inner.with_read_only(read_only))

    def __eq__(self, value: object) -> bool:
        return isinstance(value, ZarrAdapter) and bool(self.inner == value.inner)

    def __hash__(self) -> int:
        return hash((ZarrAdapter, self.inner))

    def __str__(self) -> str:
        return str(self.inner)

    def __repr__(self) -> str:
        return f"ZarrAdapter({self.inner!r})"

    def close(self) -> None:
        """Close the store."""
        super().close()
        self.inner.close()

    async def _ensure_open(self) -> None:
        # The inner store says itself when it is closed; zarr would open it again without a word.
        return None

    @property
    def supports_writes(self) -> bool:
        """Whether the inner store can be written to."""
        return self.inner.supports_writes

    @property
    def supports_deletes(self) -> bool:
        """Whether keys can be removed."""
        return self.inner.supports_deletes

    @property
    def supports_listing(self) -> bool:
        """Whether keys can be listed."""
        return self.inner.supports_listing

    def _writer(self, operation: str) -> SupportsWrites[BufferLike]:
        if self._writing is None:
            raise unsupported_error(self.inner, operation, "supports_writes")
        return self._writing

    def _deleter(self, operation: str) -> SupportsDeletes:
        if self._deleting is None:
            raise unsupported_error(self.inner, operation, "supports_deletes")
        return self._deleting

    def _lister(self, operation: str) -> SupportsListing:
        if self._listing is None:
            raise unsupported_error(self.inner, operation, "supports_listing")
        return self._listing

    async def get(
        self, key: str, prototype: BufferPrototype | None = None, byte_range: zarr_store.ByteRequest | None = None
    ) -> Buffer | None:
        """Return the value, or the part that `byte_range` names, in the prototype's buffer class."""
        value = await self.inner.get(key, None, None if byte_range is None else _from_zarr_range(byte_range))
        return None if value is None else (prototype or default_buffer_prototype()).buffer.from_bytes(value)

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, zarr_store.ByteRequest | None]]
    ) -> builtins.list[Buffer | None]:
        """Return what `get` would for each key and byte range."""
        requests = [(key, _from_zarr_range(byte_range)) for key, byte_range in key_ranges]
        return await self.inner.get_partial_values(prototype, requests)

    async def exists(self, key: str) -> bool:
        """Whether `key` is set."""
        return await self.inner.exists(key)

    async def getsize(self, key: str) -> int:
        """Return the number of bytes of the value of `key`."""
        return await self.inner.getsize(key)

    async def set(self, key: str, value: Buffer) -> None:
        """Store `value` under `key`.

        Raises:
            TypeError: `value` is no zarr buffer.
        """
        await self._writer("set").set(key, _contents(value))

    async def set_if_not_exists(self, key: str, value: Buffer) -> None:
        """Store `value` under `key` if it is not set."""
        await self._writer("set_if_not_exists").set_if_not_exists(key, _contents(value))

    async def delete(self, key: str) -> None:
        """Remove `key` alone."""
        await self._deleter("delete").delete(key)

    async def delete_dir(self, prefix: str) -> None:
        """Remove every key below the directory `prefix`."""
        await self._deleter("delete_dir").delete_dir(prefix)

    async def clear(self) -> None:
        """Remove every key."""
        await self._deleter("clear").clear()

    async def is_empty(self, prefix: str) -> bool:
        """Whether no key is below the directory `prefix`."""
        return await self._lister("is_empty").is_empty(prefix)

    async def getsize_prefix(self, prefix: str) -> int:
        """Return the number of bytes of all values below the directory `prefix`."""
        return await self._lister("getsize_prefix").getsize_prefix(prefix)

    def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Give each key that begins with the string `prefix`."""
        return self._lister("list_prefix").list_prefix(prefix)

    def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Give the name of each immediate child of the directory `prefix`."""
        return self._lister("list_dir").list_dir(prefix)

    def list(self) -> AsyncIterator[str]:
        """Give each key."""
        return self._lister("list").list()


def _contents(value: Buffer) -> bytes:
    if type(value) is not CpuBuffer and not isinstance(value, Buffer):  # pyright: ignore[reportUnnecessaryIsInstance]  # for callers without a type checker
        raise TypeError(f"a value must be a zarr Buffer, not {type(value).__name__}")
    return as_bytes(value)


class BytesAdapter:
    """A store of bytes over a zarr store: its flags, its faults, its data.

    Args:
        inner: the zarr store.
    """

    def __init__(self, inner: zarr_store.Store) -> None:
        self.inner = inner

    @property
    def read_only(self) -> bool:
        """Whether this handle refuses every change."""
        return self.inner.read_only

    @property
    def supports_writes(self) -> bool:
        """Whether the inner store can be written to."""
        return self.inner.supports_writes

    @property
    def supports_deletes(self) -> bool:
        """Whether keys can be removed."""
        return self.inner.supports_deletes

    @property
    def supports_listing(self) -> bool:
        """Whether keys can be listed."""
        return self.inner.supports_listing

    @property
    def supports_partial_writes(self) -> Literal[False]:
        """Says that parts of values cannot be replaced: zarr's stores do not."""
        return False

    def with_read_only(self, read_only: bool = False) -> Self:
        """Return a new handle on the same data; this one keeps its mode."""
        return type(self)(self.inner.with_read_only(read_only))

    def close(self) -> None:
        """Close the inner store."""
        self.inner.close()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BytesAdapter):
            return NotImplemented
        return bool(self.inner == other.inner)

    def __hash__(self) -> int:
        # Of the class alone: zarr's stores compare by value and are not hashed.
        return hash(BytesAdapter)

    def __str__(self) -> str:
        return str(self.inner)

    def __repr__(self) -> str:
        return f"BytesAdapter({self.inner!r})"

    @overload
    async def get(self, key: str, prototype: AnyPrototype[bytes] | None = None, byte_range: Request = None) -> bytes | None: ...
    @overload
    async def get(self, key: str, prototype: AnyPrototype[B], byte_range: Request = None) -> B | None: ...
    async def get(self, key: str, prototype: AnyPrototype[Any] | None = None, byte_range: Request = None) -> Any:
        """Return the value, or the part that `byte_range` names: bytes, or of the class of a prototype."""
        value = await self.inner.get(key, default_buffer_prototype(), _to_zarr_range(byte_range))
        if value is None:
            return None
        found = value.to_bytes()
        return found if prototype is None else prototype.buffer.from_bytes(found)

    @overload
    async def get_partial_values(
        self, prototype: AnyPrototype[bytes] | None, key_ranges: Iterable[KeyRange]
    ) -> builtins.list[bytes | None]: ...
    @overload
    async def get_partial_values(self, prototype: AnyPrototype[B], key_ranges: Iterable[KeyRange]) -> builtins.list[B | None]: ...
    async def get_partial_values(self, prototype: AnyPrototype[Any] | None, key_ranges: Iterable[KeyRange]) -> builtins.list[Any]:
        """Return what `get` would for each key and byte range."""
        return [await self.get(key, prototype, byte_range) for key, byte_range in key_ranges]

    async def exists(self, key: str) -> bool:
        """Whether `key` is set."""
        return await self.inner.exists(key)

    async def getsize(self, key: str) -> int:
        """Return the number of bytes of the value of `key`."""
        return await self.inner.getsize(key)

    async def set(self, key: str, value: BufferLike) -> None:
        """Store `value` under `key`."""
        await self.inner.set(key, default_buffer_prototype().buffer.from_bytes(as_bytes(value)))

    async def set_if_not_exists(self, key: str, value: BufferLike) -> None:
        """Store `value` under `key` if it is not set."""
        await self.inner.set_if_not_exists(key, default_buffer_prototype().buffer.from_bytes(as_bytes(value)))

    async def set_partial_values(self, key_start_values: Iterable[tuple[str, int, BytesLike]]) -> None:
        """Refuse to replace parts of values.

        Raises:
            UnsupportedOperationError: always.
        """
        del key_start_values
        raise unsupported_error(self, "set_partial_values", "supports_partial_writes")

    async def delete(self, key: str) -> None:
        """Remove `key`."""
        await self.inner.delete(key)

    async def delete_dir(self, prefix: str) -> None:
        """Remove every key below the directory `prefix`."""
        await self.inner.delete_dir(prefix)

    async def clear(self) -> None:
        """Remove every key."""
        await self.inner.clear()

    async def is_empty(self, prefix: str) -> bool:
        """Whether no key is below the directory `prefix`."""
        return await self.inner.is_empty(prefix)

    async def getsize_prefix(self, prefix: str) -> int:
        """Return the number of bytes of all values below the directory `prefix`."""
        return await self.inner.getsize_prefix(prefix)

    def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Give each key that begins with the string `prefix`."""
        return self.inner.list_prefix(prefix)

    def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Give the name of each immediate child of the directory `prefix`."""
        return self.inner.list_dir(prefix)

    def list(self) -> AsyncIterator[str]:
        """Give each key."""
        return self.inner.list()
