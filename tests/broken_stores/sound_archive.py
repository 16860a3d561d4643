"""The sound parent of stores that keep all values in one file: an archive with a directory at its end."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from struct import Struct
from typing import Any, BinaryIO, ClassVar

from broken_stores.sound import SoundStore

_HEADER = Struct(">QQ")
"""Where the directory begins, and how many bytes it has."""


class Archive(MutableMapping[str, bytes]):
    """Values one behind the other in a file, and behind them a directory, which says where each is.

    What is new is written behind the directory, with another directory behind it; the header, which names the one that is valid, is
    changed last. One handle at a time changes the file.
    """

    def __init__(self, root: str) -> None:
        self.path = os.path.join(root, "archive")  # noqa: PTH118
        self.known: tuple[bytes, dict[str, tuple[int, int]]] = (b"", {})

    @contextmanager
    def read(self) -> Iterator[BinaryIO]:
        """The file, beside others who read it.

        Raises:
            FileNotFoundError: nothing was ever set.
        """
        with open(self.path, "rb", buffering=0) as file:  # noqa: PTH123
            fcntl.flock(file, fcntl.LOCK_SH)
            yield file

    @contextmanager
    def changed(self) -> Iterator[BinaryIO]:
        """The file, for one alone."""
        number = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        with open(number, "r+b", buffering=0) as file:  # noqa: PTH123
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file

    def directory(self, file: BinaryIO) -> dict[str, tuple[int, int]]:
        """Where each value begins, and how many bytes it has."""
        header = os.pread(file.fileno(), _HEADER.size, 0)
        if header != self.known[0]:
            begin, size = _HEADER.unpack(header)
            self.known = (header, json.loads(os.pread(file.fileno(), size, begin)))
        return self.known[1]

    def place(self, file: BinaryIO) -> int:
        """Where what is new goes."""
        return max(_HEADER.size, os.fstat(file.fileno()).st_size)

    def written(self, file: BinaryIO, place: int, value: bytes) -> None:
        """Write a value."""
        os.pwrite(file.fileno(), value, place)

    def conclude(self, file: BinaryIO, place: int, entries: dict[str, tuple[int, int]]) -> None:
        """Write a directory, and let it be the one that is valid."""
        text = json.dumps(entries).encode()
        os.pwrite(file.fileno(), text, place)
        os.pwrite(file.fileno(), _HEADER.pack(place, len(text)), 0)

    def __getitem__(self, key: str) -> bytes:
        try:
            with self.read() as file:
                begin, size = self.directory(file)[key]
                return os.pread(file.fileno(), size, begin)
        except FileNotFoundError:
            raise KeyError(key) from None

    def __setitem__(self, key: str, value: bytes) -> None:
        with self.changed() as file:
            entries, place = self.directory(file), self.place(file)
            self.written(file, place, value)
            self.conclude(file, place + len(value), {**entries, key: (place, len(value))})

    def __delitem__(self, key: str) -> None:
        with self.changed() as file:
            entries = {**self.directory(file)}
            del entries[key]
            self.conclude(file, self.place(file), entries)

    def names(self) -> list[str]:
        """The keys."""
        try:
            with self.read() as file:
                return [*self.directory(file)]
        except FileNotFoundError:
            return []

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self.names())


class SoundArchiveStore(SoundStore):
    """Keeps the whole contract in one file."""

    breaks: ClassVar[frozenset[str]] = frozenset()
    arguments: ClassVar[dict[str, object]] = {"root": "{tmp_path}", "read_only": "{read_only}"}
    reopens: ClassVar[bool] = True

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(read_only=read_only)
        self.root = str(root)
        self.values: Any = Archive(self.root)

    def with_read_only(self, read_only: bool = False) -> Any:
        return type(self)(self.root, read_only=read_only)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.root == self.root and other.read_only == self.read_only

    def __hash__(self) -> int:
        return hash((type(self), self.root, self.read_only))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.root!r})"

    def __reduce__(self) -> Any:
        return _opened, (type(self), self.root, self.read_only)


def _opened(kind: type[SoundArchiveStore], root: str, read_only: bool) -> SoundArchiveStore:
    return kind(root, read_only=read_only)
