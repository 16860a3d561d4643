"""Parts of an open file: read whole or not at all, and neighbours together."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Sequence
from typing import Final

from storeproto import ByteRangePair, ByteRequest, resolve

Request = ByteRequest | ByteRangePair | None

Reader = Callable[[int, int, int], bytes]
"""Returns the bytes of an open file from one place up to another, all of them."""

_GAP_READ_OVER: Final = 4096
_LONGEST_SHARED_READ: Final = 1 << 20


def size_of(fd: int) -> int | None:
    """Return the size of an open file; None where it is no regular one, and so no value."""
    status = os.fstat(fd)
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def read_part(fd: int, start: int, stop: int) -> bytes:
    """Return the bytes from `start` up to `stop`, all of them.

    Raises:
        OSError: the file ends before `stop` (DUR-6).
    """
    part = os.pread(fd, stop - start, start)
    if len(part) == stop - start:
        return part
    parts = [part]
    start += len(part)
    while start < stop:  # one call gives at most 2 GiB
        part = os.pread(fd, stop - start, start)
        if part == b"":
            raise OSError(errno.EIO, f"a file was cut to {start} bytes while it was read")
        parts.append(part)
        start += len(part)
    return b"".join(parts)


def read_part_now(fd: int, start: int, stop: int) -> bytes:
    """Do what `read_part` does where that needs no disk.

    Raises:
        BlockingIOError: it may need one.
        OSError: the file system cannot tell (EOPNOTSUPP), or the reading failed.
    """
    buffer = bytearray(stop - start)
    if start < stop and os.preadv(fd, (buffer,), start, os.RWF_NOWAIT) != stop - start:
        raise BlockingIOError  # the rest is not in the cache
    return bytes(buffer)


def write_at(fd: int, start: int, value: bytes) -> None:
    """Write all of `value` from `start` on."""
    with memoryview(value) as view:
        written = 0
        while written < len(value):
            written += os.pwrite(fd, view[written:], start + written)


def read_requests(fd: int, requests: Sequence[Request], read: Reader) -> list[bytes] | None:
    """Return what each request names, in their order; None where the file is no regular one.

    Ranges that overlap or lie near each other are read together, by `read`.
    """
    size = size_of(fd)
    if size is None:
        return None
    slices = [resolve(request, size) for request in requests]
    if len(slices) == 1:
        return [read(fd, slices[0].start, slices[0].stop)]
    found = [b""] * len(slices)
    order = sorted(range(len(slices)), key=lambda number: slices[number].start)
    first = 0
    while first < len(order):
        start, stop = slices[order[first]].start, slices[order[first]].stop
        behind = first + 1
        while behind < len(order) and _belongs_to(slices[order[behind]], start, stop):
            stop = max(stop, slices[order[behind]].stop)
            behind += 1
        run = read(fd, start, stop)
        for number in order[first:behind]:
            found[number] = run[slices[number].start - start : slices[number].stop - start]
        first = behind
    return found


def _belongs_to(part: slice[int, int, None], start: int, stop: int) -> bool:
    """Whether a part that begins behind `start` is read with what lies between `start` and `stop`."""
    return part.start <= stop + _GAP_READ_OVER and max(part.stop, stop) - start <= _LONGEST_SHARED_READ
