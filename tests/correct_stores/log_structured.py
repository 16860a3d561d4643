"""A correct store over a log: each change is a record at its end, and now and then what is no more valid is left behind."""

from __future__ import annotations

import struct
from collections.abc import Iterator, MutableMapping
from typing import Any

from broken_stores.sound import SoundStore

_HEAD = struct.Struct("<Iq")
"""The bytes of the key, and of the value; -1 says that the key is deleted."""
_ROOM = 4096
"""Bytes of records that are no more valid, from which on a new log is begun."""


class Log(MutableMapping[str, bytes]):
    """Records, and where the last of each key is."""

    def __init__(self) -> None:
        self._log = bytearray()
        self._places: dict[str, tuple[int, int]] = {}
        self._wasted = 0

    def __getitem__(self, key: str) -> bytes:
        start, size = self._places[key]
        return bytes(self._log[start : start + size])

    def __setitem__(self, key: str, value: bytes) -> None:
        self._forget(key)
        self._append(key, value)
        self._compact()

    def __delitem__(self, key: str) -> None:
        if key not in self._places:
            raise KeyError(key)
        self._forget(key)
        name = key.encode()
        self._log += _HEAD.pack(len(name), -1) + name
        self._wasted += _HEAD.size + len(name)
        self._compact()

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def _forget(self, key: str) -> None:
        if key in self._places:
            self._wasted += _HEAD.size + len(key.encode()) + self._places.pop(key)[1]

    def _append(self, key: str, value: bytes) -> None:
        name = key.encode()
        self._log += _HEAD.pack(len(name), len(value)) + name
        self._places[key] = (len(self._log), len(value))
        self._log += value

    def _compact(self) -> None:
        """Begin a new log with what is valid, read from the old one, if there is enough to be left behind."""
        if self._wasted < _ROOM:
            return
        valid = {key: value for key, value in self._records() if value is not None}
        self._log, self._places, self._wasted = bytearray(), {}, 0
        for key, value in valid.items():
            self._append(key, value)

    def _records(self) -> Iterator[tuple[str, bytes | None]]:
        """The last record of each key."""
        last: dict[str, bytes | None] = {}
        place = 0
        while place < len(self._log):
            name_size, size = _HEAD.unpack_from(self._log, place)
            place += _HEAD.size + name_size
            key = self._log[place - name_size : place].decode()
            last[key] = None if size < 0 else bytes(self._log[place : place + size])
            place += max(size, 0)
        return iter(last.items())


class LogStructuredStore(SoundStore):
    """Keeps values in a log."""

    values: Any

    def __init__(self, values: Any = None, *, read_only: bool = False) -> None:
        super().__init__(Log() if values is None else values, read_only=read_only)
