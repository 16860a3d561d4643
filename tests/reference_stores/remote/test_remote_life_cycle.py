"""Closing, pickling, comparing, event loops, and the limit of requests."""

import asyncio
import gc
import os
import pickle
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper
from fsspec.implementations.local import LocalFileSystem

from reference_stores import RemoteStore
from storeproto import StoreClosedError

OPERATIONS = {
    "get": lambda store: store.get("k"),
    "get_partial_values": lambda store: store.get_partial_values(None, []),
    "exists": lambda store: store.exists("k"),
    "getsize": lambda store: store.getsize("k"),
    "set": lambda store: store.set("k", b"v"),
    "set_if_not_exists": lambda store: store.set_if_not_exists("k", b"v"),
    "delete": lambda store: store.delete("k"),
    "delete_dir": lambda store: store.delete_dir("d"),
    "clear": lambda store: store.clear(),
    "list": lambda store: anext(store.list()),
    "list_pages": lambda store: anext(store.list_pages()),
    "list_prefix": lambda store: anext(store.list_prefix("")),
    "list_dir": lambda store: anext(store.list_dir("")),
    "is_empty": lambda store: store.is_empty(""),
    "getsize_prefix": lambda store: store.getsize_prefix(""),
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())
async def test_a_closed_store_is_closed(operation: Any):
    """Each operation of a closed store raises StoreClosedError."""
    store = RemoteStore.from_url("memory://closed")
    store.close()
    with pytest.raises(StoreClosedError):
        await operation(store)


@pytest.mark.parametrize("operation", [pickle.dumps, RemoteStore.with_read_only, RemoteStore.__enter__])
def test_a_closed_store_makes_no_other(operation: Any):
    """A closed store is not pickled, entered or made read-only."""
    store = RemoteStore.from_url("memory://closed")
    store.close()
    with pytest.raises(StoreClosedError):
        operation(store)


async def test_closing_twice(store: RemoteStore):
    """A second close does nothing."""
    store.close()
    store.close()


async def test_closing_one_handle_leaves_the_other(store: RemoteStore):
    """A handle works on when another one on the same connections is closed."""
    await store.set("k", b"v")
    other = store.with_read_only(read_only=True)
    store.close()
    assert await other.get("k") == b"v"
    other.close()


async def test_a_handle_of_another_mode(store: RemoteStore):
    """with_read_only gives a handle of the mode asked for; the old one keeps its own."""
    other = store.with_read_only(read_only=True)
    assert (store.read_only, other.read_only, other.with_read_only().read_only) == (False, True, False)
    other.close()


async def test_the_same_data_in_another_handle(reopen):
    """A store that is opened again has what was stored."""
    async with reopen() as store:
        await store.set("k", b"v")
    async with reopen() as again:
        assert await again.get("k") == b"v"


async def test_equal_where_opened_alike(reopen):
    """Two stores opened alike are equal, and have one hash."""
    with reopen() as one, reopen() as other:
        assert (one == other, hash(one) == hash(other)) == (True, True)


async def test_another_mode_is_another_store(store: RemoteStore):
    """A handle of another mode is not equal."""
    with store.with_read_only(read_only=True) as other:
        assert store != other


async def test_another_root_is_another_store(store: RemoteStore):
    """A store on another root is not equal."""
    assert store != type(store)(store.fs, path=f"{store.path}x")


def test_no_store_is_equal_to_its_name():
    """A store is not equal to another object."""
    store = RemoteStore.from_url("memory://named")
    assert store != str(store)


@pytest.mark.parametrize("protocol", ["file", "s3", "webdav"])
async def test_a_pickled_store(reopen_on, protocol: str):
    """An unpickled store is equal, has the same mode, and sees the same data."""
    async with reopen_on(protocol)() as store:
        await store.set("k", b"v")
        async with pickle.loads(pickle.dumps(store.with_read_only(read_only=True))) as again:  # noqa: S301  # just made
            assert (again == store.with_read_only(read_only=True), await again.get("k")) == (True, b"v")


async def test_a_pickled_store_on_the_web(web_server):
    """An unpickled store on a web server sees the same data."""
    web_server.values["/k"] = b"v"
    async with RemoteStore.from_url(web_server.url) as store, pickle.loads(pickle.dumps(store)) as again:  # noqa: S301  # just made
        assert (again == store, await again.get("k")) == (True, b"v")


@pytest.mark.parametrize("protocol", ["memory", "file", "any", "s3", "webdav"])
def test_one_event_loop_after_another(reopen_on, protocol: str):
    """A store made in one event loop works in another one after it is opened again."""
    reopen = reopen_on(protocol)

    async def work(value: bytes) -> bytes | None:
        async with reopen() as store:
            await store.set("k", value)
            return await store.get("k")

    assert (asyncio.run(work(b"1")), asyncio.run(work(b"2"))) == (b"1", b"2")


async def test_another_event_loop_at_the_same_time(s3_store: RemoteStore):
    """One handle works in an event loop of another thread too."""
    await s3_store.set("k", b"v")
    seen = await asyncio.to_thread(asyncio.run, s3_store.get("k"))
    assert (seen, await s3_store.get("k")) == (b"v", b"v")


async def _rounds(reopen: Any, count: int) -> tuple[int, int, int]:
    for _ in range(count):
        async with reopen() as store:
            await store.set("k", b"v")
            await store.get("k")
    await asyncio.sleep(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gc.collect()
    return (len(asyncio.all_tasks()), threading.active_count(), len(os.listdir("/proc/self/fd")))  # noqa: PTH208  # of this process


@pytest.mark.parametrize("protocol", ["memory", "file", "s3"])
async def test_nothing_accumulates(reopen_on, protocol: str):
    """Opening, using and closing a store does not leave a task, a thread or an open file behind each time."""
    reopen = reopen_on(protocol)
    before = await _rounds(reopen, 3)
    after = await _rounds(reopen, 10)
    # What is left behind comes ten times, while threads of pools and connections come and go by a few.
    assert max(new - old for old, new in zip(before, after, strict=True)) < 10


async def test_a_file_system_that_was_given_stays_open(s3_options: dict[str, object]):
    """Closing a store leaves the file system that it was given to its owner."""
    import s3fs

    fs = s3fs.S3FileSystem(asynchronous=True, skip_instance_cache=True, **s3_options)
    async with RemoteStore(fs, path="bucket/given") as store:
        await store.set("k", b"v")
    assert await fs._cat_file("bucket/given/k") == b"v"
    await fs._s3.close()


class Slow(LocalFileSystem):
    """A file system that sees how many reads are under way."""

    cachable = False
    most = 0

    def __init__(self) -> None:
        super().__init__()
        self._reading = 0
        self._lock = threading.Lock()

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **options: Any) -> bytes:
        with self._lock:
            self._reading += 1
            self.most = max(self.most, self._reading)
        try:
            return super().cat_file(path, start, end, **options)
        finally:
            with self._lock:
                self._reading -= 1


async def test_no_more_requests_at_once_than_allowed(tmp_path: Path):
    """With a limit of one request, no two are under way."""
    fs = Slow()
    store = RemoteStore(AsyncFileSystemWrapper(fs, asynchronous=True), path=f"{tmp_path}/root", concurrent_requests=1)
    await store.set("k", b"v")
    await store.get_partial_values(None, [("k", None)] * 50)
    assert fs.most == 1


@pytest.mark.parametrize(
    ("protocol", "shown"), [("memory", "root-"), ("file", "file:///"), ("any", "anyfile://"), ("s3", "s3://bucket/root-")]
)
def test_a_store_names_itself(reopen_on, protocol: str, shown: str):
    """The text of a store is the URL of its root, and repr names the class."""
    store = reopen_on(protocol)()
    assert (shown in str(store), repr(store)) == (True, f"RemoteStore('{store}')")
