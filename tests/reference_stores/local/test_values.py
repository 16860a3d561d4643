"""Values of a local store: what is written is read, whole, in parts and together."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from reference_stores import LocalStore
from reference_stores.local_files.files import _MOST_READ_NOW
from storeproto import InvalidKeyError, OffsetByteRequest, RangeByteRequest, SuffixByteRequest, default_buffer_prototype

SIZES = [0, 1, 255, 4096, 65536, _MOST_READ_NOW - 1, _MOST_READ_NOW, _MOST_READ_NOW + 1, 1 << 20]


@pytest.mark.parametrize("size", SIZES)
async def test_a_value_of_any_size_comes_back(store: LocalStore, size: int):
    """What is set is got, whether it is read at once or in a thread."""
    value = os.urandom(size)
    await store.set("a/b", value)
    assert await store.get("a/b") == value


async def test_a_value_is_the_file_of_its_key(filled: LocalStore, root: Path):
    """Other programs find the value of `a/b` in the file `a/b`."""
    assert (root / "a" / "b").read_bytes() == b"first"


async def test_an_overwrite_replaces_the_whole_value(filled: LocalStore):
    """Nothing of a longer old value is left."""
    await filled.set("a/b", b"x")
    assert await filled.get("a/b") == b"x"


async def test_a_missing_key_reads_as_none(filled: LocalStore):
    """Neither a missing name, nor a directory, nor a name below a value is a key."""
    assert [await filled.get(key) for key in ("d", "a", "c/d")] == [None, None, None]


@pytest.mark.parametrize("size", [10, 300_000])
@pytest.mark.parametrize(
    ("request_", "part"),
    [
        (RangeByteRequest(2, 5), slice(2, 5)),
        (RangeByteRequest(2, 10**9), slice(2, None)),
        (RangeByteRequest(10**9, 10**9 + 1), slice(0, 0)),
        (OffsetByteRequest(3), slice(3, None)),
        (SuffixByteRequest(4), slice(-4, None)),
        (SuffixByteRequest(10**9), slice(None)),
        (SuffixByteRequest(0), slice(0, 0)),
        ((None, 3), slice(0, 3)),
    ],
)
async def test_a_range_read_is_the_slice_of_the_value(store: LocalStore, size: int, request_, part):
    """Each kind of request names the bytes that it says."""
    value = os.urandom(size)
    await store.set("k", value)
    assert await store.get("k", byte_range=request_) == value[part]


async def test_what_is_no_byte_request_is_refused(filled: LocalStore):
    """A number is no byte request."""
    with pytest.raises(TypeError, match="byte request"):
        await filled.get("c", byte_range=3)  # type: ignore[call-overload]


async def test_results_come_in_the_order_of_the_requests(filled: LocalStore):
    """Duplicates, missing keys and different ranges of one key have their places."""
    requests = [("c", None), ("x", None), ("a/b", (1, 2)), ("c", SuffixByteRequest(2)), ("a/b", None), ("c", None)]
    assert await filled.get_partial_values(None, iter(requests)) == [b"third", None, b"ir", b"rd", b"first", b"third"]


@pytest.mark.parametrize("step", [1, 100, 5000, 1_200_000])
async def test_ranges_read_together_are_what_each_alone_would_be(store: LocalStore, step: int):
    """Overlapping, adjacent and distant ranges of one value are cut from the right places."""
    value = os.urandom(4 << 20)
    await store.set("k", value)
    ranges = [RangeByteRequest(start, start + 700) for start in range(0, 3 * step + 1, step)][::-1]
    expected = [value[request.start : request.end] for request in ranges]
    assert await store.get_partial_values(None, [("k", request) for request in ranges]) == expected


@pytest.mark.parametrize(("count", "size"), [(1, 10), (3, 20_000), (3, 70_000), (100, 10)])
async def test_many_values_in_one_call(store: LocalStore, count: int, size: int):
    """However many and large, each is that of its key."""
    for number in range(count):
        await store.set(f"k{number}", b"%03d" % number * size)
    found = await store.get_partial_values(None, [(f"k{number}", SuffixByteRequest(size)) for number in range(count)])
    assert found == [(b"%03d" % number * size)[-size:] for number in range(count)]


async def test_a_prototype_makes_the_result(filled: LocalStore):
    """The prototype's class is made of the bytes that were read."""
    assert await filled.get_partial_values(default_buffer_prototype(), [("c", None), ("x", None)]) == [b"third", None]


async def test_a_file_that_is_cut_while_it_is_read_is_an_error(filled: LocalStore, monkeypatch: pytest.MonkeyPatch):
    """A short read is never returned."""
    monkeypatch.setattr(os, "pread", lambda *_: b"")
    with pytest.raises(OSError, match=r"was cut.*'c'"):
        filled.get_sync("c")


async def test_a_short_read_is_read_on(filled: LocalStore, monkeypatch: pytest.MonkeyPatch):
    """A call that gives less than it was asked for is followed by another one."""
    pread = os.pread
    monkeypatch.setattr(os, "pread", lambda fd, size, start: pread(fd, min(size, 2), start))
    assert filled.get_sync("c") == b"third"


async def test_a_partly_cached_value_is_read_in_a_thread(filled: LocalStore, monkeypatch: pytest.MonkeyPatch):
    """What cannot be read at once is read all the same."""
    monkeypatch.setattr(os, "preadv", lambda *_: 1)
    assert [await filled.get("c"), *await filled.get_partial_values(None, [("c", None)])] == [b"third"] * 2


@pytest.mark.parametrize("error", [BlockingIOError(11, "again"), OSError(95, "not supported")])
async def test_a_file_system_that_cannot_read_at_once_is_read_in_threads(filled, monkeypatch, error):
    """Neither a miss in the cache nor a file system without such reads shows."""

    def refuse(*_: Any):
        raise error

    monkeypatch.setattr(os, "preadv", refuse)
    assert [await filled.get("c"), *await filled.get_partial_values(None, [("c", None)])] == [b"third"] * 2


async def test_exists_and_getsize_know_values_from_directories(filled: LocalStore):
    """Only a key exists."""
    assert [await filled.exists(key) for key in ("a/b", "a", "x")] == [True, False, False]


async def test_the_size_of_a_value(filled: LocalStore):
    """The size is that of the value."""
    assert await filled.getsize("a/b") == 5


@pytest.mark.parametrize("key", ["a", "x"])
async def test_the_size_of_what_is_no_key_is_an_error(filled: LocalStore, key: str):
    """Neither a directory nor a missing key has a size, and the error names it."""
    with pytest.raises(FileNotFoundError, match=repr(key)):
        await filled.getsize(key)


async def test_gathered_reads_each_get_their_own_value(store: LocalStore):
    """Reads that share hops are not mixed up, and an error of one is not that of another."""
    for number in range(100):
        await store.set(f"k{number}", b"%d" % number * 40_000)
    found = await asyncio.gather(*[store.get(f"k{n}") for n in range(100)], store.get(""), return_exceptions=True)
    assert found[:100] == [b"%d" % number * 40_000 for number in range(100)]
    assert isinstance(found[100], InvalidKeyError)


async def test_the_same_without_an_event_loop(store: LocalStore):
    """The synchronous forms do what the others do."""
    store.set_sync("k", bytearray(b"value"))
    store.set_sync("k", b"A", (1, 1))
    found = store.get_sync("k", byte_range=RangeByteRequest(0, 3))
    store.delete_sync("k")
    assert (found, store.get_sync("k")) == (b"vAl", None)


async def test_a_store_that_always_uses_threads_answers_the_same(system: str, root: Path):
    """The option changes where things are done, and nothing else."""
    with LocalStore(root, always_use_threads=True) as store:
        await store.set("a/b", b"value")
        found = [await store.get("a/b"), await store.getsize("a/b"), [key async for key in store.list()]]
    assert found == [b"value", 5, ["a/b"]]
