"""Values that say which they are, and whether they are whole."""

from __future__ import annotations

_DIGITS = 12


def sized(number: int, size: int) -> bytes:
    """Return the value of a number: its digits, those of its size, and one letter so many times."""
    return b"%0*d%0*d" % (_DIGITS, number, _DIGITS, size) + bytes([65 + number % 26]) * size


def checked(value: object) -> int | str | None:
    """Return the number of a value, None for a key that is missing, or in words what is wrong with it."""
    if value is None:
        return None
    if not isinstance(value, bytes):
        return f"{type(value).__name__}, which is no bytes"
    digits = value[: 2 * _DIGITS]
    if len(digits) < 2 * _DIGITS or not digits.isdigit():
        return f"{len(value):,} bytes without the beginning of a value that was set"
    number, size = int(digits[:_DIGITS]), int(digits[_DIGITS:])
    if len(value) != len(digits) + size:
        return f"{len(value):,} bytes of a value of {len(digits) + size:,}"
    if value != sized(number, size):
        return f"{len(value):,} bytes that begin as one value and go on as another"
    return number
