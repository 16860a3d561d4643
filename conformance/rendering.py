"""Values as Python source and as text for people: long ones shortened, the kit's own patterns recognised."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import cast

_PERIOD = 251
"""A prime, so that no block size of a medium is a multiple of it, and a block in the wrong place shows."""
_SHORT = 48


def pattern(size: int, shift: int = 0) -> bytes:
    """Return `size` bytes in which each position can be told from its neighbours; `shift` makes different ones."""
    period = bytes([(i + shift) % _PERIOD for i in range(_PERIOD)])
    return (period * (size // _PERIOD + 1))[:size]


@lru_cache(maxsize=64)
def python_bytes(value: bytes) -> str:
    """Return an expression for `value`: short for a pattern and for one byte repeated, else the literal."""
    size = len(value)
    if size <= _SHORT:
        return repr(value)
    if value == pattern(size, value[0]):
        number = f"(i + {value[0]})" if value[0] else "i"
        return f"bytes({number} % {_PERIOD} for i in range({size}))"
    if value == value[:1] * size:
        return f"{value[:1]!r} * {size}"
    if value == bytes(range(256)) * (size // 256):
        return "bytes(range(256))" if size == 256 else f"bytes(range(256)) * {size // 256}"
    period = value.find(value[:_SHORT], 1)
    if 0 < period <= _SHORT and value == (value[:period] * (size // period + 1))[:size]:
        whole = f"{value[:period]!r} * {-(-size // period)}"
        return f"({whole})[:{size}]" if size % period else whole
    return repr(value)


def brief(value: object) -> str:
    """Return `value` for a person: what is long is cut, and its size said."""
    if isinstance(value, (bytes, bytearray)):
        text = repr(bytes(value[:_SHORT]))
        return text if len(value) <= _SHORT else f"{text[:-1]}...{text[-1]} ({len(value):,} bytes)"
    if isinstance(value, BaseException):
        return brief_error(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return brief_all(cast("Collection[object]", value))
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}... ({len(text):,} characters)"


def brief_all(values: Collection[object]) -> str:
    """Return a collection for a person: at most eight of its items, and how many there are."""
    shown = ", ".join([brief(value) for value in list(values)[:8]])
    return f"[{shown}]" if len(values) <= 8 else f"[{shown}, ...] ({len(values):,} in all)"


def brief_error(error: BaseException) -> str:
    """Return an error for a person, on one line: line ends and control characters stand as their escapes."""
    text = escaped(" ".join(filter(None, str(error).strip().split(" "))))
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__


def escaped(text: str) -> str:
    """Return `text` with the escape of each character that a terminal would not print: none of them can pass for the kit's own."""
    return "".join([character if character.isprintable() else repr(character)[1:-1] for character in text])


def brief_source(source: str) -> str:
    """Return Python source for a person, on one line, and cut where it is long: the script has all of it."""
    text = " ".join(source.split())
    return text if len(text) <= 2 * _SHORT else f"{text[: 2 * _SHORT]}..."
