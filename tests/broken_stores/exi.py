"""Faults in chapter EXI."""

from __future__ import annotations

from typing import ClassVar

from broken_stores.sound import SoundStore
from storeproto.keys import check_key, check_prefix


class PrefixExists(SoundStore):
    """Says that a directory exists."""

    breaks: ClassVar = frozenset({"EXI-1"})
    source: ClassVar = "zarr 3.1.6 FsspecStore"

    async def exists(self, key: str) -> bool:
        return await super().exists(key) or bool(self.keys_below(key))


class SlashExists(SoundStore):
    """Says that a key with a slash behind it exists."""

    breaks: ClassVar = frozenset({"EXI-1"})
    source: ClassVar = "zarr 3.1.6 LocalStore"

    async def exists(self, key: str) -> bool:
        return await super().exists(key.removesuffix("/") if isinstance(key, str) else key)


class ExistsByString(SoundStore):
    """Says that the beginning of a key exists."""

    breaks: ClassVar = frozenset({"EXI-1"})

    async def exists(self, key: str) -> bool:
        return any(held.startswith(check_key(key)) for held in self.values) or await super().exists(key)


class OneByteForNothing(SoundStore):
    """Gives no value a size of less than one byte."""

    breaks: ClassVar = frozenset({"EXI-2", "SET-2"})

    async def getsize(self, key: str) -> int:
        return await super().getsize(key) or 1


class SizesInBlocks(SoundStore):
    """Gives the size of large values in blocks of 512 bytes."""

    breaks: ClassVar = frozenset({"EXI-2"})

    async def getsize(self, key: str) -> int:
        size = await super().getsize(key)
        return size if size < 512 else -(-size // 512) * 512


class MissingHasNoBytes(SoundStore):
    """Gives a missing key the size 0."""

    breaks: ClassVar = frozenset({"EXI-3"})

    async def getsize(self, key: str) -> int:
        return await super().getsize(key) if check_key(key) in self.values else 0


class DirectoryHasASize(SoundStore):
    """Gives the size of a directory."""

    breaks: ClassVar = frozenset({"EXI-3"})
    source: ClassVar = "zarr 3.1.6 LocalStore"

    async def getsize(self, key: str) -> int:
        return 4096 if check_key(key) not in self.values and self.keys_below(key) else await super().getsize(key)


class MissingSizeIsAKeyError(SoundStore):
    """Raises KeyError for the size of a missing key."""

    breaks: ClassVar = frozenset({"EXI-3"})

    async def getsize(self, key: str) -> int:
        if check_key(key) not in self.values:
            raise KeyError(f"no value under {key!r}")
        return await super().getsize(key)


class IsEmptyByString(SoundStore):
    """Says that a prefix is not empty where a key begins with it as a string."""

    breaks: ClassVar = frozenset({"EXI-4"})

    async def is_empty(self, prefix: str = "") -> bool:
        return not any(key.startswith(prefix) for key in self.values)


class LooksForKeysAlone(SoundStore):
    """Says that a prefix is empty where directories alone are directly below it."""

    breaks: ClassVar = frozenset({"EXI-4"})

    async def is_empty(self, prefix: str = "") -> bool:
        start = len(check_prefix(prefix)) + 1 if prefix else 0
        return not any("/" not in key[start:] for key in self.keys_below(prefix))


class SizesByString(SoundStore):
    """Adds the sizes of all keys that begin with the prefix as a string."""

    breaks: ClassVar = frozenset({"EXI-5"})
    source: ClassVar = "zarr 3.1.6 MemoryStore"

    async def getsize_prefix(self, prefix: str = "") -> int:
        return sum(len(value) for key, value in self.values.items() if key.startswith(prefix))


class SizesOfChildren(SoundStore):
    """Adds the sizes of the keys directly below the prefix."""

    breaks: ClassVar = frozenset({"EXI-5"})

    async def getsize_prefix(self, prefix: str = "") -> int:
        start = len(check_prefix(prefix)) + 1 if prefix else 0
        return sum(len(self.values[key]) for key in self.keys_below(prefix) if "/" not in key[start:])


class SizeOfMissingRaises(SoundStore):
    """Raises where no key is below the prefix."""

    breaks: ClassVar = frozenset({"EXI-5"})

    async def getsize_prefix(self, prefix: str = "") -> int:
        if not self.keys_below(prefix):
            raise FileNotFoundError(f"nothing below {prefix!r}")
        return await super().getsize_prefix(prefix)
