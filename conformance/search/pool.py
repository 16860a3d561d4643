"""The keys, prefixes, values and byte requests that programs are made of: few and related, so that they meet."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.admission import NotAdmittedError, admit
from conformance.rendering import pattern
from conformance.subject import AnyKey, Grammar
from storeproto import ByteRequest, OffsetByteRequest, RangeByteRequest, SuffixByteRequest

_RELATED_KEYS = (
    "a", "a/b", "a/b/c", "ab", "a-b/c", "a.b", "A", "b", "b/a", "b/c", "b/c/d", "c/a", "c/b/a", "\u00e9", "e\u0301",
    "a b", "a%41", ".a", "a.tmp", "c/0/0", "c/0/1", "k~k",
)  # fmt: skip
"""A key below another, one that another begins with, siblings that sort between, and pairs that differ in case or form alone."""
_SIZES = (0, 1, 2, 3, 5, 8, 16, 100, 255, 256, 257)


@dataclass(frozen=True)
class Pool:
    """What programs draw from.

    Attributes:
        keys: legal keys.
        prefixes: directories of the keys, with and without a `/` behind them, the root, and some that hold nothing.
        values: from empty to a few hundred bytes.
        requests: byte requests around both ends of the values.
    """

    keys: tuple[str, ...]
    prefixes: tuple[str, ...]
    values: tuple[bytes, ...]
    requests: tuple[ByteRequest, ...]


def make_pool(grammar: Grammar) -> Pool:
    """Return the pool for a grammar; of the related keys only those that it takes."""
    own = [grammar.name(number) for number in range(4)]
    below = [f"{grammar.directory(number)}/{grammar.name(place)}" for number in range(2) for place in range(2)]
    related = _RELATED_KEYS if isinstance(grammar, AnyKey) else ()
    keys = [key for key in dict.fromkeys([*related, *own, *below]) if grammar.legal(key) and _admitted(key)]
    directories = {key.rsplit("/", depth)[0] for key in keys for depth in range(1, key.count("/") + 1)}
    names = sorted({*directories, *[key for key in keys if "/" not in key]})
    values = tuple([value for size in _SIZES for value in {pattern(size), pattern(size, size % 7)} if grammar.value(value)])
    return Pool(
        keys=tuple(keys),
        prefixes=("", *names, *[f"{name}/" for name in names]),
        values=tuple(sorted(values)) or (b"",),
        requests=_requests(),
    )


def _admitted(key: str) -> bool:
    try:
        admit(key, operation="set", destructive=True, guarded=False)
    except NotAdmittedError:
        return False
    return True


def _requests() -> tuple[ByteRequest, ...]:
    ends = (0, 1, 2, 3, 5, 8, 255, 256, 300)
    ranges = [RangeByteRequest(start, end) for start in ends for end in ends if start <= end]
    return (*ranges, *[OffsetByteRequest(end) for end in ends], *[SuffixByteRequest(end) for end in ends])
