"""Faults in chapter PRE: of the subject rather than of the store."""

from __future__ import annotations

import tempfile
from typing import Any, ClassVar

from broken_stores.cap import Archive, Silent
from broken_stores.sound import SoundStore
from broken_stores.sound_files import SoundFileStore


class NotEmpty(SoundStore):
    """Is not empty when it is opened."""

    breaks: ClassVar = frozenset({"PRE-1"})

    def __init__(self, values: dict[str, bytes] | None = None, *, read_only: bool = False) -> None:
        super().__init__({"precious": b"data"} if values is None else values, read_only=read_only)


class OneForAll(SoundStore):
    """Is the same object at each opening."""

    breaks: ClassVar = frozenset({"PRE-1"})
    made: ClassVar[Any] = None

    def __new__(cls, *arguments: Any, **options: Any) -> Any:  # noqa: ARG004  # as __init__
        cls.made = cls.made or super().__new__(cls)
        return cls.made


class PerhapsNotEmpty(Silent):
    """Does not list, so that it cannot be shown to be empty."""

    breaks: ClassVar = frozenset({"PRE-1"})
    disposable = False


class OnePlaceForAll(SoundStore):
    """Keeps the data of all openings in one place."""

    breaks: ClassVar = frozenset({"PRE-2"})
    place: ClassVar[dict[str, bytes]] = {}

    def __init__(self, *, read_only: bool = False) -> None:
        super().__init__(self.place, read_only=read_only)


class ReopensElsewhere(SoundFileStore):
    """Leads to another place at each opening."""

    breaks: ClassVar = frozenset({"PRE-3"})

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(tempfile.mkdtemp(dir=root), read_only=read_only)


class ReopensItself(SoundFileStore):
    """Gives the object that was opened there before."""

    breaks: ClassVar = frozenset({"PRE-3"})
    made: ClassVar[dict[str, Any]] = {}

    def __new__(cls, root: str, **options: Any) -> Any:  # noqa: ARG004  # as __init__
        return cls.made.setdefault(root, super().__new__(cls))


class ArchiveOfNothing(Archive):
    """Cannot be written to, and comes without contents to check reads against."""

    breaks: ClassVar = frozenset({"PRE-4"})
    contents: ClassVar[dict[str, bytes]] = {}


class ArchiveOfOtherThings(Archive):
    """Holds other values than its subject says."""

    breaks: ClassVar = frozenset({"PRE-4"})

    def __init__(self, values: dict[str, bytes] | None = None, *, read_only: bool = False) -> None:
        super().__init__(dict.fromkeys(self.contents, b"changed") if values is None else values, read_only=read_only)
