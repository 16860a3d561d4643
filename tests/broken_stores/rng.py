"""Faults in chapter RNG."""

from __future__ import annotations

from typing import Any, ClassVar

from broken_stores.sound import SoundStore
from storeproto import ByteRequest, OffsetByteRequest, RangeByteRequest, SuffixByteRequest


class EndIsInTheRange(SoundStore):
    """Takes the end of a range as the last byte to give, as HTTP does."""

    breaks: ClassVar = frozenset({"RNG-1", "RNG-4", "RNG-5", "RNG-13"})

    def part(self, value: bytes, byte_range: ByteRequest | None) -> bytes:
        if isinstance(byte_range, RangeByteRequest):
            return value[byte_range.start : byte_range.end + 1]
        return super().part(value, byte_range)


class EndIsALength(SoundStore):
    """Takes the end of a range as the number of bytes to give."""

    breaks: ClassVar = frozenset({"RNG-1", "RNG-4", "RNG-5", "RNG-13"})

    def part(self, value: bytes, byte_range: ByteRequest | None) -> bytes:
        if isinstance(byte_range, RangeByteRequest):
            return value[byte_range.start : byte_range.start + byte_range.end]
        return super().part(value, byte_range)


class LosesTheLastByte(SoundStore):
    """Leaves out the last byte of the value where a range ends with it."""

    breaks: ClassVar = frozenset({"RNG-1", "RNG-13"})

    def part(self, value: bytes, byte_range: ByteRequest | None) -> bytes:
        found = super().part(value, byte_range)
        return found[:-1] if isinstance(byte_range, RangeByteRequest) and byte_range.end == len(value) else found


class PadsWithZeros(SoundStore):
    """Gives as many bytes as a range asks for, zeros behind the end of the value."""

    breaks: ClassVar = frozenset({"RNG-2"})

    def part(self, value: bytes, byte_range: ByteRequest | None) -> bytes:
        found = super().part(value, byte_range)
        if isinstance(byte_range, RangeByteRequest) and byte_range.start < len(value):
            return found.ljust(byte_range.end - byte_range.start, b"\0")
        return found


class RefusesToReadPastTheEnd(SoundStore):
    """Raises where a range ends past the end of the value."""

    breaks: ClassVar = frozenset({"RNG-2"})

    def part(self, value: bytes, byte_range: ByteRequest | None) -> bytes:
        if isinstance(byte_range, RangeByteRequest) and byte_range.start < len(value) < byte_range.end:
            raise ValueError(f"{byte_range!r} ends past the {len(value)} bytes of the value")
        return super().part(value, byte_range)


class ClampsTheStart(SoundStore):
    """Gives the last byte for a range that begins behind it."""

    breaks: ClassVar = frozenset({"RNG-3", "RNG-4"})

    def part(self, value: bytes, byte_range: ByteRequest | None) -> bytes:
        if isinstance(byte_range, RangeByteRequest) and len(value) <= byte_range.start < byte_range.end:
            return value[-1:]
        return super().part(value, byte_range)


class RefusesWhatIsEmpty(SoundStore):
    """Raises where there is nothing to give."""

    breaks: ClassVar = frozenset({"RNG-4"})
    source: ClassVar = "zarr 3.1.6 ObjectStore"

    def part(self, value: bytes, byte_range: ByteRequest | None) -> bytes:
        found = super().part(value, byte_range)
        if byte_range is not None and not found:
            raise ValueError(f"416 Range Not Satisfiable: {byte_range!r}")
        return found


class NoBytesIsOneByte(SoundStore):
    """Gives one byte for a range of none."""

    breaks: ClassVar = frozenset({"RNG-4", "RNG-5"})

    def part(self, value: bytes, byte_range: ByteRequest | None) -> bytes:
        if isinstance(byte_range, RangeByteRequest) and byte_range.start == byte_range.end:
            return value[byte_range.start : byte_range.start + 1]
        return super().part(value, byte_range)


class CountsOffsetsFromOne(SoundStore):
    """Takes the first byte as the offset 1, and 0 as the same."""

    breaks: ClassVar = frozenset({"RNG-4", "RNG-6", "RNG-13"})

    def part(self, value: bytes, byte_range: ByteRequest | None) -> bytes:
        if isinstance(byte_range, OffsetByteRequest):
            return value[max(byte_range.offset - 1, 0) :]
        return super().part(value, byte_range)


class NoOffsetIsNothing(SoundStore):
    """Takes the offset 0 for a request of nothing."""

    breaks: ClassVar = frozenset({"PAR-5", "RNG-6"})

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        found = await super().get(key, prototype, byte_range)
        return b"" if byte_range == OffsetByteRequest(0) and found is not None else found

    async def get_partial_values(self, prototype: Any, key_ranges: Any) -> Any:
        return [await SoundStore.get(self, key, prototype, byte_range) for key, byte_range in key_ranges]


class SuffixIsTheRest(SoundStore):
    """Gives all but the last bytes for a suffix."""

    breaks: ClassVar = frozenset({"RNG-7", "RNG-8", "RNG-13"})
    source: ClassVar = "icechunk 2.3 IcechunkStore"

    def part(self, value: bytes, byte_range: ByteRequest | None) -> bytes:
        if isinstance(byte_range, SuffixByteRequest):
            return value[: -byte_range.suffix or 0]
        return super().part(value, byte_range)


class LongSuffixWraps(SoundStore):
    """Counts from the end of the value where a suffix begins before its start."""

    breaks: ClassVar = frozenset({"RNG-8"})
    source: ClassVar = "zarr 3.1.6 MemoryStore"

    def part(self, value: bytes, byte_range: ByteRequest | None) -> bytes:
        if isinstance(byte_range, SuffixByteRequest):
            return value[len(value) - byte_range.suffix :]
        return super().part(value, byte_range)


class RefusesALongSuffix(SoundStore):
    """Raises where a suffix is longer than the value."""

    breaks: ClassVar = frozenset({"RNG-8"})

    def part(self, value: bytes, byte_range: ByteRequest | None) -> bytes:
        if isinstance(byte_range, SuffixByteRequest) and byte_range.suffix > len(value) > 0:
            raise ValueError(f"{byte_range!r} is longer than the {len(value)} bytes of the value")
        return super().part(value, byte_range)


class NoSuffixIsTheWhole(SoundStore):
    """Gives the whole value for a suffix of no bytes."""

    breaks: ClassVar = frozenset({"RNG-4", "RNG-9"})
    source: ClassVar = "zarr 3.1.6 FsspecStore"

    def part(self, value: bytes, byte_range: ByteRequest | None) -> bytes:
        if isinstance(byte_range, SuffixByteRequest):
            return value[-byte_range.suffix :]
        return super().part(value, byte_range)


class EmptyValueHasNoParts(SoundStore):
    """Gives None for a part of the empty value."""

    breaks: ClassVar = frozenset({"RNG-4", "RNG-10"})

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        found = await super().get(key, prototype, byte_range)
        return found if byte_range is None or self.values.get(key) else None


class NegativeCountsFromTheEnd(SoundStore):
    """Takes a negative start of a pair as Python does."""

    breaks: ClassVar = frozenset({"RNG-11", "RNG-11a"})

    def part(self, value: bytes, byte_range: Any) -> bytes:
        if isinstance(byte_range, tuple):
            start, length = byte_range
            return value[start : start + length]
        return super().part(value, byte_range)


class NegativeIsEmpty(SoundStore):
    """Gives nothing where a part of a pair is negative."""

    breaks: ClassVar = frozenset({"RNG-11a"})

    def part(self, value: bytes, byte_range: Any) -> bytes:
        if isinstance(byte_range, tuple) and min(byte_range) < 0:
            return b""
        return super().part(value, byte_range)


class PartOfMissingIsEmpty(SoundStore):
    """Gives the empty value for a part of a missing key."""

    breaks: ClassVar = frozenset({"GET-1", "RNG-12", "PAR-2"})

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        found = await super().get(key, prototype, byte_range)
        return b"" if found is None and byte_range is not None else found


class NothingOfMissingIsEmpty(SoundStore):
    """Gives the empty value for a suffix of no bytes of a missing key."""

    breaks: ClassVar = frozenset({"RNG-12"})

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        return b"" if byte_range == SuffixByteRequest(0) else await super().get(key, prototype, byte_range)


class StopsAtABlock(SoundStore):
    """Gives no more of a part than lies in one block of 64 KiB."""

    breaks: ClassVar = frozenset({"RNG-13"})

    def part(self, value: bytes, byte_range: ByteRequest | None) -> bytes:
        found = super().part(value, byte_range)
        if not isinstance(byte_range, RangeByteRequest):
            return found
        return found[: (1 << 16) - byte_range.start % (1 << 16)]


class RepeatsAByteBetweenBlocks(SoundStore):
    """Reads in blocks of 1 MiB, and gives the first byte of the second of two blocks twice."""

    breaks: ClassVar = frozenset({"RNG-13"})
    profile: ClassVar = "default"

    def part(self, value: bytes, byte_range: ByteRequest | None) -> bytes:
        found = super().part(value, byte_range)
        if isinstance(byte_range, RangeByteRequest) and byte_range.start < 1 << 20 < byte_range.end <= len(value):
            first = (1 << 20) - byte_range.start
            return found[: first + 1] + found[first:-1]
        return found


class WholeForAnUnknownRequest(SoundStore):
    """Gives the whole value for what is no byte request."""

    breaks: ClassVar = frozenset({"RNG-14"})

    def part(self, value: bytes, byte_range: Any) -> bytes:
        known = isinstance(byte_range, (RangeByteRequest, OffsetByteRequest, SuffixByteRequest, tuple))
        return super().part(value, byte_range) if known else value


class UnknownRequestIsAnAttributeError(SoundStore):
    """Asks what is no byte request for its start."""

    breaks: ClassVar = frozenset({"RNG-14"})

    def part(self, value: bytes, byte_range: Any) -> bytes:
        if not isinstance(byte_range, (OffsetByteRequest, SuffixByteRequest, tuple, type(None))):
            return value[byte_range.start : max(byte_range.start, byte_range.end)]
        return super().part(value, byte_range)
