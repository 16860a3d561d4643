"""Faults in chapter NEW."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any, ClassVar

from broken_stores.sound import SoundStore
from broken_stores.sound_files import Files, SoundFileStore


class NeverCreates(SoundStore):
    """Does nothing in set_if_not_exists."""

    breaks: ClassVar = frozenset({"NEW-1", "NEW-3"})

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        if key in self.values or self.read_only or not isinstance(key, str):
            await super().set_if_not_exists(key, value)


class CreatesAtTheRootAlone(SoundStore):
    """Creates no key in a directory that is not there."""

    breaks: ClassVar = frozenset({"NEW-1", "NEW-4"})

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        if "/" not in str(key) or self.keys_below(key.rpartition("/")[0]):
            await super().set_if_not_exists(key, value)


class CreatesAnew(SoundStore):
    """Sets a key that is present."""

    breaks: ClassVar = frozenset({"NEW-2"})

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        await self.set(key, value)


class TakesEmptyForMissing(SoundStore):
    """Sets a key whose value is empty."""

    breaks: ClassVar = frozenset({"NEW-2"})

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        await super().set_if_not_exists(key, value)
        if not self.values[key]:
            await self.set(key, value)


class RaisesWhereItExists(SoundStore):
    """Raises where the key is present."""

    breaks: ClassVar = frozenset({"NEW-2"})

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        self.check_writable()
        if key in self.values:
            raise FileExistsError(f"there is a value under {key!r}")
        await super().set_if_not_exists(key, value)


class RemembersWhatItCreated(SoundStore):
    """Remembers what it once created, though it was deleted."""

    breaks: ClassVar = frozenset({"NEW-3"})

    def __init__(self, values: dict[str, bytes] | None = None, *, read_only: bool = False) -> None:
        super().__init__(values, read_only=read_only)
        self.created: set[str] = set()

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        self.check_writable()
        if key not in self.created:
            await super().set_if_not_exists(key, value)
            self.created.add(key)


class ChecksThenSets(SoundStore):
    """Lets others go on between looking for the key and setting it."""

    breaks: ClassVar = frozenset({"NEW-4"})
    source: ClassVar = "zarr 3.1.6 FsspecStore"

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        self.check_writable()
        if not await self.exists(key):
            await asyncio.sleep(0)
            await self.set(key, value)


class FilesOfWhoComesLast(Files):
    """Looks for the file, and takes its time."""

    def create(self, key: str, value: bytes) -> None:
        if key not in self:
            time.sleep(0.001)
            self[key] = value


class FilesOfOneProcess(FilesOfWhoComesLast):
    """Lets one thread at a time look and write: of this process alone."""

    turn: ClassVar = threading.Lock()

    def create(self, key: str, value: bytes) -> None:
        with self.turn:
            super().create(key, value)


class ChecksFilesThenSets(SoundFileStore):
    """Looks for the file before it writes it: another thread or process may do so in between."""

    breaks: ClassVar = frozenset({"NEW-4"})

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.values = FilesOfWhoComesLast(root)


class LocksItsOwnProcess(SoundFileStore):
    """Looks for the file and writes it under a lock: another process may do so in between."""

    breaks: ClassVar = frozenset({"NEW-4"})

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.values = FilesOfOneProcess(root)
