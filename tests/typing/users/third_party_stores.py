"""Stores as a third party writes them, with nothing of this package but its types, and some with a mistake."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Literal

from storeproto import (
    BufferPrototype,
    ByteRequest,
    BytesLike,
    PrototypeStore,
    Store,
    SupportsDeletes,
    SupportsListing,
    SupportsPartialWrites,
    SupportsWrites,
    supports_deletes,
    supports_listing,
    supports_partial_writes,
    supports_writes,
)
from storeproto.errors import unsupported_error


class Handle:
    """The part that the stores below have in common."""

    @property
    def read_only(self) -> bool:
        return False

    def with_read_only(self, read_only: bool = False) -> Store:
        raise NotImplementedError

    async def getsize(self, key: str) -> int:
        raise FileNotFoundError(key)

    def close(self) -> None: ...


class NoCapability:
    """The flags of a store that can only be read."""

    @property
    def supports_writes(self) -> bool:
        return False

    @property
    def supports_deletes(self) -> bool:
        return False

    @property
    def supports_partial_writes(self) -> bool:
        return False

    @property
    def supports_listing(self) -> bool:
        return False


class Existence:
    """The question whether a key is set."""

    async def exists(self, key: str) -> bool:
        return False


class PartialReads:
    """Many reads in one."""

    async def get_partial_values(
        self, prototype: object, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[bytes | None]:
        return [None for _ in key_ranges]


class PlainStore(Handle, NoCapability, Existence, PartialReads):
    """Looks at no prototype."""

    async def get(self, key: str, prototype: object = None, byte_range: ByteRequest | None = None) -> bytes | None:
        return None


class TypedPrototypeStore(Handle, NoCapability, Existence):
    """Spells the prototype as the protocol does."""

    async def get(
        self, key: str, prototype: BufferPrototype[bytes] | None = None, byte_range: ByteRequest | None = None
    ) -> bytes | None:
        return None

    async def get_partial_values(
        self, prototype: BufferPrototype[bytes], key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[bytes | None]:
        return [None for _ in key_ranges]


class RequiredPrototypeStore(Handle, NoCapability, Existence, PartialReads):
    """Cannot read without a prototype."""

    async def get(self, key: str, prototype: BufferPrototype[bytes], byte_range: ByteRequest | None = None) -> bytes | None:
        return None


class WritableStore(Handle, Existence, PartialReads):
    """Says with its class attributes what it can do, and does it."""

    supports_writes: Literal[True] = True
    supports_deletes: Literal[True] = True
    supports_partial_writes: Literal[False] = False
    supports_listing: Literal[False] = False

    async def get(self, key: str, prototype: object = None, byte_range: ByteRequest | None = None) -> bytes | None:
        return None

    async def set(self, key: str, value: bytes) -> None: ...

    async def set_if_not_exists(self, key: str, value: bytes) -> None: ...

    async def delete(self, key: str) -> None: ...

    async def delete_dir(self, prefix: str) -> None: ...

    async def clear(self) -> None: ...


class Wrapper:
    """Passes everything on; its flags are those of the store that it wraps, so they are properties, and bool."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner

    @property
    def read_only(self) -> bool:
        return self.inner.read_only

    @property
    def supports_writes(self) -> bool:
        return self.inner.supports_writes

    @property
    def supports_deletes(self) -> bool:
        return self.inner.supports_deletes

    @property
    def supports_partial_writes(self) -> bool:
        return self.inner.supports_partial_writes

    @property
    def supports_listing(self) -> bool:
        return self.inner.supports_listing

    def with_read_only(self, read_only: bool = False) -> Wrapper:
        return Wrapper(self.inner.with_read_only(read_only))

    async def get(
        self, key: str, prototype: BufferPrototype[bytes] | None = None, byte_range: ByteRequest | None = None
    ) -> bytes | None:
        return await self.inner.get(key, prototype, byte_range)

    async def get_partial_values(
        self, prototype: BufferPrototype[bytes], key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[bytes | None]:
        return await self.inner.get_partial_values(prototype, key_ranges)

    async def exists(self, key: str) -> bool:
        return await self.inner.exists(key)

    async def getsize(self, key: str) -> int:
        return await self.inner.getsize(key)

    def close(self) -> None:
        self.inner.close()

    async def set(self, key: str, value: bytes) -> None:
        if not supports_writes(self.inner):
            raise unsupported_error(self, "set", "supports_writes")
        await self.inner.set(key, value)

    async def set_if_not_exists(self, key: str, value: bytes) -> None:
        if not supports_writes(self.inner):
            raise unsupported_error(self, "set_if_not_exists", "supports_writes")
        await self.inner.set_if_not_exists(key, value)

    async def set_partial_values(self, key_start_values: Iterable[tuple[str, int, BytesLike]]) -> None:
        if not supports_partial_writes(self.inner):
            raise unsupported_error(self, "set_partial_values", "supports_partial_writes")
        await self.inner.set_partial_values(key_start_values)

    async def delete(self, key: str) -> None:
        if not supports_deletes(self.inner):
            raise unsupported_error(self, "delete", "supports_deletes")
        await self.inner.delete(key)

    async def delete_dir(self, prefix: str) -> None:
        if not supports_deletes(self.inner):
            raise unsupported_error(self, "delete_dir", "supports_deletes")
        await self.inner.delete_dir(prefix)

    async def clear(self) -> None:
        if not supports_deletes(self.inner):
            raise unsupported_error(self, "clear", "supports_deletes")
        await self.inner.clear()

    def _lister(self) -> SupportsListing:
        if not supports_listing(self.inner):
            raise unsupported_error(self, "list", "supports_listing")
        return self.inner

    def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        return self._lister().list_prefix(prefix)

    def list_dir(self, prefix: str) -> AsyncIterator[str]:
        return self._lister().list_dir(prefix)

    async def is_empty(self, prefix: str) -> bool:
        return await self._lister().is_empty(prefix)

    async def getsize_prefix(self, prefix: str) -> int:
        return await self._lister().getsize_prefix(prefix)

    def list(self) -> AsyncIterator[str]:
        return self._lister().list()


def want_store(store: Store, /) -> None:
    """Any store."""


def want_prototype_store(store: PrototypeStore, /) -> None:
    """Any store, its reads with a prototype."""


def want_writes(store: SupportsWrites, /) -> None:
    """What surely can be written to."""


def want_deletes(store: SupportsDeletes, /) -> None:
    """What surely can delete."""


def want_partial_writes(store: SupportsPartialWrites, /) -> None:
    """What surely can be written to in part."""


def want_listing(store: SupportsListing, /) -> None:
    """What surely can be listed."""


def assign_stores(
    plain: PlainStore, typed: TypedPrototypeStore, required: RequiredPrototypeStore, writable: WritableStore, wrapper: Wrapper
) -> None:
    """Each is a store, but for the one whose reads want a prototype."""
    want_store(plain)
    want_store(typed)
    want_store(writable)
    want_store(wrapper)
    want_store(required)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    want_prototype_store(plain)
    want_prototype_store(typed)
    want_prototype_store(writable)
    want_prototype_store(wrapper)
    want_prototype_store(required)


def assign_capabilities(typed: TypedPrototypeStore, writable: WritableStore, wrapper: Wrapper) -> None:
    """A store has the capabilities that its class promises; a wrapper, whose flags are bool, is asked first."""
    want_writes(writable)
    want_deletes(writable)
    want_partial_writes(writable)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    want_listing(writable)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    want_writes(typed)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    want_writes(wrapper)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    want_deletes(wrapper)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def ask_the_wrapper(wrapped: Wrapper) -> None:
    """A wrapper that is declared as a store has the capabilities that its flags say."""
    wrapper: Store = wrapped
    if supports_writes(wrapper) and supports_deletes(wrapper) and supports_listing(wrapper) and supports_partial_writes(wrapper):
        want_writes(wrapper)
        want_deletes(wrapper)
        want_listing(wrapper)
        want_partial_writes(wrapper)


# Mistakes that a third party makes; each is refused where the store is handed over.


class TextStore(Handle, NoCapability, Existence, PartialReads):
    """Gives text."""

    async def get(self, key: str, prototype: object = None, byte_range: ByteRequest | None = None) -> str | None:
        return None


class PairStore(Handle, NoCapability, Existence, PartialReads):
    """Knows byte ranges only in the older form."""

    async def get(self, key: str, prototype: object = None, byte_range: tuple[int, int] | None = None) -> bytes | None:
        return None


class NoPrototypeStore(Handle, NoCapability, Existence, PartialReads):
    """Takes no prototype."""

    async def get(self, key: str, byte_range: ByteRequest | None = None) -> bytes | None:
        return None


class BlockingStore(Handle, NoCapability, PartialReads):
    """Forgets that exists is awaited."""

    async def get(self, key: str, prototype: object = None, byte_range: ByteRequest | None = None) -> bytes | None:
        return None

    def exists(self, key: str) -> bool:
        return False


class MethodFlagStore(Handle, Existence, PartialReads):
    """Has a method in the place of a flag."""

    supports_deletes = False
    supports_partial_writes = False
    supports_listing = False

    def supports_writes(self) -> bool:
        return False

    async def get(self, key: str, prototype: object = None, byte_range: ByteRequest | None = None) -> bytes | None:
        return None


class AlwaysThereStore(Handle, NoCapability, Existence, PartialReads):
    """Its reads never give None: that is more than is asked for, and right."""

    async def get(self, key: str, prototype: object = None, byte_range: ByteRequest | None = None) -> bytes:
        return b""


def assign_mistakes(
    text: TextStore,
    pair: PairStore,
    blocking: BlockingStore,
    method_flag: MethodFlagStore,
    no_prototype: NoPrototypeStore,
    always_there: AlwaysThereStore,
) -> None:
    """A store with a mistake is no store."""
    want_store(text)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    want_store(pair)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    want_store(blocking)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    want_store(method_flag)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    want_store(no_prototype)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    want_store(always_there)
