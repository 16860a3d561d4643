"""The remote store on S3 beside zarr's: both in turns, in one run, and the ratio of their medians (ours by zarr's).

`pytest tests/benchmarks/test_remote_store.py --benchmark-only` shows the times of ours, and the ratios with `-rP`; a ratio above
what is allowed fails. The server is moto's, on loopback: most of the time is its own.
"""

import asyncio
import os
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import count
from time import perf_counter
from typing import Any

import pytest

from reference_stores import RemoteStore
from storeproto import RangeByteRequest

zarr_storage = pytest.importorskip("zarr.storage")
zarr_buffer = pytest.importorskip("zarr.core.buffer")
zarr_requests = pytest.importorskip("zarr.abc.store")

KIB, MIB = 1 << 10, 1 << 20
SIZES = {"0 B": 0, "1 KiB": KIB, "64 KiB": 64 * KIB, "4 MiB": 4 * MIB}
ROUNDS = 15
NOTHING_WORSE = 1.2


class Contestant:
    """A store, and how it is called."""

    def __init__(self, store: Any, request: Callable[[int, int], Any], value: Callable[[bytes], Any], prototype: Any) -> None:
        self.store = store
        self.request = request
        self.value = value
        self.prototype = prototype
        self.numbers = count()

    async def fill(self) -> None:
        """Store what is read later."""
        for name, size in SIZES.items():
            await self.store.set(f"group/array/{name}", self.value(os.urandom(size)))
        for number in range(64):
            await self.store.set(f"many/{number}", self.value(bytes(KIB)))
        for number in range(20):
            await self.store.set(f"directories/{number}/key", self.value(b"value"))


Operation = Callable[[Contestant], Awaitable[Any]]


async def drain(listing: AsyncIterator[str]) -> int:
    """Take all of a listing."""
    return len([name async for name in listing])


def afresh(operation: Operation) -> Operation:
    """Forget remembered listings first, as our store does by itself: zarr's would answer without asking the server."""

    async def forgetful(one: Contestant) -> None:
        one.store.fs.invalidate_cache()
        await operation(one)

    return forgetful


def get(size: str) -> Operation:
    """Read a whole value."""
    return lambda one: one.store.get(f"group/array/{size}", one.prototype)


def get_many(one: Contestant) -> Awaitable[Any]:
    """Read 64 whole values at once."""
    return asyncio.gather(*[one.store.get(f"many/{number}", one.prototype) for number in range(64)])


def get_range(one: Contestant) -> Awaitable[Any]:
    """Read 256 bytes of a value."""
    return one.store.get("group/array/4 MiB", one.prototype, one.request(MIB, MIB + 256))


def set_new(size: int) -> Operation:
    """Set a new key."""
    value = os.urandom(size)
    return lambda one: one.store.set(f"new/{next(one.numbers)}", one.value(value))


def sixteen_ranges(one: Contestant) -> Awaitable[Any]:
    """Read 16 ranges of one value in one call."""
    ranges = [("group/array/4 MiB", one.request(start * 200_000, start * 200_000 + 256)) for start in range(16)]
    return one.store.get_partial_values(one.prototype, ranges)


def sixty_four_values(one: Contestant) -> Awaitable[Any]:
    """Read 64 values in one call."""
    return one.store.get_partial_values(one.prototype, [(f"many/{number}", None) for number in range(64)])


# What is done, how often in a turn, and the greatest ratio allowed.
OPERATIONS: dict[str, tuple[Operation, int, float]] = {
    "get 0 B": (get("0 B"), 5, 0.65),
    "get 1 KiB": (get("1 KiB"), 5, 0.65),
    "get 64 KiB": (get("64 KiB"), 5, NOTHING_WORSE),
    "get 4 MiB": (get("4 MiB"), 1, NOTHING_WORSE),
    "get missing": (lambda one: one.store.get("group/array/missing", one.prototype), 5, NOTHING_WORSE),
    "get 1 KiB, 64 at once": (get_many, 1, 0.6),
    "64 values in one call": (sixty_four_values, 1, 0.6),
    "range of 4 MiB": (get_range, 5, NOTHING_WORSE),
    "16 ranges in one call": (sixteen_ranges, 1, NOTHING_WORSE),
    "exists": (afresh(lambda one: one.store.exists("group/array/1 KiB")), 5, NOTHING_WORSE),
    "exists, missing": (afresh(lambda one: one.store.exists("group/array/missing")), 5, NOTHING_WORSE),
    "getsize": (afresh(lambda one: one.store.getsize("group/array/1 KiB")), 5, NOTHING_WORSE),
    "list": (afresh(lambda one: drain(one.store.list())), 1, NOTHING_WORSE),
    "list_prefix": (afresh(lambda one: drain(one.store.list_prefix("many/"))), 1, NOTHING_WORSE),
    "list_dir, 64 keys": (afresh(lambda one: drain(one.store.list_dir("many"))), 1, NOTHING_WORSE),
    # One request each; but ours answers with keys, to leave out directories that hold nothing but a marker, which zarr's shows.
    "list_dir, 20 directories": (afresh(lambda one: drain(one.store.list_dir("directories"))), 1, 3.0),
    "set 1 KiB": (set_new(KIB), 5, NOTHING_WORSE),
    "set 4 MiB": (set_new(4 * MIB), 3, NOTHING_WORSE),
}


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for both."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def pair(runner: asyncio.Runner, s3_options: dict[str, object]) -> Iterator[tuple[Contestant, Contestant]]:
    """Zarr's store and ours, filled alike."""
    prototype = zarr_buffer.default_buffer_prototype()
    options = {**s3_options, "skip_instance_cache": True}
    store = zarr_storage.FsspecStore.from_url("s3://bucket/zarr", storage_options=options)
    theirs = Contestant(store, zarr_requests.RangeByteRequest, prototype.buffer.from_bytes, prototype)
    ours = Contestant(RemoteStore.from_url("s3://bucket/ours", dict(s3_options)), RangeByteRequest, bytes, None)
    for one in (theirs, ours):
        runner.run(one.fill())
    yield theirs, ours

    async def close() -> None:
        ours.store.close()
        await store.fs._s3.close()

    runner.run(close())


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation(benchmark, runner, pair, name: str):
    """No operation takes longer than is allowed, beside zarr's."""
    operation, calls, most = OPERATIONS[name]
    seconds: dict[Contestant, list[float]] = {one: [] for one in pair}

    async def turn(one: Contestant) -> None:
        started = perf_counter()
        for _ in range(calls):
            await operation(one)
        seconds[one].append((perf_counter() - started) / calls)

    theirs, ours = pair
    benchmark.pedantic(lambda: runner.run(turn(ours)), setup=lambda: runner.run(turn(theirs)), rounds=ROUNDS, warmup_rounds=1)
    found = statistics.median(seconds[ours]) / statistics.median(seconds[theirs])
    benchmark.extra_info["ratio"] = round(found, 3)
    print(f"ratio {found:.3f}")  # noqa: T201  # shown with -rP
    assert found <= most
