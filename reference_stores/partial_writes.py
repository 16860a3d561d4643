"""Replacing parts of values: what `set_partial_values` and a `set` with a byte range mean, before any store does it."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index

from storeproto import (
    BufferLike,
    ByteRangePair,
    RangeByteRequest,
    as_bytes,
)
from storeproto.keys import check_key

Patches = list[tuple[int, bytes]]
"""For one value: where each new part starts, and its bytes; in order of the starts, and without overlaps."""


def plan_patches(key_start_values: Iterable[tuple[str, int, BufferLike]]) -> dict[str, Patches]:
    """Return the patches for each key, all of them checked, so that a refusal comes before any change.

    Raises:
        InvalidKeyError: a key is not allowed.
        ValueError: a start is negative (PWR-5), or ranges of one key overlap (PWR-6).
        TypeError: a value is no buffer.
    """
    plan: dict[str, Patches] = {}
    for key, start, value in key_start_values:
        check_key(key)
        if index(start) < 0:
            raise ValueError(f"the start {start} in the value of the key {key!r} is negative: give 0 or more")
        plan.setdefault(key, []).append((index(start), as_bytes(value)))
    for key, patches in plan.items():
        patches.sort(key=lambda patch: patch[0])
        end = 0
        for start, value in patches:
            if value and start < end:
                raise ValueError(f"ranges of the key {key!r} overlap at byte {start}; give each byte once")
            end = max(end, start + len(value))
    return plan


def plan_range(key: str, value: BufferLike, byte_range: RangeByteRequest | ByteRangePair) -> dict[str, Patches]:
    """Return the patch that `set(key, value, byte_range)` asks for; a pair is `(start, length)`.

    Raises:
        InvalidKeyError: the key is not allowed.
        ValueError: the range is not as long as the value.
        TypeError: `byte_range` is neither a RangeByteRequest nor a pair, or the value is no buffer.
    """
    new = as_bytes(value)
    match byte_range:
        case RangeByteRequest():
            start, length = byte_range.start, byte_range.end - byte_range.start
        case (start_or_none, length_or_none):
            start = 0 if start_or_none is None else index(start_or_none)
            length = len(new) if length_or_none is None else index(length_or_none)
        case _:  # pyright: ignore[reportUnnecessaryComparison]  # for callers without a type checker
            raise TypeError(f"set: the byte range {byte_range!r} is not allowed: give a RangeByteRequest or (start, length)")
    if length != len(new):
        raise ValueError(f"set: the byte range {byte_range!r} names {length} bytes, and the value has {len(new)}")
    return plan_patches([(key, start, new)])


def apply_patches(old: bytes, patches: Patches) -> bytes:
    """Return `old` with the patches laid over it; a gap behind its end is filled with zero bytes (PWR-4)."""
    new = bytearray(old)
    for start, value in patches:
        if value and start > len(new):
            new.extend(bytes(start - len(new)))
        new[start : start + len(value)] = value
    return bytes(new)
