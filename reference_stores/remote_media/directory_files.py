"""DirectoryFiles: values in files of this computer, where fsspec's own local file system is asked for."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, Final

from reference_stores.local import LocalStore
from reference_stores.remote_media.file_systems import FileSystems
from reference_stores.remote_media.medium import Entry, Medium
from storeproto import ByteRequest


class DirectoryFiles(Medium):
    """A medium over a directory, in which `LocalStore` does what fsspec's local file system has no calls for.

    That one writes in place, so that readers see half a value; follows links out of the root; has no way to create a whole file
    where there is none; and leaves empty directories where a key should be.

    Args:
        systems: the file system, in fsspec's wrapper.
        path: the directory, absolute.
    """

    def __init__(self, systems: FileSystems[Any], path: str) -> None:
        self._systems = systems
        self._path: Final = path
        self._store: Final = LocalStore(Path(path))

    @property
    def location(self) -> str:
        """The URL of the directory."""
        return f"file://{self._path}"

    @property
    def identity(self) -> tuple[object, ...]:
        """Equal for the same directory."""
        return (self._path,)

    def share(self) -> None:
        """Take note of one more handle."""
        self._systems.share()

    def close(self) -> None:
        """Take note that a handle has ended."""
        self._systems.close()

    async def read(self, key: str, request: ByteRequest | None) -> bytes:
        """Return the value, or the part that `request` names."""
        value = await self._store.get(key, None, request)
        if value is None:
            raise FileNotFoundError(key)
        return value

    async def size(self, key: str) -> int:
        """Return the number of bytes of the value."""
        return await self._store.getsize(key)

    async def write(self, key: str, value: bytes) -> None:
        """Store the value."""
        await self._store.set(key, value)

    async def create(self, key: str, value: bytes) -> None:
        """Store the value, unless there is one."""
        await self._store.set_if_not_exists(key, value)

    async def remove(self, key: str) -> None:
        """Remove the key."""
        await self._store.delete(key)

    async def remove_all(self, keys: list[str]) -> None:
        """Remove the keys."""
        for key in keys:
            await self._store.delete(key)

    async def remove_below(self, directory: str) -> None:
        """Remove every key below `directory`."""
        await self._store.delete_dir(directory)

    async def pages(self, prefix: str) -> AsyncGenerator[list[Entry], None]:
        """Give the keys that begin with `prefix`."""
        async for page in self._store.list_pages(prefix):
            yield [(key, None) for key in page]

    async def children(self, directory: str) -> AsyncGenerator[list[str], None]:
        """Give the names in `directory`."""
        yield [name async for name in self._store.list_dir(directory)]

    async def has_below(self, directory: str) -> bool:
        """Whether any key is below `directory`."""
        return not await self._store.is_empty(directory)

    async def size_below(self, directory: str) -> int:
        """Return the number of bytes of all values below `directory`."""
        return await self._store.getsize_prefix(directory)
