"""Byte requests as HTTP says them, and what a server's answer to one means."""

from __future__ import annotations

import re
from typing import Final

from storeproto import ByteRangePair, ByteRequest, OffsetByteRequest, RangeByteRequest, SuffixByteRequest, from_pair, resolve

_CONTENT_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


def checked_request(byte_range: ByteRequest | ByteRangePair | None) -> ByteRequest | None:
    """Return the request that a byte range stands for; None for the whole value.

    Raises:
        TypeError: it is no byte request.
        ValueError: it is a pair that makes no request.
    """
    resolve(byte_range, 0)  # refuses what is no byte request
    return from_pair(byte_range) if isinstance(byte_range, tuple) else byte_range


def names_nothing(request: ByteRequest | None) -> bool:
    """Whether `request` is empty for every value; HTTP cannot say such a one."""
    match request:
        case RangeByteRequest():
            return request.start == request.end
        case SuffixByteRequest():
            return request.suffix == 0
        case _:
            return False


def range_header(request: ByteRequest) -> str:
    """Return the `Range` header that asks for `request`, which names something."""
    match request:
        case RangeByteRequest():
            return f"bytes={request.start}-{request.end - 1}"
        case OffsetByteRequest():
            return f"bytes={request.offset}-"
        case SuffixByteRequest():
            return f"bytes=-{request.suffix}"


def part_asked_for(request: ByteRequest | None, body: bytes, status: int, content_range: str | None, key: str) -> bytes:
    """Return the bytes that `request` names, from the body of an answer.

    A server may ignore the header and send the whole value, with status 200: the part is cut out here.

    Raises:
        OSError: the server sent other bytes than it was asked for.
    """
    if request is None:
        return body
    if status != 206:
        return body[resolve(request, len(body))]
    match_ = _CONTENT_RANGE.fullmatch(content_range or "")
    if match_ is not None:
        first, last = int(match_[1]), int(match_[2])
        # Where the server does not tell the size, a range must be answered to its end; a suffix cannot be checked.
        size = last + 1 if match_[3] == "*" else int(match_[3])
        asked = resolve(request, size)
        if (first, last + 1) == (asked.start, asked.stop) and len(body) == last + 1 - first:
            return body
    raise OSError(
        f"the server answered the request for {request!r} of the key {key!r} with {len(body)} bytes as {content_range!r}: "
        "these are not the bytes asked for"
    )
