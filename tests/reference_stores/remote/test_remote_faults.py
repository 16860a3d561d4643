"""Faults of the file system are raised; they never look like a missing key, an empty value or the end of a listing."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper
from fsspec.implementations.local import LocalFileSystem

from reference_stores import RemoteStore
from storeproto import RangeByteRequest, SuffixByteRequest


class Broken(LocalFileSystem):
    """A file system that raises what a test says, from the call that it says."""

    cachable = False
    call = ""
    error: Exception = OSError()

    def _fail(self, call: str) -> None:
        if call == self.call:
            raise self.error

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **options: Any) -> bytes:
        self._fail("cat_file")
        return super().cat_file(path, start, end, **options)

    def info(self, path: Any, **options: Any) -> Any:
        self._fail("info")
        return super().info(path, **options)

    def ls(self, path: str, detail: bool = False, **options: Any) -> Any:
        self._fail("ls")
        return super().ls(path, detail, **options)

    def rm_file(self, path: str) -> None:
        self._fail("rm_file")
        super().rm_file(path)

    def pipe_file(self, path: str, value: bytes, **options: Any) -> None:
        self._fail("pipe_file")
        super().pipe_file(path, value, **options)


@pytest.fixture
def broken(tmp_path: Path) -> Broken:
    """A file system that breaks where a test says."""
    (tmp_path / "root/d").mkdir(parents=True)
    (tmp_path / "root/d/k").write_bytes(b"value")
    return Broken()


@pytest.fixture
def broken_store(broken: Broken, tmp_path: Path) -> RemoteStore:
    """A store on it, with the key d/k."""
    return RemoteStore(AsyncFileSystemWrapper(broken, asynchronous=True), path=f"{tmp_path}/root")


async def _list(store: RemoteStore) -> list[str]:
    return [key async for key in store.list()]


async def _list_dir(store: RemoteStore) -> list[str]:
    return [name async for name in store.list_dir("")]


CALLS = {
    "get": ("cat_file", lambda store: store.get("d/k")),
    "get a range": ("cat_file", lambda store: store.get("d/k", None, RangeByteRequest(0, 2))),
    "get after a fault of info": ("info", lambda store: store.get("d/k", None, SuffixByteRequest(2))),
    "get_partial_values": ("cat_file", lambda store: store.get_partial_values(None, [("d/k", None)])),
    "exists": ("info", lambda store: store.exists("d/k")),
    "getsize": ("info", lambda store: store.getsize("d/k")),
    "set": ("pipe_file", lambda store: store.set("k", b"v")),
    "set_if_not_exists": ("info", lambda store: store.set_if_not_exists("k", b"v")),
    "delete": ("rm_file", lambda store: store.delete("d/k")),
    "delete_dir": ("rm_file", lambda store: store.delete_dir("d")),
    "clear": ("ls", lambda store: store.clear()),
    "list": ("ls", _list),
    "list_dir": ("ls", _list_dir),
    "is_empty": ("ls", lambda store: store.is_empty("")),
    "getsize_prefix": ("ls", lambda store: store.getsize_prefix("")),
}


@pytest.mark.parametrize("error", [PermissionError("refused"), TimeoutError("late"), OSError(5, "broken")], ids=repr)
@pytest.mark.parametrize(("call", "operation"), CALLS.values(), ids=CALLS.keys())
async def test_a_fault_is_raised(broken: Broken, broken_store: RemoteStore, call: str, operation: Any, error: Exception):
    """A fault of the file system comes out as it is."""
    broken.call, broken.error = call, error
    with pytest.raises(type(error), match=str(error.args[-1])):
        await operation(broken_store)


async def test_what_is_allowed_means_missing(broken: Broken, tmp_path: Path):
    """An exception that the store was told means missing reads None."""
    broken.call, broken.error = "cat_file", KeyError("k")
    store = RemoteStore(AsyncFileSystemWrapper(broken, asynchronous=True), path=f"{tmp_path}/root", allowed_exceptions=(KeyError,))
    assert await store.get("d/k") is None


async def test_what_is_not_allowed_is_raised(broken: Broken, tmp_path: Path):
    """An exception that the store was not told of is raised, FileNotFoundError too."""
    store = RemoteStore(AsyncFileSystemWrapper(broken, asynchronous=True), path=f"{tmp_path}/root", allowed_exceptions=(KeyError,))
    with pytest.raises(FileNotFoundError):
        await store.get("missing")


async def test_a_file_that_vanishes_stops_no_deletion(broken: Broken, broken_store: RemoteStore):
    """When one key is gone before its turn, delete_dir deletes the others all the same."""
    for number in range(5):
        await broken_store.set(f"d/{number}", b"")
    remove, calls = broken.rm_file, iter([True])

    def vanish(path: str) -> None:
        remove(path)
        if next(calls, False):
            raise FileNotFoundError(path)

    object.__setattr__(broken, "rm_file", vanish)
    store = RemoteStore(AsyncFileSystemWrapper(broken, asynchronous=True), path=broken_store.path)
    await store.clear()
    assert await _list(store) == []


@pytest.fixture
async def http_store(web_server) -> AsyncIterator[RemoteStore]:
    """A store on a web server that breaks where a test says, with the key k."""
    web_server.values["/k"] = b"value"
    async with RemoteStore.from_url(web_server.url) as store:
        yield store


@pytest.mark.parametrize(
    ("status", "kind"), [(500, OSError), (503, OSError), (504, TimeoutError), (403, PermissionError), (401, PermissionError)]
)
@pytest.mark.parametrize("operation", ["get", "exists", "getsize"])
async def test_a_web_server_that_fails(web_server, http_store: RemoteStore, status: int, kind: type[Exception], operation: str):
    """A status of failure is raised, and named."""
    web_server.status = status
    with pytest.raises(kind, match=f"{status}.*'k'"):
        await getattr(http_store, operation)("k")


async def test_a_web_server_that_sends_too_little(web_server, http_store: RemoteStore):
    """A body that ends early is an error, and no short value."""
    from aiohttp import ClientPayloadError

    web_server.cut = 1
    with pytest.raises(ClientPayloadError):
        await http_store.get("k")


async def test_a_web_server_that_is_not_there(tmp_path: Path):
    """A refused connection is an error."""
    async with RemoteStore.from_url("http://127.0.0.1:9/") as store:
        with pytest.raises(OSError, match=r"127\.0\.0\.1"):
            await store.get("k")


@pytest.fixture
async def failing_s3_store(web_server) -> AsyncIterator[RemoteStore]:
    """A store on an S3 server that answers as a test says."""
    options = {
        "endpoint_url": web_server.url,
        "key": "testing",
        "secret": "testing-secret",
        "client_kwargs": {"region_name": "us-east-1"},
        "config_kwargs": {"retries": {"max_attempts": 0}},
    }
    async with RemoteStore.from_url("s3://bucket/root", options) as store:
        yield store


@pytest.mark.parametrize("status", [500, 403, 400])
@pytest.mark.parametrize("operation", ["get", "exists", "getsize", "delete", "is_empty", "delete_dir", "getsize_prefix"])
async def test_an_s3_server_that_fails(web_server, failing_s3_store: RemoteStore, status: int, operation: str):
    """A status of failure is raised by each operation."""
    web_server.status = status
    with pytest.raises(OSError):  # noqa: PT011  # the message is s3fs's
        await getattr(failing_s3_store, operation)("k")


async def test_an_s3_server_that_sends_too_little(web_server, failing_s3_store: RemoteStore, monkeypatch: pytest.MonkeyPatch):
    """A body that ends early is an error, and no short value."""
    web_server.values["/bucket/root/k"] = b"value"
    web_server.cut = 1
    monkeypatch.setattr(type(failing_s3_store.fs), "retries", 1)
    with pytest.raises(Exception, match=r"(?i)payload|incomplete|response"):
        await failing_s3_store.get("k")


async def test_an_s3_server_that_sends_too_little_once(web_server, failing_s3_store: RemoteStore):
    """A body that ends early is asked for again."""
    web_server.values["/bucket/root/k"] = b"value"
    web_server.cut = 1
    fs: Any = failing_s3_store.fs
    call = fs._call_s3

    async def mending(*arguments: Any, **options: Any) -> Any:
        answer = await call(*arguments, **options)
        web_server.cut = 0
        return answer

    fs._call_s3 = mending
    assert await failing_s3_store.get("k") == b"value"


async def test_keys_that_the_server_keeps(s3_store: RemoteStore, monkeypatch: pytest.MonkeyPatch):
    """A key that the server refuses to delete makes delete_dir raise."""
    await s3_store.set("d/k", b"v")
    fs: Any = s3_store.fs
    call = fs._call_s3

    async def refusing(method: str, **options: Any) -> Any:
        if method == "delete_objects":
            return {"Errors": [{"Key": "root/d/k", "Code": "AccessDenied"}]}
        return await call(method, **options)

    monkeypatch.setattr(fs, "_call_s3", refusing)
    with pytest.raises(PermissionError, match="AccessDenied"):
        await s3_store.delete_dir("d")
