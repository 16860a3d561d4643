"""Faults in chapter PWR."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from broken_stores.sound import SoundStore

Writes = Iterable[tuple[str, int, Any]]


class TruncatesBehindTheWrite(SoundStore):
    """Loses what is behind the bytes written."""

    breaks: ClassVar = frozenset({"PWR-1", "PWR-2"})

    async def set_partial_values(self, key_start_values: Writes) -> None:
        writes = [*key_start_values]
        await super().set_partial_values(writes)
        for key, start, value in writes:
            self.values[key] = self.values[key][: start + len(value)]


class InsertsTheBytes(SoundStore):
    """Moves what was at the place written behind the new bytes."""

    breaks: ClassVar = frozenset({"PWR-1", "PWR-2", "PWR-3"})

    async def set_partial_values(self, key_start_values: Writes) -> None:
        writes = [*key_start_values]
        old = dict(self.values)
        await super().set_partial_values(writes)
        for key, start, value in writes:
            held = old.get(key, b"").ljust(start, b"\0")
            self.values[key] = old[key] = held[:start] + value + held[start:]


class LandsOneWriteForEachKey(SoundStore):
    """Of several writes to a key does the last alone."""

    breaks: ClassVar = frozenset({"PWR-2", "PWR-6"})

    async def set_partial_values(self, key_start_values: Writes) -> None:
        last = {key: (key, start, value) for key, start, value in key_start_values}
        await super().set_partial_values([*last.values()])


class NeedsOrder(SoundStore):
    """Refuses writes whose starts do not grow."""

    breaks: ClassVar = frozenset({"PWR-2"})

    async def set_partial_values(self, key_start_values: Writes) -> None:
        writes = [*key_start_values]
        starts: dict[str, int] = {}
        for key, start, _ in writes:
            if start < starts.get(key, 0):
                raise ValueError(f"the writes to {key!r} are not in order")
            starts[key] = start
        await super().set_partial_values(writes)


class DoesNotGrow(SoundStore):
    """Cuts what is written past the end."""

    breaks: ClassVar = frozenset({"PWR-3"})

    async def set_partial_values(self, key_start_values: Writes) -> None:
        writes = [*key_start_values]
        old = dict(self.values)
        await super().set_partial_values(writes)
        for key, start, _ in writes:
            if key in old and start <= len(old[key]):
                self.values[key] = self.values[key][: len(old[key])]


class RefusesToAppend(SoundStore):
    """Raises where a write starts at the end."""

    breaks: ClassVar = frozenset({"PWR-3"})

    async def set_partial_values(self, key_start_values: Writes) -> None:
        writes = [*key_start_values]
        if any(value and key in self.values and start == len(self.values[key]) for key, start, value in writes):
            raise ValueError("a start is not within the value")
        await super().set_partial_values(writes)


class ClosesTheGap(SoundStore):
    """Appends where a write starts past the end."""

    breaks: ClassVar = frozenset({"PWR-4"})

    async def set_partial_values(self, key_start_values: Writes) -> None:
        writes = [(key, min(start, len(self.values.get(key, b""))), value) for key, start, value in key_start_values]
        await super().set_partial_values(writes)


class FillsTheGapAndRaises(SoundStore):
    """Raises where a write starts past the end, when it has already filled the gap."""

    breaks: ClassVar = frozenset({"PWR-4"})

    async def set_partial_values(self, key_start_values: Writes) -> None:
        writes = [*key_start_values]
        for key, start, _ in writes:
            if key in self.values and start > len(self.values[key]):
                self.values[key] = self.values[key].ljust(start, b"\0")
                raise ValueError("a start is past the end")
        await super().set_partial_values(writes)


class DropsWritesToMissingKeys(SoundStore):
    """Does nothing where the key is missing, and says nothing."""

    breaks: ClassVar = frozenset({"PWR-5"})

    async def set_partial_values(self, key_start_values: Writes) -> None:
        await super().set_partial_values([write for write in key_start_values if write[0] in self.values])


class NegativeStartCountsFromTheEnd(SoundStore):
    """Takes a negative start as Python does."""

    breaks: ClassVar = frozenset({"PWR-5"})

    async def set_partial_values(self, key_start_values: Writes) -> None:
        writes = [
            (key, start + len(self.values.get(key, b"")) if start < 0 else start, value) for key, start, value in key_start_values
        ]
        await super().set_partial_values(writes)


class ChecksOneWriteAtATime(SoundStore):
    """Refuses a write when it has already done those before it."""

    breaks: ClassVar = frozenset({"PWR-5", "PWR-6"})

    async def set_partial_values(self, key_start_values: Writes) -> None:
        done: list[tuple[str, int, Any]] = []
        for write in key_start_values:
            done.append(write)
            before = [earlier for earlier in done if earlier[0] == write[0]]
            await super().set_partial_values(before)


class LastWriteWins(SoundStore):
    """Takes overlapping writes, the last over the others."""

    breaks: ClassVar = frozenset({"PWR-6"})

    async def set_partial_values(self, key_start_values: Writes) -> None:
        self.check_writable()
        for write in [*key_start_values]:
            if write[1] < 0:
                raise ValueError("a start is negative")
        for write in [*key_start_values]:
            await super().set_partial_values([write])


class SetsRanges(SoundStore):
    """Sound, and its set takes a byte range."""

    breaks: ClassVar[frozenset[str]] = frozenset()

    async def set(self, key: str, value: Any, byte_range: tuple[int, int] | None = None) -> None:
        if byte_range is None:
            await super().set(key, value)
        else:
            await self.set_partial_values([(key, byte_range[0], value)])


class SetForgetsTheRange(SetsRanges):
    """Sets the whole value though a byte range is given."""

    breaks: ClassVar = frozenset({"PWR-7"})

    async def set(self, key: str, value: Any, byte_range: tuple[int, int] | None = None) -> None:
        await super().set(key, value)


class SetCutsAtTheEnd(SetsRanges):
    """Writes no further than to the end of the old value, where a byte range is given."""

    breaks: ClassVar = frozenset({"PWR-7"})

    async def set(self, key: str, value: Any, byte_range: tuple[int, int] | None = None) -> None:
        size = len(self.values.get(key, b""))
        await super().set(key, value, byte_range)
        if byte_range is not None:
            self.values[key] = self.values[key][:size]
