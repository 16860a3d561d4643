"""The records of the zip format, from and to bytes: members' headers, entries of the central directory, end records. No I/O.

Numbers are little-endian. A number that does not fit its field is written as all ones there, and in an extra field (zip64).
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from struct import Struct, error
from struct import pack as pack_fields
from typing import Final, NamedTuple, TypeAlias

HEADER_SIGNATURE: Final = b"PK\3\4"
ENTRY_SIGNATURE: Final = b"PK\1\2"
END_SIGNATURE: Final = b"PK\5\6"
END_64_SIGNATURE: Final = b"PK\6\6"
LOCATOR_SIGNATURE: Final = b"PK\6\7"

ENCRYPTED: Final = 0x1
LZMA_END_MARKER: Final = 0x2
STREAMED: Final = 0x8
PATCH: Final = 0x20
UTF_8: Final = 0x800

MOST_NAME_BYTES: Final = 0xFFFF
MOST_COMMENT_BYTES: Final = 0xFFFF
MOST_ENTRIES: Final = 0xFFFF
ZIP64_LIMIT: Final = 0x7FFFFFFF
"""The largest size and offset that need no zip64; half of what would fit, since some tools read these numbers as signed."""

_ALL_ONES: Final = 0xFFFFFFFF
_WIDE_SIZES: Final = b"\xff" * 8
_ZIP64_FIELD: Final = 1
_NEEDED: Final = {zipfile.ZIP_STORED: 20, zipfile.ZIP_DEFLATED: 20, zipfile.ZIP_BZIP2: 46, zipfile.ZIP_LZMA: 63}
_NEEDED_FOR_ZIP64: Final = 45
_MADE_BY_UNIX: Final = bytes([63, 3])
_REGULAR_FILE: Final = 0o100644 << 16

# Header and entry share their middle: what is needed to read, flags, method, time, date, checksum, two sizes, the name's length.
_HEADER: Final = Struct("<4sHHHHHLLLHH")
_COMMON_END: Final = 28
_ENTRY_REST: Final = Struct("<HHHHLL")
_ENTRY_READ: Final = Struct("<4s4xHH4xLLLHHH8xL")
_END: Final = Struct("<4sHHHHLLH")
_END_64: Final = Struct("<4sQHHLLQQQQ")
_LOCATOR: Final = Struct("<4sLQL")
HEADER_SIZE: Final = _HEADER.size
ENTRY_SIZE: Final = _ENTRY_READ.size
END_SIZE: Final = _END.size
END_64_SIZE: Final = _END_64.size
LOCATOR_SIZE: Final = _LOCATOR.size


class Member:
    """Where a value is in the file, and how it is kept. The bytes that it names are never written over."""

    __slots__ = ("checksum", "compressed_size", "flags", "header", "method", "size", "start")

    def __init__(
        self, header: int, flags: int, method: int, checksum: int, compressed_size: int, size: int, start: int | None = None
    ) -> None:
        self.header = header
        self.flags = flags
        self.method = method
        self.checksum = checksum
        self.compressed_size = compressed_size
        self.size = size
        self.start = start
        """Where the data begin; None until the header has been read."""


class Header(NamedTuple):
    """A member's own header, which stands before its data."""

    flags: int
    method: int
    time: int
    date: int
    checksum: int
    compressed_size: int
    size: int
    name: bytes
    length: int


class Stamp(NamedTuple):
    """When a member was written, as MS-DOS wrote it."""

    time: int
    date: int


class EndRecord(NamedTuple):
    """What the end of a central directory says of it."""

    entries: int
    size: int
    offset: int
    comment_length: int
    in_zip64: bool


def decoded(name: bytes, flags: int) -> str | None:
    """Return the name as text; None where it is not valid UTF-8 though it says so."""
    if flags & UTF_8 or name.isascii():
        try:
            return name.decode()
        except UnicodeDecodeError:
            return None
    return name.decode("cp437")


def pack_header(name: bytes, *, flags: int, method: int, stamp: Stamp, checksum: int, compressed_size: int, size: int) -> bytes:
    """Return the header of a member."""
    needed, extra = _NEEDED[method], b""
    if size > ZIP64_LIMIT or compressed_size > ZIP64_LIMIT:
        needed, extra = max(needed, _NEEDED_FOR_ZIP64), _extra(pack_fields("<QQ", size, compressed_size))
        size = compressed_size = _ALL_ONES
    time, date = stamp
    if not name.isascii():
        flags |= UTF_8
    name_length, extra_length = len(name), len(extra)
    return (
        _HEADER.pack(
            HEADER_SIGNATURE,
            needed,
            flags,
            method,
            time,
            date,
            checksum,
            compressed_size,
            size,
            name_length,
            extra_length,
        )
        + name
        + extra
    )


def pack_entry(header: bytes, member: Member, base: int) -> bytes:
    """Return the directory's entry of `member`, which has this header; offsets count from `base`."""
    common, wide, offset = header[len(HEADER_SIGNATURE) : _COMMON_END], b"", member.header - base
    if common.endswith(_WIDE_SIZES, 0, -2):
        wide = pack_fields("<QQ", member.size, member.compressed_size)
    if offset > ZIP64_LIMIT:
        wide += pack_fields("<Q", offset)
        offset = _ALL_ONES
        common = max(int.from_bytes(common[:2], "little"), _NEEDED_FOR_ZIP64).to_bytes(2, "little") + common[2:]
    extra = _extra(wide)
    name_end = HEADER_SIZE + int.from_bytes(common[-2:], "little")
    rest = _ENTRY_REST.pack(len(extra), 0, 0, 0, _REGULAR_FILE, offset)
    return b"".join((ENTRY_SIGNATURE, _MADE_BY_UNIX, common, rest, header[HEADER_SIZE:name_end], extra))


def _extra(wide: bytes) -> bytes:
    return wide and pack_fields("<HH", _ZIP64_FIELD, len(wide)) + wide


def unpack_header(data: bytes) -> Header | None:
    """Return the header that `data` begins with; None where `data` ends within it.

    Raises:
        zipfile.BadZipFile: it is no header.
    """
    if len(data) < HEADER_SIZE:
        return None
    signature, _, flags, method, time, date, checksum, compressed_size, size, name_length, extra_length = _HEADER.unpack_from(data)
    if signature != HEADER_SIGNATURE:
        raise zipfile.BadZipFile(f"there is no member's header, but {signature!r}")
    extra = HEADER_SIZE + name_length
    length = extra + extra_length
    if len(data) < length:
        return None
    if _ALL_ONES in (compressed_size, size):
        size, compressed_size, _ = _widened(data[extra:length], size, compressed_size, 0)
    return Header(flags, method, time, date, checksum, compressed_size, size, data[HEADER_SIZE:extra], length)


def header_length(data: bytes) -> int:
    """Return how many bytes the header takes that `data` begins with, name and extra fields included; it may be cut off there."""
    if len(data) < HEADER_SIZE:
        return HEADER_SIZE
    name_length, extra_length = _HEADER.unpack_from(data)[-2:]
    return HEADER_SIZE + int(name_length) + int(extra_length)


def entry_length(data: bytes) -> int:
    """Return how many bytes the directory's entry takes that `data` begins with."""
    name_length, extra_length, comment_length = _ENTRY_READ.unpack_from(data)[6:9]
    return ENTRY_SIZE + int(name_length) + int(extra_length) + int(comment_length)


Entry: TypeAlias = tuple[int, int, str | None, Member]
"""An entry of a central directory: where it begins and ends there, the member's name (None: it is no text), and the member."""


def unpack_entries(directory: bytes, base: int) -> Iterator[Entry]:
    """Give the entries of a central directory whose offsets count from `base`.

    Raises:
        zipfile.BadZipFile: it is cut off, or there is something else in it.
    """
    unpack, begin, size = _ENTRY_READ.unpack_from, 0, len(directory)
    while begin < size:
        try:
            (
                signature,
                flags,
                method,
                checksum,
                compressed_size,
                member_size,
                name_length,
                extra_length,
                comment_length,
                offset,
            ) = unpack(directory, begin)
        except error:
            raise zipfile.BadZipFile(f"the central directory is cut off in the entry at byte {begin} of it") from None
        if signature != ENTRY_SIGNATURE:
            raise zipfile.BadZipFile(f"at byte {begin} of the central directory there is no entry, but {signature!r}")
        extra = begin + ENTRY_SIZE + name_length
        end = extra + extra_length + comment_length
        if end > size:
            raise zipfile.BadZipFile(f"the central directory is cut off in the entry at byte {begin} of it")
        raw = directory[begin + ENTRY_SIZE : extra]
        name = raw.decode() if raw.isascii() else decoded(raw, flags)
        if _ALL_ONES in (compressed_size, member_size, offset):
            member_size, compressed_size, offset = _widened(
                directory[extra : extra + extra_length], member_size, compressed_size, offset
            )
        yield begin, end, name, Member(base + offset, flags, method, checksum, compressed_size, member_size)
        begin = end


def _widened(extra: bytes, size: int, compressed_size: int, offset: int) -> tuple[int, int, int]:
    """Return size, compressed size and offset, each from the zip64 extra field where its own is all ones."""
    place = 0
    while place + 4 <= len(extra):
        kind, length = int.from_bytes(extra[place : place + 2], "little"), int.from_bytes(extra[place + 2 : place + 4], "little")
        place += 4
        if kind == _ZIP64_FIELD:
            numbers = iter(
                [int.from_bytes(extra[at : at + 8], "little") for at in range(place, min(place + length, len(extra)) - 7, 8)]
            )
            try:
                size = next(numbers) if size == _ALL_ONES else size
                compressed_size = next(numbers) if compressed_size == _ALL_ONES else compressed_size
                offset = next(numbers) if offset == _ALL_ONES else offset
            except StopIteration:
                raise zipfile.BadZipFile("a zip64 extra field is too short for the numbers that it should hold") from None
            return size, compressed_size, offset
        place += length
    return size, compressed_size, offset


def pack_end(entries: int, size: int, start: int, base: int, comment: bytes) -> bytes:
    """Return the end records of a central directory of `entries` in `size` bytes from `start` on; offsets count from `base`."""
    offset, wide = start - base, b""
    if entries > MOST_ENTRIES or max(size, offset) > ZIP64_LIMIT:
        wide = _END_64.pack(END_64_SIGNATURE, END_64_SIZE - 12, 45, 45, 0, 0, entries, entries, size, offset)
        wide += _LOCATOR.pack(LOCATOR_SIGNATURE, 0, offset + size, 1)
        entries, size, offset = min(entries, MOST_ENTRIES), min(size, _ALL_ONES), min(offset, _ALL_ONES)
    return wide + _END.pack(END_SIGNATURE, 0, 0, entries, entries, size, offset, len(comment)) + comment


def unpack_end(data: bytes) -> EndRecord | None:
    """Return the end record that `data` begins with; None where it is none, or names more than one disk."""
    if len(data) < END_SIZE:
        return None
    signature, disk, directory_disk, here, entries, size, offset, comment_length = _END.unpack_from(data)
    if signature != END_SIGNATURE or here != entries or disk != directory_disk or disk not in (0, 0xFFFF):
        return None
    in_zip64 = entries == MOST_ENTRIES or _ALL_ONES in (size, offset)
    return EndRecord(entries, size, offset, comment_length, in_zip64)


def unpack_locator(data: bytes) -> int | None:
    """Return where the zip64 end record is that the locator `data` names; None where it is none."""
    if len(data) < LOCATOR_SIZE:
        return None
    signature, disk, offset, disks = _LOCATOR.unpack_from(data)
    return int(offset) if signature == LOCATOR_SIGNATURE and disk == 0 and disks <= 1 else None


def unpack_end_64(data: bytes) -> EndRecord | None:
    """Return the zip64 end record that `data` begins with; None where it is none, or names more than one disk."""
    if len(data) < END_64_SIZE:
        return None
    signature, _, _, _, disk, directory_disk, here, entries, size, offset = _END_64.unpack_from(data)
    if signature != END_64_SIGNATURE or here != entries or disk or directory_disk:
        return None
    return EndRecord(entries, size, offset, 0, in_zip64=True)
