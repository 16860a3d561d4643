"""What a writer that was killed left behind: found by walking from header to header through the file."""

from __future__ import annotations

import zipfile
from enum import Enum
from typing import Final, NamedTuple

from reference_stores.zip_archives.directory import Directory, find_directory_before, place_of, read_directory
from reference_stores.zip_archives.positioned_file import PositionedFile
from reference_stores.zip_archives.records import (
    END_64_SIGNATURE,
    END_SIGNATURE,
    END_SIZE,
    ENTRY_SIGNATURE,
    ENTRY_SIZE,
    HEADER_SIGNATURE,
    HEADER_SIZE,
    LOCATOR_SIGNATURE,
    LOCATOR_SIZE,
    STREAMED,
    Header,
    entry_length,
    header_length,
    unpack_header,
)

_WINDOW_SIZE: Final = 4096
_SIGNATURES: Final = (HEADER_SIGNATURE, ENTRY_SIGNATURE, END_64_SIGNATURE, END_SIGNATURE)


class Stop(Enum):
    """Why a walk came to its end."""

    END_OF_FILE = "the file ends"
    CUT_OFF = "the file ends within a record"
    STREAMED = "a member's header does not say how long the member is"
    UNKNOWN = "there is no record of a zip archive"


class Found(NamedTuple):
    """A member behind the last directory."""

    offset: int
    header: Header
    data: bytes
    """The header as it stands in the file."""


class Walk(NamedTuple):
    """What a walk through a file has found."""

    directory: Directory | None
    """The last whole one."""
    members: list[Found]
    """Those behind it, which no directory names; their data have not been looked at."""
    end: int
    """Where the walk came to its end."""
    stop: Stop


def walk(file: PositionedFile, size: int) -> Walk:
    """Walk through a file of `size` bytes whose end is no directory.

    Raises:
        zipfile.BadZipFile: a directory is whole, and does not fit its place.
    """
    walked = _walk_from(file, size, None)
    if walked.directory is None and (walked.stop is Stop.STREAMED or walked.end == 0):
        directory = find_directory_before(file, size)
        if directory is not None:
            return _walk_from(file, size, directory)
    return walked


def _walk_from(file: PositionedFile, size: int, directory: Directory | None) -> Walk:
    window = _Window(file)
    members: list[Found] = []
    place = 0 if directory is None else directory.end
    while place < size:
        signature = window.read(4, place)
        if signature == HEADER_SIGNATURE:
            data = window.read(header_length(window.read(HEADER_SIZE, place)), place)
            header = unpack_header(data)
            if header is None:
                return Walk(directory, members, place, Stop.CUT_OFF)
            if header.flags & STREAMED:
                return Walk(directory, members, place, Stop.STREAMED)
            end = place + header.length + header.compressed_size
            if end > size:
                return Walk(directory, members, place, Stop.CUT_OFF)
            members.append(Found(place, header, data))
            place = end
        elif signature in _SIGNATURES:
            end_record = _end_record_behind(window, place)
            if isinstance(end_record, Stop):
                return Walk(directory, members, place, end_record)
            directory_place = place_of(file, end_record, size)
            if directory_place is None or directory_place.start != place or directory_place.base != 0:
                problem = "does not fit what its end record says: something was put into the file, or archives were joined"
                raise zipfile.BadZipFile(f"the central directory at byte {place} {problem}")
            directory = read_directory(file, directory_place)
            members = []
            place = directory.end
        else:
            cut_off = len(signature) < 4 and any(known.startswith(signature) for known in _SIGNATURES)
            return Walk(directory, members, place, Stop.CUT_OFF if cut_off else Stop.UNKNOWN)
    return Walk(directory, members, place, Stop.END_OF_FILE)


def _end_record_behind(window: _Window, place: int) -> int | Stop:
    """Return where the end record of the directory at `place` stands, or why there is none."""
    while True:
        signature = window.read(4, place)
        if signature == END_SIGNATURE:
            return place if len(window.read(END_SIZE, place)) == END_SIZE else Stop.CUT_OFF
        if signature == ENTRY_SIGNATURE:
            entry = window.read(ENTRY_SIZE, place)
            if len(entry) < ENTRY_SIZE:
                return Stop.CUT_OFF
            place += entry_length(entry)
        elif signature == END_64_SIGNATURE:
            place += 12 + int.from_bytes(window.read(12, place)[4:], "little")
        elif signature == LOCATOR_SIGNATURE:
            place += LOCATOR_SIZE
        else:
            return Stop.CUT_OFF if len(signature) < 4 else Stop.UNKNOWN


class _Window:
    """Reads a little more than asked, so that neighbouring small members take one call of the system."""

    __slots__ = ("_data", "_file", "_start")

    def __init__(self, file: PositionedFile) -> None:
        self._file = file
        self._start = 0
        self._data = b""

    def read(self, size: int, offset: int) -> bytes:
        """Return `size` bytes from `offset` on; fewer where the file ends."""
        start = offset - self._start
        if start < 0 or start + size > len(self._data):
            self._data = self._file.read(max(size, _WINDOW_SIZE), offset)
            self._start, start = offset, 0
        return self._data[start : start + size]
