"""A file that is read and written at given places, without a position that threads would share."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock
from typing import Final

from reference_stores.disk_sync import sync

_SEEKING: Final = Lock()


def _seek_and_read(descriptor: int, size: int, offset: int) -> bytes:
    """Do what `os.pread` does, where the system has none."""
    with _SEEKING:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.read(descriptor, size)


def _seek_and_write(descriptor: int, data: bytes | memoryview, offset: int) -> int:
    """Do what `os.pwrite` does, where the system has none."""
    with _SEEKING:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.write(descriptor, data)


_read_at = getattr(os, "pread", _seek_and_read)
_write_at = getattr(os, "pwrite", _seek_and_write)


class PositionedFile:
    """An open file for any number of threads. It is closed when nothing refers to it any more.

    There is no method to close it: a thread that still reads would read from whatever file is given the number next.

    Args:
        path: where it is.
        flags: how to open it, as for `os.open`.
    """

    __slots__ = ("_descriptor",)

    def __init__(self, path: Path, flags: int) -> None:
        self._descriptor = -1
        self._descriptor = os.open(path, flags | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0), 0o666)

    def read(self, size: int, offset: int) -> bytes:
        """Return `size` bytes from `offset` on; fewer only where the file ends."""
        data: bytes = _read_at(self._descriptor, size, offset)
        if len(data) == size or not data:
            return data
        parts = [data]
        missing = size - len(data)
        while missing and data:
            data = _read_at(self._descriptor, missing, offset + size - missing)
            parts.append(data)
            missing -= len(data)
        return b"".join(parts)

    def write(self, data: bytes, offset: int) -> None:
        """Write all of `data` from `offset` on."""
        written = _write_at(self._descriptor, data, offset)
        while written < len(data):
            written += _write_at(self._descriptor, memoryview(data)[written:], offset + written)

    def truncate(self, size: int) -> None:
        """Cut the file off behind its first `size` bytes."""
        os.ftruncate(self._descriptor, size)

    def sync(self) -> None:
        """Return when what was written is on the disk."""
        sync(self._descriptor)

    def size(self) -> int:
        """Return where the file ends."""
        return os.fstat(self._descriptor).st_size

    def status(self) -> os.stat_result:
        """Return what the system knows of the file."""
        return os.fstat(self._descriptor)

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
