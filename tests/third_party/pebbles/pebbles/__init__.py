"""A store in an SQLite database."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

from storeproto import BytesPrototype, ReadOnlyStoreError, as_bytes, resolve
from storeproto.keys import check_key, check_prefix

_BELOW = "substr(key, 1, length(?1)) = ?1"


class SQLiteStore:
    """Values in a table of an SQLite database.

    Args:
        path: the file of the database.
        read_only: refuse every change.
    """

    supports_writes = True
    supports_deletes = True
    supports_partial_writes = False
    supports_listing = True

    def __init__(self, path: Path | str, *, read_only: bool = False) -> None:
        self._path = str(path)
        self._read_only = read_only
        self._database = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value BLOB NOT NULL)")

    def __repr__(self) -> str:
        return f"SQLiteStore({self._path!r}, read_only={self._read_only})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SQLiteStore) and (self._path, self._read_only) == (other._path, other._read_only)

    def __hash__(self) -> int:
        return hash((self._path, self._read_only))

    @property
    def read_only(self) -> bool:
        """Whether every change is refused."""
        return self._read_only

    def with_read_only(self, read_only: bool = False) -> SQLiteStore:
        """Another handle on the same data."""
        return SQLiteStore(self._path, read_only=read_only)

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _value(self, key: str) -> bytes | None:
        row = self._database.execute("SELECT value FROM entries WHERE key = ?", (check_key(key),)).fetchone()
        return None if row is None else bytes(row[0])

    async def get(self, key: str, prototype: Any = None, byte_range: Any = None) -> Any:
        """Return the value of `key`, or a part of it; None where it is not set."""
        value = self._value(key)
        if value is None:
            return None
        part = value if byte_range is None else value[resolve(byte_range, len(value))]
        return (prototype or BytesPrototype()).buffer.from_bytes(part)

    async def get_partial_values(self, prototype: Any, key_ranges: Iterable[tuple[str, Any]]) -> list[Any]:
        """Return what `get` returns, for each request."""
        return [await self.get(key, prototype, byte_range) for key, byte_range in key_ranges]

    async def exists(self, key: str) -> bool:
        """Whether `key` is set."""
        return self._value(key) is not None

    async def getsize(self, key: str) -> int:
        """Return the number of bytes of a value."""
        value = self._value(key)
        if value is None:
            raise KeyError(f"{key!r} is not set")
        return len(value)

    def _change(self, statement: str, *values: object) -> None:
        if self._read_only:
            raise ReadOnlyStoreError(f"{self!r} is read-only")
        self._database.execute(statement, values)

    async def set(self, key: str, value: Any) -> None:
        """Set `key`."""
        self._change("INSERT OR REPLACE INTO entries VALUES (?, ?)", check_key(key), as_bytes(value))

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        """Set `key`, unless it is set."""
        self._change("INSERT OR IGNORE INTO entries VALUES (?, ?)", check_key(key), as_bytes(value))

    async def delete(self, key: str) -> None:
        """Remove `key`."""
        self._change("DELETE FROM entries WHERE key = ?", check_key(key))

    async def delete_dir(self, prefix: str) -> None:
        """Remove the keys below `prefix`."""
        self._change(f"DELETE FROM entries WHERE {_BELOW}", _directory(prefix))  # noqa: S608  # a constant

    async def clear(self) -> None:
        """Remove every key."""
        await self.delete_dir("")

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """List the keys that begin with `prefix`."""
        # LIKE takes no notice of case, and takes _ and % for patterns.
        rows = self._database.execute("SELECT key FROM entries WHERE key LIKE ? || '%'", (prefix,)).fetchall()
        for (key,) in rows:
            yield key

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """List the names directly below `prefix`."""
        directory = _directory(prefix)
        rows = self._database.execute(f"SELECT key FROM entries WHERE {_BELOW}", (directory,)).fetchall()  # noqa: S608  # a constant
        for name in dict.fromkeys([key[len(directory) :].partition("/")[0] for (key,) in rows]):
            yield name

    async def is_empty(self, prefix: str) -> bool:
        """Whether there is no key below `prefix`."""
        return not [name async for name in self.list_dir(prefix)]

    async def getsize_prefix(self, prefix: str) -> int:
        """Return the size of all values below `prefix`."""
        return sum([await self.getsize(key) async for key in self.list_prefix(_directory(prefix))])

    async def list(self) -> AsyncIterator[str]:
        """List every key."""
        async for key in self.list_prefix(""):
            yield key


def _directory(prefix: str) -> str:
    found = check_prefix(prefix)
    return f"{found}/" if found else ""
