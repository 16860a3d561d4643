"""Faults in chapter LST."""

from __future__ import annotations

import asyncio
import builtins
import re
from collections.abc import AsyncIterator
from typing import Any, ClassVar

from broken_stores.sound import SoundStore
from storeproto import ByteRequest
from storeproto.keys import below, check_key, check_prefix, check_string_prefix


class ListsSiblingsTwice(SoundStore):
    """Lists a key of the third level again for each other key beside it."""

    breaks: ClassVar = frozenset({"LST-1"})

    async def list(self) -> AsyncIterator[str]:
        for key in [*self.values]:
            for _ in self.keys_below(key.rpartition("/")[0]) if key.count("/") == 2 else [key]:
                yield key

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        async for key in super().list_prefix(prefix) if prefix else self.list():
            yield key


class ListsWhatWasDeleted(SoundStore):
    """Lists a key from a cache, though it was deleted."""

    breaks: ClassVar = frozenset({"LST-1"})

    def __init__(self, values: dict[str, bytes] | None = None, *, read_only: bool = False) -> None:
        super().__init__(values, read_only=read_only)
        self.listed: dict[str, None] = {}

    async def list(self) -> AsyncIterator[str]:
        self.listed.update(dict.fromkeys(self.values))
        for key in [*self.listed]:
            yield key


class EmptyPrefixIsNone(SoundStore):
    """Lists nothing for the empty prefix."""

    breaks: ClassVar = frozenset({"LST-2"})

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        async for key in super().list_prefix(prefix):
            if prefix:
                yield key


class ListsRelativeKeys(SoundStore):
    """Lists the keys of a directory relative to it."""

    breaks: ClassVar = frozenset({"LST-3", "LST-8", "LST-10"})

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        async for key in super().list_prefix(prefix):
            yield key[len(prefix) :] if prefix.endswith("/") else key


class ListsBehindSlashesAlone(SoundStore):
    """Takes a string prefix for a directory."""

    breaks: ClassVar = frozenset({"LST-4"})
    source: ClassVar = "zarr 3.1.6 LocalStore"

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        check_string_prefix(prefix)
        async for key in super().list_prefix(below(prefix.removesuffix("/"))):
            yield key


class CutsTheSlash(SoundStore):
    """Takes a directory for a string prefix."""

    breaks: ClassVar = frozenset({"LST-3", "LST-7"})

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        async for key in super().list_prefix(prefix.removesuffix("/")):
            yield key


class ListsChildrenOften(SoundStore):
    """Lists a directory once for each key below it."""

    breaks: ClassVar = frozenset({"LST-5"})

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        start = len(below(check_prefix(prefix)))
        for key in self.keys_below(prefix):
            yield key[start:].partition("/")[0]


class ListsDirectoriesWithSlash(SoundStore):
    """Lists a directory in another with a slash behind it."""

    breaks: ClassVar = frozenset({"LST-5"})

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        start = below(check_prefix(prefix))
        async for name in super().list_dir(prefix):
            yield f"{name}/" if prefix and self.keys_below(start + name) else name


class ListsFilesAlone(SoundStore):
    """Lists directories at the root alone."""

    breaks: ClassVar = frozenset({"LST-5"})

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        start = below(check_prefix(prefix))
        async for name in super().list_dir(prefix):
            if not prefix or not self.keys_below(start + name):
                yield name


class SlashHidesChildren(SoundStore):
    """Looks for an empty name behind a slash."""

    breaks: ClassVar = frozenset({"LST-6"})

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        async for name in super().list_dir(prefix):
            if not prefix.endswith("/"):
                yield name


class ListsSiblings(SoundStore):
    """Lists what is in directories whose names begin alike."""

    breaks: ClassVar = frozenset({"LST-6"})

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        directory = check_prefix(prefix)
        found = {key.partition("/")[2] for key in self.values if key.startswith((f"{directory}-", f"{directory}."))} - {""}
        async for name in super().list_dir(prefix):
            found.add(name)
        for name in found:
            yield name


class ListsByPattern(SoundStore):
    """Takes the prefix for a pattern, in which `_` stands for any character, as SQL's LIKE does."""

    breaks: ClassVar = frozenset({"LST-3", "LST-4"})

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        pattern = re.compile(re.escape(check_string_prefix(prefix)).replace("_", "."), re.DOTALL)
        for key in [*self.values]:
            if pattern.match(key):
                yield key


class MissingDirectoryRaises(SoundStore):
    """Raises where a directory is missing."""

    breaks: ClassVar = frozenset({"LST-7"})

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        if prefix and not self.keys_below(prefix):
            raise FileNotFoundError(f"nothing below {prefix!r}")
        async for name in super().list_dir(prefix):
            yield name


class ListsTheKeyItself(SoundStore):
    """Lists a key as its own child."""

    breaks: ClassVar = frozenset({"LST-7"})

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        async for name in super().list_dir(prefix):
            yield name
        if check_prefix(prefix) in self.values:
            yield check_prefix(prefix).rpartition("/")[2]


class ListsOnePage(SoundStore):
    """Lists the first page of a directory alone."""

    breaks: ClassVar = frozenset({"LST-8"})

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        for name in [name async for name in super().list_dir(prefix)][:1000]:
            yield name


class LosesTheLastPage(SoundStore):
    """Has a listing by pages that leaves out what fills no page."""

    breaks: ClassVar = frozenset({"LST-8"})

    async def list_pages(self, prefix: str = "") -> AsyncIterator[list[str]]:
        keys = [key for key in self.values if key.startswith(prefix)]
        for start in range(0, len(keys) - len(keys) % 1000, 1000):
            yield keys[start : start + 1000]


class RepeatsTheLastOfAPage(SoundStore):
    """Begins each page of a listing with the last key of the page before."""

    breaks: ClassVar = frozenset({"LST-8", "SET-10"})
    profile: ClassVar = "default"

    async def list(self) -> AsyncIterator[str]:
        keys = sorted(self.values)
        for start in range(0, len(keys), 1000):
            for key in keys[max(0, start - 1) : start + 1000]:
                yield key


class CountsTheDirectories(SoundStore):
    """Adds something to the size of a key for each directory that it lies in but one."""

    breaks: ClassVar = frozenset({"LST-9"})

    async def getsize(self, key: str) -> int:
        return await super().getsize(key) + 16 * max(0, key.count("/") - 1)


class ForgetsWhatItListed(SoundStore):
    """Reads no key of the third level that it has listed with others."""

    breaks: ClassVar = frozenset({"LST-9"})

    def __init__(self, values: dict[str, bytes] | None = None, *, read_only: bool = False) -> None:
        super().__init__(values, read_only=read_only)
        self.listed: set[str] = set()

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        return await super().get(key, prototype, byte_range) if key not in self.listed else None

    async def list(self) -> AsyncIterator[str]:
        for key in [*self.values]:
            yield key
        self.listed.update([key for key in self.values if key.count("/") == 2 and len(self.values) > 3])


class ListsLive(SoundStore):
    """Goes through the dictionary itself while it lists."""

    breaks: ClassVar = frozenset({"LST-10"})
    source: ClassVar = "zarr 3.1.6 MemoryStore"

    async def list(self) -> AsyncIterator[str]:
        for key in self.values:
            yield key


class ListsByPosition(SoundStore):
    """Counts how many keys it has listed, and goes on behind so many."""

    breaks: ClassVar = frozenset({"LST-10"})

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        position = 0
        listed = super().list_prefix
        while page := [key async for key in listed(prefix)][position : position + 8]:
            for key in page:
                yield key
            position += len(page)


class LocksWhileItLists(SoundStore):
    """Holds a lock while it lists, which writes wait for."""

    breaks: ClassVar = frozenset({"LST-10", "LST-12", "ERR-3"})
    deadline: ClassVar = 2.0

    def __init__(self, values: dict[str, bytes] | None = None, *, read_only: bool = False) -> None:
        super().__init__(values, read_only=read_only)
        self.lock = asyncio.Lock()

    async def set(self, key: str, value: Any) -> None:
        async with self.lock:
            await super().set(key, value)

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        async with self.lock:
            async for name in super().list_dir(prefix):
                yield name


class LeavesATask(SoundStore):
    """Lists through a queue, which a task fills that no one ends."""

    breaks: ClassVar = frozenset({"LST-11"})

    async def list(self) -> AsyncIterator[str]:
        queue: asyncio.Queue[str | None] = asyncio.Queue(1)

        async def fill() -> None:
            for key in [*self.values, None]:
                await queue.put(key)

        self.task = asyncio.ensure_future(fill())
        while (key := await queue.get()) is not None:
            yield key


class GoesOnWhereItWasLeft(SoundStore):
    """Lists the rest of a listing that was left."""

    breaks: ClassVar = frozenset({"LST-11", "LST-12"})

    def __init__(self, values: dict[str, bytes] | None = None, *, read_only: bool = False) -> None:
        super().__init__(values, read_only=read_only)
        self.rest: builtins.list[str] = []

    async def list(self) -> AsyncIterator[str]:
        self.rest = self.rest or [*self.values]
        while self.rest:
            yield self.rest.pop()


class OneCursor(SoundStore):
    """Has one cursor for all listings of a directory, which each sets to the beginning."""

    breaks: ClassVar = frozenset({"LST-12"})
    position = 0

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        names = [name async for name in super().list_dir(prefix)]
        self.position = 0
        while self.position < len(names):
            self.position += 1
            yield names[self.position - 1]


class ListsTemporaries(SoundStore):
    """Lists what is being written."""

    breaks: ClassVar = frozenset({"LST-13"})
    source: ClassVar = "zarr 3.1.6 LocalStore"

    async def set(self, key: str, value: Any) -> None:
        temporary = f"{key}.5e1f.partial" if isinstance(key, str) else key
        await super().set(temporary, value)
        new = self.values[temporary]
        try:
            await asyncio.sleep(0)
        finally:
            self.values.pop(temporary, None)
        self.values[key] = new

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        self.check_writable()
        self.values.setdefault(check_key(key), memoryview(value).tobytes())


class LeavesALock(SoundStore):
    """Leaves a lock in the directory of the key that was written last."""

    breaks: ClassVar = frozenset({"LST-13"})

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        async for name in super().list_dir(prefix):
            yield name
        if len(self.values) == 3 and check_prefix(prefix):
            yield ".lock"


class ListsParts(SoundStore):
    """Lists the parts in which large values were written."""

    breaks: ClassVar = frozenset({"LST-13"})
    profile: ClassVar = "default"

    async def list(self) -> AsyncIterator[str]:
        for key, value in [*self.values.items()]:
            yield key
            if len(value) > 4 << 20:
                yield f"{key}.part1"
