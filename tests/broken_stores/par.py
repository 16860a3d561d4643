"""Faults in chapter PAR."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from typing import Any, ClassVar

from broken_stores.sound import SoundStore
from storeproto import ByteRequest, RangeByteRequest

KeyRanges = Iterable[tuple[str, ByteRequest | None]]


class AnswersInOrderOfKeys(SoundStore):
    """Answers the requests in the order of their keys."""

    breaks: ClassVar = frozenset({"PAR-1", "PAR-2", "PAR-5"})

    async def get_partial_values(self, prototype: Any, key_ranges: KeyRanges) -> builtins.list[Any]:
        return await super().get_partial_values(prototype, sorted(key_ranges, key=lambda pair: pair[0]))


class AnswersDuplicatesOnce(SoundStore):
    """Leaves out a request that it has answered before."""

    breaks: ClassVar = frozenset({"PAR-1", "PAR-2"})

    async def get_partial_values(self, prototype: Any, key_ranges: KeyRanges) -> builtins.list[Any]:
        return await super().get_partial_values(prototype, dict.fromkeys(key_ranges))


class OneAnswerForEachKey(SoundStore):
    """Gives the last answer for a key wherever the key is asked for."""

    breaks: ClassVar = frozenset({"PAR-1", "PAR-2", "PAR-5"})

    async def get_partial_values(self, prototype: Any, key_ranges: KeyRanges) -> builtins.list[Any]:
        pairs = [*key_ranges]
        found = {key: await self.get(key, prototype, byte_range) for key, byte_range in pairs}
        return [found[key] for key, _ in pairs]


class MissingKeyRaisesAmongMany(SoundStore):
    """Raises where one of the keys is missing."""

    breaks: ClassVar = frozenset({"PAR-2"})
    source: ClassVar = "zarr 3.1.6 LocalStore"

    async def get_partial_values(self, prototype: Any, key_ranges: KeyRanges) -> builtins.list[Any]:
        pairs = [*key_ranges]
        for key, _ in pairs:
            await self.getsize(key)
        return await super().get_partial_values(prototype, pairs)


class LeavesMissingKeysOut(SoundStore):
    """Gives no result in the place of a missing key."""

    breaks: ClassVar = frozenset({"PAR-2"})

    async def get_partial_values(self, prototype: Any, key_ranges: KeyRanges) -> builtins.list[Any]:
        return [value for value in await super().get_partial_values(prototype, key_ranges) if value is not None]


class NoRequestRaises(SoundStore):
    """Raises where there is no request."""

    breaks: ClassVar = frozenset({"PAR-3"})

    async def get_partial_values(self, prototype: Any, key_ranges: KeyRanges) -> builtins.list[Any]:
        first, *others = key_ranges
        return await super().get_partial_values(prototype, [first, *others])


class ReadsRequestsTwice(SoundStore):
    """Goes through the requests once to find the keys, and again to answer."""

    breaks: ClassVar = frozenset({"PAR-4"})

    async def get_partial_values(self, prototype: Any, key_ranges: KeyRanges) -> builtins.list[Any]:
        held = {key for key, _ in key_ranges if key in self.values}
        return [await self.get(key, prototype, part) if key in held else None for key, part in key_ranges]


class NeedsASequence(SoundStore):
    """Takes the requests by their positions."""

    breaks: ClassVar = frozenset({"PAR-3", "PAR-4"})

    async def get_partial_values(self, prototype: Any, key_ranges: Any) -> builtins.list[Any]:
        return [await self.get(*key_ranges[i][:1], prototype, key_ranges[i][1]) for i in range(len(key_ranges))]


class CutsOverlappingRanges(SoundStore):
    """Merges ranges of one key that touch, and gives each byte to the first that asks for it."""

    breaks: ClassVar = frozenset({"PAR-1", "PAR-5"})

    async def get_partial_values(self, prototype: Any, key_ranges: KeyRanges) -> builtins.list[Any]:
        ends: dict[str, int] = {}
        found: builtins.list[Any] = []
        for key, part in key_ranges:
            value = await self.get(key, prototype, part)
            if isinstance(part, RangeByteRequest):
                value = value and value[max(0, ends.get(key, 0) - part.start) :]
                ends[key] = max(ends.get(key, 0), part.end)
            found.append(value)
        return found


class RangesAloneAmongMany(SoundStore):
    """Gives the whole value for an offset or a suffix among many."""

    breaks: ClassVar = frozenset({"PAR-5"})

    async def get_partial_values(self, prototype: Any, key_ranges: KeyRanges) -> builtins.list[Any]:
        ranges = [(key, part if isinstance(part, RangeByteRequest) else None) for key, part in key_ranges]
        return await super().get_partial_values(prototype, ranges)
