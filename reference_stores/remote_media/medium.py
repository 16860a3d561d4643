"""What RemoteStore asks of the thing that holds its values."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Coroutine, Iterable
from contextlib import aclosing
from typing import Any, Protocol, TypeVar

from storeproto import ByteRequest
from storeproto.keys import below

T = TypeVar("T")

Entry = tuple[str, int | None]
"""A key and the number of bytes of its value, None where the listing does not tell."""


class Readable(Protocol):
    """Values by key, below one root. Keys and prefixes are legal ones, checked before.

    A missing key is a FileNotFoundError (or whatever the file system raises for it); every other fault is an error of its own.
    """

    @property
    def location(self) -> str:
        """The URL of the root, without credentials."""
        ...

    @property
    def identity(self) -> tuple[object, ...]:
        """Equal for two media exactly where they hold the same values."""
        ...

    async def read(self, key: str, request: ByteRequest | None) -> bytes:
        """Return the value, or the part that `request` names: empty where it names none of a value that is there."""
        ...

    async def size(self, key: str) -> int:
        """Return the number of bytes of the value."""
        ...

    def share(self) -> None:
        """Take note of one more handle."""
        ...

    def close(self) -> None:
        """Take note that a handle has ended; with the last one, the connections end."""
        ...


class Medium(ABC):
    """A Readable whose values can be stored, removed and listed. A missing root is an empty one."""

    @property
    @abstractmethod
    def location(self) -> str:
        """The URL of the root, without credentials."""

    @property
    @abstractmethod
    def identity(self) -> tuple[object, ...]:
        """Equal for two media exactly where they hold the same values."""

    @abstractmethod
    async def read(self, key: str, request: ByteRequest | None) -> bytes:
        """Return the value, or the part that `request` names: empty where it names none of a value that is there."""

    @abstractmethod
    async def size(self, key: str) -> int:
        """Return the number of bytes of the value."""

    @abstractmethod
    def share(self) -> None:
        """Take note of one more handle."""

    @abstractmethod
    def close(self) -> None:
        """Take note that a handle has ended; with the last one, the connections end."""

    @abstractmethod
    async def write(self, key: str, value: bytes) -> None:
        """Store the value."""

    @abstractmethod
    async def create(self, key: str, value: bytes) -> None:
        """Store the value, unless there is one."""

    @abstractmethod
    async def remove(self, key: str) -> None:
        """Remove the key alone; a missing one is no error."""

    @abstractmethod
    async def remove_all(self, keys: list[str]) -> None:
        """Remove up to a page of keys, which were listed a moment ago."""

    @abstractmethod
    def pages(self, prefix: str) -> AsyncGenerator[list[Entry], None]:
        """Give the keys that begin with the string `prefix`, at most a page at once."""

    @abstractmethod
    def children(self, directory: str) -> AsyncGenerator[list[str], None]:
        """Give the name of each immediate child of `directory` once."""

    async def remove_below(self, directory: str) -> None:
        """Remove every key below `directory`, a page at a time."""
        async for page in self.pages(below(directory)):
            await self.remove_all([key for key, _ in page])

    async def has_below(self, directory: str) -> bool:
        """Whether any key is below `directory`."""
        async with aclosing(self.pages(below(directory))) as pages:
            async for page in pages:
                if page:
                    return True
        return False

    async def size_below(self, directory: str) -> int:
        """Return the number of bytes of all values below `directory`."""
        total = 0
        async for page in self.pages(below(directory)):
            total += sum([size for _, size in page if size is not None])
            total += sum(await together([self._size_if_there(key) for key, size in page if size is None]))
        return total

    async def _size_if_there(self, key: str) -> int:
        try:
            return await self.size(key)
        except FileNotFoundError:  # removed since it was listed
            return 0


async def together(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Return the results of `calls`, run at once, in their order; when one fails, the others are stopped first."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
