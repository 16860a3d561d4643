"""What logging costs a call, beside zarr's logging store: both in turns, in one run, over one store in memory each.

`pytest tests/benchmarks/test_logging_store.py --benchmark-only` shows the times of ours, and the ratios with `-rP`; a ratio above
what is allowed fails. What counts is what a call takes more than the same call of the store within.
"""

import asyncio
import logging
import statistics
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import pytest

from reference_stores import LoggingStore, MemoryStore

zarr_storage = pytest.importorskip("zarr.storage")
zarr_buffer = pytest.importorskip("zarr.core.buffer")

CALLS = 5
ROUNDS = 15


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for all."""
    with asyncio.Runner() as runner:
        yield runner


async def _get(store: Any, prototype: Any) -> Any:
    return await store.get("key", prototype)


async def _exists(store: Any, _: Any) -> Any:
    return await store.exists("key")


async def _list(store: Any, _: Any) -> Any:
    return [key async for key in store.list()]


@pytest.mark.parametrize(("level", "most"), [("off", 0.05), ("on", 0.1)])
@pytest.mark.parametrize("call", [_get, _exists, _list])
def test_a_call(benchmark, runner: asyncio.Runner, level: str, most: float, call: Any):
    """A call costs a small part more of what zarr's logging store makes it cost, whether its records are heard or not."""
    prototype = zarr_buffer.default_buffer_prototype()
    their_inner, our_inner = zarr_storage.MemoryStore(), MemoryStore()
    runner.run(their_inner.set("key", prototype.buffer.from_bytes(b"value")))
    runner.run(our_inner.set("key", b"value"))
    # Zarr's store makes records of the level INFO, and its level is the least that is heard.
    theirs = zarr_storage.LoggingStore(their_inner, "DEBUG" if level == "on" else "ERROR", logging.NullHandler())
    ours = LoggingStore(our_inner, "DEBUG", logging.NullHandler() if level == "on" else None)
    stores = {
        "theirs": (theirs, prototype),
        "their inner": (their_inner, prototype),
        "ours": (ours, None),
        "our inner": (our_inner, None),
    }
    seconds: dict[str, list[float]] = {name: [] for name in stores}

    async def turn(name: str) -> None:
        store, given = stores[name]
        started = perf_counter()
        for _ in range(CALLS):
            await call(store, given)
        seconds[name].append((perf_counter() - started) / CALLS)

    def others() -> None:
        for name in ("theirs", "their inner", "our inner"):
            runner.run(turn(name))

    benchmark.pedantic(lambda: runner.run(turn("ours")), setup=others, rounds=ROUNDS, warmup_rounds=1)
    median = {name: statistics.median(measured) for name, measured in seconds.items()}
    found = (median["ours"] - median["our inner"]) / (median["theirs"] - median["their inner"])
    benchmark.extra_info["ratio"] = round(found, 4)
    print(f"ratio {found:.4f}: {(median['ours'] - median['our inner']) * 1e6:.2f} us")  # noqa: T201  # shown with -rP
    assert found <= most
