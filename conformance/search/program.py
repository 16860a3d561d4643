"""Programs: sequences of operations, drawn by a seeded generator."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TypeAlias

from conformance.clause import Need
from conformance.operations import (
    Clear,
    Delete,
    DeleteDir,
    Exists,
    Get,
    GetPartialValues,
    GetSize,
    GetSizePrefix,
    IsEmpty,
    ListAll,
    ListDir,
    ListPrefix,
    Operation,
    Set,
    SetIfNotExists,
    SetPartialValues,
)
from conformance.search.pool import Pool
from storeproto import ByteRequest

Program: TypeAlias = tuple[Operation, ...]


class Generator:
    """Draws programs; the same seed draws the same ones, in every process.

    Half of the keys that it draws are live at that point, as far as it can tell without running the program.

    Args:
        pool: what programs are made of.
        offers: what the store can do.
        seed: fixes the sequence of programs.
    """

    def __init__(self, pool: Pool, offers: frozenset[Need], seed: int) -> None:
        self._pool = pool
        self._random = Random(seed)  # noqa: S311  # reproducible, not secret
        self._live: dict[str, None] = {}
        self._kinds, self._weights = self._choices(offers)

    def _choices(self, offers: frozenset[Need]) -> tuple[list[Callable[[], Operation]], list[int]]:
        weighted: list[tuple[Callable[[], Operation], int]] = [
            (self._get, 8), (self._get_range, 8), (self._get_partial_values, 4), (self._exists, 4), (self._getsize, 4),
        ]  # fmt: skip
        if Need.WRITES in offers:
            weighted += [(self._set, 16), (self._set_if_not_exists, 4)]
        if Need.PARTIAL_WRITES in offers:
            weighted += [(self._set_partial_values, 4)]
        if Need.DELETES in offers:
            weighted += [(self._delete, 6)]
        if Need.LISTING in offers:
            weighted += [
                (self._list, 2), (self._list_prefix, 4), (self._list_dir, 4), (self._is_empty, 3), (self._getsize_prefix, 3),
            ]  # fmt: skip
        if {Need.DELETES, Need.LISTING} <= offers:
            weighted += [(self._delete_dir, 3), (self._clear, 1)]
        return [kind for kind, _ in weighted], [weight for _, weight in weighted]

    def program(self, length: int) -> Program:
        """Return the next program, of `length` operations."""
        self._live.clear()
        return tuple([make() for make in self._random.choices(self._kinds, self._weights, k=length)])

    def _key(self) -> str:
        live = self._live
        if live and self._random.random() < 0.5:
            return self._random.choice(list(live))
        return self._random.choice(self._pool.keys)

    def _new_key(self) -> str:
        key = self._key()
        self._live[key] = None
        return key

    def _prefix(self) -> str:
        return self._random.choice(self._pool.prefixes)

    def _value(self) -> bytes:
        return self._random.choice(self._pool.values)

    def _request(self) -> ByteRequest:
        return self._random.choice(self._pool.requests)

    def _get(self) -> Operation:
        return Get(self._key())

    def _get_range(self) -> Operation:
        return Get(self._key(), self._request())

    def _get_partial_values(self) -> Operation:
        count = self._random.randrange(4)
        return GetPartialValues(
            tuple([(self._key(), self._request() if self._random.random() < 0.7 else None) for _ in range(count)])
        )

    def _exists(self) -> Operation:
        return Exists(self._key())

    def _getsize(self) -> Operation:
        return GetSize(self._key())

    def _set(self) -> Operation:
        return Set(self._new_key(), self._value())

    def _set_if_not_exists(self) -> Operation:
        return SetIfNotExists(self._new_key(), self._value())

    def _set_partial_values(self) -> Operation:
        parts: list[tuple[str, int, bytes]] = []
        for key in {self._new_key(): None for _ in range(self._random.randrange(1, 3))}:
            start = self._random.choice((0, 0, 1, 3))
            parts.append((key, start, self._value()[:8]))
            if self._random.random() < 0.3:
                parts.append((key, start + 8 + self._random.randrange(3), b"xyz"))
        return SetPartialValues(tuple(parts))

    def _delete(self) -> Operation:
        key = self._key()
        self._live.pop(key, None)
        return Delete(key)

    def _delete_dir(self) -> Operation:
        prefix = self._prefix()
        start = prefix and prefix.removesuffix("/") + "/"
        for key in [key for key in self._live if key.startswith(start)]:
            del self._live[key]
        return DeleteDir(prefix)

    def _clear(self) -> Operation:
        self._live.clear()
        return Clear()

    def _list(self) -> Operation:
        return ListAll()

    def _list_prefix(self) -> Operation:
        prefix = self._prefix()
        return ListPrefix(prefix)

    def _list_dir(self) -> Operation:
        return ListDir(self._prefix())

    def _is_empty(self) -> Operation:
        return IsEmpty(self._prefix())

    def _getsize_prefix(self) -> Operation:
        return GetSizePrefix(self._prefix())
