"""Which bytes of a value to read: from one place to another, from one place on, or so many at the end.

The classes are those of the documented interface; unlike zarr's they check their arguments when they are made (clause RNG-11). They
are written out rather than generated, since this module is imported by everyone who imports `storeproto`.
"""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Final, TypeAlias


class _Frozen:
    """Attributes that are set once, compared by value."""

    __slots__: tuple[str, ...] = ()

    def _values(self) -> tuple[int, ...]:
        return tuple([getattr(self, name) for name in self.__slots__])

    def __setattr__(self, name: str, value: object) -> None:
        if hasattr(self, name):
            raise AttributeError(f"{type(self).__name__}.{name} cannot be assigned: a byte request does not change")
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be deleted: a byte request does not change")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Frozen) or type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __repr__(self) -> str:
        fields = [f"{name}={value}" for name, value in zip(self.__slots__, self._values(), strict=True)]
        return f"{type(self).__name__}({', '.join(fields)})"


class RangeByteRequest(_Frozen):
    """The bytes from `start` up to, and without, `end`; what lies past the end of the value is left out (RNG-1, RNG-2).

    Raises:
        ValueError: unless `0 <= start <= end`.
        TypeError: a bound is no integer.
    """

    __match_args__ = ("start", "end")
    __slots__ = __match_args__

    def __init__(self, start: int, end: int) -> None:
        first, last = index(start), index(end)
        if not 0 <= first <= last:
            raise ValueError(f"RangeByteRequest(start={start}, end={end}) is not allowed: 0 <= start <= end must hold")
        if TYPE_CHECKING:
            self.start: Final = first
            self.end: Final = last
        _set_start(self, first)
        _set_end(self, last)


# One request is made for many a read: by their slots, attributes are set four times as fast as through `__setattr__`.
_set_start: Final = vars(RangeByteRequest)["start"].__set__
_set_end: Final = vars(RangeByteRequest)["end"].__set__


class OffsetByteRequest(_Frozen):
    """The bytes from `offset` to the end of the value (RNG-6).

    Raises:
        ValueError: `offset` is negative.
        TypeError: it is no integer.
    """

    __match_args__ = ("offset",)
    __slots__ = __match_args__

    def __init__(self, offset: int) -> None:
        self.offset: Final = index(offset)
        if self.offset < 0:
            raise ValueError(
                f"OffsetByteRequest(offset={offset}) is not allowed: 0 <= offset must hold; SuffixByteRequest counts from the end"
            )


class SuffixByteRequest(_Frozen):
    """The last `suffix` bytes; the whole value where it is shorter (RNG-7, RNG-8), nothing for 0 (RNG-9).

    Raises:
        ValueError: `suffix` is negative.
        TypeError: it is no integer.
    """

    __match_args__ = ("suffix",)
    __slots__ = __match_args__

    def __init__(self, suffix: int) -> None:
        self.suffix: Final = index(suffix)
        if self.suffix < 0:
            raise ValueError(f"SuffixByteRequest(suffix={suffix}) is not allowed: a suffix is 0 or more bytes")


ByteRequest: TypeAlias = RangeByteRequest | OffsetByteRequest | SuffixByteRequest
"""What the protocols take for `byte_range`."""

ByteRangePair: TypeAlias = tuple[int | None, int | None]
"""The older form `(start, length)`, either of them None; the reference stores and `StorePath` take it too."""

_PAIR: Final = "a pair is (start, length), each of them None or an integer that is not negative"


def from_pair(pair: ByteRangePair) -> ByteRequest | None:
    """Return the request that the pair `(start, length)` stands for; None, the whole value, for `(None, None)`.

    `(None, 3)` is the first three bytes, `(3, None)` all from the fourth on.

    Raises:
        ValueError: it does not have two parts, or one of them is negative.
        TypeError: a part is neither None nor an integer.
    """
    if len(pair) != 2:
        raise ValueError(f"the byte range {pair!r} is not allowed: {_PAIR}")
    try:
        start, length = [None if part is None else index(part) for part in pair]
    except TypeError:
        raise TypeError(f"the byte range {pair!r} is not allowed: {_PAIR}") from None
    first = start or 0
    if first < 0 or (length is not None and length < 0):
        raise ValueError(f"the byte range {pair!r} is not allowed: {_PAIR}")
    if length is not None:
        return RangeByteRequest(first, first + length)
    return None if start is None else OffsetByteRequest(start)


def resolve(request: ByteRequest | ByteRangePair | None, size: int) -> slice:
    """Return the slice of a value of `size` bytes that `request` names: `0 <= start <= stop <= size`; None names all of it.

    Raises:
        TypeError: `request` is not a byte request (RNG-14).
        ValueError: it is a pair that makes no request.
    """
    if type(request) is RangeByteRequest:  # first and without calls, since most requests are such
        start, end = request.start, request.end
        if end > size:
            end = size
        if start > end:
            start = end
        return slice(start, end)
    match request:
        case None:
            return slice(0, size)
        case RangeByteRequest():
            end = min(request.end, size)
            return slice(min(request.start, end), end)
        case OffsetByteRequest():
            return slice(min(request.offset, size), size)
        case SuffixByteRequest():
            return slice(max(size - request.suffix, 0), size)
        case tuple():
            return resolve(from_pair(request), size)
        case _:  # pyright: ignore[reportUnnecessaryComparison]  # for callers without a type checker
            raise TypeError(
                f"the byte range {request!r} is not a byte request: "
                "give a RangeByteRequest, OffsetByteRequest or SuffixByteRequest, or None for the whole value"
            )
