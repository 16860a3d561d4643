"""A store of obstore as a store of bytes: memory, local files, S3, Google Cloud Storage, Azure, HTTP.

obstore's own calls differ from the store contract: a range that names no byte is an error, a prefix is of whole segments, a leading
or trailing slash is dropped from a key. `from_obstore(store)` puts that right.
"""

# obstore's listings are typed with classes of pyarrow, which need not be installed:
# pyright: reportUnknownMemberType=false
from __future__ import annotations

import asyncio
import builtins
import os
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterable
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, Final, Literal, Self, TypeVar

from obstore.exceptions import AlreadyExistsError, BaseError, GenericError, NotSupportedError
from obstore.store import LocalStore
from typing_extensions import override

from reference_stores.credentials import mask_url
from reference_stores.paging import PAGE_SIZE
from reference_stores.reading import KeyRange, ReadingHandle, Request
from reference_stores.remote_media.byte_ranges import checked_request, names_nothing
from reference_stores.remote_media.medium import together
from storeproto import (
    BufferLike,
    ByteRequest,
    BytesLike,
    InvalidKeyError,
    KeyConflictError,
    OffsetByteRequest,
    RangeByteRequest,
    SuffixByteRequest,
    as_bytes,
    resolve,
)
from storeproto.errors import closed_error, missing_key_error, read_only_error, unsupported_error
from storeproto.keys import below, check_key, check_prefix, check_string_prefix, is_key

if TYPE_CHECKING:
    from obstore import GetOptions
    from obstore.store import ObjectStore

T = TypeVar("T")

_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f\x7f]")
_STAGED_NAME: Final = re.compile(r"#[0-9]+\Z")  # what obstore's LocalStore calls a file that it has not finished
_LARGEST: Final = 2**63 - 1


def from_obstore(store: ObjectStore, *, read_only: bool = False) -> ObstoreAdapter:
    """Return the obstore store `store` as a store of bytes.

    Args:
        store: any store of obstore; one of local files is best made with `automatic_cleanup=True`.
        read_only: refuse every change.

    Raises:
        ImportError: obstore is not installed (when this module is imported).
    """
    return ObstoreAdapter(store, read_only=read_only)


class ObstoreAdapter(ReadingHandle):
    """A store of bytes over a store of obstore.

    *Reads.* One request for a `get`, whole or in part. A second one follows where the server refuses the first: to tell a range
    past the end of the value, which is empty, from a fault, and for a suffix where the server knows none (Azure).

    *Writes.* `set_if_not_exists` is a conditional request, so that of many callers one wins. On local files a change that was begun
    is made, although its task is cancelled; the cancellation waits for it, so that it never lands later.

    *Keys.* obstore takes no control characters. On local files neither does it take `#` and a number at the end of a key, `a` and
    `a/b` cannot both be keys, and an empty directory that is left behind gets in the way of a key of its name: make the
    `LocalStore` with `automatic_cleanup=True`, so that none is. It follows symbolic links that lead out of its directory.

    *Processes.* obstore's threads do not outlive a fork, and its calls would hang: in a forked child an operation raises.

    Args:
        inner: the store of obstore; it has no `close`, and goes with its last reference.
        read_only: refuse every change.
    """

    supports_writes: Literal[True] = True
    supports_deletes: Literal[True] = True
    supports_partial_writes: Literal[False] = False
    supports_listing: Literal[True] = True

    def __init__(self, inner: ObjectStore, *, read_only: bool = False) -> None:
        self._inner = inner
        self._read_only = read_only
        # There a key is a file, and what it lies in a directory.
        self._has_directories = isinstance(inner, LocalStore)
        self._process = os.getpid()
        self._closed = False

    @property
    def inner(self) -> ObjectStore:
        """The store of obstore."""
        return self._inner

    @property
    def read_only(self) -> bool:
        """Whether this handle refuses every change."""
        return self._read_only

    def with_read_only(self, read_only: bool = False) -> Self:
        """Return a new handle on the same data; this one keeps its mode."""
        return type(self)(self._readable("with_read_only"), read_only=read_only)

    @override
    def close(self) -> None:
        """End the use of this handle; other handles on the same data go on."""
        self._closed = True

    @override
    def _readable(self, operation: str) -> ObjectStore:
        if self._closed:
            raise closed_error(self, operation)
        if os.getpid() != self._process:
            raise RuntimeError(
                f"{operation}: this {type(self).__name__} was made before a fork, which obstore's threads do not outlive: "
                "start the process by 'spawn' or 'forkserver', and open the store there"
            )
        return self._inner

    def _writable(self, operation: str) -> ObjectStore:
        inner = self._readable(operation)
        if self._read_only:
            raise read_only_error(self, operation)
        return inner

    def _checked(self, key: str) -> str:
        check_key(key)
        if _CONTROL_CHARACTER.search(key):
            raise InvalidKeyError(f"the key {key!r} is not allowed: obstore takes no control characters")
        if self._has_directories and _STAGED_NAME.search(key):
            raise InvalidKeyError(f"the key {key!r} is not allowed: obstore's LocalStore takes none that ends in '#' and a number")
        return key

    # Reading

    @override
    async def _value(self, key: str, byte_range: Request) -> bytes | None:
        self._readable("get")
        self._checked(key)
        request = checked_request(byte_range)
        if names_nothing(request):
            return None if await self._size(key) is None else b""
        try:
            return await self._fetch(key, request)
        except FileNotFoundError:
            return None
        except (GenericError, NotSupportedError):
            if request is None and not self._has_directories:
                raise
            size = await self._size(key)
            if size is None:
                return None
            part = resolve(request, size)
            if part.start == part.stop and request is not None:
                return b""
            if not isinstance(request, SuffixByteRequest):
                raise
        return await self._fetch(key, RangeByteRequest(part.start, part.stop))

    async def _fetch(self, key: str, request: ByteRequest | None) -> bytes:
        with _masking():
            result = await self._inner.get_async(key, options=_options(request))
            return bytes(await result.bytes_async())

    async def _size(self, key: str) -> int | None:
        """The number of bytes of the value; None for a missing key."""
        try:
            with _masking():
                return (await self._inner.head_async(key))["size"]
        except FileNotFoundError:
            return None
        except GenericError:
            if self._has_directories and await self._is_below_a_key(key):
                return None
            raise

    async def _is_below_a_key(self, key: str) -> bool:
        while "/" in key:
            key = key.rpartition("/")[0]
            try:
                await self._inner.head_async(key)
            except (FileNotFoundError, GenericError):
                continue
            return True
        return False

    @override
    async def _values(self, asked: builtins.list[KeyRange]) -> builtins.list[bytes | None]:
        return await together([self._value(key, byte_range) for key, byte_range in asked])

    async def exists(self, key: str) -> bool:
        """Whether `key` is set."""
        self._readable("exists")
        return await self._size(self._checked(key)) is not None

    async def getsize(self, key: str) -> int:
        """Return the number of bytes of the value of `key`.

        Raises:
            FileNotFoundError: `key` is not set.
        """
        self._readable("getsize")
        size = await self._size(self._checked(key))
        if size is None:
            raise missing_key_error(key)
        return size

    # Writing

    async def set(self, key: str, value: BufferLike) -> None:
        """Store `value` under `key`.

        Raises:
            InvalidKeyError: `key` is not allowed.
            KeyConflictError: `key` and another one would need a file and a directory of one name.
            ReadOnlyStoreError: the handle is read-only.
            TypeError: `value` is no buffer.
        """
        inner = self._writable("set")
        self._checked(key)
        new = as_bytes(value)
        try:
            with _masking():
                await self._landed(inner.put_async(key, new))
        except GenericError:
            await self._refuse_conflict(key)
            raise

    async def set_if_not_exists(self, key: str, value: BufferLike) -> None:
        """Store `value` under `key` if it is not set; of many callers, in any processes, one wins.

        Raises:
            InvalidKeyError: `key` is not allowed.
            KeyConflictError: `key` and another one would need a file and a directory of one name.
            ReadOnlyStoreError: the handle is read-only.
            TypeError: `value` is no buffer.
        """
        inner = self._writable("set_if_not_exists")
        self._checked(key)
        new = as_bytes(value)
        try:
            with _masking():
                await self._landed(inner.put_async(key, new, mode="create"))
        except AlreadyExistsError:
            await self._refuse_conflict(key)  # a directory exists, too
        except GenericError:
            await self._refuse_conflict(key)
            raise

    async def _landed(self, change: Awaitable[T]) -> T:
        """Await a change. Threads make it in local files, cancelled or not: there a cancellation waits until they are done."""
        if not self._has_directories:
            return await change
        landing = asyncio.ensure_future(change)
        try:
            return await asyncio.shield(landing)
        except asyncio.CancelledError:
            await asyncio.wait([landing])
            raise

    async def _refuse_conflict(self, key: str) -> None:
        if self._has_directories and (await self._is_below_a_key(key) or await self._has_below(key)):
            raise KeyConflictError(
                f"the key {key!r} cannot be set beside another one: they would need a file and a directory of one name"
            ) from None

    async def set_partial_values(self, key_start_values: Iterable[tuple[str, int, BytesLike]]) -> None:
        """Refuse to replace parts of values.

        Raises:
            UnsupportedOperationError: always.
        """
        del key_start_values
        raise unsupported_error(self, "set_partial_values", "supports_partial_writes")

    # Deleting

    async def delete(self, key: str) -> None:
        """Remove `key` alone; a missing key is no error.

        Raises:
            InvalidKeyError: `key` is not allowed.
            ReadOnlyStoreError: the handle is read-only.
        """
        inner = self._writable("delete")
        self._checked(key)
        await self._remove(inner, key)

    async def _remove(self, inner: ObjectStore, key: str) -> None:
        try:
            with _masking():
                await self._landed(inner.delete_async(key))
        except FileNotFoundError:
            return
        except GenericError:
            # Raised of a directory, too, and of what would lie below a file.
            if not self._has_directories or await self._size(key) is not None:
                raise

    async def delete_dir(self, prefix: str) -> None:
        """Remove every key below the directory `prefix`, a thousand with each call; all of them for `""`.

        Raises:
            InvalidKeyError: `prefix` is not allowed.
            ReadOnlyStoreError: the handle is read-only.
        """
        inner = self._writable("delete_dir")
        async with aclosing(self._entries(below(check_prefix(prefix)))) as pages:
            async for page in pages:
                keys = [key for key, _ in page]
                try:
                    with _masking():
                        await self._landed(inner.delete_async(keys))
                except FileNotFoundError:  # someone else removed one, and those after it are still there
                    for key in keys:
                        await self._remove(inner, key)

    async def clear(self) -> None:
        """Remove every key.

        Raises:
            ReadOnlyStoreError: the handle is read-only.
        """
        self._writable("clear")
        await self.delete_dir("")

    # Listing

    async def _entries(self, prefix: str) -> AsyncGenerator[builtins.list[tuple[str, int]], None]:
        """Give the keys that begin with the string `prefix`, with their sizes, a page at a time."""
        directory = prefix.rpartition("/")[0]
        try:
            with _masking():
                async for page in self._inner.list(directory or None, chunk_size=PAGE_SIZE):
                    # An object may be there that is no key: a directory marker is one.
                    found = [(item["path"], item["size"]) for item in page]
                    entries = [(key, size) for key, size in found if key.startswith(prefix) and is_key(key)]
                    if entries:
                        yield entries
        except GenericError:
            if not self._has_directories or not await self._is_below_a_key(directory + "/"):
                raise

    async def _has_below(self, directory: str) -> bool:
        async with aclosing(self._entries(below(directory))) as pages:
            return await anext(pages, None) is not None

    async def list_pages(self, prefix: str = "") -> AsyncIterator[builtins.list[str]]:
        """Give the keys that begin with the string `prefix`, in lists of at most 1,000.

        Raises:
            InvalidKeyError: no key can begin with `prefix`.
        """
        self._readable("list_pages")
        async with aclosing(self._entries(check_string_prefix(prefix))) as pages:
            async for page in pages:
                yield [key for key, _ in page]

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Give each key that begins with the string `prefix`.

        Raises:
            InvalidKeyError: no key can begin with `prefix`.
        """
        self._readable("list_prefix")
        async with aclosing(self._entries(check_string_prefix(prefix))) as pages:
            async for page in pages:
                for key, _ in page:
                    yield key

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Give the name of each immediate child, key or prefix, of the directory `prefix`.

        Raises:
            InvalidKeyError: `prefix` is not allowed.
        """
        inner = self._readable("list_dir")
        directory = check_prefix(prefix)
        start = below(directory)
        try:
            with _masking():
                listed = await inner.list_with_delimiter_async(directory or None)
        except GenericError:
            if not self._has_directories or not await self._is_below_a_key(start):
                raise
            return
        paths = [item["path"] for item in listed["objects"]]
        directories = listed["common_prefixes"]
        if self._has_directories:  # of which some may be empty
            inhabited = await together([self._has_below(path) for path in directories])
            directories = [path for path, has in zip(directories, inhabited, strict=True) if has]
        for path in dict.fromkeys([*paths, *directories]):
            if path.startswith(start) and is_key(path):
                yield path[len(start) :]

    async def is_empty(self, prefix: str = "") -> bool:
        """Whether no key is below the directory `prefix`.

        Raises:
            InvalidKeyError: `prefix` is not allowed.
        """
        self._readable("is_empty")
        return not await self._has_below(check_prefix(prefix))

    async def getsize_prefix(self, prefix: str = "") -> int:
        """Return the number of bytes of all values below the directory `prefix`.

        Raises:
            InvalidKeyError: `prefix` is not allowed.
        """
        self._readable("getsize_prefix")
        async with aclosing(self._entries(below(check_prefix(prefix)))) as pages:
            return sum([size async for page in pages for _, size in page])

    async def list(self) -> AsyncIterator[str]:
        """Give each key."""
        self._readable("list")
        async with aclosing(self._entries("")) as pages:
            async for page in pages:
                for key, _ in page:
                    yield key

    # Identity

    def __str__(self) -> str:
        # obstore's own text names the place and no option. (Reading an option fails in some versions.)
        return mask_url(str(self._inner))

    def __repr__(self) -> str:
        return f"ObstoreAdapter({self})"

    def __eq__(self, other: object) -> bool:
        """Whether both are handles of one mode on equal stores of obstore."""
        if not isinstance(other, ObstoreAdapter):
            return NotImplemented
        return bool(self._inner == other._inner) and self._read_only == other._read_only

    def __hash__(self) -> int:
        # Of the class and the mode alone: obstore's stores compare by value and are not hashed.
        return hash((ObstoreAdapter, type(self._inner), self._read_only))

    def __reduce__(self) -> tuple[Callable[..., Self], tuple[object, ...]]:
        """Pickle the store of obstore, where it can be: one in memory cannot."""
        return type(self)._reopen, (self._readable("__reduce__"), self._read_only)

    @classmethod
    def _reopen(cls, inner: ObjectStore, read_only: bool) -> Self:
        return cls(inner, read_only=read_only)


def _options(request: ByteRequest | None) -> GetOptions | None:
    """What `request` is to obstore, which takes no number that needs more than 63 bits."""
    match request:
        case None:
            return None
        case RangeByteRequest():
            return {"range": (min(request.start, _LARGEST - 1), min(request.end, _LARGEST))}
        case OffsetByteRequest():
            return {"range": {"offset": min(request.offset, _LARGEST)}}
        case SuffixByteRequest():
            return {"range": {"suffix": min(request.suffix, _LARGEST)}}


@contextmanager
def _masking() -> Generator[None, None, None]:
    """Let no error of obstore show a credential that stands in a URL."""
    try:
        yield
    except BaseError as error:
        text = str(error)
        masked = mask_url(text)
        if masked == text:
            raise
        raise type(error)(masked) from None
