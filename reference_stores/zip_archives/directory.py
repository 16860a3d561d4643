"""The central directory of a zip archive: found from the end of the file, read, and checked before anything is believed."""

from __future__ import annotations

import zipfile
from typing import Final, NamedTuple

from reference_stores.zip_archives.positioned_file import PositionedFile
from reference_stores.zip_archives.records import (
    END_64_SIZE,
    END_SIGNATURE,
    END_SIZE,
    ENTRY_SIGNATURE,
    HEADER_SIGNATURE,
    HEADER_SIZE,
    LOCATOR_SIZE,
    MOST_COMMENT_BYTES,
    Member,
    unpack_end,
    unpack_end_64,
    unpack_entries,
    unpack_locator,
)
from storeproto.keys import is_key


class Directory(NamedTuple):
    """A central directory that is whole."""

    members: dict[str, Member]
    """The members whose names are keys."""
    entries: bytes
    """As they stand in the file, those included whose names are not keys."""
    entry_count: int
    """How many there are."""
    base: int
    """From where its offsets count: the length of what was put in front of the archive."""
    comment: bytes
    end: int
    """Where the next byte behind it would stand."""


EMPTY: Final = Directory({}, b"", 0, 0, b"", 0)


class Place(NamedTuple):
    """Where the end records say that a central directory is; nothing of it has been read."""

    start: int
    size: int
    entries: int
    modulo: int
    """The number of entries is known up to a multiple of this."""
    base: int
    comment: bytes
    end: int


def place_of(file: PositionedFile, end_record: int, size: int) -> Place | None:
    """Return where the directory is whose end record stands at `end_record`, in a file of `size` bytes; None where it cannot be."""
    record = unpack_end(file.read(END_SIZE, end_record))
    if record is None:
        return None
    comment_start = end_record + END_SIZE
    comment = file.read(min(record.comment_length, size - comment_start), comment_start)
    stop, modulo = end_record, 1 << 16
    if record.in_zip64:
        offset = unpack_locator(file.read(LOCATOR_SIZE, end_record - LOCATOR_SIZE)) if end_record >= LOCATOR_SIZE else None
        # Just in front of its locator, as a rule; where it has been extended, only the locator knows.
        for place in () if offset is None else (end_record - LOCATOR_SIZE - END_64_SIZE, offset):
            wide = unpack_end_64(file.read(END_64_SIZE, place)) if 0 <= place < end_record else None
            if wide is not None:
                record, stop, modulo = wide, place, 1 << 64
                break
    start = stop - record.size
    base = start - record.offset
    if start < 0 or base < 0:
        return None
    return Place(start, record.size, record.entries, modulo, base, comment, comment_start + len(comment))


def read_directory(file: PositionedFile, place: Place) -> Directory:
    """Return the directory at `place`.

    Raises:
        zipfile.BadZipFile: it is cut off, does not have the entries that its end record counts, or its members overlap.
    """
    entries = file.read(place.size, place.start)
    members: dict[str, Member] = {}
    count = last_end = 0
    in_order = True
    for _, _, name, member in unpack_entries(entries, place.base):
        count += 1
        if name is not None:
            members[name] = member
        in_order = in_order and member.header >= last_end
        last_end = member.header + HEADER_SIZE + member.compressed_size
    if count % place.modulo != place.entries:
        raise zipfile.BadZipFile(f"the central directory has {count} entries, and its end record says {place.entries}")
    if not in_order or last_end > place.start:
        _check_extents(members, place.start)
    # Joined keys are a key, so that one question is enough for all of them.
    if members and not is_key("/".join(members)):
        members = {name: member for name, member in members.items() if is_key(name)}
    return Directory(members, entries, count, place.base, place.comment, place.end)


def _check_extents(members: dict[str, Member], stop: int) -> None:
    """Raise BadZipFile where members lie over each other, or over the directory, which begins at `stop`."""
    previous, last_end = "", 0
    for name, member in sorted(members.items(), key=lambda item: item[1].header):
        if member.header < last_end:
            raise zipfile.BadZipFile(f"the members {previous!r} and {name!r} overlap")
        previous, last_end = name, member.header + HEADER_SIZE + len(name) + member.compressed_size
        if last_end > stop:
            raise zipfile.BadZipFile(f"the member {name!r} reaches into the central directory: its offset or size is wrong")


def find_directory(file: PositionedFile, size: int) -> Directory | None:
    """Return the directory at the end of a file of `size` bytes; None where there is none, as while its writer is at work.

    Raises:
        zipfile.BadZipFile: there is one, and it is broken.
    """
    window_start = max(0, size - END_SIZE - MOST_COMMENT_BYTES)
    window = file.read(size - window_start, window_start)
    places: list[Place] = []
    at = window.find(END_SIGNATURE)
    while at >= 0:
        comment_length = int.from_bytes(window[at + END_SIZE - 2 : at + END_SIZE], "little")
        if at + END_SIZE + comment_length == len(window):
            place = place_of(file, window_start + at, size)
            if place is not None and _begins_with_entry(file, place):
                places.append(place)
        at = window.find(END_SIGNATURE, at + 1)
    # A comment may look like an end record, and so may a value at the end of a file without one. The first that is at the very
    # place that its directory says is it; something may stand in front of an archive, but not another archive.
    exact = [place for place in places if place.base == 0]
    if not exact and file.read(4, 0) not in (HEADER_SIGNATURE, END_SIGNATURE):
        exact = places
    return read_directory(file, exact[0]) if exact else None


def _begins_with_entry(file: PositionedFile, place: Place) -> bool:
    return place.size == 0 or file.read(4, place.start) == ENTRY_SIGNATURE


def find_directory_before(file: PositionedFile, stop: int) -> Directory | None:
    """Return the last whole directory that ends before `stop`, wherever in the file it is.

    Only for archives whose members cannot be walked through: any value may hold what looks like a directory.
    """
    prefixed = file.read(4, 0) not in (HEADER_SIGNATURE, END_SIGNATURE)
    chunk_size = 1 << 20
    start = stop
    while start > 0:
        start = max(0, start - chunk_size)
        chunk = file.read(min(chunk_size + END_SIZE - 1, stop - start), start)
        at = chunk.rfind(END_SIGNATURE, 0, chunk_size + len(END_SIGNATURE) - 1)
        while at >= 0:
            place = place_of(file, start + at, stop)
            if place is not None and (place.base == 0 or prefixed) and _begins_with_entry(file, place):
                try:
                    return read_directory(file, place)
                except zipfile.BadZipFile:
                    pass  # it only looked like one
            at = chunk.rfind(END_SIGNATURE, 0, at)
    return None
