"""Who takes part in a benchmark: a store and how it is called, and what has the calls of one without being one.

Every contestant has the calls of a store, so that one table of operations drives them all; `lacks` says which it has not.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

OURS, PROTOTYPE, ADAPTER, ZARR, OBSTORE, BARE = "ours", "zarr's prototype", "zarr adapter", "zarr", "obstore", "bare"
NO_LISTING = frozenset({"list", "list_prefix", "list_dir"})
NOT_IN_OBSTORE = frozenset({"set_if_not_exists", "delete_dir", "is_empty", "getsize_prefix"})

Range = tuple[int, int] | None


def pair(start: int, end: int) -> tuple[int, int]:
    """A range for what takes no byte request."""
    return start, end


@dataclass(frozen=True, eq=False)
class Contestant:
    """A store, and how it is called."""

    name: str
    store: Any
    prototype: Any = None
    request: Callable[[int, int], Any] = pair
    value: Callable[[bytes], Any] = bytes
    lacks: frozenset[str] = frozenset()
    numbers: count[int] = field(default_factory=count)


class ObstoreCalls:
    """A store of obstore."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def get(self, key: str, _: Any = None, asked: Range = None) -> Any:
        if asked is not None:
            return await self.inner.get_range_async(key, start=asked[0], end=asked[1])
        try:
            return await (await self.inner.get_async(key)).bytes_async()
        except FileNotFoundError:
            return None

    async def get_partial_values(self, _: Any, asked: Iterable[tuple[str, Range]]) -> list[Any]:
        asked = [*asked]
        key, part = asked[0]
        if part is None:
            return await asyncio.gather(*[self.get(key) for key, _ in asked])
        ranges = [part for _, part in asked if part is not None]
        return await self.inner.get_ranges_async(key, starts=[start for start, _ in ranges], ends=[end for _, end in ranges])

    async def exists(self, key: str) -> bool:
        try:
            await self.inner.head_async(key)
        except FileNotFoundError:
            return False
        return True

    async def getsize(self, key: str) -> int:
        return (await self.inner.head_async(key))["size"]

    async def set(self, key: str, value: bytes) -> None:
        await self.inner.put_async(key, value)

    async def delete(self, key: str) -> None:
        await self.inner.delete_async(key)

    async def list(self) -> AsyncIterator[str]:
        async for batch in self.inner.list():
            for item in batch:
                yield item["path"]

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        async for batch in self.inner.list(prefix):
            for item in batch:
                yield item["path"]

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        found = await self.inner.list_with_delimiter_async(prefix)
        for name in [*[item["path"] for item in found["objects"]], *found["common_prefixes"]]:
            yield name


class BareDictionary:
    """A dictionary, and the copy that a safe store cannot do without."""

    lacks = NOT_IN_OBSTORE | {"list_dir"}

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    async def get(self, key: str, _: Any = None, asked: Range = None) -> bytes | None:
        value = self.values.get(key)
        return value if asked is None or value is None else value[asked[0] : asked[1]]

    async def get_partial_values(self, _: Any, asked: Iterable[tuple[str, Range]]) -> list[bytes]:
        values = self.values
        return [values[key] if part is None else values[key][part[0] : part[1]] for key, part in asked]

    async def exists(self, key: str) -> bool:
        return key in self.values

    async def getsize(self, key: str) -> int:
        return len(self.values[key])

    async def set(self, key: str, value: bytes) -> None:
        self.values[key] = memoryview(value).tobytes()

    async def delete(self, key: str) -> None:
        del self.values[key]

    async def list(self) -> AsyncIterator[str]:
        for key in [*self.values]:
            yield key

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        for key in [key for key in self.values if key.startswith(prefix)]:
            yield key


class BareFiles:
    """The system calls for files, in the event loop, without any safety."""

    lacks = NOT_IN_OBSTORE

    def __init__(self, root: Path) -> None:
        self.root = f"{root}/"

    async def get(self, key: str, _: Any = None, asked: Range = None) -> bytes | None:
        try:
            handle = os.open(self.root + key, os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            start, end = asked or (0, os.fstat(handle).st_size)
            return os.pread(handle, end - start, start)
        finally:
            os.close(handle)

    async def get_partial_values(self, _: Any, asked: Iterable[tuple[str, Range]]) -> list[Any]:
        return [await self.get(key, None, part) for key, part in asked]

    async def exists(self, key: str) -> bool:
        return os.access(self.root + key, os.F_OK)

    async def getsize(self, key: str) -> int:
        return os.stat(self.root + key).st_size  # noqa: PTH116  # the bare call

    async def set(self, key: str, value: bytes) -> None:
        path = self.root + key
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        try:
            handle = os.open(path, flags, 0o666)
        except FileNotFoundError:
            os.makedirs(path.rpartition("/")[0])  # noqa: PTH103  # the bare call
            handle = os.open(path, flags, 0o666)
        os.write(handle, value)
        os.close(handle)

    async def delete(self, key: str) -> None:
        os.unlink(self.root + key)  # noqa: PTH108  # the bare call

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        for directory, _, names in os.walk(self.root + prefix):
            for name in names:
                yield f"{directory}/{name}"

    def list(self) -> AsyncIterator[str]:
        return self.list_prefix("")

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        for name in os.listdir(self.root + prefix):  # noqa: PTH208  # the bare call
            yield name


class BareFile:
    """The system calls for one file that holds all values."""

    lacks = NOT_IN_OBSTORE | NO_LISTING | {"delete"}

    def __init__(self, path: Path) -> None:
        self.handle = os.open(path, os.O_RDWR | os.O_CREAT)
        self.places: dict[str, tuple[int, int]] = {}
        self.end = 0

    async def get(self, key: str, _: Any = None, asked: Range = None) -> bytes | None:
        if key not in self.places:
            return None
        place, size = self.places[key]
        start, end = asked or (0, size)
        return os.pread(self.handle, end - start, place + start)

    async def get_partial_values(self, _: Any, asked: Iterable[tuple[str, Range]]) -> list[Any]:
        return [await self.get(key, None, part) for key, part in asked]

    async def exists(self, key: str) -> bool:
        return key in self.places

    async def getsize(self, key: str) -> int:
        return self.places[key][1]

    async def set(self, key: str, value: bytes) -> None:
        os.pwrite(self.handle, value, self.end)
        self.places[key] = self.end, len(value)
        self.end += len(value)
