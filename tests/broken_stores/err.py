"""Faults in chapter ERR."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, ClassVar

from broken_stores.sound import SoundStore


class ErrorsWithoutAKey(SoundStore):
    """Says that a key is missing, but not which."""

    breaks: ClassVar = frozenset({"ERR-1"})

    async def getsize(self, key: str) -> int:
        try:
            return await super().getsize(key)
        except FileNotFoundError:
            raise FileNotFoundError("no such key") from None


class ErrorsOfAKeyAlone(SoundStore):
    """Says which key is meant, but not what is wrong with it."""

    breaks: ClassVar = frozenset({"ERR-1", "SAF-6"})
    source: ClassVar = "zarr 3.1.6 MemoryStore"

    async def getsize(self, key: str) -> int:
        try:
            return await super().getsize(key)
        except FileNotFoundError:
            raise FileNotFoundError(key) from None


class ForgetsAfterAnError(SoundStore):
    """Drops what it holds when a value is no buffer."""

    breaks: ClassVar = frozenset({"ERR-2"})

    async def set(self, key: str, value: Any) -> None:
        try:
            await super().set(key, value)
        except TypeError:
            self.values.clear()
            raise


class LockedByAnError(SoundStore):
    """Keeps its lock when partial writes raise, so that the next ones wait for ever."""

    breaks: ClassVar = frozenset({"ERR-2", "ERR-3"})
    deadline: ClassVar = 3.0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.lock = asyncio.Lock()

    async def set_partial_values(self, key_start_values: Iterable[tuple[str, int, Any]]) -> None:
        await self.lock.acquire()
        await super().set_partial_values(key_start_values)
        self.lock.release()


class NeverAnswers(SoundStore):
    """Waits for ever when the size of a missing key is asked."""

    breaks: ClassVar = frozenset({"ERR-1", "ERR-2", "ERR-3"})
    deadline: ClassVar = 3.0

    async def getsize(self, key: str) -> int:
        if key not in self.values:
            await asyncio.Event().wait()
        return await super().getsize(key)


class FailsOnceAfterAMissingKey(SoundStore):
    """Raises the error of a missing key again at the next call."""

    breaks: ClassVar = frozenset({"ERR-2"})

    failed: bool = False

    async def getsize(self, key: str) -> int:
        self.failed = key not in self.values
        return await super().getsize(key)

    async def get(self, key: str, prototype: Any = None, byte_range: Any = None) -> Any:
        if self.failed:
            self.failed = False
            raise FileNotFoundError(f"no value under another key than {key!r}")
        return await super().get(key, prototype, byte_range)
