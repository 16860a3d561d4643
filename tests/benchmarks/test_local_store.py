"""The local store beside zarr's: both in turns, in one run, and the ratio of their medians (ours by zarr's).

`pytest tests/benchmarks/test_local_store.py --benchmark-only` shows the times of ours, and the ratios with `-rP`; a ratio above
what is allowed fails.
"""

import asyncio
import os
import shutil
import statistics
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from reference_stores import LocalStore
from storeproto import RangeByteRequest

zarr_storage = pytest.importorskip("zarr.storage")
zarr_buffer = pytest.importorskip("zarr.core.buffer")
zarr_requests = pytest.importorskip("zarr.abc.store")

KIB, MIB = 1 << 10, 1 << 20
SIZES = {"0 B": 0, "1 KiB": KIB, "64 KiB": 64 * KIB, "4 MiB": 4 * MIB}
MEMORY = Path("/dev/shm")  # noqa: S108  # a file system in memory: there, no disk hides what the code costs
NOTHING_WORSE = 1.2


class Contestant:
    """A store, and how it is called."""

    def __init__(self, store: Any, request: Callable[[int, int], Any], value: Callable[[bytes], Any], prototype: Any) -> None:
        self.store = store
        self.request = request
        self.value = value
        self.prototype = prototype

    async def fill(self) -> None:
        """Store what is read later."""
        for name, size in SIZES.items():
            await self.store.set(f"group/array/{name}", self.value(os.urandom(size)))
            for number in range(64):
                await self.store.set(f"many {name}/{number}", self.value(bytes(min(size, 64 * KIB))))
        for number in range(1000):
            await self.store.set(f"thousand/{number}", self.value(b"value"))
            await self.store.set(f"directories/{number}/key", self.value(b"value"))
        await self.store.set("group/zarr.json", self.value(b"{}"))


Operation = Callable[[Contestant], Awaitable[Any]]


async def drain(listing: AsyncIterator[str]) -> int:
    """Take all of a listing."""
    return len([name async for name in listing])


def gathered(operation: Callable[[Contestant, int], Awaitable[Any]]) -> Operation:
    """Do 64 of one kind at once."""
    return lambda one: asyncio.gather(*[operation(one, number) for number in range(64)])


def get(size: str) -> Operation:
    """Read a whole value."""
    return lambda one: one.store.get(f"group/array/{size}", one.prototype)


def get_many(size: str) -> Operation:
    """Read 64 whole values at once."""
    return gathered(lambda one, number: one.store.get(f"many {size}/{number}", one.prototype))


def set_one(size: int) -> Operation:
    """Overwrite a value."""
    return lambda one: one.store.set("group/array/written", one.value(bytes(size)))


def sixteen_ranges(one: Contestant) -> Awaitable[Any]:
    """Read 16 ranges of one value in one call."""
    ranges = [("group/array/4 MiB", one.request(start * 200_000, start * 200_000 + 256)) for start in range(16)]
    return one.store.get_partial_values(one.prototype, ranges)


def sixty_four_values(one: Contestant) -> Awaitable[Any]:
    """Read 64 values in one call."""
    return one.store.get_partial_values(one.prototype, [(f"many 1 KiB/{number}", None) for number in range(64)])


async def set_and_delete(one: Contestant) -> None:
    """Set a key beside others, and delete it."""
    await one.store.set("thousand/new", one.value(b"value"))
    await one.store.delete("thousand/new")


async def set_and_delete_dir(one: Contestant) -> None:
    """Set ten keys of a directory, and delete it."""
    for number in range(10):
        await one.store.set(f"directory/{number}", one.value(b"value"))
    await one.store.delete_dir("directory")


# What is done, how often in a turn, and the greatest ratio allowed.
READS: dict[str, tuple[Operation, int, float]] = {
    "get 0 B": (get("0 B"), 20, NOTHING_WORSE),
    "get 1 KiB": (get("1 KiB"), 20, 0.15),
    "get 64 KiB": (get("64 KiB"), 20, NOTHING_WORSE),
    "get 4 MiB": (get("4 MiB"), 4, NOTHING_WORSE),
    "get missing": (lambda one: one.store.get("group/array/missing", one.prototype), 20, NOTHING_WORSE),
    "get 0 B, 64 at once": (get_many("0 B"), 2, NOTHING_WORSE),
    "get 1 KiB, 64 at once": (get_many("1 KiB"), 2, 0.35),
    "get 64 KiB, 64 at once": (get_many("64 KiB"), 2, NOTHING_WORSE),
    "range": (lambda one: one.store.get("group/array/4 MiB", one.prototype, one.request(100, 356)), 20, NOTHING_WORSE),
    "16 ranges in one call": (sixteen_ranges, 4, 0.2),
    "64 values in one call": (sixty_four_values, 2, 0.3),
    "exists": (lambda one: one.store.exists("group/array/1 KiB"), 20, NOTHING_WORSE),
    "exists, 64 at once": (gathered(lambda one, number: one.store.exists(f"many 1 KiB/{number}")), 2, NOTHING_WORSE),
    "getsize": (lambda one: one.store.getsize("group/array/1 KiB"), 100, NOTHING_WORSE),
    "getsize, 64 at once": (gathered(lambda one, number: one.store.getsize(f"many 1 KiB/{number}")), 2, NOTHING_WORSE),
    "list": (lambda one: drain(one.store.list()), 1, 0.4),
    "list_prefix, 1,000 keys": (lambda one: drain(one.store.list_prefix("thousand/")), 1, 0.4),
    "list_prefix, 6 keys": (lambda one: drain(one.store.list_prefix("group/")), 10, NOTHING_WORSE),
    "list_dir, 2 names": (lambda one: drain(one.store.list_dir("group")), 20, NOTHING_WORSE),
    "list_dir, 1,000 keys": (lambda one: drain(one.store.list_dir("thousand")), 1, NOTHING_WORSE),
    "list_dir, 1,000 directories": (lambda one: drain(one.store.list_dir("directories")), 1, NOTHING_WORSE),
    "is_empty": (lambda one: one.store.is_empty("group"), 20, NOTHING_WORSE),
    "getsize_prefix": (lambda one: one.store.getsize_prefix("many 1 KiB"), 2, NOTHING_WORSE),
}
WRITES: dict[str, tuple[Operation, int, float]] = {
    "set 1 KiB": (set_one(KIB), 10, 1.0),
    "set 64 KiB": (set_one(64 * KIB), 10, 1.0),
    "set 4 MiB": (set_one(4 * MIB), 2, NOTHING_WORSE),
    "set 1 KiB, 64 at once": (gathered(lambda one, number: one.store.set(f"many 1 KiB/{number}", one.value(bytes(KIB)))), 1, 1.0),
    "set_if_not_exists of a key that is": (lambda one: one.store.set_if_not_exists("group/zarr.json", one.value(b"")), 10, 1.0),
    "set and delete": (set_and_delete, 10, NOTHING_WORSE),
    "set and delete_dir of ten": (set_and_delete_dir, 1, NOTHING_WORSE),
}


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for both."""
    with asyncio.Runner() as runner:
        yield runner


def contestants(runner: asyncio.Runner, directory: Path) -> Iterator[tuple[Contestant, Contestant]]:
    """Give zarr's local store and ours, filled alike, in a directory that is removed."""
    root = Path(tempfile.mkdtemp(dir=directory))
    prototype = zarr_buffer.default_buffer_prototype()
    with LocalStore(root / "ours") as store:
        theirs = Contestant(
            zarr_storage.LocalStore(root / "zarr"), zarr_requests.RangeByteRequest, prototype.buffer.from_bytes, prototype
        )
        ours = Contestant(store, RangeByteRequest, bytes, None)
        runner.run(theirs.fill())
        runner.run(ours.fill())
        yield theirs, ours
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def on_disk(runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Contestant, Contestant]]:
    """Both in the directory for temporary files."""
    yield from contestants(runner, tmp_path_factory.mktemp("disk"))


@pytest.fixture(scope="module")
def in_memory(runner: asyncio.Runner) -> Iterator[tuple[Contestant, Contestant]]:
    """Both in a file system in memory."""
    if not MEMORY.is_dir():
        pytest.skip("needs a file system in memory")
    yield from contestants(runner, MEMORY)


def ratio(benchmark: Any, runner: asyncio.Runner, pair: tuple[Contestant, Contestant], operation: Operation, calls: int) -> float:
    """Let zarr's store and ours take turns, and return the ratio of their medians."""
    theirs, ours = pair
    seconds: dict[Contestant, list[float]] = {theirs: [], ours: []}

    async def turn(one: Contestant) -> None:
        started = perf_counter()
        for _ in range(calls):
            await operation(one)
        seconds[one].append((perf_counter() - started) / calls)

    def others_turn() -> None:
        runner.run(turn(theirs))

    benchmark.pedantic(lambda: runner.run(turn(ours)), setup=others_turn, rounds=25, warmup_rounds=1)
    found = statistics.median(seconds[ours]) / statistics.median(seconds[theirs])
    benchmark.extra_info["ratio"] = round(found, 3)
    print(f"ratio {found:.3f}")  # noqa: T201  # shown with -rP
    return found


@pytest.mark.parametrize("name", READS)
def test_reading(benchmark, runner, on_disk, name: str):
    """No read takes longer than is allowed, beside zarr's."""
    operation, calls, most = READS[name]
    assert ratio(benchmark, runner, on_disk, operation, calls) <= most


@pytest.mark.parametrize("name", WRITES)
def test_writing(benchmark, runner, in_memory, name: str):
    """No write takes longer than is allowed, beside zarr's."""
    operation, calls, most = WRITES[name]
    assert ratio(benchmark, runner, in_memory, operation, calls) <= most
