"""Faults in chapter TYP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, ClassVar, Literal

from broken_stores.sound import SoundStore
from storeproto.keys import check_key


class NoWithReadOnly(SoundStore):
    """Lacks a method that every store has."""

    breaks: ClassVar = frozenset({"TYP-1"})

    with_read_only: Any = None


class OtherParameterName(SoundStore):
    """Calls the key of `delete` by another name than callers do."""

    breaks: ClassVar = frozenset({"TYP-2"})

    async def delete(self, name: str) -> None:
        self.check_writable()
        self.values.pop(check_key(name), None)


class PositionAlone(SoundStore):
    """Takes the prefix of `is_empty` by position alone."""

    breaks: ClassVar = frozenset({"TYP-2"})

    async def is_empty(self, prefix: str = "", /) -> bool:
        return not self.keys_below(prefix)


class SwappedParameters(SoundStore):
    """Takes the parameters of `get_partial_values` by position in the other order, unless they are given as they should be."""

    breaks: ClassVar = frozenset({"TYP-2"})

    async def get_partial_values(self, key_ranges: Any, prototype: Any) -> Any:
        if isinstance(prototype, (list, tuple)) or hasattr(prototype, "__next__"):
            key_ranges, prototype = prototype, key_ranges
        return await super().get_partial_values(prototype, key_ranges)


class RequiredMode(SoundStore):
    """Requires that `with_read_only` be told the mode."""

    breaks: ClassVar = frozenset({"TYP-2"})

    def with_read_only(self, read_only: bool) -> Any:
        return super().with_read_only(read_only)


class ClaimedButMissing(SoundStore):
    """Claims to list, and has no `getsize_prefix`."""

    breaks: ClassVar = frozenset({"TYP-2", "CAP-5", "EXI-5"})

    getsize_prefix: Any = None


class Promise:
    """What must be awaited first."""

    def __init__(self, listing: AsyncIterator[str]) -> None:
        self.listing = listing

    def __await__(self) -> Any:
        return self.listing
        yield


class ListingToAwait(SoundStore):
    """Wants the listing of all to be awaited, as `async def` without `yield` does."""

    breaks: ClassVar = frozenset({"TYP-3", "CAP-5", "LST-2", "LST-7", "LST-12"})

    def list_prefix(self, prefix: str) -> Any:
        return super().list_prefix(prefix) if prefix else Promise(super().list_prefix(prefix))


class SynchronousSize(SoundStore):
    """Answers `getsize_prefix` at once, where callers await it."""

    breaks: ClassVar = frozenset({"TYP-3", "CAP-5", "EXI-5"})

    def getsize_prefix(self, prefix: str = "") -> Any:
        return sum(len(self.values[key]) for key in self.keys_below(prefix))


class OlderByteRanges(SoundStore):
    """Says that it takes byte ranges in their older form alone."""

    breaks: ClassVar = frozenset({"TYP-4"})
    type_checkers: ClassVar = ("mypy",)

    async def get(self, key: str, prototype: Any = None, byte_range: tuple[int, int] | None = None) -> bytes | None:
        return await super().get(key, prototype, byte_range)


class NotTyped(SoundStore):
    """Says nothing of the types of `exists`."""

    breaks: ClassVar = frozenset({"TYP-4"})
    type_checkers: ClassVar = ("mypy",)

    async def exists(self, key):
        return await super().exists(key)


class FlagDeclaredFalse(SoundStore):
    """Declares the flag to be False that is True."""

    breaks: ClassVar = frozenset({"TYP-4"})
    type_checkers: ClassVar = ("mypy",)

    supports_deletes: Literal[False] = True


class FlagIsANumber(SoundStore):
    """Says 1 for True."""

    breaks: ClassVar = frozenset({"TYP-5"})

    supports_deletes: Any = 1


class FlagChanges(SoundStore):
    """Says another thing each time that it is asked whether it supports partial writes."""

    breaks: ClassVar = frozenset({"TYP-5"})

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.asked = False

    @property
    def supports_partial_writes(self) -> bool:
        self.asked = not self.asked
        return self.asked


class ModeCanBeAssigned(SoundStore):
    """Lets its users change `read_only`."""

    breaks: ClassVar = frozenset({"TYP-6"})

    @property
    def read_only(self) -> bool:
        return self._read_only

    @read_only.setter
    def read_only(self, read_only: bool) -> None:
        self._read_only = read_only
