"""Faults in chapter CAP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any, ClassVar

from broken_stores.sound import SoundStore


class Archive(SoundStore):
    """A sound store that cannot be written to: it says so, and holds what it was made with."""

    breaks: ClassVar[frozenset[str]] = frozenset()
    contents: ClassVar[dict[str, bytes]] = {"k0": b"a value of the archive", "d0/k0": b"another"}
    disposable: ClassVar[bool] = True
    supports_writes = False
    supports_deletes = False
    supports_partial_writes = False

    def __init__(self, values: dict[str, bytes] | None = None, *, read_only: bool = False) -> None:
        super().__init__(dict(self.contents) if values is None else values, read_only=read_only)

    def check_writable(self) -> None:
        super().check_writable()
        raise NotImplementedError("supports_writes is False")


class ArchiveThatTakesAll(Archive):
    """Says that it cannot be written to, and can."""

    breaks: ClassVar = frozenset({"CAP-1", "CAP-6"})

    async def set(self, key: str, value: Any) -> None:
        if self.read_only:
            raise ValueError("the store is read-only")
        self.values[key] = memoryview(value).tobytes()


class ArchiveThatSaysNothing(Archive):
    """Says that it cannot be written to, and ignores what it is given."""

    breaks: ClassVar = frozenset({"CAP-1"})

    async def set(self, key: str, value: Any) -> None:
        pass


class ArchiveWithABackDoor(Archive):
    """Says that it cannot be written to, and takes what is not there yet."""

    breaks: ClassVar = frozenset({"CAP-6"})

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        self.values.setdefault(key, memoryview(value).tobytes())


class Keeper(SoundStore):
    """A sound store that does not delete."""

    breaks: ClassVar[frozenset[str]] = frozenset()
    supports_deletes = False

    async def delete(self, key: str) -> None:
        self.check_writable()
        raise NotImplementedError("supports_deletes is False")

    async def delete_dir(self, prefix: str) -> None:
        self.check_writable()
        raise NotImplementedError("supports_deletes is False")


class KeeperThatDeletes(Keeper):
    """Says that it does not delete, and does."""

    breaks: ClassVar = frozenset({"CAP-2", "CAP-6"})

    async def delete(self, key: str) -> None:
        await SoundStore.delete(self, key)


class KeeperThatSaysNothing(Keeper):
    """Says that it does not delete, and does nothing when asked to."""

    breaks: ClassVar = frozenset({"CAP-2"})

    async def delete_dir(self, prefix: str) -> None:
        self.check_writable()


class KeeperThatClearsHalf(Keeper):
    """Says that it does not delete, and clears all but what is in directories."""

    breaks: ClassVar = frozenset({"CAP-2"})

    async def clear(self) -> None:
        self.check_writable()
        for key in [*self.values]:
            if "/" not in key:
                del self.values[key]


class Silent(SoundStore):
    """A sound store that does not list."""

    breaks: ClassVar[frozenset[str]] = frozenset()
    disposable: ClassVar[bool] = True
    supports_listing = False

    async def refuse(self) -> AsyncIterator[str]:
        raise NotImplementedError("supports_listing is False")
        yield

    def list(self) -> AsyncIterator[str]:
        return self.refuse()

    def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        return self.refuse()

    def list_dir(self, prefix: str) -> AsyncIterator[str]:
        return self.refuse()


class SilentAsAnEmptyOne(Silent):
    """Says that it does not list, and lists nothing."""

    breaks: ClassVar = frozenset({"CAP-3"})

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        for name in ():
            yield name


class SilentButListing(Silent):
    """Says that it does not list, and lists."""

    breaks: ClassVar = frozenset({"CAP-3", "CAP-6"})

    async def list(self) -> AsyncIterator[str]:
        for key in [*self.values]:
            yield key


class WholeValuesOnly(SoundStore):
    """A sound store that writes whole values only."""

    breaks: ClassVar[frozenset[str]] = frozenset()
    supports_partial_writes = False

    async def set_partial_values(self, key_start_values: Iterable[tuple[str, int, Any]]) -> None:
        self.check_writable()
        raise NotImplementedError("supports_partial_writes is False")


class WholeValuesOnlyButParts(WholeValuesOnly):
    """Says that it writes whole values only, and writes parts."""

    breaks: ClassVar = frozenset({"CAP-4", "CAP-6"})

    async def set_partial_values(self, key_start_values: Iterable[tuple[str, int, Any]]) -> None:
        await SoundStore.set_partial_values(self, key_start_values)


class RangeIsIgnored(WholeValuesOnly):
    """Takes a byte range in `set`, and replaces the whole value all the same."""

    breaks: ClassVar = frozenset({"CAP-4"})
    source: ClassVar = "zarr 3.1.6 MemoryStore, which raises another error"

    async def set(self, key: str, value: Any, byte_range: Any = None) -> None:
        await super().set(key, value)


class ClaimsPartialWrites(WholeValuesOnly):
    """Says that it supports partial writes, and refuses them."""

    breaks: ClassVar = frozenset({"CAP-5", "PWR-1", "PWR-2", "PWR-3", "PWR-5", "PWR-6"})

    supports_partial_writes = True


class ClaimsDeletes(SoundStore):
    """Says that it supports deletes, and has no `delete_dir`."""

    breaks: ClassVar = frozenset({"CAP-5", "DEL-6", "DEL-7", "DEL-8", "DEL-9", "DEL-10"})

    async def delete_dir(self, prefix: str) -> None:
        self.check_writable()
        raise NotImplementedError("one key at a time")


class ClaimsListing(SoundStore):
    """Says that it supports listing, and does not add up the sizes of a directory."""

    breaks: ClassVar = frozenset({"CAP-5", "EXI-5"})

    async def getsize_prefix(self, prefix: str = "") -> int:
        raise NotImplementedError("not here")
