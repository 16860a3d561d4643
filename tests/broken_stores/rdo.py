"""Faults in chapter RDO."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

from broken_stores.sound import SoundStore
from broken_stores.sound_files import SoundFileStore


class ClearsAllTheSame(SoundStore):
    """Clears on a read-only handle too."""

    breaks: ClassVar = frozenset({"RDO-1"})
    source: ClassVar = "zarr 3.1.6 MemoryStore and FsspecStore"

    async def clear(self) -> None:
        self.values.clear()


class PresentKeyIsNoChange(SoundStore):
    """Does not refuse `set_if_not_exists` of a present key on a read-only handle."""

    breaks: ClassVar = frozenset({"RDO-1"})
    source: ClassVar = "zarr 3.1.6 FsspecStore"

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        if key not in self.values:
            await self.set(key, value)


class RefusesByPermission(SoundStore):
    """Refuses a delete on a read-only handle by an error that callers do not look for."""

    breaks: ClassVar = frozenset({"RDO-1"})

    async def delete(self, key: str) -> None:
        if self.read_only:
            raise PermissionError("the store is read-only")
        await super().delete(key)


class DeletesThenRefuses(SoundStore):
    """Finds out that a handle is read-only when the directory is gone."""

    breaks: ClassVar = frozenset({"RDO-1"})

    async def delete_dir(self, prefix: str) -> None:
        for key in self.keys_below(prefix):
            del self.values[key]
        self.check_writable()


class ReaderDoesNotList(SoundStore):
    """Refuses to list on a read-only handle."""

    breaks: ClassVar = frozenset({"RDO-2"})

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        self.check_writable()
        async for key in super().list_prefix(prefix):
            yield key


class ReaderSeesNoDirectory(SoundStore):
    """Reads only the root on a read-only handle."""

    breaks: ClassVar = frozenset({"RDO-2"})

    async def get(self, key: str, prototype: Any = None, byte_range: Any = None) -> Any:
        return None if self.read_only and "/" in key else await super().get(key, prototype, byte_range)


class ReaderIsACopy(SoundStore):
    """Makes a read-only handle of what there is at that moment."""

    breaks: ClassVar = frozenset({"RDO-3"})

    def with_read_only(self, read_only: bool = False) -> Any:
        return type(self)(dict(self.values) if read_only else self.values, read_only=read_only)


class ModeChangesInPlace(SoundStore):
    """Changes the mode of the handle that it should make another one of."""

    breaks: ClassVar = frozenset({"RDO-3", "LIF-6"})

    def with_read_only(self, read_only: bool = False) -> Any:
        self._read_only = read_only
        return self


class MakesItsRoot(SoundFileStore):
    """Makes the directory that it is opened in, in either mode."""

    breaks: ClassVar = frozenset({"RDO-4"})

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        Path(root).mkdir(parents=True, exist_ok=True)


class MakesItsRootToList(SoundFileStore):
    """Makes the directory that it is asked to list."""

    breaks: ClassVar = frozenset({"RDO-4"})

    async def list(self) -> AsyncIterator[str]:
        Path(self.values.root).mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240  # fast enough for a test
        for key in [*self.values]:
            yield key
