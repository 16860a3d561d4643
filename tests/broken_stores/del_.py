"""Faults in chapter DEL."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any, ClassVar

from broken_stores.sound import SoundStore
from storeproto import ByteRequest
from storeproto.keys import below, check_prefix


class DeletesTheValueAlone(SoundStore):
    """Leaves an empty value behind."""

    breaks: ClassVar = frozenset({"DEL-1", "DEL-5"})

    async def delete(self, key: str) -> None:
        present = key in self.values
        await super().delete(key)
        if present:
            self.values[key] = b""


class RemembersWhatExists(SoundStore):
    """Remembers that a key was there when `exists` asked."""

    breaks: ClassVar = frozenset({"DEL-1"})

    def __init__(self, values: dict[str, bytes] | None = None, *, read_only: bool = False) -> None:
        super().__init__(values, read_only=read_only)
        self.seen: set[str] = set()

    async def exists(self, key: str) -> bool:
        if await super().exists(key):
            self.seen.add(key)
        return key in self.seen


class ReadsWhatWasDeleted(SoundStore):
    """Reads from a cache what was read before, though it was deleted."""

    breaks: ClassVar = frozenset({"DEL-1"})

    def __init__(self, values: dict[str, bytes] | None = None, *, read_only: bool = False) -> None:
        super().__init__(values, read_only=read_only)
        self.cache: dict[str, Any] = {}

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        found = await super().get(key, prototype, byte_range)
        if found is not None and byte_range is None:
            self.cache[key] = found
        return found if found is not None or byte_range is not None else self.cache.get(key)


class DeletingMissingRaises(SoundStore):
    """Raises where there is nothing to delete."""

    breaks: ClassVar = frozenset({"DEL-2"})

    async def delete(self, key: str) -> None:
        missing = isinstance(key, str) and not self.read_only and key not in self.values
        await super().delete(key)
        if missing:
            raise FileNotFoundError(f"no value under {key!r}")


class DeletingADirectoryRaises(SoundStore):
    """Raises where the key is the name of a directory."""

    breaks: ClassVar = frozenset({"DEL-2"})
    source: ClassVar = "zarr 3.1.6 FsspecStore on a local file system"

    async def delete(self, key: str) -> None:
        if isinstance(key, str) and not self.read_only and key not in self.values and self.keys_below(key):
            raise IsADirectoryError(f"not a key but a directory: {key!r}")
        await super().delete(key)


class DeleteTakesTheTree(SoundStore):
    """Deletes what is below a missing key."""

    breaks: ClassVar = frozenset({"DEL-3"})
    source: ClassVar = "zarr 3.1.6 LocalStore"

    async def delete(self, key: str) -> None:
        if key in self.values:
            await super().delete(key)
        else:
            await self.delete_dir(key)


class DeleteTakesLongerNames(SoundStore):
    """Deletes every key that begins with the key."""

    breaks: ClassVar = frozenset({"DEL-3"})

    async def delete(self, key: str) -> None:
        await super().delete(key)
        for other in [other for other in self.values if other.startswith(key)]:
            del self.values[other]


class AppendsToWhatWasDeleted(SoundStore):
    """Writes a new value over the memory of the deleted one."""

    breaks: ClassVar = frozenset({"DEL-4"})

    def __init__(self, values: dict[str, bytes] | None = None, *, read_only: bool = False) -> None:
        super().__init__(values, read_only=read_only)
        self.deleted: dict[str, bytes] = {}

    async def delete(self, key: str) -> None:
        old = self.values.get(key)
        await super().delete(key)
        if old is not None:
            self.deleted[key] = old

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, value)
        self.values[key] += self.deleted.pop(key, b"")[len(self.values[key]) :]


class ListsNoDeletedKey(SoundStore):
    """Never lists again what was deleted once."""

    breaks: ClassVar = frozenset({"DEL-4"})

    def __init__(self, values: dict[str, bytes] | None = None, *, read_only: bool = False) -> None:
        super().__init__(values, read_only=read_only)
        self.deleted: set[str] = set()

    async def delete(self, key: str) -> None:
        await super().delete(key)
        self.deleted.add(key)

    async def list(self) -> AsyncIterator[str]:
        for key in [*self.values]:
            if key not in self.deleted:
                yield key


class KeepsEmptyDirectories(SoundStore):
    """Lists a directory when the last key in it was deleted."""

    breaks: ClassVar = frozenset({"DEL-5"})
    source: ClassVar = "zarr 3.1.6 LocalStore"

    def __init__(self, values: dict[str, bytes] | None = None, *, read_only: bool = False) -> None:
        super().__init__(values, read_only=read_only)
        self.emptied: set[str] = set()

    async def delete(self, key: str) -> None:
        await super().delete(key)
        directory = key.rpartition("/")[0]
        if directory and not self.keys_below(directory):
            self.emptied.add(directory)

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        async for name in super().list_dir(prefix):
            yield name
        directory = check_prefix(prefix)
        for emptied in self.emptied:
            parent, _, name = emptied.rpartition("/")
            if parent == directory and not self.keys_below(emptied) and directory:
                yield name


class DeleteDirTakesSiblings(SoundStore):
    """Deletes every key that begins with the prefix as a string."""

    breaks: ClassVar = frozenset({"DEL-6", "DEL-7", "DEL-8"})

    async def delete_dir(self, prefix: str) -> None:
        await super().delete_dir(prefix)
        for key in [key for key in self.values if key.startswith(prefix)]:
            del self.values[key]


class DeletesByPattern(SoundStore):
    """Takes the prefix for a pattern, in which `_` stands for any character, as SQL's LIKE does."""

    breaks: ClassVar = frozenset({"DEL-6"})

    async def delete_dir(self, prefix: str) -> None:
        self.check_writable()
        pattern = re.compile(re.escape(below(check_prefix(prefix))).replace("_", "."), re.DOTALL)
        for key in [*self.values]:
            if pattern.match(key):
                del self.values[key]


class DeleteDirTakesTheKey(SoundStore):
    """Deletes the key that is called like the prefix too."""

    breaks: ClassVar = frozenset({"DEL-6", "DEL-8"})

    async def delete_dir(self, prefix: str) -> None:
        await super().delete_dir(prefix)
        self.values.pop(check_prefix(prefix), None)


class DeleteDirTakesChildrenAlone(SoundStore):
    """Deletes the keys in a directory, and not those in the directories below it."""

    breaks: ClassVar = frozenset({"DEL-6"})

    async def delete_dir(self, prefix: str) -> None:
        below = {key: self.values[key] for key in self.keys_below(prefix)}
        await super().delete_dir(prefix)
        start = len(check_prefix(prefix)) + 1
        self.values.update({key: value for key, value in below.items() if prefix and "/" in key[start:]})


class SlashDeletesNothing(SoundStore):
    """Deletes nothing where the prefix ends in a slash."""

    breaks: ClassVar = frozenset({"DEL-7"})

    async def delete_dir(self, prefix: str) -> None:
        if not prefix.endswith("/") or self.read_only:
            await super().delete_dir(prefix)


class MissingPrefixRaises(SoundStore):
    """Raises where nothing is below the prefix."""

    breaks: ClassVar = frozenset({"DEL-8"})

    async def delete_dir(self, prefix: str) -> None:
        self.check_writable()
        if prefix and not self.keys_below(prefix):
            raise FileNotFoundError(f"nothing below {prefix!r}")
        await super().delete_dir(prefix)


class DeletingTheRootDoesNothing(SoundStore):
    """Takes the empty prefix for no prefix at all."""

    breaks: ClassVar = frozenset({"DEL-9"})

    async def delete_dir(self, prefix: str) -> None:
        if prefix or self.read_only:
            await super().delete_dir(prefix)


class ClearLeavesTheLast(SoundStore):
    """Clears all but the last key."""

    breaks: ClassVar = frozenset({"DEL-9"})

    async def clear(self) -> None:
        last = [*self.values.items()][1:][-1:]
        await super().clear()
        self.values.update(last)


class ClearRemovesTheStore(SoundStore):
    """Removes its directories for good, and takes no notice where a key is written to one."""

    breaks: ClassVar = frozenset({"DEL-9"})
    cleared = False

    async def clear(self) -> None:
        await super().clear()
        self.cleared = True

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, value)
        if self.cleared and "/" in key:
            del self.values[key]


class DeletesAThousand(SoundStore):
    """Deletes a thousand keys at most, as many as one request takes."""

    breaks: ClassVar = frozenset({"DEL-10"})

    async def delete_dir(self, prefix: str) -> None:
        self.check_writable()
        for key in self.keys_below(prefix)[:1000]:
            del self.values[key]
