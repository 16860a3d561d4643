"""MemoryFiles: values in fsspec's memory file system."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, Final

from reference_stores.paging import PAGE_SIZE
from reference_stores.remote_media.file_systems import FileSystems, inner, require_fsspec
from reference_stores.remote_media.medium import Entry, Medium
from storeproto import ByteRequest, resolve
from storeproto.errors import missing_key_error
from storeproto.keys import below, is_key


class MemoryFiles(Medium):
    """A medium over the dictionary that fsspec's memory file system keeps its files in.

    The dictionary is flat, so that `a` and `a/b` are two keys like others, which the file system's own calls do not always
    allow; and storing where there is nothing is one step, which they have none for.

    Args:
        systems: the file system, in fsspec's wrapper.
        path: the root in it.
    """

    def __init__(self, systems: FileSystems[Any], path: str) -> None:
        self._systems = systems
        self._fs: Final = inner(systems.fs)
        self._files: Final[dict[str, Any]] = self._fs.store
        self._below: Final[str] = self._fs._strip_protocol(path) + "/"

    @property
    def location(self) -> str:
        """The URL of the root."""
        return f"memory:/{self._below}".removesuffix("/")

    @property
    def identity(self) -> tuple[object, ...]:
        """Equal for the same root in the same dictionary."""
        return (id(self._files), self._below)

    def share(self) -> None:
        """Take note of one more handle."""
        self._systems.share()

    def close(self) -> None:
        """Take note that a handle has ended."""
        self._systems.close()

    def _make(self, key: str, value: bytes) -> Any:
        file = require_fsspec("fsspec.implementations.memory").MemoryFile(self._fs, None, value)
        file.path = self._below + key  # given to it at once, it would be logged as it is
        return file

    async def read(self, key: str, request: ByteRequest | None) -> bytes:
        """Return the value, or the part that `request` names."""
        file = self._files.get(self._below + key)
        if file is None:
            raise missing_key_error(key)
        value: bytes = file.getvalue()
        return value if request is None else value[resolve(request, len(value))]

    async def size(self, key: str) -> int:
        """Return the number of bytes of the value."""
        file = self._files.get(self._below + key)
        if file is None:
            raise missing_key_error(key)
        return int(file.size)

    async def write(self, key: str, value: bytes) -> None:
        """Store the value."""
        self._files[self._below + key] = self._make(key, value)

    async def create(self, key: str, value: bytes) -> None:
        """Store the value, unless there is one."""
        self._files.setdefault(self._below + key, self._make(key, value))

    async def remove(self, key: str) -> None:
        """Remove the key."""
        self._files.pop(self._below + key, None)

    async def remove_all(self, keys: list[str]) -> None:
        """Remove the keys."""
        for key in keys:
            await self.remove(key)

    def _beginning_with(self, prefix: str) -> list[str]:
        start, cut = self._below + prefix, len(self._below)
        return [path[cut:] for path in [*self._files] if path.startswith(start) and is_key(path[cut:])]

    async def pages(self, prefix: str) -> AsyncGenerator[list[Entry], None]:
        """Give the keys that begin with `prefix`."""
        found = self._beginning_with(prefix)
        for start in range(0, len(found), PAGE_SIZE):
            files = [(key, self._files.get(self._below + key)) for key in found[start : start + PAGE_SIZE]]
            yield [(key, file.size) for key, file in files if file is not None]

    async def children(self, directory: str) -> AsyncGenerator[list[str], None]:
        """Give the names in `directory`."""
        start = below(directory)
        names = [*{key[len(start) :].partition("/")[0]: None for key in self._beginning_with(start)}]
        for first in range(0, len(names), PAGE_SIZE):
            yield names[first : first + PAGE_SIZE]
