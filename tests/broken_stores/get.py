"""Faults in chapter GET."""

from __future__ import annotations

from typing import Any, ClassVar

from broken_stores.sound import SoundStore
from storeproto import ByteRequest


class MissingKeyIsEmpty(SoundStore):
    """Reads a missing key as the empty value."""

    breaks: ClassVar = frozenset({"DEL-1", "DEL-6", "DEL-9", "GET-1", "GET-2", "KEY-7", "PAR-2", "RNG-12", "SET-9"})

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        found = await super().get(key, prototype, byte_range)
        return b"" if found is None else found


class EmptyStoreHoldsEmptyValues(SoundStore):
    """Reads a missing key as the empty value as long as no key is set."""

    breaks: ClassVar = frozenset({"DEL-9", "GET-1"})

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        found = await super().get(key, prototype, byte_range)
        return found if self.values else b""


class PrefixIsEmpty(SoundStore):
    """Reads a directory as the empty value."""

    breaks: ClassVar = frozenset({"GET-2"})

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        found = await super().get(key, prototype, byte_range)
        return b"" if found is None and byte_range is None and self.keys_below(key) else found


class HandsOutItsMemory(SoundStore):
    """Gives a writable view of the memory that holds the value."""

    breaks: ClassVar = frozenset({"GET-3", "GET-4"})
    source: ClassVar = "zarr 3.1.6 MemoryStore"

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, value)
        self.values[key] = bytearray(value)  # type: ignore[assignment]

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        found = await super().get(key, prototype, byte_range)
        return memoryview(self.values[key]) if found is not None and byte_range is None else found


class OverwritesInPlace(HandsOutItsMemory):
    """Gives a view of the memory that holds the value, and writes a new value of the same size there."""

    breaks: ClassVar = frozenset({"GET-3", "GET-4", "GET-5"})

    async def set(self, key: str, value: Any) -> None:
        held = self.values.get(key)
        if isinstance(held, bytearray) and len(held) == len(value) and not self.read_only:
            held[:] = value
        else:
            await super().set(key, value)


class IgnoresThePrototype(SoundStore):
    """Gives every value in a class of its own."""

    breaks: ClassVar = frozenset({"GET-4"})

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        found = await super().get(key, prototype, byte_range)
        return None if found is None else bytearray(found)
