"""The zip store beside zarr's: both in turns, in one run, and the ratio of their medians (ours by zarr's).

`pytest tests/benchmarks/test_zip_store.py --benchmark-only` shows the times of ours, and the ratios with `-rP`; a ratio above
what is allowed fails.
"""

import asyncio
import os
import shutil
import statistics
import tempfile
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from reference_stores import ZipStore
from storeproto import RangeByteRequest

zarr_storage = pytest.importorskip("zarr.storage")
zarr_buffer = pytest.importorskip("zarr.core.buffer")
zarr_requests = pytest.importorskip("zarr.abc.store")

KIB, MIB = 1 << 10, 1 << 20
SIZES = {"0 B": 0, "1 KiB": KIB, "64 KiB": 64 * KIB, "4 MiB": 4 * MIB}
MEMORY = Path("/dev/shm")  # noqa: S108  # a file system in memory: there, no disk hides what the code costs
MANY = 100_000
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


def get_range(size: str) -> Operation:
    """Read 256 bytes of a value."""
    start = SIZES[size] // 2
    return lambda one: one.store.get(f"group/array/{size}", one.prototype, one.request(start, start + 256))


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
    return one.store.get_partial_values(one.prototype, [(f"many 1 KiB/{number}", None) for number in range(64)])


# What is done, how often in a turn, and the greatest ratio allowed.
READS: dict[str, tuple[Operation, int, float]] = {
    "get 0 B": (get("0 B"), 50, 0.4),
    "get 1 KiB": (get("1 KiB"), 50, 0.25),
    "get 64 KiB": (get("64 KiB"), 20, NOTHING_WORSE),
    "get 4 MiB": (get("4 MiB"), 4, NOTHING_WORSE),
    "get missing": (lambda one: one.store.get("group/array/missing", one.prototype), 50, NOTHING_WORSE),
    "get 0 B, 64 at once": (get_many("0 B"), 2, NOTHING_WORSE),
    "get 1 KiB, 64 at once": (get_many("1 KiB"), 2, NOTHING_WORSE),
    "get 64 KiB, 64 at once": (get_many("64 KiB"), 2, NOTHING_WORSE),
    "range of 1 KiB": (get_range("1 KiB"), 50, NOTHING_WORSE),
    "range of 64 KiB": (get_range("64 KiB"), 50, NOTHING_WORSE),
    "range of 4 MiB": (get_range("4 MiB"), 10, 0.01),
    "16 ranges in one call": (sixteen_ranges, 2, 0.2),
    "64 values in one call": (sixty_four_values, 2, NOTHING_WORSE),
    "exists": (lambda one: one.store.exists("group/array/1 KiB"), 100, NOTHING_WORSE),
    "exists, missing": (lambda one: one.store.exists("group/array/missing"), 100, NOTHING_WORSE),
    "getsize": (lambda one: one.store.getsize("group/array/1 KiB"), 100, 0.05),
    "list": (lambda one: drain(one.store.list()), 2, NOTHING_WORSE),
    "list_prefix, 1,000 keys": (lambda one: drain(one.store.list_prefix("thousand/")), 2, NOTHING_WORSE),
    "list_prefix, 5 keys": (lambda one: drain(one.store.list_prefix("group/")), 10, NOTHING_WORSE),
    "list_dir, 2 names": (lambda one: drain(one.store.list_dir("group")), 10, NOTHING_WORSE),
    "list_dir, 1,000 keys": (lambda one: drain(one.store.list_dir("thousand")), 2, NOTHING_WORSE),
    "list_dir, 1,000 directories": (lambda one: drain(one.store.list_dir("directories")), 2, NOTHING_WORSE),
    "is_empty": (lambda one: one.store.is_empty("group"), 20, NOTHING_WORSE),
    "getsize_prefix": (lambda one: one.store.getsize_prefix("many 1 KiB"), 2, NOTHING_WORSE),
}
WRITES: dict[str, tuple[Operation, int, float]] = {
    "set 0 B": (set_new(0), 50, NOTHING_WORSE),
    "set 1 KiB": (set_new(KIB), 50, 0.4),
    "set 64 KiB": (set_new(64 * KIB), 10, NOTHING_WORSE),
    "set 4 MiB": (set_new(4 * MIB), 1, NOTHING_WORSE),
    "set_if_not_exists of a key that is": (
        lambda one: one.store.set_if_not_exists("group/zarr.json", one.value(b"")),
        50,
        NOTHING_WORSE,
    ),
}


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for both."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    """A directory in memory."""
    if not MEMORY.is_dir():
        pytest.skip("needs a file system in memory")
    made = Path(tempfile.mkdtemp(dir=MEMORY))
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module", params=["stored", "deflated"])
def pair(request, runner: asyncio.Runner, root: Path) -> Iterator[tuple[Contestant, Contestant]]:
    """Zarr's zip store and ours, filled alike."""
    compression = {"stored": zipfile.ZIP_STORED, "deflated": zipfile.ZIP_DEFLATED}[request.param]
    prototype = zarr_buffer.default_buffer_prototype()
    opening = zarr_storage.ZipStore.open(root / f"zarr {request.param}.zip", mode="w", compression=compression)
    store = runner.run(opening)
    theirs = Contestant(store, zarr_requests.RangeByteRequest, prototype.buffer.from_bytes, prototype)
    with ZipStore(root / f"ours {request.param}.zip", mode="w", compression=compression) as ours:
        both = theirs, Contestant(ours, RangeByteRequest, bytes, None)
        for one in both:
            runner.run(one.fill())
        yield both
    store.close()


def ratio(benchmark: Any, runner: asyncio.Runner, ours: Callable[[], Any], theirs: Callable[[], Any], calls: int) -> float:
    """Let zarr's store and ours take turns, and return the ratio of their medians."""
    seconds: dict[Callable[[], Any], list[float]] = {theirs: [], ours: []}

    async def turn(operation: Callable[[], Awaitable[Any]]) -> None:
        started = perf_counter()
        for _ in range(calls):
            await operation()
        seconds[operation].append((perf_counter() - started) / calls)

    benchmark.pedantic(lambda: runner.run(turn(ours)), setup=lambda: runner.run(turn(theirs)), rounds=ROUNDS, warmup_rounds=1)
    found = statistics.median(seconds[ours]) / statistics.median(seconds[theirs])
    benchmark.extra_info["ratio"] = round(found, 3)
    print(f"ratio {found:.3f}")  # noqa: T201  # shown with -rP
    return found


@pytest.mark.parametrize("name", READS)
def test_reading(request, benchmark, runner, pair, name: str):
    """No read takes longer than is allowed, beside zarr's; the tighter bounds are for values without compression."""
    operation, calls, most = READS[name]
    theirs, ours = pair
    allowed = most if "stored" in request.node.name else NOTHING_WORSE
    assert ratio(benchmark, runner, lambda: operation(ours), lambda: operation(theirs), calls) <= allowed


@pytest.mark.parametrize("size", SIZES)
def test_reading_with_zarrs_prototype(benchmark, runner, pair, size: str):
    """No read takes longer where both give zarr's buffers."""
    theirs, ours = pair
    key = f"group/array/{size}"
    found = ratio(
        benchmark,
        runner,
        lambda: ours.store.get(key, theirs.prototype),
        lambda: theirs.store.get(key, theirs.prototype),
        4 if size == "4 MiB" else 20,
    )
    assert found <= NOTHING_WORSE


@pytest.mark.parametrize("name", WRITES)
def test_writing(request, benchmark, runner, pair, name: str):
    """No write takes longer than is allowed, beside zarr's; the tighter bounds are for values without compression."""
    operation, calls, most = WRITES[name]
    theirs, ours = pair
    allowed = most if "stored" in request.node.name else NOTHING_WORSE
    assert ratio(benchmark, runner, lambda: operation(ours), lambda: operation(theirs), calls) <= allowed


def test_opening_many_members(benchmark, runner, root):
    """Opening an archive of 100,000 members takes at most half as long as zarr's store takes."""
    path = root / "many.zip"
    with ZipStore(path, mode="w") as store:
        for number in range(MANY):
            store.set_sync(f"array/c/{number // 1000}/{number % 1000}", b"value")

    async def open_ours() -> None:
        ZipStore(path).close()

    async def open_theirs() -> None:
        (await zarr_storage.ZipStore.open(path, mode="r")).close()

    assert ratio(benchmark, runner, open_ours, open_theirs, 1) <= 0.5
