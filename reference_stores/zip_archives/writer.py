"""Adding members to a zip archive behind what is there, and directories behind the members."""

from __future__ import annotations

import time
import zipfile
from contextlib import AbstractContextManager
from typing import Final
from zlib import crc32

from reference_stores.zip_archives.compression import compress
from reference_stores.zip_archives.contents import Contents
from reference_stores.zip_archives.directory import EMPTY, find_directory
from reference_stores.zip_archives.positioned_file import PositionedFile
from reference_stores.zip_archives.records import (
    MOST_ENTRIES,
    MOST_NAME_BYTES,
    ZIP64_LIMIT,
    Member,
    Stamp,
    decoded,
    pack_end,
    pack_entry,
    pack_header,
    unpack_entries,
)
from reference_stores.zip_archives.recovery import Found, Stop, Walk, walk
from reference_stores.zip_archives.values import is_whole
from storeproto import InvalidKeyError
from storeproto.keys import check_key, is_key

_FIRST_YEAR: Final = 1980
_COPIED_SIZE: Final = 1 << 16
"""Up to this size, copying the data behind their header costs less than a second call of the system."""


def encoded_name(key: str) -> bytes:
    """Return the name of the member that holds the value of `key`.

    Raises:
        InvalidKeyError: the key is not allowed, or longer than a zip archive can hold.
        TypeError: it is not a `str`.
    """
    name = check_key(key).encode()
    if len(name) > MOST_NAME_BYTES:
        problem = f"it has {len(name)} bytes in UTF-8, and a zip archive holds names of up to {MOST_NAME_BYTES}"
        raise InvalidKeyError(f"the key {key[:32]!r}... is too long: {problem}")
    return name


class PackedValue:
    """A value as it will stand in the archive; making it is what takes time, and needs no lock."""

    __slots__ = ("checksum", "data", "flags", "method", "size")

    def __init__(self, value: bytes, method: int) -> None:
        self.size = len(value)
        self.checksum = crc32(value)
        self.data, self.method, self.flags = (value, method, 0) if method == zipfile.ZIP_STORED else compress(value, method)


class ZipWriter:
    """Writes to one archive, by one thread at a time.

    Nothing that a directory names is ever written over: a new member stands behind the last directory, which stays good until the
    next one is down. An archive without entries has nothing to lose, and its directory goes.

    What a killed writer left behind the last directory is taken up, and a new directory written, when the writer is made.

    Args:
        file: the archive, open for reading and writing, and locked against other writers.

    Raises:
        zipfile.BadZipFile: the file is no archive, or too broken to be continued.
    """

    def __init__(self, file: PositionedFile) -> None:
        size = file.size()
        directory = find_directory(file, size)
        walked = _recoverable(file, size) if directory is None else None
        if directory is None:
            directory = EMPTY if walked is None or walked.directory is None else walked.directory
        self._file = file
        self._entries = directory.entries
        self._count = directory.entry_count
        self._base = directory.base
        self._comment = directory.comment
        self._unnamed = directory.entry_count - len(directory.members)
        self._new_headers: dict[str, bytes] = {}
        self._replaces_entries = self._unnamed > 0
        self._is_finished = walked is None and size > 0
        self._end = directory.end if directory.entries or directory.comment or directory.base else 0
        self.contents: Final = Contents(file, directory.members)
        if walked is not None:
            self._adopt(walked.members)
            self._end = walked.end
            file.truncate(self._end)
            self.finish()

    def append(
        self, key: str, name: bytes, value: PackedValue, commit: AbstractContextManager[object] | None, *, allow_zip64: bool
    ) -> None:
        """Write a member called `name`, and make it the value of `key`: within `commit`, which may refuse by raising.

        Raises:
            zipfile.LargeZipFile: the archive would need zip64, which is not allowed.
            OSError: the system refuses, for lack of space, say. Then, and if `commit` refuses, nothing has changed.
        """
        data, place = value.data, self._end
        compressed_size = len(data)
        header = pack_header(
            name,
            flags=value.flags,
            method=value.method,
            stamp=_stamp(),
            checksum=value.checksum,
            compressed_size=compressed_size,
            size=value.size,
        )
        start = place + len(header)
        if not allow_zip64:
            self._check_limits(key, value, start + compressed_size)
        member = Member(place, value.flags, value.method, value.checksum, compressed_size, value.size, start)
        self._is_finished = False
        try:
            if compressed_size <= _COPIED_SIZE:
                self._file.write(header + data, place)
            else:
                self._file.write(header, place)
                self._file.write(data, start)
            if commit is None:
                self._put(key, member, header)
            else:
                with commit:
                    self._put(key, member, header)
        except BaseException:
            self._file.truncate(self._end)
            raise

    def finish(self, *, durable: bool = False) -> None:
        """Write a directory behind the last member, so that any tool reads the archive; the writer can go on after it.

        Raises:
            OSError: the system refuses. The last directory is still good, and the members are kept for another try.
        """
        if durable:
            self._file.sync()
        if not self._is_finished:
            entries, count = self._all_entries()
            data = entries + pack_end(count, len(entries), self._end, self._base, self._comment)
            try:
                self._file.write(data, self._end)
            except BaseException:
                self._file.truncate(self._end)
                raise
            self._end += len(data)
            self._entries, self._count = entries, count
            self._new_headers = {}
            self._replaces_entries = False
            self._is_finished = True
        if durable:
            self._file.sync()

    def _all_entries(self) -> tuple[bytes, int]:
        """Return the entries of the directory to be written, each key's once, and how many they are."""
        members, base = self.contents.members, self._base
        new = [pack_entry(header, members[key], base) for key, header in self._new_headers.items()]
        if not self._replaces_entries:
            return b"".join([self._entries, *new]), self._count + len(new)
        kept: dict[str | int, bytes] = {}
        for begin, end, name, member in unpack_entries(self._entries, base):
            known = None if name is None else members.get(name)
            if name is None or known is None:  # not a key, and not this store's to drop
                kept[begin] = self._entries[begin:end]
            elif known.header == member.header:
                kept[name] = self._entries[begin:end]
        return b"".join([*kept.values(), *new]), len(kept) + len(new)

    def _put(self, key: str, member: Member, header: bytes) -> None:
        """Let a member that has been written be the value of `key`."""
        # Taken out first: entries stand in the order of the members, which is what a reader checks fastest.
        if key in self.contents.members and self._new_headers.pop(key, None) is None:
            self._replaces_entries = True
        self._new_headers[key] = header
        self._end = member.header + len(header) + member.compressed_size
        self.contents.put(key, member)

    def _adopt(self, found: list[Found]) -> None:
        """Take up the members that are whole and whose names are keys."""
        for offset, header, data in found:
            key = decoded(header.name, header.flags)
            if key is None or not is_key(key):
                continue
            start = offset + header.length
            member = Member(offset, header.flags, header.method, header.checksum, header.compressed_size, header.size, start)
            if not is_whole(self._file, key, member):
                continue
            self._put(key, member, data)

    def _check_limits(self, key: str, value: PackedValue, end: int) -> None:
        entries = len(self.contents.members) + self._unnamed + (key not in self.contents.members)
        if max(value.size, end) > ZIP64_LIMIT or entries > MOST_ENTRIES:
            problem = f"{end} bytes and {entries} members need zip64"
            raise zipfile.LargeZipFile(f"the key {key!r} is not set: {problem}; open the archive with allowZip64=True")


def _recoverable(file: PositionedFile, size: int) -> Walk | None:
    """Return what is left in a file without a directory at its end; None where it is empty."""
    if size == 0:
        return None
    walked = walk(file, size)
    if walked.directory is None and walked.stop in (Stop.STREAMED, Stop.UNKNOWN):
        problem = f"it has no whole central directory, and its members cannot be found without: at byte {walked.end} "
        raise zipfile.BadZipFile(problem + walked.stop.value)
    return walked


_last_stamp: tuple[int, Stamp] = (0, Stamp(0, 0))


def _stamp() -> Stamp:
    """Return the present local time; worked out once a second."""
    global _last_stamp  # noqa: PLW0603  # replaced whole, so that threads see one that fits
    now = int(time.time())
    if _last_stamp[0] != now:
        year, month, day, hour, minute, second = time.localtime(now)[:6]
        stamp = Stamp(hour << 11 | minute << 5 | second // 2, max(year - _FIRST_YEAR, 0) << 9 | month << 5 | day)
        _last_stamp = (now, stamp)
    return _last_stamp[1]
