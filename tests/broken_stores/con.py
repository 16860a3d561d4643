"""Faults in chapter CON: each is right as long as one operation comes after the other."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from broken_stores.sound import SoundStore
from storeproto import ByteRequest
from storeproto.keys import check_key


class ReadsThenWrites(SoundStore):
    """Deletes what it had looked up before others wrote."""

    breaks: ClassVar = frozenset({"CON-1"})

    async def delete(self, key: str) -> None:
        self.check_writable()
        left = {other: value for other, value in self.values.items() if other != check_key(key)}
        await asyncio.sleep(0)
        self.values.clear()
        self.values.update(left)


class WritesInTwoSteps(SoundStore):
    """Sets one half of a value, and then the other."""

    breaks: ClassVar = frozenset({"CON-1", "CON-2"})

    async def set(self, key: str, value: Any) -> None:
        self.check_writable()
        whole = memoryview(value).tobytes()
        self.values[check_key(key)] = whole[: len(whole) // 2]
        await asyncio.sleep(0)
        self.values[key] = whole


class RemovesBeforeItWrites(SoundStore):
    """Removes the old value before it has the new one."""

    breaks: ClassVar = frozenset({"CON-1", "CON-2"})

    async def set(self, key: str, value: Any) -> None:
        self.check_writable()
        self.values.pop(check_key(key), None)
        await asyncio.sleep(0)
        await super().set(key, value)


class CachesWhatWasInvalidated(SoundStore):
    """Puts into its cache what it read before another wrote."""

    breaks: ClassVar = frozenset({"CON-1"})

    def __init__(self, values: dict[str, bytes] | None = None, *, read_only: bool = False) -> None:
        super().__init__(values, read_only=read_only)
        self.cache: dict[str, bytes | None] = {}

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        if byte_range is not None:
            return await super().get(key, prototype, byte_range)
        if check_key(key) not in self.cache:
            found = self.values.get(key)
            await asyncio.sleep(0)
            self.cache[key] = found
        return self.cache[key]

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, value)
        self.cache.pop(key, None)
