"""Faults in chapter GET."""

from __future__ import annotations

from typing import Any, ClassVar

from broken_stores.sound import SoundStore
from storeproto import ByteRequest


class MissingKeyIsEmpty(SoundStore):
    """Reads a missing key as the empty value."""

    breaks: ClassVar = frozenset({"GET-1", "GET-2"})

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        found = await super().get(key, prototype, byte_range)
        return b"" if found is None else found
