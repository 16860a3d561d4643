"""LocalStore: values in files of a directory."""

from __future__ import annotations

import builtins
import os
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any, Final, Literal, Self

from typing_extensions import TypeVar, override

from reference_stores.commit_token import CommitToken
from reference_stores.local_files.files import LocalFiles
from reference_stores.paging import PAGE_SIZE
from reference_stores.partial_writes import plan_patches, plan_range
from reference_stores.reading import KeyRange, Request, SynchronousReadingHandle
from reference_stores.thread_hops import ThreadHops
from storeproto import (
    BufferLike,
    ByteRangePair,
    RangeByteRequest,
    UnsupportedOperationError,
    as_bytes,
)
from storeproto.errors import closed_error, missing_key_error, read_only_error
from storeproto.keys import check_key, check_prefix, check_string_prefix

S = TypeVar("S")
T = TypeVar("T")

_HAS_DIRECTORY_HANDLES: Final = {os.open, os.rename, os.unlink} <= os.supports_dir_fd


class LocalStore(SynchronousReadingHandle):
    """A store in the directory `root`: the value of the key `a/b` is the file `a/b` in it.

    *What is in the store.* The regular files below `root` that are reached without a symbolic link and have UTF-8 names. Links
    below `root` are never followed: what they lead to is not there, `set` replaces a link of the key's name and refuses a key that
    would lead through one, and `delete`, `delete_dir` and `clear` remove the link itself. (`root` may be reached by links.) No key
    leads out of `root`: paths are resolved by openat2 where Linux has it, and through handles of directories elsewhere. Empty
    directories do not show, and are removed with the last key in them.

    *Keys.* A segment has at most 255 bytes in UTF-8, a key 4,095. A key and a key below it, `a` and `a/b`, cannot both be set; the
    second is refused. So is the second of two that differ only in the case of ASCII letters, where the file system takes them for
    one (a race of two such keys aside).

    *Writes* are atomic: a value is written in a staging area of `root`, under a name that no key can have, and renamed into place.
    Of many `set_if_not_exists`, in any processes, one wins. What a killed writer leaves is never listed, and the next one removes
    it. (Where a file system takes only UTF-8 names, the area is called `.storeproto-staging`, and no key may begin with that
    segment; where it has no locks, leftovers stay.) A cancelled change never appears later: where the one system call with which it
    appears has begun, the cancellation waits for its end.

    *Partial writes* change a copy and rename it, so that readers see all of one `set_partial_values` on a key, or nothing. Between
    the threads of a process nothing is lost; of a partial write in one process and a `set` or `delete` of the same key in
    another at the same time, one may be. With several keys, an error of the system may come when some have been changed.

    *Reads* of small values that the system has in its cache, and looking at small directories, are done at once, where Linux offers
    ways that do not wait for a disk; all else is done in threads of the event loop's default executor.

    Args:
        root: the directory, made at the first write if it does not exist.
        read_only: refuse every change; nothing is made then.
        durable: bring the value, and the directories that name it, to the disk before an operation is acknowledged. Without it,
            what was acknowledged survives the end of the process, however it comes, but a power cut can take the last
            changes, and leave a new key empty.
        always_use_threads: do everything in threads, and nothing together: for network mounts, where any call may hang.
        partial_writes_in_place: write parts of values into the files that hold them: much faster on large values, but readers
            can see some of a change, and a kill or a full disk can leave it half done.

    Raises:
        TypeError: `root` is no path.
        UnsupportedOperationError: the system (Windows) has no handles of directories to work through.
    """

    supports_writes: Literal[True] = True
    supports_deletes: Literal[True] = True
    supports_partial_writes: Literal[True] = True
    supports_listing: Literal[True] = True

    def __init__(
        self,
        root: Path | str,
        *,
        read_only: bool = False,
        durable: bool = False,
        always_use_threads: bool = False,
        partial_writes_in_place: bool = False,
    ) -> None:
        if not isinstance(root, (str, Path)):  # pyright: ignore[reportUnnecessaryIsInstance]  # for callers without a type checker
            raise TypeError(f"the root must be a str or a pathlib.Path, not {type(root).__name__}: {root!r}")
        if not _HAS_DIRECTORY_HANDLES:
            raise UnsupportedOperationError(
                "LocalStore: this system has no handles of directories; MemoryStore and ZipStore need none"
            )
        self._root = Path(os.path.abspath(root))  # noqa: PTH100  # pathlib's absolute() keeps "..", and resolve() follows links
        self._options = {
            "durable": durable,
            "always_use_threads": always_use_threads,
            "partial_writes_in_place": partial_writes_in_place,
        }
        self._take(
            LocalFiles(self._root, durable=durable, in_place=partial_writes_in_place, may_hang=always_use_threads), read_only
        )

    def _take(self, files: LocalFiles, read_only: bool) -> None:
        self._files: LocalFiles | None = files
        self._read_only = read_only
        self._hops = ThreadHops(share=not self._options["always_use_threads"])

    @property
    def root(self) -> Path:
        """The directory, as an absolute path."""
        return self._root

    @property
    def read_only(self) -> bool:
        """Whether this handle refuses every change."""
        return self._read_only

    def with_read_only(self, read_only: bool = False) -> Self:
        """Return a new handle on the same data; this one keeps its mode."""
        handle = type(self).__new__(type(self))
        handle._root, handle._options = self._root, self._options
        handle._take(self._readable("with_read_only"), read_only)
        return handle

    @override
    def close(self) -> None:
        """End the use of this handle; other handles on the same data go on, and so do operations that have begun."""
        if self._files is not None:
            self._files.close()
            self._files = None

    @override
    def _readable(self, operation: str) -> LocalFiles:
        """The files, for reading."""
        if self._files is None:
            raise closed_error(self, operation)
        return self._files

    def _writable(self, operation: str) -> LocalFiles:
        """The files, for a change."""
        files = self._readable(operation)
        if self._read_only:
            raise read_only_error(self, operation)
        return files

    async def _read(self, now: Callable[[S], T], in_thread: Callable[[S], T], asked: S) -> T:
        """Answer at once where that needs no disk, and else from a thread."""
        try:
            return now(asked)
        except BlockingIOError:
            pass
        return await self._hops.read(in_thread, asked)

    # Reading

    @override
    def _value_sync(self, key: str, byte_range: Request) -> bytes | None:
        return self._readable("get").get(key, byte_range)

    @override
    def _value_now(self, key: str, byte_range: Request) -> bytes | None:
        return self._readable("get").get_now(key, byte_range)

    @override
    async def _value(self, key: str, byte_range: Request) -> bytes | None:
        return await self._hops.read(self._readable("get").get, key, byte_range)

    @override
    async def _values(self, asked: builtins.list[KeyRange]) -> builtins.list[bytes | None]:
        files = self._readable("get_partial_values")
        return await self._read(files.get_many_now, files.get_many, asked)

    async def exists(self, key: str) -> bool:
        """Whether `key` is set."""
        files = self._readable("exists")
        return await self._read(files.size_now, files.size, key) is not None

    async def getsize(self, key: str) -> int:
        """Return the number of bytes of the value of `key`.

        Raises:
            FileNotFoundError: `key` is not set.
        """
        files = self._readable("getsize")
        size = await self._read(files.size_now, files.size, key)
        if size is None:
            raise missing_key_error(key)
        return size

    # Writing

    def set_sync(self, key: str, value: BufferLike, byte_range: RangeByteRequest | ByteRangePair | None = None) -> None:
        """Do what `set` does, without an event loop."""
        files = self._writable("set")
        if byte_range is not None:
            files.patch(CommitToken(), plan_range(key, value, byte_range))
        else:
            files.set(CommitToken(), check_key(key), as_bytes(value))

    async def set(self, key: str, value: BufferLike, byte_range: RangeByteRequest | ByteRangePair | None = None) -> None:
        """Store `value` under `key`; with a byte range, a RangeByteRequest or `(start, length)`, only those bytes of it.

        Raises:
            InvalidKeyError: `key` is not allowed.
            KeyConflictError: a key above or below it is set.
            OSError: the file cannot be written; the old value stays.
            ReadOnlyStoreError: the handle is read-only.
            TypeError: `value` is no buffer.
            ValueError: the byte range is not as long as the value.
        """
        files = self._writable("set")
        if byte_range is not None:
            await self._hops.change(files.patch, plan_range(key, value, byte_range))
        else:
            await self._hops.change(files.set, check_key(key), as_bytes(value))

    async def set_if_not_exists(self, key: str, value: BufferLike) -> None:
        """Store `value` under `key` if it is not set; of many callers, in any threads and processes, one wins.

        Raises:
            InvalidKeyError: `key` is not allowed.
            KeyConflictError: a key above or below it is set.
            OSError: the file cannot be written.
            ReadOnlyStoreError: the handle is read-only.
            TypeError: `value` is no buffer.
        """
        await self._hops.change(self._writable("set_if_not_exists").set_if_not_exists, check_key(key), as_bytes(value))

    async def set_partial_values(self, key_start_values: Iterable[tuple[str, int, BufferLike]]) -> None:
        """Replace, for each `(key, start, value)`, the bytes from `start` on; what is refused is refused before any change.

        A missing key is made, a value grows, and a gap is filled with zero bytes.

        Raises:
            InvalidKeyError: a key is not allowed.
            KeyConflictError: a key above or below one of them is set.
            OSError: a file cannot be written.
            ReadOnlyStoreError: the handle is read-only.
            TypeError: a value is no buffer.
            ValueError: a start is negative, or ranges of one key overlap.
        """
        await self._hops.change(self._writable("set_partial_values").patch, plan_patches(key_start_values))

    # Deleting

    def delete_sync(self, key: str) -> None:
        """Do what `delete` does, without an event loop."""
        self._writable("delete").delete(CommitToken(), check_key(key))

    async def delete(self, key: str) -> None:
        """Remove `key` alone; a missing key is no error.

        Raises:
            InvalidKeyError: `key` is not allowed.
            OSError: the file cannot be removed.
            ReadOnlyStoreError: the handle is read-only.
        """
        await self._hops.change(self._writable("delete").delete, check_key(key))

    async def delete_dir(self, prefix: str) -> None:
        """Remove every key below the directory `prefix`, in one step; all of them for `""`, in a step for each in the root.

        Raises:
            InvalidKeyError: `prefix` is not allowed.
            OSError: the directory cannot be removed.
            ReadOnlyStoreError: the handle is read-only.
        """
        await self._hops.change(self._writable("delete_dir").delete_dir, check_prefix(prefix))

    async def clear(self) -> None:
        """Remove every key.

        Raises:
            OSError: a file cannot be removed.
            ReadOnlyStoreError: the handle is read-only.
        """
        await self._hops.change(self._writable("clear").delete_dir, "")

    # Listing: a directory is read whole, and each is read when the listing comes to it

    async def list_pages(self, prefix: str = "") -> AsyncIterator[builtins.list[str]]:
        """Give the keys that begin with the string `prefix`, at most 1,000 at a time.

        Raises:
            InvalidKeyError: no key can begin with `prefix`.
            OSError: a directory cannot be read.
        """
        files = self._readable("list_pages")
        check_string_prefix(prefix)
        few = files.pages_now(prefix)
        if few is not None:
            for page in few:
                yield page
            return
        pages = files.pages(prefix)
        while page := await self._hops.read(next, pages, builtins.list[str]()):
            yield page
            if len(page) < PAGE_SIZE:
                return

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Give each key that begins with the string `prefix`.

        Raises:
            InvalidKeyError: no key can begin with `prefix`.
            OSError: a directory cannot be read.
        """
        self._readable("list_prefix")
        async for page in self.list_pages(prefix):
            for key in page:
                yield key

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Give the name of each immediate child, key or prefix, of the directory `prefix`.

        Raises:
            InvalidKeyError: `prefix` is not allowed.
            OSError: a directory cannot be read.
        """
        files = self._readable("list_dir")
        for name in await self._read(files.children_now, files.children, check_prefix(prefix)):
            yield name

    async def is_empty(self, prefix: str = "") -> bool:
        """Whether no key is below the directory `prefix`.

        Raises:
            InvalidKeyError: `prefix` is not allowed.
            OSError: a directory cannot be read.
        """
        files = self._readable("is_empty")
        return await self._read(files.is_empty_now, files.is_empty, check_prefix(prefix))

    async def getsize_prefix(self, prefix: str = "") -> int:
        """Return the number of bytes of all values below the directory `prefix`.

        Raises:
            InvalidKeyError: `prefix` is not allowed.
            OSError: a directory cannot be read.
        """
        return await self._hops.read(self._readable("getsize_prefix").size_below, check_prefix(prefix))

    async def list(self) -> AsyncIterator[str]:
        """Give each key.

        Raises:
            OSError: a directory cannot be read.
        """
        self._readable("list")
        async for page in self.list_pages():
            for key in page:
                yield key

    # Identity

    def __str__(self) -> str:
        return f"file://{self._root.as_posix()}"

    def __repr__(self) -> str:
        return f"LocalStore({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        """Whether both are handles of one mode on one directory."""
        if not isinstance(other, LocalStore):
            return NotImplemented
        return self._root == other._root and self._read_only == other._read_only

    def __hash__(self) -> int:
        return hash((LocalStore, self._root, self._read_only))

    def __getstate__(self) -> dict[str, Any]:
        return {"root": self._root, "read_only": self._read_only, **self._options}

    def __setstate__(self, state: dict[str, Any]) -> None:
        LocalStore.__init__(self, **state)
