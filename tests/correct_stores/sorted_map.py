"""A correct store over a map that is sorted by key: a listing is a stretch of it."""

from __future__ import annotations

import builtins
from bisect import bisect_left, insort
from collections.abc import AsyncIterator, Iterator, MutableMapping
from typing import Any

from broken_stores.sound import SoundStore

from storeproto.keys import below, check_prefix, check_string_prefix


class SortedMap(MutableMapping[str, bytes]):
    """Keys in order, and their values."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self._values: dict[str, bytes] = {}

    def __getitem__(self, key: str) -> bytes:
        return self._values[key]

    def __setitem__(self, key: str, value: bytes) -> None:
        if key not in self._values:
            insort(self.order, key)
        self._values[key] = value

    def __delitem__(self, key: str) -> None:
        del self._values[key]
        del self.order[bisect_left(self.order, key)]

    def __iter__(self) -> Iterator[str]:
        return iter(self.order)

    def __len__(self) -> int:
        return len(self.order)

    def stretch(self, start: str) -> list[str]:
        """The keys that begin with `start`: they follow one another."""
        first = last = bisect_left(self.order, start)
        while last < len(self.order) and self.order[last].startswith(start):
            last += 1
        return self.order[first:last]


class SortedMapStore(SoundStore):
    """Keeps values in a sorted map."""

    values: Any

    def __init__(self, values: Any = None, *, read_only: bool = False) -> None:
        super().__init__(SortedMap() if values is None else values, read_only=read_only)

    def keys_below(self, prefix: str) -> builtins.list[str]:
        found: builtins.list[str] = self.values.stretch(below(check_prefix(prefix)))
        return found

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        for key in self.values.stretch(check_string_prefix(prefix)):
            yield key

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        start = below(check_prefix(prefix))
        last = None
        for key in self.values.stretch(start):
            name = key[len(start) :].partition("/")[0]
            if name != last and f"{start}{name}/" > key:
                yield name  # a key of its own comes before those below it
            elif name != last and start + name not in self.values:
                yield name
            last = name
