"""Faults in chapter SET."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, ClassVar

from broken_stores.sound import SoundStore
from storeproto import ByteRequest


class Altering(SoundStore):
    """Alters what it stores: its children have the faults."""

    def altered(self, value: bytes) -> bytes:
        return value

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, value)
        self.values[key] = self.altered(self.values[key])


class RemembersWhatIsMissing(SoundStore):
    """Remembers that a key was missing when `exists` asked first."""

    breaks: ClassVar = frozenset({"SET-1", "KEY-7"})

    def __init__(self, values: dict[str, bytes] | None = None, *, read_only: bool = False) -> None:
        super().__init__(values, read_only=read_only)
        self.answers: dict[str, bool] = {}

    async def exists(self, key: str) -> bool:
        if key in self.values and self.answers.get(key) is not False:
            return True
        self.answers[key] = found = await super().exists(key) and key not in self.answers
        return found


class EmptyIsMissing(SoundStore):
    """Reads the empty value as a missing key."""

    breaks: ClassVar = frozenset({"SET-2", "SET-5", "NEW-2", "RNG-4", "RNG-10"})

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        return await super().get(key, prototype, byte_range) if self.values.get(key) != b"" else None


class EmptyIsNotListed(SoundStore):
    """Lists no key with an empty value."""

    breaks: ClassVar = frozenset({"SET-2"})

    async def list(self) -> AsyncIterator[str]:
        for key, value in [*self.values.items()]:
            if value:
                yield key


class CutsTrailingNuls(Altering):
    """Cuts the NULs at the end of a value."""

    breaks: ClassVar = frozenset({"SET-3"})

    def altered(self, value: bytes) -> bytes:
        return value.rstrip(b"\0")


class TranslatesLineEnds(Altering):
    """Writes values as text, with line ends of its own."""

    breaks: ClassVar = frozenset({"SET-3"})

    def altered(self, value: bytes) -> bytes:
        return value.replace(b"\r\n", b"\n")


class StripsByteOrderMark(Altering):
    """Takes a byte order mark away."""

    breaks: ClassVar = frozenset({"SET-3"})

    def altered(self, value: bytes) -> bytes:
        return value.removeprefix(b"\xef\xbb\xbf")


class DoublesByte255(Altering):
    """Doubles byte 255, as a terminal does."""

    breaks: ClassVar = frozenset({"SET-3"})

    def altered(self, value: bytes) -> bytes:
        return value.replace(b"\xff", b"\xff\xff")


class CutsAtEightMebibytes(Altering):
    """Cuts a value after 8 MiB."""

    breaks: ClassVar = frozenset({"SET-4"})
    profile: ClassVar = "default"

    def altered(self, value: bytes) -> bytes:
        return value[: 8 << 20]


class LosesTheEndOfABlock(Altering):
    """Loses the last byte of a value that fills blocks of 64 KiB."""

    breaks: ClassVar = frozenset({"SET-4"})

    def altered(self, value: bytes) -> bytes:
        return value[:-1] if value and len(value) % (64 << 10) == 0 else value


class LosesAByteBehindABlock(Altering):
    """Loses the only byte behind whole blocks of 4 KiB."""

    breaks: ClassVar = frozenset({"SET-4"})

    def altered(self, value: bytes) -> bytes:
        return value[:-1] if len(value) > 1 and len(value) % (4 << 10) == 1 else value


class KeepsTheTail(SoundStore):
    """Writes over the old value, and does not truncate it."""

    breaks: ClassVar = frozenset({"SET-5"})

    async def set(self, key: str, value: Any) -> None:
        old = self.values.get(key, b"")
        await super().set(key, value)
        self.values[key] += old[len(self.values[key]) :]


class IgnoresAnEmptyOverwrite(SoundStore):
    """Writes nothing where the new value is empty."""

    breaks: ClassVar = frozenset({"SET-5"})

    async def set(self, key: str, value: Any) -> None:
        if memoryview(value).nbytes or key not in self.values:
            await super().set(key, value)


class ListsAnOverwriteTwice(SoundStore):
    """Lists a key as often as it was set."""

    breaks: ClassVar = frozenset({"SET-6"})
    source: ClassVar = "zarr 3.1.6 ZipStore"

    def __init__(self, values: dict[str, bytes] | None = None, *, read_only: bool = False) -> None:
        super().__init__(values, read_only=read_only)
        self.entries: dict[str, int] = {}

    async def set(self, key: str, value: Any) -> None:
        entries = self.entries.get(key, 0) if key in self.values else 0
        await super().set(key, value)
        self.entries[key] = entries + 1

    async def list(self) -> AsyncIterator[str]:
        for key in [*self.values]:
            for _ in range(self.entries.get(key, 1)):
                yield key


class ForgetsLongerNames(SoundStore):
    """Forgets, when a key is set, the keys beside it whose names begin like it."""

    breaks: ClassVar = frozenset({"SET-7"})

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, value)
        for other in [other for other in self.values if other.startswith(key) and other[len(key) :].isdigit()]:
            del self.values[other]


class KeepsTheCallersBuffer(SoundStore):
    """Keeps a view of the buffer that it was given."""

    breaks: ClassVar = frozenset({"SET-8"})
    source: ClassVar = "zarr 3.1.6 MemoryStore"

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, value)
        if isinstance(value, bytearray):
            self.values[key] = value

    def part(self, value: bytes, byte_range: ByteRequest | None) -> bytes:
        return bytes(super().part(value, byte_range))


class KeepsLargeBuffers(SoundStore):
    """Copies small buffers alone."""

    breaks: ClassVar = frozenset({"SET-8"})

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, value)
        if isinstance(value, bytearray) and len(value) > 64 << 10:
            self.values[key] = value

    def part(self, value: bytes, byte_range: ByteRequest | None) -> bytes:
        return bytes(super().part(value, byte_range))


class TakesText(SoundStore):
    """Takes text for its encoding."""

    breaks: ClassVar = frozenset({"SET-9"})

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, value.encode() if isinstance(value, str) else value)


class TakesNumbers(SoundStore):
    """Makes bytes of whatever bytes() takes."""

    breaks: ClassVar = frozenset({"SET-9"})

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, bytes(value))


class EmptiesFirst(SoundStore):
    """Opens the key for writing before it looks at the value."""

    breaks: ClassVar = frozenset({"SET-9"})

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, b"")
        await super().set(key, value)


class HoldsFewKeys(SoundStore):
    """Forgets the oldest key when there are more than 1,500."""

    breaks: ClassVar = frozenset({"SET-10", "LST-8"})
    profile: ClassVar = "default"

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, value)
        if len(self.values) > 1500:
            del self.values[next(iter(self.values))]


class LosesOneInAThousand(SoundStore):
    """Does not store the thousandth key."""

    breaks: ClassVar = frozenset({"SET-10", "LST-8"})
    profile: ClassVar = "default"

    async def set(self, key: str, value: Any) -> None:
        if len(self.values) != 1_001:
            await super().set(key, value)
        else:
            self.values["lost"] = b""


class TakesTheWholeObject(SoundStore):
    """Stores the object behind a view, the whole of it."""

    breaks: ClassVar = frozenset({"SET-11"})

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, value.obj if isinstance(value, memoryview) else value)


class CountsItems(SoundStore):
    """Takes a buffer's number of items for its number of bytes."""

    breaks: ClassVar = frozenset({"SET-11"})

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, memoryview(value).tobytes()[: len(memoryview(value))])


class IgnoresStrides(SoundStore):
    """Takes the memory of a view that is not contiguous as it lies."""

    breaks: ClassVar = frozenset({"SET-11"})

    async def set(self, key: str, value: Any) -> None:
        view = memoryview(value)
        await super().set(key, view if view.contiguous else bytes(view.obj)[: view.nbytes])  # type: ignore[arg-type]


class TakesBytesAlone(SoundStore):
    """Takes no other buffer than bytes."""

    breaks: ClassVar = frozenset({"SET-11"})

    async def set(self, key: str, value: Any) -> None:
        if not isinstance(value, (bytes, bytearray)):
            raise TypeError(f"not {type(value).__name__}")
        await super().set(key, value)
