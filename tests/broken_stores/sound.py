"""The sound parents: a store in a dictionary, short enough that each fault is a few lines over it."""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator, Iterable
from typing import Any, ClassVar, Self

from storeproto import BufferPrototype, ByteRequest, BytesPrototype, resolve
from storeproto.keys import below, check_key, check_prefix, check_string_prefix


class SoundStore:
    """Keeps the whole contract, in the plainest way."""

    breaks: ClassVar[frozenset[str]] = frozenset()
    source: ClassVar[str] = ""

    def __init__(self, values: dict[str, bytes] | None = None, *, read_only: bool = False) -> None:
        self.values = {} if values is None else values
        self._read_only = read_only

    supports_writes: bool = True
    supports_deletes: bool = True
    supports_partial_writes: bool = True
    supports_listing: bool = True

    @property
    def read_only(self) -> bool:
        return self._read_only

    def with_read_only(self, read_only: bool = False) -> Self:
        return type(self)(self.values, read_only=read_only)

    def close(self) -> None:
        pass

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.values is self.values and other.read_only == self.read_only

    def __hash__(self) -> int:
        return hash((type(self), id(self.values), self.read_only))

    def __repr__(self) -> str:
        return f"{type(self).__name__}('dict {id(self.values)}')"

    def __reduce__(self) -> Any:
        raise TypeError("a dictionary in memory cannot be pickled without a copy")

    def check_writable(self) -> None:
        if self.read_only:
            raise ValueError("the store is read-only")

    async def get(
        self, key: str, prototype: BufferPrototype[bytes] | None = None, byte_range: ByteRequest | None = None
    ) -> bytes | None:
        value = self.values.get(check_key(key))
        if value is None:
            return None
        part = self.part(value, byte_range)
        return (prototype or BytesPrototype()).buffer.from_bytes(part)

    def part(self, value: bytes, byte_range: ByteRequest | None) -> bytes:
        return value[resolve(byte_range, len(value))]

    async def get_partial_values(
        self, prototype: BufferPrototype[bytes], key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> builtins.list[bytes | None]:
        return [await self.get(key, prototype, byte_range) for key, byte_range in key_ranges]

    async def exists(self, key: str) -> bool:
        return check_key(key) in self.values

    async def getsize(self, key: str) -> int:
        if check_key(key) not in self.values:
            raise FileNotFoundError(f"no value under {key!r}")
        return len(self.values[key])

    async def set(self, key: str, value: Any) -> None:
        self.check_writable()
        self.values[check_key(key)] = memoryview(value).tobytes()

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        self.check_writable()
        if check_key(key) not in self.values:
            await self.set(key, value)

    async def set_partial_values(self, key_start_values: Iterable[tuple[str, int, Any]]) -> None:
        self.check_writable()
        changed: dict[str, bytearray] = {}
        written: dict[str, set[int]] = {}
        for key, start, value in key_start_values:
            new = memoryview(value).tobytes()
            places = set(range(start, start + len(new)))
            if start < 0 or places & written.setdefault(check_key(key), set()):
                raise ValueError("a start is negative, or ranges overlap")
            written[key] |= places
            held = changed.setdefault(key, bytearray(self.values.get(key, b"")))
            held.extend(bytes(max(0, start - len(held)) if new else 0))
            held[start : start + len(new)] = new
        self.values.update({key: bytes(held) for key, held in changed.items()})

    async def delete(self, key: str) -> None:
        self.check_writable()
        self.values.pop(check_key(key), None)

    async def delete_dir(self, prefix: str) -> None:
        self.check_writable()
        for key in self.keys_below(prefix):
            del self.values[key]

    async def clear(self) -> None:
        self.check_writable()
        self.values.clear()

    def keys_below(self, prefix: str) -> builtins.list[str]:
        start = below(check_prefix(prefix))
        return [key for key in self.values if key.startswith(start)]

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        for key in [key for key in self.values if key.startswith(check_string_prefix(prefix))]:
            yield key

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        start = len(below(check_prefix(prefix)))
        for name in {key[start:].partition("/")[0] for key in self.keys_below(prefix)}:
            yield name

    async def is_empty(self, prefix: str = "") -> bool:
        return not self.keys_below(prefix)

    async def getsize_prefix(self, prefix: str = "") -> int:
        return sum(len(self.values[key]) for key in self.keys_below(prefix))

    async def list(self) -> AsyncIterator[str]:
        for key in [*self.values]:
            yield key


class Unwritable(SoundStore):
    """A sound store that cannot be written to."""

    supports_writes = False
    supports_deletes = False
    supports_partial_writes = False
