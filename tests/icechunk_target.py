"""icechunk's store, for the kit to open by its import path: the chunks of its arrays, with a key grammar of their own."""

from __future__ import annotations

import builtins
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import icechunk
from zarr.core.buffer.cpu import Buffer

from conformance import Recipe, Subject

_ARRAY = json.dumps(
    {
        "zarr_format": 3,
        "node_type": "array",
        "shape": [1 << 30],
        "data_type": "uint8",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0,
        "codecs": [{"name": "bytes", "configuration": {}}],
    }
).encode()
_GROUP = b'{"zarr_format": 3, "node_type": "group"}'
_DOCUMENT = "zarr.json"


class Chunks:
    """The grammar: chunks of arrays of one dimension, at the root or in groups; a chunk is not empty."""

    def legal(self, key: str) -> bool:
        return re.fullmatch(r"(?:d\d+/)*a\d+/c/\d{1,9}", key) is not None

    def name(self, number: int) -> str:
        return f"a{number}/c/0"

    def directory(self, number: int) -> str:
        return f"d{number}"

    def value(self, data: bytes) -> bool:
        return data != b""


class ChunkStore(icechunk.IcechunkStore):
    """The store, which makes the nodes of a chunk that is set first, as zarr does, and does not list its document."""

    def with_read_only(self, read_only: bool = False) -> ChunkStore:
        return ChunkStore(self._store, read_only=read_only)

    async def _make_nodes(self, key: object) -> None:
        """Make the array that the chunk is of, and the groups above it: what has no node is not listed."""
        if not isinstance(key, str):
            return  # for the store to refuse
        parts = key.split("/")[:-2]
        for depth in range(len(parts) + 1):
            document = "".join([f"{part}/" for part in parts[:depth]]) + _DOCUMENT
            if not await super().exists(document):
                await super().set(document, Buffer.from_bytes(_ARRAY if depth == len(parts) else _GROUP))

    async def set(self, key: str, value: Any) -> None:
        await self._make_nodes(key)
        await super().set(key, value)

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        await self._make_nodes(key)
        await super().set_if_not_exists(key, value)

    async def list(self) -> AsyncIterator[str]:
        async for key in super().list():
            if not key.endswith(_DOCUMENT):
                yield key

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        async for key in super().list_prefix(prefix):
            if not key.endswith(_DOCUMENT):
                yield key

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        start = prefix and prefix.rstrip("/") + "/"
        names = {key[len(start) :].partition("/")[0] for key in await self._below(prefix)}
        async for name in super().list_dir(prefix):
            if name in names:  # a directory with nothing but documents holds no chunk
                yield name

    async def is_empty(self, prefix: str) -> bool:
        return not await self._below(prefix)

    async def getsize_prefix(self, prefix: str) -> int:
        return sum([await self.getsize(key) for key in await self._below(prefix)])

    async def _below(self, prefix: str) -> builtins.list[str]:
        start = prefix and prefix.rstrip("/") + "/"
        return [key async for key in self.list() if key.startswith(start)]


def chunks() -> ChunkStore:
    """A store of chunks, in a session of a new repository in memory."""
    session = icechunk.Repository.create(icechunk.in_memory_storage()).writable_session("main")
    return ChunkStore(session.store._store)


subject = Subject(name="icechunk", opening=Recipe("icechunk_target:chunks"), grammar=Chunks())
