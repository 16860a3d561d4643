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


class MissesAKeyAfterAnError(SoundStore):
    """Once it has refused a byte range, it does not find the next whole value."""

    breaks: ClassVar = frozenset({"ERR-2"})

    refused: bool = False

    async def get(self, key: str, prototype: Any = None, byte_range: Any = None) -> Any:
        if self.refused and byte_range is None:
            self.refused = False
            return None
        try:
            return await super().get(key, prototype, byte_range)
        except TypeError:
            self.refused = byte_range is not None and key in self.values
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


class WaitsForTheKeyToGo(SoundStore):
    """Waits for ever where set_if_not_exists finds the key set."""

    breaks: ClassVar = frozenset({"ERR-3", "NEW-2", "NEW-4", "TYP-3"})
    deadline: ClassVar = 2.0

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        self.check_writable()
        if key in self.values:
            await asyncio.Event().wait()
        await super().set_if_not_exists(key, value)


class FailsOnceAfterAMissingKey(SoundStore):
    """Raises the error of a missing key again at the next call."""

    breaks: ClassVar = frozenset({"ERR-2"})

    failed: bool = False

    async def getsize(self, key: str) -> int:
        self.failed = isinstance(key, str) and key not in self.values
        return await super().getsize(key)

    async def get(self, key: str, prototype: Any = None, byte_range: Any = None) -> Any:
        if self.failed:
            self.failed = False
            raise FileNotFoundError(f"no value under another key than {key!r}")
        return await super().get(key, prototype, byte_range)
