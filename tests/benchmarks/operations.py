"""What is measured: one table of operations, for every store, and what each of them may cost beside zarr's."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.contestants import ADAPTER, BARE, OURS, PROTOTYPE, ZARR, Contestant

KIB, MIB = 1 << 10, 1 << 20
SIZES = {"0 B": 0, "1 KiB": KIB, "64 KiB": 64 * KIB, "4 MiB": 4 * MIB}
AT_ONCE = 64

Call = Callable[[int], Awaitable[Any]]
"""Does one operation; the number tells apart those that are done at once."""


@dataclass(frozen=True)
class Operation:
    """One row of the table.

    Args:
        method: the store's method, which a contestant may lack.
        detail: what it is done to.
        prepare: returns the call, with all that it needs made before the time is taken.
        at_once: how many are done together.
        writes: it is measured on a file system in memory, where no disk hides what the code costs.
        has_values: it returns or takes values, so that it differs with a prototype.
        only: the one medium that it tells something about.
    """

    method: str
    detail: str
    prepare: Callable[[Contestant], Call]
    at_once: int = 1
    writes: bool = False
    has_values: bool = False
    only: str = ""

    @property
    def name(self) -> str:
        """What the row is called."""
        name = f"{self.method}, {self.detail}" if self.detail else self.method
        return f"{name}, {self.at_once} at once" if self.at_once > 1 else name

    def bind(self, one: Contestant) -> Callable[[], Awaitable[Any]]:
        """Return what does the operation on a contestant."""
        call = self.prepare(one)
        if self.at_once == 1:
            return lambda: call(0)
        return lambda: asyncio.gather(*[call(number) for number in range(self.at_once)])


def value_key(size: str, number: int) -> str:
    """The key of one of the values of a size: as many as are read at once, but few large ones."""
    return f"values/{size}/{number % (4 if SIZES[size] > MIB else AT_ONCE)}"


async def drain(listing: AsyncIterator[str]) -> int:
    """Take all of a listing."""
    return len([name async for name in listing])


async def fill(one: Contestant) -> None:
    """Store what the operations are about."""
    values = {value_key(size, number): length for size, length in SIZES.items() for number in range(AT_ONCE)}
    small = [*(f"keys/{number}" for number in range(1000)), *(f"directories/{number}/key" for number in range(20))]
    values |= dict.fromkeys([*small, "group/zarr.json", "group/c"], len(b"value"))
    for keys in batched([*values], AT_ONCE):
        await asyncio.gather(*[one.store.set(key, one.value(os.urandom(values[key]))) for key in keys])


def batched(keys: list[str], number: int) -> Iterator[list[str]]:
    """Give so many keys at a time."""
    return (keys[start : start + number] for start in range(0, len(keys), number))


def _get(size: str) -> Callable[[Contestant], Call]:
    return lambda one: lambda number: one.store.get(value_key(size, number), one.prototype)


def _get_range(size: str, length: int = 256) -> Callable[[Contestant], Call]:
    start = SIZES[size] // 2
    return lambda one: lambda number: one.store.get(value_key(size, number), one.prototype, one.request(start, start + length))


def _overwrite(size: str, kind: Callable[[bytes], Any] = bytes) -> Callable[[Contestant], Call]:
    def prepare(one: Contestant) -> Call:
        value = kind(os.urandom(SIZES[size]))
        if one.value is not bytes:
            value = one.value(value)
        return lambda number: one.store.set(f"written/{one.name}/{number % 4 if SIZES[size] > MIB else number}", value)

    return prepare


def _set_new(one: Contestant) -> Call:
    value = one.value(os.urandom(KIB))
    return lambda _: one.store.set(f"new/{one.name}/{next(one.numbers)}", value)


def _create(one: Contestant) -> Call:
    value = one.value(b"value")
    return lambda _: one.store.set_if_not_exists(f"created/{one.name}/{next(one.numbers)}", value)


def _keep(one: Contestant) -> Call:
    value = one.value(b"other")
    return lambda _: one.store.set_if_not_exists("group/zarr.json", value)


def _sixteen_ranges(one: Contestant) -> Call:
    asked = [(value_key("4 MiB", 0), one.request(start * 200_000, start * 200_000 + 256)) for start in range(16)]
    return lambda _: one.store.get_partial_values(one.prototype, asked)


def _sixty_four_values(one: Contestant) -> Call:
    asked = [(value_key("1 KiB", number), None) for number in range(AT_ONCE)]
    return lambda _: one.store.get_partial_values(one.prototype, asked)


def _set_and_delete(one: Contestant) -> Call:
    value = one.value(b"value")

    async def call(_: int) -> None:
        await one.store.set(f"keys/new {one.name}", value)
        await one.store.delete(f"keys/new {one.name}")

    return call


def _set_and_delete_dir(one: Contestant) -> Call:
    value = one.value(b"value")

    async def call(_: int) -> None:
        for number in range(10):
            await one.store.set(f"deleted {one.name}/{number}", value)
        await one.store.delete_dir(f"deleted {one.name}")

    return call


def _with_key(method: str, key: Callable[[int], str]) -> Callable[[Contestant], Call]:
    return lambda one: lambda number: getattr(one.store, method)(key(number))


def _listing(method: str, *prefix: str) -> Callable[[Contestant], Call]:
    return lambda one: lambda _: drain(getattr(one.store, method)(*prefix))


def _operations() -> list[Operation]:
    found: list[Operation] = []
    for at_once in (1, AT_ONCE):
        for size, length in SIZES.items():
            found.append(Operation("get", size, _get(size), at_once, has_values=True))
            if length:
                found.append(Operation("get", f"256 B of {size}", _get_range(size), at_once, has_values=True))
            found.append(Operation("set", size, _overwrite(size), at_once, writes=True, has_values=True))
        asked = {method: _with_key(method, lambda number: value_key("1 KiB", number)) for method in ("exists", "getsize")}
        found += [Operation(method, "", prepare, at_once) for method, prepare in asked.items()]
    missing = _with_key("exists", lambda _: "values/missing")
    return [
        *found,
        Operation("get", "1 MiB of 4 MiB", _get_range("4 MiB", MIB), only="memory"),
        Operation("set", "64 KiB that may change", _overwrite("64 KiB", bytearray), writes=True, only="memory"),
        Operation("set", "4 MiB that may change", _overwrite("4 MiB", bytearray), writes=True, only="memory"),
        Operation("get", "missing", lambda one: lambda _: one.store.get("values/missing", one.prototype)),
        Operation("exists", "missing", missing),
        Operation("get_partial_values", "16 ranges", _sixteen_ranges, has_values=True),
        Operation("get_partial_values", "64 values", _sixty_four_values, has_values=True),
        Operation("list", "some 1,200 keys", _listing("list")),
        Operation("list_prefix", "1,000 keys", _listing("list_prefix", "keys/")),
        Operation("list_prefix", "2 keys", _listing("list_prefix", "group/")),
        Operation("list_dir", "1,000 keys", _listing("list_dir", "keys")),
        Operation("list_dir", "20 directories", _listing("list_dir", "directories")),
        Operation("list_dir", "2 keys", _listing("list_dir", "group")),
        Operation("is_empty", "", _with_key("is_empty", lambda _: "group")),
        Operation("getsize_prefix", "64 keys", _with_key("getsize_prefix", lambda _: "values/1 KiB")),
        Operation("set", "1 KiB, new keys", _set_new, writes=True, has_values=True),
        Operation("set_if_not_exists", "a key that is set", _keep, writes=True, has_values=True),
        Operation("set_if_not_exists", "new keys", _create, writes=True, has_values=True),
        Operation("delete", "and set", _set_and_delete, writes=True),
        Operation("delete_dir", "and ten sets", _set_and_delete_dir, writes=True),
    ]


OPERATIONS = {operation.name: operation for operation in _operations()}

LARGE = {
    operation.name: operation
    for operation in (
        Operation("list", "all keys", _listing("list")),
        Operation("list_prefix", "2 keys among all", _listing("list_prefix", "group/")),
        Operation("list_dir", "2 keys among all", _listing("list_dir", "group")),
    )
}
"""Listings of stores with many keys."""


@dataclass(frozen=True)
class Bound:
    """The greatest ratio of one contestant to another; with a reason where it is greater than elsewhere."""

    most: float
    because: str = ""
    one: str = OURS
    other: str = ZARR
    less: Mapping[str, str] = field(default_factory=dict)
    """What does not count of the time of a contestant: that of another."""


_PRICE_OF_CHECKING = "the key is checked, which takes 0.15 us; zarr's store takes any"
_PRICE_OF_CHANGES = "the key is checked, and changes of other threads wait for their turn; zarr's store does neither"
_PRICE_OF_COPYING = "by the bare copy: zarr's store keeps, or gives out, what its caller can change"
_PRICE_OF_BUFFERS = "bytes are taken out of the buffer, which zarr's store keeps"
_PRICE_OF_ADAPTING = "one coroutine more for each call, and byte requests and buffers of another kind"
_PRICE_OF_A_MOMENT = "a listing is of the keys at one moment, so that they are copied first; zarr's fails when one is set meanwhile"
_PRICE_OF_MARKERS = "directories without keys do not show, so that keys are asked for"

OTHERWISE = {"memory": Bound(1.1), "local": Bound(1.2), "zip": Bound(1.2), "remote": Bound(1.2)}
BOUNDS: dict[tuple[str, str], Bound] = {
    ("memory", "get, 1 KiB"): Bound(0.25),
    ("memory", "get, 1 MiB of 4 MiB"): Bound(1.1, _PRICE_OF_COPYING, other=BARE),
    ("memory", "set, 64 KiB that may change"): Bound(1.2, _PRICE_OF_COPYING, other=BARE),
    ("memory", "set, 4 MiB that may change"): Bound(1.1, _PRICE_OF_COPYING, other=BARE),
    ("memory", "delete, and set"): Bound(1.2, _PRICE_OF_CHANGES),
    ("memory", "exists, missing"): Bound(1.2, _PRICE_OF_CHECKING),
    ("memory", "set_if_not_exists, new keys"): Bound(1.5, _PRICE_OF_CHANGES),
    ("memory", "list, some 1,200 keys"): Bound(1.2, _PRICE_OF_A_MOMENT),
    ("memory", "list, all keys"): Bound(1.2, _PRICE_OF_A_MOMENT),
    ("memory", "get_partial_values, 16 ranges"): Bound(0.2),
    ("memory", "get_partial_values, 64 values"): Bound(0.05),
    ("remote", "list_dir, 20 directories"): Bound(2.0, _PRICE_OF_MARKERS),
    ("local", "get, 1 KiB"): Bound(0.15),
    ("local", "get, 1 KiB, 64 at once"): Bound(0.35),
    ("local", "list, some 1,200 keys"): Bound(0.4),
    ("local", "set, 1 KiB"): Bound(1.0),
    ("local", "set, 64 KiB"): Bound(1.0),
    ("local", "get_partial_values, 16 ranges"): Bound(0.2),
    ("local", "get_partial_values, 64 values"): Bound(0.3),
    ("zip", "get, 1 KiB"): Bound(0.25),
    ("zip", "get, 256 B of 4 MiB"): Bound(0.01),
    ("zip", "getsize"): Bound(0.05),
    ("zip", "set, 1 KiB"): Bound(0.4),
    ("zip", "get_partial_values, 16 ranges"): Bound(0.2),
    ("remote", "get, 1 KiB"): Bound(0.65),
    ("remote", "get, 1 KiB, 64 at once"): Bound(0.6),
}

_IN_BUFFERS: dict[tuple[str, str, str], tuple[float, str]] = {
    **{("memory", f"set, {size}", PROTOTYPE): (1.5, _PRICE_OF_BUFFERS) for size in SIZES},
    ("memory", "set, 1 KiB, new keys", PROTOTYPE): (1.6, _PRICE_OF_BUFFERS),
    ("memory", "set_if_not_exists, a key that is set", PROTOTYPE): (1.4, _PRICE_OF_BUFFERS),
    ("memory", "set_if_not_exists, new keys", PROTOTYPE): (2.0, _PRICE_OF_BUFFERS),
    **{("memory", f"set, {size}, {AT_ONCE} at once", PROTOTYPE): (1.2, _PRICE_OF_BUFFERS) for size in SIZES},
    **{("memory", f"set, {size}", ADAPTER): (1.8, _PRICE_OF_ADAPTING) for size in SIZES},
    **{("memory", f"set, {size}, {AT_ONCE} at once", ADAPTER): (1.3, _PRICE_OF_ADAPTING) for size in SIZES},
    **{("memory", f"get, 256 B of {size}", ADAPTER): (1.4, _PRICE_OF_ADAPTING) for size in SIZES},
    **{("memory", f"get, 256 B of {size}, {AT_ONCE} at once", ADAPTER): (1.3, _PRICE_OF_ADAPTING) for size in SIZES},
    ("memory", "exists", ADAPTER): (1.3, _PRICE_OF_ADAPTING),
    ("memory", "exists, missing", ADAPTER): (1.7, _PRICE_OF_ADAPTING),
    ("memory", "set, 1 KiB, new keys", ADAPTER): (2.0, _PRICE_OF_ADAPTING),
    ("memory", "set_if_not_exists, a key that is set", ADAPTER): (2.0, _PRICE_OF_ADAPTING),
    ("memory", "set_if_not_exists, new keys", ADAPTER): (2.3, _PRICE_OF_ADAPTING),
    ("memory", "delete, and set", ADAPTER): (2.0, _PRICE_OF_ADAPTING),
    ("memory", "list, some 1,200 keys", ADAPTER): (1.2, _PRICE_OF_A_MOMENT),
    ("zip", "get, 1 KiB", PROTOTYPE): (0.25, ""),
    ("remote", "list_dir, 20 directories", ADAPTER): (2.0, _PRICE_OF_MARKERS),
}


def bounds_of(medium: str, operation: str) -> tuple[Bound, ...]:
    """What is asked of an operation: of the store alone, with zarr's prototype, and through the adapter for zarr."""
    alone, otherwise = BOUNDS.get((medium, operation)), OTHERWISE[medium]
    if alone is not None and alone.other == BARE:
        return (alone,)
    found = [alone or otherwise]
    for one in (PROTOTYPE, ADAPTER):
        most, because = _IN_BUFFERS.get((medium, operation, one), (otherwise.most, ""))
        found.append(Bound(most, because, one))
    return tuple(found)
