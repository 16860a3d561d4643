"""StorePath: a store and a path in it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Final, Generic, Literal, Self, TypeAlias, cast

from typing_extensions import TypeVar

from storeproto.buffers import BufferPrototype
from storeproto.byte_requests import ByteRangePair, ByteRequest, from_pair
from storeproto.errors import UnsupportedOperationError, read_only_error, unsupported_error
from storeproto.keys import below, join, normalise
from storeproto.protocols import Store, SupportsPages, supports_deletes, supports_listing, supports_writes

AccessMode: TypeAlias = Literal["r", "r+", "a", "w", "w-"]
"""How `StorePath.open` prepares a path: 'r', 'r+' and 'a' leave it, 'w' deletes what is below it, 'w-' refuses one in use."""

ACCESS_MODES: Final[tuple[AccessMode, ...]] = ("r", "r+", "a", "w", "w-")

_PAGE_SIZE: Final = 1000

BufT = TypeVar("BufT", default=bytes)
ProtoT = TypeVar("ProtoT", default=BufferPrototype[bytes])


class StorePath(Generic[BufT, ProtoT]):
    """A key, or a directory, in a store: what `pathlib.Path` is to a file system.

    Attributes:
        store: the store.
        path: the key or directory in it, without leading and trailing slashes; `""` is the root, which is no key.

    Raises:
        InvalidKeyError: `path` has a segment that no key may have.
    """

    def __init__(self, store: Store[BufT, ProtoT], path: str = "") -> None:
        self.store: Final = store
        self.path: Final = normalise(path)

    @classmethod
    async def open(cls, store: Store[BufT, ProtoT], path: str, mode: AccessMode | None = None) -> Self:
        """Return the path, made ready for `mode`; None, 'r', 'r+' and 'a' change nothing.

        Raises:
            FileExistsError: the mode is 'w-' and the path is a key or has keys below it.
            ReadOnlyStoreError: the mode writes and the store is read-only.
            UnsupportedOperationError: the mode is 'w', keys are below the path, and the store does not support deletes; or the
                mode is 'w' or 'w-' and the store can tell nothing of what is below the path.
            ValueError: there is no such mode.
        """
        self = cls(store, path)
        if mode is None or mode == "r":
            return self
        if mode not in ACCESS_MODES:
            raise ValueError(f"the mode {mode!r} is not allowed: give one of {', '.join(map(repr, ACCESS_MODES))}, or None")
        if store.read_only:
            raise read_only_error(store, f"StorePath.open with mode {mode!r}")
        if mode == "w-" and not (await self.is_empty() and (self.path == "" or not await self.exists())):
            raise FileExistsError(
                f"{self} is in use, and the mode 'w-' only makes what is new; 'w' would delete it, 'a' adds to it"
            )
        if mode == "w" and (supports_deletes(store) or not await self.is_empty()):
            await self.delete_dir()
        return self

    @property
    def read_only(self) -> bool:
        """Whether the store's handle refuses every change."""
        return self.store.read_only

    async def get(self, prototype: ProtoT | None = None, byte_range: ByteRequest | ByteRangePair | None = None) -> BufT | None:
        """Return the value, or the part that `byte_range` names; None where nothing is stored."""
        return await self.store.get(self.path, prototype, from_pair(byte_range) if isinstance(byte_range, tuple) else byte_range)

    async def set(self, value: BufT, byte_range: ByteRequest | ByteRangePair | None = None) -> None:
        """Store `value`.

        Raises:
            NotImplementedError: `byte_range` is not None (as documented: `set_partial_values` of the store writes parts).
            UnsupportedOperationError: the store does not support writes.
        """
        if byte_range is not None:
            raise UnsupportedOperationError(
                "StorePath.set with a byte_range: only whole values are written; use the store's set_partial_values"
            )
        if not supports_writes(self.store):
            raise unsupported_error(self.store, "set", "supports_writes")
        await self.store.set(self.path, value)

    async def set_if_not_exists(self, default: BufT) -> None:
        """Store `default` if nothing is stored; else keep what is there.

        Raises:
            UnsupportedOperationError: the store does not support writes.
        """
        if not supports_writes(self.store):
            raise unsupported_error(self.store, "set_if_not_exists", "supports_writes")
        await self.store.set_if_not_exists(self.path, default)

    async def delete(self) -> None:
        """Remove the key.

        Raises:
            UnsupportedOperationError: the store does not support deletes.
        """
        if not supports_deletes(self.store):
            raise unsupported_error(self.store, "delete", "supports_deletes")
        await self.store.delete(self.path)

    async def delete_dir(self) -> None:
        """Remove every key below this path.

        Raises:
            UnsupportedOperationError: the store does not support deletes.
        """
        if not supports_deletes(self.store):
            raise unsupported_error(self.store, "delete_dir", "supports_deletes")
        await self.store.delete_dir(self.path)

    async def exists(self) -> bool:
        """Whether the key is set."""
        return await self.store.exists(self.path)

    async def is_empty(self) -> bool:
        """Whether no key is below this path.

        Raises:
            UnsupportedOperationError: the store does not support listing.
        """
        if not supports_listing(self.store):
            raise unsupported_error(self.store, "is_empty", "supports_listing")
        return await self.store.is_empty(self.path)

    async def list_pages(self) -> AsyncIterator[list[str]]:
        """Give the keys below this path, whole, in lists: the store's own pages where it offers them, and else of 1,000.

        Raises:
            UnsupportedOperationError: the store does not support listing.
        """
        if not supports_listing(self.store):
            raise unsupported_error(self.store, "list_pages", "supports_listing")
        prefix = below(self.path)
        store: object = self.store
        pages = store.list_pages(prefix) if isinstance(store, SupportsPages) else _in_pages(self.store.list_prefix(prefix))
        try:
            async for page in pages:
                yield page
        finally:
            await _left(pages)

    def __truediv__(self, other: str) -> Self:
        """Return the path `other` below this one."""
        return type(self)(self.store, join(self.path, normalise(other)))

    def __str__(self) -> str:
        root = str(self.store)
        return join(root, self.path) if not root.endswith("/") else root + self.path

    def __repr__(self) -> str:
        return f"StorePath({self.store!r}, {self.path!r})"

    def __eq__(self, other: object) -> bool:
        """Whether both are the same path in equal stores."""
        if not isinstance(other, type(self)):
            return NotImplemented
        return self.path == other.path and bool(self.store == other.store)

    def __hash__(self) -> int:
        # Of the path alone: a store that compares by value may refuse to be hashed.
        return hash((StorePath, self.path))


async def _in_pages(names: AsyncIterator[str]) -> AsyncIterator[list[str]]:
    page: list[str] = []
    try:
        async for name in names:
            page.append(name)
            if len(page) == _PAGE_SIZE:
                yield page
                page = []
    finally:
        await _left(names)
    if page:
        yield page


async def _left(listing: AsyncIterator[Any]) -> None:
    """End a listing, which may have been left early, now and not when it is collected."""
    if isinstance(listing, AsyncGenerator):
        await cast("AsyncGenerator[Any, None]", listing).aclose()
