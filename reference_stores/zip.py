"""ZipStore: values in one zip archive."""

from __future__ import annotations

import builtins
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self, TypeAlias, get_args

from typing_extensions import override

from reference_stores.commit_token import CommitToken
from reference_stores.paging import pages
from reference_stores.reading import KeyRange, Request, SynchronousReadingHandle
from reference_stores.thread_hops import ThreadHops
from reference_stores.zip_archives.archive import Archive
from reference_stores.zip_archives.compression import METHODS
from reference_stores.zip_archives.contents import Contents
from reference_stores.zip_archives.records import Member
from reference_stores.zip_archives.values import read_part, read_value
from reference_stores.zip_archives.writer import PackedValue, encoded_name
from storeproto import BufferLike, ReadOnlyStoreError, as_bytes, resolve
from storeproto.errors import closed_error, missing_key_error, read_only_error, unsupported_error
from storeproto.keys import below, check_key, check_prefix, check_string_prefix

Asked: TypeAlias = tuple[str, Member | None, slice | None]
"""A key, its member if it is set, and the bytes of it to be read if not all."""

Mode: TypeAlias = Literal["r", "w", "a", "x"]
_MODES: Final[tuple[Mode, ...]] = get_args(Mode)

# What takes less than a millisecond or so is done in the event loop: a hop to a thread costs as much as reading 100 KiB. The rest
# must not hold the loop up.
_MOST_WRITTEN_INLINE: Final = {zipfile.ZIP_STORED: 1 << 20, zipfile.ZIP_DEFLATED: 16 << 10, zipfile.ZIP_BZIP2: 4 << 10}
_MOST_READ_INLINE: Final = (1 << 20) + (2 << 10)
_COST_OF_A_READ: Final = 2 << 10
_COST_OF_A_BYTE: Final = {zipfile.ZIP_STORED: 1, zipfile.ZIP_DEFLATED: 3, zipfile.ZIP_BZIP2: 32, zipfile.ZIP_LZMA: 16}
_SMALL: Final = 32 << 10  # bytes; however they are compressed

_hops: Final = ThreadHops(share=False)


class ZipStore(SynchronousReadingHandle):
    """A store in one zip archive, which any zip tool can read once the store is closed.

    Of many handles and threads that read, none waits for another. A byte range of a value that is stored without compression is
    read without the rest of it. A value read whole is checked against its checksum; a part of one cannot be.

    **Writing.** A value that was set is read at once, through this handle and those that `with_read_only` gives. Others, and other
    programs, see it after `flush` or `close`; one that opens the archive for reading meanwhile finds it as it was at the last of
    these. A key that is set again is one key; its old bytes stay in the file until `clear`, as does each directory that a `flush`
    wrote. There is no delete. One handle at a time may be opened for writing, also among processes; another one is refused with
    BlockingIOError. In a forked child the store can be read, and changes are refused.

    **What survives.** The members that the archive had, and its directory, are never written over. A process that is killed leaves
    every value that was there at the last `flush`, `close` or opening: `mode="r"` reads them. The next opening with `mode="a"` also
    takes up the values set since then that are whole, by their headers and checksums, and makes the archive good again for all
    tools. After a power cut the same is sure only of what `flush(durable=True)` wrote. A new archive that was never flushed can be
    opened only with `mode="a"`.

    **Broken and hostile archives.** Names that are not keys (absolute and climbing ones, directories, names with NUL) are left out;
    of several members with one name the last one counts. A directory that is cut off or does not fit, and members that overlap, are
    refused at the opening. A member that is encrypted, compressed by an unknown method, of another size than the directory says, or
    expands more than 1,100 times to more than 64 MiB, can be listed, and reading it raises `zipfile.BadZipFile`.

    **Pickling** gives a handle on the same archive with the same mode, and flushes first. It never truncates: a store made with
    `mode="w"` or `"x"` comes back as one that appends. In the process that has the archive open for writing it joins that writer;
    in another one it is refused as long as there is a writer.

    Args:
        path: the archive.
        mode: `"r"` reads an archive; `"a"` appends to it, or makes it; `"w"` puts an empty one in its place, in one step, as
            `clear` does; `"x"` makes it, and refuses to where there is one.
        read_only: refuse every change; by default where `mode` is `"r"`. `mode="a", read_only=True` reads, and creates nothing.
        compression: how values are compressed from now on: `zipfile.ZIP_STORED`, `ZIP_DEFLATED`, `ZIP_BZIP2` or `ZIP_LZMA`.
        allowZip64: whether the archive may grow past 2 GiB and 65,535 keys, which old tools do not read.

    Raises:
        BlockingIOError: it is to be written, and another writer has it open.
        FileExistsError: the mode is `"x"`, and there is such a file.
        FileNotFoundError: it is to be read, and there is no such file.
        ValueError: the arguments are not allowed, or contradict each other.
        zipfile.BadZipFile: the file is no archive, or a broken one.
    """

    supports_writes: Literal[True] = True
    supports_deletes: Literal[False] = False
    supports_partial_writes: Literal[False] = False
    supports_listing: Literal[True] = True

    _archive: Archive | None = None

    def __init__(
        self,
        path: Path | str,
        *,
        mode: Mode = "r",
        read_only: bool | None = None,
        compression: int = zipfile.ZIP_STORED,
        allowZip64: bool = True,  # noqa: N803  # as documented
    ) -> None:
        if mode not in _MODES:
            raise ValueError(f"mode {mode!r} is not allowed: give one of {', '.join(map(repr, _MODES))}")
        if compression not in METHODS:
            allowed = ", ".join([f"zipfile.{name}" for name in METHODS.values()])
            raise ValueError(f"compression {compression!r} is not allowed: give one of {allowed}")
        if read_only is None:
            read_only = mode == "r"
        if read_only and mode in ("w", "x"):
            raise ValueError(f"mode {mode!r} makes an empty archive, which read_only=True leaves empty: give mode='r' to read one")
        if not read_only and mode == "r":
            raise ValueError("mode 'r' reads, and read_only=False asks to write: give mode='a'")
        self.path: Final = Path(path)
        self.compression: Final = compression
        self.allowZip64: Final = allowZip64
        self._absolute = self.path.absolute()
        self._read_only: bool = read_only
        self._archive = Archive(self._absolute, "r" if read_only else mode)

    @cached_property
    def _location(self) -> Path:
        """Where the archive is, whatever links lead there; asked for only where stores are compared."""
        return self._absolute.resolve()

    @property
    def read_only(self) -> bool:
        """Whether this handle refuses every change."""
        return self._read_only

    def with_read_only(self, read_only: bool = False) -> Self:
        """Return a new handle on the same data; this one keeps its mode.

        Raises:
            BlockingIOError: it is to be written, and another writer has the archive open.
        """
        return self._handle(self._readable("with_read_only"), read_only)

    def _handle(self, archive: Archive, read_only: bool) -> Self:
        """Return another handle on `archive`, which is at the same place."""
        handle = type(self).__new__(type(self))
        vars(handle).update(vars(self))
        handle._archive = None
        if not read_only:
            archive.begin_writing("r+")
        handle._read_only = read_only
        handle._archive = archive
        return handle

    @override
    def close(self) -> None:
        """End the use of this handle; the last one that writes makes the archive complete. A second call does nothing.

        Raises:
            OSError: the directory cannot be written, for lack of space, say; the next opening with `mode="a"` finds all values.
        """
        archive, self._archive = self._archive, None
        if archive is not None and not self._read_only:
            archive.end_writing()

    def __del__(self) -> None:
        self.close()

    async def flush(self, *, durable: bool = False) -> None:
        """Make the archive complete as it is now, for other readers and for the case that this process is killed.

        Each flush after a change writes the whole directory, some 50 bytes and the name for each key, behind the last one.

        Args:
            durable: return only when it is on the disk, where a power cut does not reach it.

        Raises:
            OSError: the system refuses; the last complete state is still good.
            ReadOnlyStoreError: the handle is read-only.
        """
        await _hops.read(self._writable("flush").finish, durable=durable)

    @override
    def _readable(self, operation: str) -> Archive:
        """The archive, for reading."""
        if self._archive is None:
            raise closed_error(self, operation)
        return self._archive

    @override
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await _hops.read(self.close)

    def _contents(self, operation: str) -> Contents:
        return self._readable(operation).contents

    def _writable(self, operation: str) -> Archive:
        """The archive, for a change."""
        archive = self._archive
        if archive is None or self._read_only or not archive.is_written:
            raise self._refusal(operation)
        return archive

    def _refusal(self, operation: str) -> ValueError:
        """The error for a change that this handle does not make."""
        archive = self._archive
        if archive is not None and archive.was_forked and not self._read_only:
            where = "it was opened by the process that forked this one, and only that one may write to it"
            return ReadOnlyStoreError(f"{operation}: this ZipStore can only be read: {where}")
        return closed_error(self, operation) if archive is None else read_only_error(self, operation)

    # Reading

    @override
    def _value_sync(self, key: str, byte_range: Request) -> bytes | None:
        contents = self._contents("get")
        return _read(contents, *_asked(contents, key, byte_range))

    @override
    def _value_now(self, key: str, byte_range: Request) -> bytes | None:
        archive = self._archive
        if archive is None:
            raise closed_error(self, "get")
        contents = archive.contents
        _, member, part = asked = _asked(contents, key, byte_range)
        if member is None:
            return None
        if member.size > _SMALL and _cost(asked) > _MOST_READ_INLINE:
            raise BlockingIOError
        return _read(contents, key, member, part)

    @override
    async def _value(self, key: str, byte_range: Request) -> bytes | None:
        contents = self._contents("get")
        return await _hops.read(_read, contents, *_asked(contents, key, byte_range))

    @override
    async def _values(self, asked: builtins.list[KeyRange]) -> builtins.list[bytes | None]:
        contents = self._contents("get_partial_values")
        found = [_asked(contents, key, byte_range) for key, byte_range in asked]
        if sum(map(_cost, found)) <= _MOST_READ_INLINE:
            return _read_all(contents, found)
        return await _hops.read(_read_all, contents, found)

    async def exists(self, key: str) -> bool:
        """Whether `key` is set.

        Raises:
            InvalidKeyError: `key` is not allowed.
        """
        if key in self._contents("exists").members:
            return True
        check_key(key)
        return False

    async def getsize(self, key: str) -> int:
        """Return the number of bytes of the value of `key`.

        Raises:
            FileNotFoundError: `key` is not set.
            InvalidKeyError: `key` is not allowed.
        """
        member = self._contents("getsize").members.get(key)
        if member is None:
            raise missing_key_error(check_key(key))
        return member.size

    # Writing

    def set_sync(self, key: str, value: BufferLike) -> None:
        """Do what `set` does, without an event loop."""
        archive = self._writable("set")
        name = encoded_name(key)
        _put(CommitToken(), archive, key, name, as_bytes(value), self.compression, self.allowZip64, keep=False)

    async def set(self, key: str, value: BufferLike) -> None:
        """Store `value` under `key`.

        Raises:
            InvalidKeyError: `key` is not allowed, or longer than an archive can hold (65,535 bytes in UTF-8).
            OSError: the system refuses, for lack of space, say; the old value stays.
            ReadOnlyStoreError: the handle is read-only.
            TypeError: `value` is no buffer.
            zipfile.LargeZipFile: the archive would need zip64, which `allowZip64=False` forbids.
        """
        if (rest := self._begin_put("set", key, value, keep=False)) is not None:
            await rest

    async def set_if_not_exists(self, key: str, value: BufferLike) -> None:
        """Store `value` under `key` if it is not set; of many callers, in any threads, one wins.

        Raises:
            InvalidKeyError: `key` is not allowed, or longer than an archive can hold (65,535 bytes in UTF-8).
            OSError: the system refuses, for lack of space, say.
            ReadOnlyStoreError: the handle is read-only.
            TypeError: `value` is no buffer.
            zipfile.LargeZipFile: the archive would need zip64, which `allowZip64=False` forbids.
        """
        if (rest := self._begin_put("set_if_not_exists", key, value, keep=True)) is not None:
            await rest

    def _begin_put(self, operation: str, key: str, value: BufferLike, *, keep: bool) -> Awaitable[bool] | None:
        """Write a value at once, or return what is to be awaited: large values, and those that must wait for another writer."""
        archive = self._writable(operation)
        name = encoded_name(key)
        new = value if type(value) is bytes else as_bytes(value)
        if keep and key in archive.contents.members:
            return None
        method, allow_zip64 = self.compression, self.allowZip64
        inline = len(new) <= _MOST_WRITTEN_INLINE.get(method, 0)
        if inline and _put(None, archive, key, name, new, method, allow_zip64, keep=keep):
            return None
        return _hops.change(_put, archive, key, name, new, method, allow_zip64, keep=keep)

    async def set_partial_values(
        self,
        key_start_values: Iterable[tuple[str, int, BufferLike]],  # noqa: ARG002  # as documented
    ) -> None:
        """Refuse: a zip archive's values cannot be changed in part.

        Raises:
            ReadOnlyStoreError: the handle is read-only.
            UnsupportedOperationError: always.
        """
        self._writable("set_partial_values")
        raise unsupported_error(self, "set_partial_values", "supports_partial_writes")

    # Deleting: the flag says that there is none, but what would change nothing is no error

    async def delete(self, key: str) -> None:
        """Do nothing for a missing key.

        Raises:
            InvalidKeyError: `key` is not allowed.
            ReadOnlyStoreError: the handle is read-only.
            UnsupportedOperationError: `key` is set.
        """
        self._writable("delete")
        if await self.exists(key):
            raise unsupported_error(self, "delete", "supports_deletes")

    async def delete_dir(self, prefix: str) -> None:
        """Do nothing for a directory without keys.

        Raises:
            InvalidKeyError: `prefix` is not allowed.
            ReadOnlyStoreError: the handle is read-only.
            UnsupportedOperationError: a key is below `prefix`.
        """
        self._writable("delete_dir")
        if not await self.is_empty(prefix):
            raise unsupported_error(self, "delete_dir", "supports_deletes")

    async def clear(self) -> None:
        """Remove every key, by putting an empty archive in the place of this one; who has the old one open goes on reading it.

        Raises:
            OSError: the system refuses; nothing has changed.
            ReadOnlyStoreError: the handle is read-only.
        """
        archive = self._writable("clear")
        if not archive.clear(wait=False):
            await _hops.change(_clear, archive)

    # Listing: each listing is of the keys at the moment of its first step

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Give each key that begins with the string `prefix`.

        Raises:
            InvalidKeyError: no key can begin with `prefix`.
        """
        for key in self._contents("list_prefix").beginning_with(check_string_prefix(prefix)):
            yield key

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Give the name of each immediate child, key or prefix, of the directory `prefix`.

        Raises:
            InvalidKeyError: `prefix` is not allowed.
        """
        for name in self._contents("list_dir").children(check_prefix(prefix)):
            yield name

    async def list_pages(self, prefix: str = "") -> AsyncIterator[builtins.list[str]]:
        """Give the keys that begin with the string `prefix` in lists of at most 1,000, which costs less than one by one.

        Raises:
            InvalidKeyError: no key can begin with `prefix`.
        """
        for page in pages(self._contents("list_pages").beginning_with(check_string_prefix(prefix))):
            yield page

    async def is_empty(self, prefix: str = "") -> bool:
        """Whether no key is below the directory `prefix`.

        Raises:
            InvalidKeyError: `prefix` is not allowed.
        """
        return not self._contents("is_empty").has_below(check_prefix(prefix))

    async def getsize_prefix(self, prefix: str = "") -> int:
        """Return the number of bytes of all values below the directory `prefix`.

        Raises:
            InvalidKeyError: `prefix` is not allowed.
        """
        return self._contents("getsize_prefix").size_below(below(check_prefix(prefix)))

    async def list(self) -> AsyncIterator[str]:
        """Give each key."""
        for key in self._contents("list").beginning_with(""):
            yield key

    # Identity

    def __str__(self) -> str:
        return f"zip://{self.path}"

    def __repr__(self) -> str:
        return f"ZipStore({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        """Whether both are handles of one mode, reading or writing, on the same file."""
        if not isinstance(other, ZipStore):
            return NotImplemented
        return self._location == other._location and self._read_only == other._read_only

    def __hash__(self) -> int:
        return hash((type(self), self._location, self._read_only))

    def __reduce__(self) -> tuple[Callable[..., ZipStore], tuple[object, ...]]:
        archive = self._archive
        if archive is not None and archive.is_written:
            archive.finish()
        return _reopened, (type(self), self._location, self._read_only, self.compression, self.allowZip64)


def _reopened(kind: type[ZipStore], location: Path, read_only: bool, compression: int, allow_zip64: bool) -> ZipStore:
    """Return a handle as it was pickled: on the archive that this process is writing to, or on one that must be there."""
    store = kind.__new__(kind)
    archive = Archive.being_written(location) or Archive(location, "r")
    vars(store).update(path=location, compression=compression, allowZip64=allow_zip64, _absolute=location)
    return store._handle(archive, read_only)  # pyright: ignore[reportPrivateUsage]


def _asked(contents: Contents, key: str, byte_range: Request) -> Asked:
    """Return what is to be read for a key and a byte range."""
    member = contents.members.get(key)
    if member is None:  # only now: a key that is there is a legal one
        check_key(key)
        return key, None, None
    return key, member, None if byte_range is None else resolve(byte_range, member.size)


def _cost(asked: Asked) -> int:
    """Return how long a read takes, in the time that one more stored byte takes."""
    _, member, part = asked
    if member is None:
        return 0
    size = member.size if part is None or member.method else part.stop - part.start
    return _COST_OF_A_READ + size * _COST_OF_A_BYTE.get(member.method, 1)


def _read(contents: Contents, key: str, member: Member | None, part: slice | None) -> bytes | None:
    if member is None:
        return None
    if part is None:
        return read_value(contents.file, key, member)
    return read_part(contents.file, key, member, part)


def _read_all(contents: Contents, found: builtins.list[Asked]) -> builtins.list[bytes | None]:
    return [_read(contents, *asked) for asked in found]


def _put(
    commit: CommitToken | None,
    archive: Archive,
    key: str,
    name: bytes,
    value: bytes,
    compression: int,
    allow_zip64: bool,
    *,
    keep: bool,
) -> bool:
    """Write a value; in the event loop, where there is no token, only if that is possible at once."""
    packed = PackedValue(value, compression)
    return archive.put(key, name, packed, allow_zip64=allow_zip64, keep=keep, commit=commit, wait=commit is not None)


def _clear(commit: CommitToken, archive: Archive) -> bool:
    return archive.clear(commit=commit)
