"""A correct store over a table of SQLite: ranges, prefixes and sizes are the database's work."""

from __future__ import annotations

import builtins
import sqlite3
from collections.abc import AsyncIterator, Iterator, MutableMapping
from typing import Any

from broken_stores.sound import SoundStore

from storeproto import OffsetByteRequest, SuffixByteRequest, resolve
from storeproto.keys import below, check_key, check_prefix, check_string_prefix

_IS_BELOW = "instr(key, ?) = 1"


class Rows(MutableMapping[str, bytes]):
    """The rows of a table in memory."""

    def __init__(self) -> None:
        self.database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.database.execute("CREATE TABLE rows (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")

    def __del__(self) -> None:
        self.database.close()

    def ask(self, statement: str, *given: object) -> list[Any]:
        """The rows that a statement gives."""
        return self.database.execute(statement, given).fetchall()

    def __getitem__(self, key: str) -> bytes:
        for (value,) in self.ask("SELECT value FROM rows WHERE key = ?", key):
            return bytes(value)
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return bool(self.ask("SELECT 1 FROM rows WHERE key = ?", key))

    def __setitem__(self, key: str, value: bytes) -> None:
        self.ask("INSERT INTO rows VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value)

    def __delitem__(self, key: str) -> None:
        if not self.ask("DELETE FROM rows WHERE key = ? RETURNING key", key):
            raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter([key for (key,) in self.ask("SELECT key FROM rows")])

    def __len__(self) -> int:
        count: int = self.ask("SELECT count(*) FROM rows")[0][0]
        return count


class SQLiteStore(SoundStore):
    """Keeps values in a table."""

    values: Any

    def __init__(self, values: Any = None, *, read_only: bool = False) -> None:
        super().__init__(Rows() if values is None else values, read_only=read_only)

    async def get(self, key: str, prototype: Any = None, byte_range: Any = None) -> Any:
        if byte_range is None:
            return await super().get(key, prototype)
        for (size,) in self.values.ask("SELECT length(value) FROM rows WHERE key = ?", check_key(key)):
            if not isinstance(byte_range, (OffsetByteRequest, SuffixByteRequest)):
                byte_range = resolve(byte_range, size)  # which refuses what is no request
                part = (byte_range.start + 1, byte_range.stop - byte_range.start)
            elif isinstance(byte_range, OffsetByteRequest):
                part = (min(byte_range.offset, size) + 1, size)
            else:
                part = (max(size - byte_range.suffix, 0) + 1, size)
            ((value,),) = self.values.ask("SELECT coalesce(substr(value, ?, ?), x'') FROM rows WHERE key = ?", *part, key)
            return await SoundStore({key: bytes(value)}).get(key, prototype)
        return None

    async def getsize(self, key: str) -> int:
        for (size,) in self.values.ask("SELECT length(value) FROM rows WHERE key = ?", check_key(key)):
            return int(size)
        raise FileNotFoundError(f"no value under {key!r}")

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        self.check_writable()
        self.values.ask("INSERT OR IGNORE INTO rows VALUES (?, ?)", check_key(key), memoryview(value).tobytes())

    async def delete_dir(self, prefix: str) -> None:
        self.check_writable()
        self.values.ask(f"DELETE FROM rows WHERE {_IS_BELOW}", below(check_prefix(prefix)))  # noqa: S608  # a constant

    async def clear(self) -> None:
        await self.delete_dir("")

    def keys_below(self, prefix: str) -> builtins.list[str]:
        return self._beginning_with(below(check_prefix(prefix)))

    def _beginning_with(self, start: str) -> builtins.list[str]:
        return [key for (key,) in self.values.ask(f"SELECT key FROM rows WHERE {_IS_BELOW}", start)]  # noqa: S608  # a constant

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        for key in self._beginning_with(check_string_prefix(prefix)):
            yield key

    async def getsize_prefix(self, prefix: str = "") -> int:
        asked = f"SELECT coalesce(sum(length(value)), 0) FROM rows WHERE {_IS_BELOW}"  # noqa: S608  # a constant
        return int(self.values.ask(asked, below(check_prefix(prefix)))[0][0])
