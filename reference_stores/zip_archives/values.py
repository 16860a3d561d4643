"""Reading the values of a zip archive's members: whole and checked, or a part of one."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Final
from zlib import crc32

from reference_stores.zip_archives.compression import METHODS, expand, is_bomb
from reference_stores.zip_archives.positioned_file import PositionedFile
from reference_stores.zip_archives.records import (
    ENCRYPTED,
    HEADER_SIGNATURE,
    HEADER_SIZE,
    PATCH,
    Member,
    decoded,
    header_length,
    unpack_header,
)

_CHUNK_SIZE: Final = 1 << 20
_USUAL_EXTRA_SIZE: Final = 64


def read_value(file: PositionedFile, key: str, member: Member) -> bytes:
    """Return the value of `key`, which is `member`, checked against its checksum.

    Raises:
        zipfile.BadZipFile: it is broken, encrypted, a bomb, or compressed in a way that is not supported.
    """
    start = member.start
    if start is None:
        start = _find_start(file, key, member)
    value = b"".join(_bounded(file, key, member, start)) if member.method else file.read(member.size, start)
    if len(value) != member.size:
        raise _broken(key, f"it has {len(value)} bytes, and the central directory says {member.size}")
    if crc32(value) != member.checksum:
        raise _broken(key, "its checksum is wrong")
    return value


def read_part(file: PositionedFile, key: str, member: Member, part: slice) -> bytes:
    """Return the bytes `part` of the value of `key`; of a stored member no others are read, of a compressed one all before them.

    The checksum is of the whole value, so a part is not checked against it.

    Raises:
        zipfile.BadZipFile: it is broken, encrypted, a bomb, or compressed in a way that is not supported.
    """
    start = member.start
    if start is None:
        start = _find_start(file, key, member)
    if part.stop <= part.start:
        return b""
    if member.method:
        value = _expanded_part(file, key, member, start, part)
    else:
        value = file.read(part.stop - part.start, start + part.start)
    if len(value) != part.stop - part.start:
        raise _broken(key, f"bytes {part.start} to {part.stop} give {len(value)} bytes")
    return value


def is_whole(file: PositionedFile, key: str, member: Member) -> bool:
    """Whether the value of `key` is there and has its checksum; of any length, since it is read in pieces."""
    size = checksum = 0
    try:
        start = _find_start(file, key, member)
        for piece in _bounded(file, key, member, start):
            size += len(piece)
            checksum = crc32(piece, checksum)
    except zipfile.BadZipFile:
        return False
    return size == member.size and checksum == member.checksum


def _broken(key: str, problem: str) -> zipfile.BadZipFile:
    return zipfile.BadZipFile(f"the member {key!r} cannot be read: {problem}")


def _find_start(file: PositionedFile, key: str, member: Member) -> int:
    """Return where the data of the member begin, and take note of it, after everything else about it has been checked."""
    if member.flags & (ENCRYPTED | PATCH):
        raise _broken(key, "it is encrypted" if member.flags & ENCRYPTED else "it is a patch of another file")
    if member.method not in METHODS:
        raise _broken(key, f"its compression method {member.method} is not supported: {', '.join(METHODS.values())} are")
    if not member.method and member.size != member.compressed_size:
        sizes = f"{member.compressed_size} and {member.size} bytes"
        raise _broken(key, f"it is stored without compression, and its two sizes differ: {sizes}")
    if is_bomb(member.size, member.compressed_size):
        raise _broken(key, f"{member.compressed_size} bytes that stand for {member.size} are taken for a decompression bomb")
    data = file.read(HEADER_SIZE + len(key.encode()) + _USUAL_EXTRA_SIZE, member.header)
    if len(data) < header_length(data):
        data = file.read(header_length(data), member.header)
    header = unpack_header(data) if data.startswith(HEADER_SIGNATURE) else None
    if header is None or decoded(header.name, header.flags) != key:
        raise _broken(key, f"the header at byte {member.header} is not its own")
    member.start = member.header + header.length
    return member.start


def _chunks(file: PositionedFile, member: Member, start: int) -> Iterator[bytes]:
    stop = start + member.compressed_size
    for place in range(start, stop, _CHUNK_SIZE):
        yield file.read(min(_CHUNK_SIZE, stop - place), place)


def _bounded(file: PositionedFile, key: str, member: Member, start: int) -> Iterator[bytes]:
    """Give the value in pieces; raise where it is longer than it should be."""
    size = 0
    try:
        for piece in expand(_chunks(file, member, start), member.method, member.size):
            size += len(piece)
            if size > member.size:
                raise zipfile.BadZipFile(f"it has more bytes than the {member.size} that the central directory says")
            yield piece
    except zipfile.BadZipFile as error:
        raise _broken(key, str(error)) from error


def _expanded_part(file: PositionedFile, key: str, member: Member, start: int, part: slice) -> bytes:
    pieces: list[bytes] = []
    place = 0
    for piece in _bounded(file, key, member, start):
        if place + len(piece) > part.start:
            pieces.append(piece[max(part.start - place, 0) : part.stop - place])
        place += len(piece)
        if place >= part.stop:
            break
    return b"".join(pieces)
