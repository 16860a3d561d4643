"""Programs: sequences of operations, drawn by a seeded generator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Protocol, TypeAlias, TypeVar

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

LENGTH = 50
"""Operations in a program: enough for a few keys to meet, few enough to begin often from an empty store."""
BLOCK = 8
"""Bytes that stand for an operation: one for its kind, one for each choice; the few that ask for more are given zeros."""

T = TypeVar("T")


class Choices(Protocol):
    """What decides: a seeded `random.Random`, or Hypothesis."""

    def choice(self, options: Sequence[T], /) -> T:
        """One of them."""
        ...

    def random(self) -> float:
        """A number from 0 to below 1."""
        ...

    def randrange(self, start: int, stop: int, /) -> int:
        """A number from `start` to below `stop`."""
        ...


class Bytes:
    """Lets bytes decide, one for each choice, the first option by a zero; where they have run out, it is zeros all the way.

    Args:
        data: the bytes.
    """

    def __init__(self, data: bytes) -> None:
        self._left = iter(data)

    def choice(self, options: Sequence[T], /) -> T:
        """One of them."""
        return options[self.randrange(0, len(options))]

    def random(self) -> float:
        """A number of 256ths."""
        return next(self._left, 0) / 256

    def randrange(self, start: int, stop: int, /) -> int:
        """A number from `start` to below `stop`."""
        return start + next(self._left, 0) * (stop - start) // 256


class Generator:
    """Draws operations, and whole programs of them; the same seed draws the same ones, in every process.

    Half of the keys that it draws are live at that point, as far as it can tell without running the program.

    Args:
        pool: what programs are made of.
        offers: what the store can do.
        seed: fixes the sequence of programs.
    """

    def __init__(self, pool: Pool, offers: frozenset[Need], seed: int) -> None:
        self._pool = pool
        self._seeded = Random(seed)  # noqa: S311  # reproducible, not secret
        self._random: Choices = self._seeded
        self._live: dict[str, None] = {}
        self._kinds, self._weights = self._choices(offers)
        self.weighted = [kind for kind, weight in zip(self._kinds, self._weights, strict=True) for _ in range(weight)]
        """The makers of operations, each as often as it is to be chosen."""

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
        return tuple([make() for make in self._seeded.choices(self._kinds, self._weights, k=length)])

    def decoded(self, data: bytes) -> Program:
        """Return the program that `data` stands for: `BLOCK` bytes for each operation, none for a block that begins with a zero.

        So a shorter program, and one of plainer operations, has smaller bytes at the same places.
        """
        self._live.clear()
        program: list[Operation] = []
        for start in range(0, len(data), BLOCK):
            kind = data[start]
            if kind:
                self._random = Bytes(data[start + 1 : start + BLOCK])
                program.append(self.weighted[(kind - 1) * len(self.weighted) // 255]())
        return tuple(program)

    def decided_by(self, choices: Choices, live: Iterable[str]) -> None:
        """From now on `choices` decides what the makers of `weighted` return, and the keys `live` are set."""
        self._random, self._live = choices, dict.fromkeys(live)

    def key(self) -> str:
        """Return a key: half of the time a live one, if there is any."""
        live, keys = self._live, self._pool.keys
        number = self._random.randrange(0, 2 * len(keys))  # one draw for both
        if live and number >= len(keys):
            return list(live)[number % len(live)]
        return keys[number % len(keys)]

    def _new_key(self) -> str:
        key = self.key()
        self._live[key] = None
        return key

    def _prefix(self) -> str:
        return self._random.choice(self._pool.prefixes)

    def value(self) -> bytes:
        """Return a value."""
        return self._random.choice(self._pool.values)

    def _request(self) -> ByteRequest:
        return self._random.choice(self._pool.requests)

    def _get(self) -> Operation:
        return Get(self.key())

    def _get_range(self) -> Operation:
        return Get(self.key(), self._request())

    def _get_partial_values(self) -> Operation:
        count = self._random.randrange(0, 4)
        return GetPartialValues(
            tuple([(self.key(), self._request() if self._random.random() < 0.7 else None) for _ in range(count)])
        )

    def _exists(self) -> Operation:
        return Exists(self.key())

    def _getsize(self) -> Operation:
        return GetSize(self.key())

    def _set(self) -> Operation:
        return Set(self._new_key(), self.value())

    def _set_if_not_exists(self) -> Operation:
        return SetIfNotExists(self._new_key(), self.value())

    def _set_partial_values(self) -> Operation:
        parts: list[tuple[str, int, bytes]] = []
        for key in {self._new_key(): None for _ in range(self._random.randrange(1, 3))}:
            start = self._random.choice((0, 0, 1, 3))
            parts.append((key, start, self.value()[:8]))
            if self._random.random() < 0.3:
                parts.append((key, start + 8 + self._random.randrange(0, 3), b"xyz"))
        return SetPartialValues(tuple(parts))

    def _delete(self) -> Operation:
        key = self.key()
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
