"""A small library that keeps caches in stores.

It takes any store that can list and delete, in each of the ways people write that.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Generic, TypeVar, assert_type

from reference_stores import MemoryStore
from storeproto import (
    BufferPrototype,
    ByteRequest,
    Protocol,
    PrototypeStore,
    Store,
    StorePath,
    SupportsDeletes,
    SupportsListing,
    SupportsWrites,
    UnsupportedOperationError,
    supports_deletes,
    supports_listing,
    supports_writes,
)

# By its own composed protocol: what is asked for is in the signature, and the caller answers for it.


class SweepableStore(Store, SupportsListing, SupportsDeletes, Protocol):
    """Can be read, listed and deleted from."""


async def sweep(store: SweepableStore, is_stale: Callable[[bytes], bool]) -> int:
    """Delete the values that are stale, and return how many they were."""
    swept = 0
    async for key in store.list():
        value = await store.get(key)
        if value is not None and is_stale(value):
            await store.delete(key)
            swept += 1
    return swept


# By narrowing: any store is taken, and asked.


async def sweep_any(store: Store, is_stale: Callable[[bytes], bool]) -> int:
    """Do the same with any store, and refuse one that cannot."""
    if not supports_listing(store) or not supports_deletes(store):
        raise UnsupportedOperationError("a cache needs a store that lists and deletes")
    return await sweep(store, is_stale)


async def drop(store: Store, prefix: str) -> bool:
    """Delete a part of a cache, where the store can."""
    if supports_deletes(store):
        await store.delete_dir(prefix)
        return True
    return False


async def names(store: Store) -> list[str]:
    """The parts of a cache; none where the store cannot tell."""
    return [name async for name in store.list_dir("")] if supports_listing(store) else []


# By a single capability: what is needed is not even a store.


async def empty(directory: SupportsDeletes) -> None:
    """Remove everything from what deletes."""
    await directory.clear()


async def count(listing: SupportsListing) -> int:
    """Count what lists."""
    return len([key async for key in listing.list()])


# By generics: what is handed in comes out.

SweepableT = TypeVar("SweepableT", bound=SweepableStore)
BufferT = TypeVar("BufferT")
PrototypeT = TypeVar("PrototypeT")
RangeT = TypeVar("RangeT")


async def swept(store: SweepableT) -> SweepableT:
    """Return the store that was given, as what it was, without its empty values."""
    await sweep(store, lambda value: not value)
    return store


async def first_value(store: PrototypeStore[BufferT, PrototypeT, RangeT], prototype: PrototypeT, keys: list[str]) -> BufferT | None:
    """Return the first value there is, in the store's own class, of any store of any buffers."""
    for value in await store.get_partial_values(prototype, [(key, None) for key in keys]):
        if value is not None:
            return value
    return None


async def replace(store: Store[BufferT, BufferPrototype[BufferT]], key: str, change: Callable[[BufferT], BufferT]) -> None:
    """Write what `change` makes of a value, in a store of any one class of values."""
    value = await store.get(key)
    if value is not None and supports_writes(store):
        await store.set(key, change(value))


class Cache(Generic[SweepableT]):
    """Holds a store, and knows which class it is of."""

    def __init__(self, store: SweepableT) -> None:
        self.store = store

    async def forget(self) -> None:
        """Delete every value."""
        await self.store.clear()


# By StorePath: a part of a store.


async def load(path: StorePath, name: str, make: Callable[[], Awaitable[bytes]]) -> bytes:
    """Return the value of a name in the cache at `path`, made where it is not there."""
    cached = path / name
    value = await cached.get()
    if value is None:
        value = await make()
        await cached.set_if_not_exists(value)
    return value


# By a wrapper: a store that is made from another.


class PrefixedStore:
    """The part of a store below a directory, as a store that lists and deletes."""

    def __init__(self, inner: SweepableStore, prefix: str) -> None:
        self.inner = inner
        self.prefix = prefix

    @property
    def supports_deletes(self) -> bool:
        """Whether the inner store deletes."""
        return self.inner.supports_deletes

    @property
    def supports_listing(self) -> bool:
        """Whether the inner store lists."""
        return self.inner.supports_listing

    async def get(self, key: str, byte_range: ByteRequest | None = None) -> bytes | None:
        """Read below the prefix."""
        return await self.inner.get(f"{self.prefix}/{key}", byte_range=byte_range)

    async def delete(self, key: str) -> None:
        """Delete below the prefix."""
        await self.inner.delete(f"{self.prefix}/{key}")

    def list(self) -> AsyncIterator[str]:
        """List what is below the prefix."""
        return self.inner.list_prefix(f"{self.prefix}/")


# Right uses of the library.


class Unlisted(Store, SupportsDeletes, Protocol):
    """Deletes, and may not list."""


async def use(memory: MemoryStore, store: Store, unlisted: Unlisted) -> None:
    """Stores that can are taken, and give what they hold."""
    assert_type(await sweep(memory, bool), int)
    assert_type(await sweep_any(store, bool), int)
    assert_type(await sweep_any(unlisted, bool), int)
    assert_type(await drop(store, "a"), bool)
    assert_type(await names(store), list[str])
    await empty(memory)
    await empty(unlisted)
    assert_type(await count(memory), int)
    assert_type(await swept(memory), MemoryStore)
    assert_type(Cache(memory).store, MemoryStore)
    assert_type(await replace(store, "a", bytes.upper), None)
    PrefixedStore(memory, "a")
    if supports_listing(store) and supports_deletes(store):
        await sweep(store, bool)
        await swept(store)
    if supports_listing(unlisted):
        await sweep(unlisted, bool)


async def read(store: Store, prototype: BufferPrototype[bytes]) -> None:
    """The value comes in the class of the store."""
    assert_type(await first_value(store, prototype, ["a"]), bytes | None)


async def make() -> bytes:
    """Make a value."""
    return b"v"


async def use_paths(memory: MemoryStore, store: Store) -> None:
    """A path in any store will do."""
    assert_type(await load(StorePath(memory), "a", make), bytes)
    assert_type(await load(StorePath(store, "cache"), "a", make), bytes)


# Wrong uses, each refused before it runs.


async def use_wrongly(memory: MemoryStore, store: Store, unlisted: Unlisted, writes: SupportsWrites) -> None:
    """Stores that cannot, or that were not asked, are refused."""
    await sweep(store, bool)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await sweep(unlisted, bool)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await sweep(writes, bool)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await sweep({}, bool)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await sweep(memory, str.isupper)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await sweep_any(writes, bool)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await empty(store)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await count(unlisted)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await swept(store)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    Cache(store)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    await replace(store, "a", str.upper)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await load(memory, "a", make)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await load(StorePath(memory), "a", lambda: b"v")  # type: ignore[arg-type, return-value]  # pyright: ignore[reportArgumentType]
    if supports_deletes(store):
        await sweep(store, bool)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    if not supports_deletes(store):
        await empty(store)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def take_the_wrapper(wrapper: PrefixedStore) -> SweepableStore:
    """A wrapper that forwards only what it uses itself is no store of the composed protocol."""
    return wrapper  # type: ignore[return-value]  # pyright: ignore[reportReturnType]
