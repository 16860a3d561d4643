"""RemoteStore: values on any file system of fsspec."""

from __future__ import annotations

import builtins
import warnings
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import aclosing
from typing import Any, Final, Literal, Self, cast

from typing_extensions import override

from reference_stores.reading import KeyRange, ReadingHandle, Request
from reference_stores.remote_media.byte_ranges import checked_request
from reference_stores.remote_media.choosing import medium_for
from reference_stores.remote_media.file_systems import (
    AsyncFileSystem,
    FileSystems,
    inner,
    kind_of,
    make,
    make_asynchronous,
    open_url,
)
from reference_stores.remote_media.medium import Medium, Readable, together
from storeproto import (
    BufferLike,
    ByteRangePair,
    RangeByteRequest,
    UnsupportedOperationError,
    as_bytes,
)
from storeproto.errors import closed_error, missing_key_error, read_only_error, unsupported_error
from storeproto.keys import check_key, check_prefix, check_string_prefix

ALLOWED_EXCEPTIONS: Final = (FileNotFoundError, IsADirectoryError, NotADirectoryError)
CONCURRENT_REQUESTS: Final = 64


class RemoteStore(ReadingHandle):
    """A store on a file system of fsspec: `memory://`, `file://`, `http(s)://`, `s3://`, and whatever else fsspec reaches.

    *Reads.* One request for a `get` on S3 and HTTP; a server that ignores byte ranges still gives the right bytes. On other file
    systems a byte range asks for the size first. Whatever listings fsspec remembers are not looked at.

    *Writes.* A value appears whole on S3, in memory and on local files (which are handled as `LocalStore` does); elsewhere as the
    file system does it, which may be in place. `set_if_not_exists` has one winner on the same three (on S3 where the server knows
    `If-None-Match`); elsewhere it looks first and then stores, so that two callers at once may both store.

    *Keys* name themselves on each of those; elsewhere a key that the file system would take for another is refused: over WebDAV one
    with `%`, `?`, `#` or a control character.

    *Directories.* Neither empty ones nor markers of them show. Where directories are real, `a` and `a/b` cannot both be keys, and
    the second is refused.

    *A plain HTTP server* is read by key: the flags say False for writes, deletes and listing.

    *Event loops.* A handle may be used in several: each has connections of its own. Close the store in the loop that used it (or
    leave its `async with` there): connections of a loop that has ended cannot be closed in good order. A file system that was
    given, rather than made by `from_url`, is the caller's to close.

    *Credentials* show neither in `repr` nor in errors. A pickled store carries them, since it opens the same data again.

    Args:
        fs: an asynchronous file system; wrap a synchronous one in `fsspec.implementations.asyn_wrapper.AsyncFileSystemWrapper`.
        read_only: refuse every change.
        path: the root, without the scheme of a URL (over HTTP, the root's whole URL).
        allowed_exceptions: what the file system raises for a key that is missing; every other error is raised.
        concurrent_requests: how many requests may be under way at once in one event loop.

    Raises:
        TypeError: `fs` is not asynchronous.
        ValueError: `path` has a scheme, or is no root that the file system can have.

    Warns:
        UserWarning: `fs` was not made with `asynchronous=True`; a copy that is serves the store.
    """

    def __init__(
        self,
        fs: AsyncFileSystem,
        read_only: bool = False,
        path: str = "/",
        allowed_exceptions: tuple[type[Exception], ...] = ALLOWED_EXCEPTIONS,
        *,
        concurrent_requests: int = CONCURRENT_REQUESTS,
    ) -> None:
        if not getattr(fs, "async_impl", False):
            raise TypeError(
                f"RemoteStore needs an asynchronous file system, and {type(fs).__name__} is none: "
                "wrap it in fsspec.implementations.asyn_wrapper.AsyncFileSystemWrapper, or take RemoteStore.from_url"
            )
        if not fs.asynchronous:
            warnings.warn(
                f"the file system ({type(fs).__name__}) was not created with `asynchronous=True`; a copy that is serves the store",
                category=UserWarning,
                stacklevel=2,
            )
        self._open_on(fs, read_only, path, allowed_exceptions, concurrent_requests, owned=False)

    def _open_on(
        self,
        fs: AsyncFileSystem,
        read_only: bool,
        path: str,
        allowed_exceptions: tuple[type[Exception], ...],
        concurrent_requests: int,
        *,
        owned: bool,
    ) -> None:
        protocols = inner(fs).protocol
        served = (protocols,) if isinstance(protocols, str) else protocols
        if "://" in path and "http" not in served:
            raise ValueError(f"the path {path!r} must not include a scheme: give the path alone, or take RemoteStore.from_url")
        self._systems: FileSystems[Any] = FileSystems(fs, path, owned=owned, requests=concurrent_requests)
        self._reads, self._full = medium_for(self._systems, path)
        self._path = path
        self._allowed_exceptions = tuple(allowed_exceptions)
        self._read_only = read_only
        self._closed = False

    @classmethod
    def _made(
        cls,
        fs: AsyncFileSystem,
        read_only: bool,
        path: str,
        allowed_exceptions: tuple[type[Exception], ...],
        concurrent_requests: int,
    ) -> Self:
        """Open on a file system that was made for this store, and ends with it."""
        store = cls.__new__(cls)
        store._open_on(fs, read_only, path, allowed_exceptions, concurrent_requests, owned=True)
        return store

    @classmethod
    def from_url(
        cls,
        url: str,
        storage_options: dict[str, Any] | None = None,
        read_only: bool = False,
        allowed_exceptions: tuple[type[Exception], ...] = ALLOWED_EXCEPTIONS,
        *,
        concurrent_requests: int = CONCURRENT_REQUESTS,
    ) -> Self:
        """Open the store at `url`, on a file system made with `storage_options` (and wrapped, where it is a synchronous one).

        Raises:
            ImportError: fsspec, or the package that serves the protocol, is not installed.
            ValueError: the protocol is unknown, the options do not fit it, or the URL names no root.
        """
        fs, path = open_url(url, storage_options)
        return cls._made(fs, read_only, path, allowed_exceptions, concurrent_requests)

    @classmethod
    def from_upath(
        cls,
        upath: Any,
        read_only: bool = False,
        allowed_exceptions: tuple[type[Exception], ...] = ALLOWED_EXCEPTIONS,
        *,
        concurrent_requests: int = CONCURRENT_REQUESTS,
    ) -> Self:
        """Open the store at a path of universal_pathlib, on an asynchronous copy of its file system, or that one wrapped.

        Raises:
            TypeError: `upath` is no such path.
        """
        if not (hasattr(upath, "fs") and hasattr(upath, "path")):
            raise TypeError(f"a UPath has a file system and a path; {type(upath).__name__} does not: {upath!r}")
        return cls._made(make_asynchronous(upath.fs), read_only, upath.path, allowed_exceptions, concurrent_requests)

    @property
    def fs(self) -> AsyncFileSystem:
        """The file system."""
        return cast("AsyncFileSystem", self._systems.fs)

    @property
    def path(self) -> str:
        """The root in the file system, as given."""
        return self._path

    @property
    def allowed_exceptions(self) -> tuple[type[Exception], ...]:
        """What the file system raises for a key that is missing."""
        return self._allowed_exceptions

    # Literal[True] is what every file system can do but plain HTTP, and what type checkers are told; there the flags are False.
    @property
    def supports_writes(self) -> Literal[True]:
        """Whether the file system can be written to: False over plain HTTP."""
        return cast("Literal[True]", self._full is not None)

    @property
    def supports_deletes(self) -> Literal[True]:
        """Whether keys can be removed: False over plain HTTP."""
        return cast("Literal[True]", self._full is not None)

    @property
    def supports_listing(self) -> Literal[True]:
        """Whether keys can be listed: False over plain HTTP."""
        return cast("Literal[True]", self._full is not None)

    @property
    def supports_partial_writes(self) -> Literal[False]:
        """Says that parts of a value cannot be replaced."""
        return False

    @property
    def read_only(self) -> bool:
        """Whether this handle refuses every change."""
        return self._read_only

    def with_read_only(self, read_only: bool = False) -> Self:
        """Return a new handle on the same data, which shares the connections; this one keeps its mode."""
        self._readable("with_read_only").share()
        handle = type(self).__new__(type(self))
        handle.__dict__.update(self.__dict__, _read_only=read_only)
        return handle

    @override
    def close(self) -> None:
        """End the use of this handle; the connections end with the last handle."""
        if not self._closed:
            self._closed = True
            self._reads.close()

    @override
    def _readable(self, operation: str) -> Readable:
        if self._closed:
            raise closed_error(self, operation)
        return self._reads

    def _listable(self, operation: str) -> Medium:
        self._readable(operation)
        if self._full is None:
            raise unsupported_error(self, operation, "supports_listing")
        return self._full

    def _writable(self, operation: str, flag: str = "supports_writes") -> Medium:
        self._readable(operation)
        if self._full is None:
            raise unsupported_error(self, operation, flag)
        if self._read_only:
            raise read_only_error(self, operation)
        return self._full

    # Reading

    @override
    async def _value(self, key: str, byte_range: Request) -> bytes | None:
        medium = self._readable("get")
        check_key(key)
        request = checked_request(byte_range)
        try:
            return await medium.read(key, request)
        except self._allowed_exceptions:
            return None

    @override
    async def _values(self, asked: builtins.list[KeyRange]) -> builtins.list[bytes | None]:
        return await together([self._value(key, byte_range) for key, byte_range in asked])

    async def exists(self, key: str) -> bool:
        """Whether `key` is set."""
        medium = self._readable("exists")
        check_key(key)
        try:
            await medium.size(key)
        except self._allowed_exceptions:
            return False
        return True

    async def getsize(self, key: str) -> int:
        """Return the number of bytes of the value of `key`.

        Raises:
            FileNotFoundError: `key` is not set.
        """
        medium = self._readable("getsize")
        check_key(key)
        try:
            return await medium.size(key)
        except self._allowed_exceptions:
            raise missing_key_error(key) from None

    # Writing

    async def set(self, key: str, value: BufferLike, byte_range: RangeByteRequest | ByteRangePair | None = None) -> None:
        """Store `value` under `key`.

        Raises:
            InvalidKeyError: `key` is not allowed.
            KeyConflictError: `key` and another one would need a file and a directory of one name.
            ReadOnlyStoreError: the handle is read-only.
            TypeError: `value` is no buffer.
            UnsupportedOperationError: a byte range is given, or the file system cannot be written to.
        """
        medium = self._writable("set")
        if byte_range is not None:
            raise UnsupportedOperationError(
                "set with a byte_range: RemoteStore replaces whole values only (supports_partial_writes is False)"
            )
        await medium.write(check_key(key), as_bytes(value))

    async def set_if_not_exists(self, key: str, value: BufferLike) -> None:
        """Store `value` under `key` if it is not set; the class says where one of many callers wins.

        Raises:
            InvalidKeyError: `key` is not allowed.
            KeyConflictError: `key` and another one would need a file and a directory of one name.
            ReadOnlyStoreError: the handle is read-only.
            TypeError: `value` is no buffer.
            UnsupportedOperationError: the file system cannot be written to.
        """
        medium = self._writable("set_if_not_exists")
        await medium.create(check_key(key), as_bytes(value))

    async def set_partial_values(
        self,
        key_start_values: Iterable[tuple[str, int, BufferLike]],  # noqa: ARG002  # as documented
    ) -> None:
        """Refuse: whole values only are replaced.

        Raises:
            ReadOnlyStoreError: the handle is read-only.
            UnsupportedOperationError: always.
        """
        self._writable("set_partial_values", "supports_partial_writes")
        raise unsupported_error(self, "set_partial_values", "supports_partial_writes")

    # Deleting

    async def delete(self, key: str) -> None:
        """Remove `key` alone; a missing key is no error.

        Raises:
            InvalidKeyError: `key` is not allowed.
            ReadOnlyStoreError: the handle is read-only.
            UnsupportedOperationError: the file system cannot be written to.
        """
        medium = self._writable("delete", "supports_deletes")
        check_key(key)
        try:
            await medium.remove(key)
        except self._allowed_exceptions:
            return

    async def delete_dir(self, prefix: str) -> None:
        """Remove every key below the directory `prefix`; all of them for `""`.

        Raises:
            InvalidKeyError: `prefix` is not allowed.
            ReadOnlyStoreError: the handle is read-only.
            UnsupportedOperationError: the file system cannot be written to.
        """
        medium = self._writable("delete_dir", "supports_deletes")
        await medium.remove_below(check_prefix(prefix))

    async def clear(self) -> None:
        """Remove every key.

        Raises:
            ReadOnlyStoreError: the handle is read-only.
            UnsupportedOperationError: the file system cannot be written to.
        """
        self._writable("clear", "supports_deletes")
        await self.delete_dir("")

    # Listing

    async def _pages(self, prefix: str, operation: str) -> AsyncGenerator[builtins.list[str], None]:
        medium = self._listable(operation)
        async with aclosing(medium.pages(check_string_prefix(prefix))) as pages:
            async for page in pages:
                yield [key for key, _ in page]

    async def list_pages(self, prefix: str = "") -> AsyncIterator[builtins.list[str]]:
        """Give the keys that begin with the string `prefix`, in lists of at most 1,000.

        Raises:
            InvalidKeyError: no key can begin with `prefix`.
            UnsupportedOperationError: the file system cannot be listed.
        """
        async with aclosing(self._pages(prefix, "list_pages")) as pages:
            async for page in pages:
                yield page

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Give each key that begins with the string `prefix`.

        Raises:
            InvalidKeyError: no key can begin with `prefix`.
            UnsupportedOperationError: the file system cannot be listed.
        """
        async with aclosing(self._pages(prefix, "list_prefix")) as pages:
            async for page in pages:
                for key in page:
                    yield key

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Give the name of each immediate child, key or prefix, of the directory `prefix`.

        Raises:
            InvalidKeyError: `prefix` is not allowed.
            UnsupportedOperationError: the file system cannot be listed.
        """
        medium = self._listable("list_dir")
        async with aclosing(medium.children(check_prefix(prefix))) as pages:
            async for page in pages:
                for name in page:
                    yield name

    async def is_empty(self, prefix: str = "") -> bool:
        """Whether no key is below the directory `prefix`.

        Raises:
            InvalidKeyError: `prefix` is not allowed.
            UnsupportedOperationError: the file system cannot be listed.
        """
        medium = self._listable("is_empty")
        return not await medium.has_below(check_prefix(prefix))

    async def getsize_prefix(self, prefix: str = "") -> int:
        """Return the number of bytes of all values below the directory `prefix`.

        Raises:
            InvalidKeyError: `prefix` is not allowed.
            UnsupportedOperationError: the file system cannot be listed.
        """
        medium = self._listable("getsize_prefix")
        return await medium.size_below(check_prefix(prefix))

    async def list(self) -> AsyncIterator[str]:
        """Give each key.

        Raises:
            UnsupportedOperationError: the file system cannot be listed.
        """
        async with aclosing(self._pages("", "list")) as pages:
            async for page in pages:
                for key in page:
                    yield key

    # Identity

    def __str__(self) -> str:
        return self._reads.location

    def __repr__(self) -> str:
        return f"RemoteStore('{self}')"

    def __eq__(self, other: object) -> bool:
        """Whether both are handles of one mode on one root of file systems made alike."""
        if not isinstance(other, RemoteStore):
            return NotImplemented
        return self._reads.identity == other._reads.identity and self._read_only == other._read_only

    def __hash__(self) -> int:
        # Of the location alone: what a file system was made with may not have a hash.
        return hash((RemoteStore, self._reads.location, self._read_only))

    def __reduce__(self) -> tuple[Callable[..., Self], tuple[object, ...]]:
        """Pickle how the file system was made; connections belong to an event loop, and are opened anew."""
        self._readable("__reduce__")
        fs = self._systems.fs
        made: tuple[object, ...] = (fs,) if inner(fs) is not fs else (kind_of(fs), fs.storage_args, fs.storage_options)
        return type(self)._reopen, (made, self._read_only, self._path, self._allowed_exceptions, self._systems.requests)

    @classmethod
    def _reopen(cls, made: tuple[Any, ...], *how: Any) -> Self:
        return cls._made(made[0] if len(made) == 1 else make(*made), *how)
