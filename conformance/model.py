"""What the contract allows: a dictionary, and the allowed outcomes of each operation on it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from conformance.expectation import Expectation, gives, gives_names, raises, returns
from conformance.operations import (
    Clear,
    Delete,
    DeleteDir,
    Exists,
    Get,
    GetPartialValues,
    GetSize,
    GetSizePrefix,
    IsEmpty,
    ListAll,
    ListDir,
    ListPrefix,
    Operation,
    Set,
    SetEach,
    SetIfNotExists,
    SetPartialValues,
    SetRange,
)
from storeproto import ByteRequest, OffsetByteRequest, RangeByteRequest, SuffixByteRequest, resolve
from storeproto.keys import below

_REFUSABLE: Final = re.compile(r"[\\:*?~$\x01-\x1f\x7f]")
"""Characters that a store may refuse (KEY-7)."""
_LONG: Final = 200
"""Characters from which on a store may refuse a key (KEY-8)."""


@lru_cache(maxsize=4096)
def _folded(key: str) -> str:
    """What keys that differ only in case or form have in common (KEY-4, KEY-5)."""
    return unicodedata.normalize("NFC", key).casefold()


def directory(prefix: str) -> str:
    """The contract's `dir(p)`: `prefix` with exactly one `/` behind it, or `""` for `""`."""
    return below(prefix.removesuffix("/"))


def range_clause(request: ByteRequest, size: int) -> str:
    """The clause that rules on `request` for a value of `size` bytes."""
    if size == 0:
        return "RNG-10"
    match request:
        case RangeByteRequest():
            if request.start == request.end:
                return "RNG-5"
            if request.start >= size:
                return "RNG-3"
            return "RNG-1" if request.end <= size else "RNG-2"
        case OffsetByteRequest():
            return "RNG-6"
        case SuffixByteRequest():
            if request.suffix == 0:
                return "RNG-9"
            return "RNG-7" if request.suffix <= size else "RNG-8"


def read_range(value: bytes, request: ByteRequest) -> Expectation:
    """What a read of `request` from `value` may give: those bytes; where there are none, nothing or an error (RNG-4)."""
    part = value[resolve(request, len(value))]
    return gives(part) if part else gives(b"") | raises()


def read_missing(request: ByteRequest) -> Expectation:
    """What a read of `request` from a missing key may give: None (RNG-12); an error too, where it asks for no bytes (RNG-5, 9)."""
    match request:
        case RangeByteRequest(start=start, end=end) if start == end:
            return gives(None) | raises()
        case SuffixByteRequest(suffix=0):
            return gives(None) | raises()
        case _:
            return gives(None)


class Model:
    """The contents that the operations done so far have left, and what the next one may come to.

    It speaks of legal keys alone, and of operations that the store's flags claim.
    """

    def __init__(self, contents: dict[str, bytes] | None = None) -> None:
        self.contents = {} if contents is None else dict(contents)

    def below(self, prefix: str) -> list[str]:
        """The keys below the directory `prefix`."""
        start = directory(prefix)
        return [key for key in self.contents if key.startswith(start)]

    def children(self, prefix: str) -> list[str]:
        """The immediate children of the directory `prefix`."""
        start = len(directory(prefix))
        return sorted({key[start:].partition("/")[0] for key in self.below(prefix)})

    def allows(self, operation: Operation) -> Expectation:
        """The allowed outcomes of `operation`."""
        contents = self.contents
        match operation:
            case Get(key=key, byte_range=request):
                value = contents.get(key)
                if request is None:
                    return gives(value)
                return read_missing(request) if value is None else read_range(value, request)
            case GetPartialValues(key_ranges=key_ranges):
                parts = [self._part(key, request) for key, request in key_ranges]
                # Where a get of the same request may raise, this may too (PAR-5).
                refusable = any(self.allows(Get(key, request)).admits_errors for key, request in key_ranges)
                return gives(parts) | raises() if refusable else gives(parts)
            case Exists(key=key):
                return gives(key in contents)
            case GetSize(key=key):
                return gives(len(contents[key])) if key in contents else raises(FileNotFoundError)
            case ListAll():
                return gives_names(contents)
            case ListPrefix(prefix=prefix):
                return gives_names([key for key in contents if key.startswith(prefix)])
            case ListDir(prefix=prefix):
                return gives_names(self.children(prefix))
            case IsEmpty(prefix=prefix):
                return gives(not self.below(prefix))
            case GetSizePrefix(prefix=prefix):
                return gives(sum([len(contents[key]) for key in self.below(prefix)]))
            case SetPartialValues(key_start_values=key_start_values):
                refusable = any(
                    self.may_refuse(key) or start > len(contents.get(key, b"")) or key not in contents
                    for key, start, _ in key_start_values
                )
                return returns | raises() if refusable else returns
            case Set(key=key) | SetIfNotExists(key=key) | SetRange(key=key):
                return returns | raises() if self.may_refuse(key) else returns
            case _:
                return returns

    def may_refuse(self, key: str) -> bool:
        """Whether a store may refuse to set `key`, which is not set (KEY-4, 5, 7, 8 and 10)."""
        if key in self.contents:
            return False
        return (
            _REFUSABLE.search(key) is not None
            or len(key) > _LONG
            or any(
                other.startswith(key + "/") or key.startswith(other + "/") or _folded(other) == _folded(key)
                for other in self.contents
            )
        )

    def _part(self, key: str, request: ByteRequest | None) -> bytes | None:
        value = self.contents.get(key)
        return value if value is None or request is None else value[resolve(request, len(value))]

    def apply(self, operation: Operation) -> None:
        """Change the contents as `operation`, which has returned, must have."""
        contents = self.contents
        match operation:
            case SetIfNotExists(key=key, value=value):
                contents.setdefault(key, value)
            case SetRange(key=key, value=value, start=start):
                self._patch(key, start, value)
            case Set(key=key, value=value):
                contents[key] = value
            case SetEach(value=value):
                contents.update(dict.fromkeys(operation.keys, value))
            case SetPartialValues(key_start_values=key_start_values):
                for key, start, value in key_start_values:
                    self._patch(key, start, value)
            case Delete(key=key):
                contents.pop(key, None)
            case DeleteDir(prefix=prefix):
                for key in self.below(prefix):
                    del contents[key]
            case Clear():
                contents.clear()
            case _:
                pass

    def _patch(self, key: str, start: int, value: bytes) -> None:
        old = self.contents.get(key, b"").ljust(start, b"\0") if value else self.contents.get(key, b"")
        self.contents[key] = old[:start] + value + old[start + len(value) :]
