"""Listings of stores with many keys: of all of them, and of a directory with two."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import obstore.store
import pytest
import zarr.storage
from benchmarks import media
from benchmarks.contestants import BARE, OBSTORE, OURS, PROTOTYPE, ZARR, BareDictionary, BareFiles, Contestant
from benchmarks.operations import BOUNDS, LARGE, OTHERWISE, Bound

from reference_stores import LocalStore, MemoryStore, ZipStore

SIZES = {"memory": (1_000, 10_000, 100_000, 1_000_000), "local": (1_000, 10_000, 100_000), "zip": (1_000, 10_000, 100_000)}
MOST_IN_A_SMALL_RUN = 10_000
MOST_IN_OBSTORE = 100_000
FEW_AMONG_A_MILLION = {("memory", "list_dir, 2 keys among all", 1_000_000): Bound(0.001)}


def keys(number: int) -> Iterator[str]:
    """So many keys, a thousand in a directory, and two of them in one of their own."""
    yield "group/zarr.json"
    yield "group/c"
    for place in range(number - 2):
        yield f"array/c/{place // 1000}/{place % 1000}"


@contextmanager
def memory(runner: asyncio.Runner, number: int) -> Iterator[list[Contestant]]:
    """Stores in memory."""
    calls = BareDictionary()
    theirs = media.as_zarr(ZARR, zarr.storage.MemoryStore())
    found = [theirs, media.bare(calls)]
    if number <= MOST_IN_OBSTORE:
        found.append(media.in_obstore(obstore.store.MemoryStore()))

    async def fill(one: Contestant) -> None:
        value = one.value(b"")
        for key in keys(number):
            await one.store.set(key, value)

    with MemoryStore() as store:
        contestants = [*media.ours(store), *found]
        for one in contestants:
            if one.name in (OURS, ZARR, OBSTORE, BARE):
                runner.run(fill(one))
        yield contestants


@contextmanager
def local(runner: asyncio.Runner, number: int) -> Iterator[list[Contestant]]:
    """Stores on one tree of files."""
    with media.directory(in_memory=False) as root, LocalStore(root) as store:
        for key in keys(number):
            store.set_sync(key, b"")
        theirs = media.as_zarr(ZARR, zarr.storage.LocalStore(root))
        obstores = media.in_obstore(obstore.store.LocalStore(root))
        yield [*media.ours(store), theirs, obstores, media.bare(BareFiles(root))]


@contextmanager
def zip_archive(runner: asyncio.Runner, number: int) -> Iterator[list[Contestant]]:
    """Stores on one archive."""
    with media.directory(in_memory=True) as root:
        path = root / "store.zip"
        with ZipStore(path, mode="w") as store:
            for key in keys(number):
                store.set_sync(key, b"")
        theirs = runner.run(zarr.storage.ZipStore.open(path, mode="r"))
        with ZipStore(path) as store:
            yield [*media.ours(store), media.as_zarr(ZARR, theirs)]
        theirs.close()


OPENING = {"memory": memory, "local": local, "zip": zip_archive}


@pytest.fixture(scope="module")
def filled(runner) -> Iterator[Callable[[str, int], list[Contestant]]]:
    """Gives the contestants with so many keys, filled once."""
    opened: dict[tuple[str, int], list[Contestant]] = {}
    with ExitStack() as stack:

        def filled_with(medium: str, number: int) -> list[Contestant]:
            if (medium, number) not in opened:
                opened[medium, number] = stack.enter_context(OPENING[medium](runner, number))
            return opened[medium, number]

        yield filled_with


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize(("medium", "number"), [(medium, number) for medium, numbers in SIZES.items() for number in numbers])
def test_a_listing(filled, compared, is_small, medium: str, number: int, name: str):
    """No listing takes longer than is allowed, beside zarr's, however many keys there are."""
    if is_small and number > MOST_IN_A_SMALL_RUN:
        pytest.skip("not in a small run")
    operation = LARGE[name]
    calls: dict[str, Any] = {
        one.name: operation.bind(one)
        for one in filled(medium, number)
        if operation.method not in one.lacks and one.name != PROTOTYPE
    }
    bound = FEW_AMONG_A_MILLION.get((medium, name, number)) or BOUNDS.get((medium, name), OTHERWISE[medium])
    assert not compared(medium, f"{name} of {number:,}", calls, (bound,)).above
