"""Making a RemoteStore: what is taken, what is refused, and what it says of itself."""

import subprocess
import sys
from pathlib import Path

import pytest
from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper
from fsspec.implementations.http import HTTPFileSystem
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem
from upath import UPath

from reference_stores import RemoteStore
from storeproto import Store, SupportsDeletes, SupportsListing, SupportsWrites


def memory_file_system() -> AsyncFileSystemWrapper:
    """An asynchronous file system of its own."""
    return AsyncFileSystemWrapper(MemoryFileSystem(global_store=False, skip_instance_cache=True), asynchronous=True)


def test_a_synchronous_file_system_is_refused():
    """A file system that is not asynchronous raises TypeError."""
    with pytest.raises(TypeError, match="AsyncFileSystemWrapper"):
        RemoteStore(MemoryFileSystem())  # type: ignore[arg-type]


def test_a_path_with_a_scheme_is_refused():
    """A path with a scheme raises ValueError."""
    with pytest.raises(ValueError, match="must not include a scheme"):
        RemoteStore(memory_file_system(), path="memory://root")


def test_a_file_system_that_is_not_for_event_loops_warns():
    """A file system that was not made with asynchronous=True gives the documented UserWarning."""
    with pytest.warns(UserWarning, match="was not created with `asynchronous=True`"):
        RemoteStore(HTTPFileSystem(asynchronous=False), path="http://127.0.0.1/")


async def test_a_file_system_that_is_not_for_event_loops_works(web_server):
    """A file system that was not made with asynchronous=True is replaced by a copy that was."""
    web_server.values["/k"] = b"v"
    with pytest.warns(UserWarning, match="asynchronous"):
        store = RemoteStore(HTTPFileSystem(asynchronous=False), path=web_server.url)
    async with store:
        assert await store.get("k") == b"v"


def test_the_documented_parameters_may_be_given_by_position():
    """The parameters are fs, read_only, path and allowed_exceptions, in that order."""
    store = RemoteStore(
        memory_file_system(),
        True,  # noqa: FBT003  # it is documented so
        "root",
        (KeyError,),
    )
    assert (store.read_only, store.path, store.allowed_exceptions) == (True, "root", (KeyError,))


def test_the_documented_defaults():
    """A store can be written to, begins at the file system's root, and takes three exceptions for a missing key."""
    store = RemoteStore(memory_file_system())
    assert (store.read_only, store.path) == (False, "/")
    assert store.allowed_exceptions == (FileNotFoundError, IsADirectoryError, NotADirectoryError)


def test_the_file_system_is_shown():
    """The attribute fs is the file system that was given."""
    fs = memory_file_system()
    assert RemoteStore(fs).fs is fs


def test_the_whole_computer_is_no_store():
    """The root directory of this computer, which is the default path, is refused as a root."""
    fs = AsyncFileSystemWrapper(LocalFileSystem(), asynchronous=True)
    with pytest.raises(ValueError, match="every file of this computer"):
        RemoteStore(fs)


def test_the_whole_computer_is_no_url_of_a_store():
    """A URL of the root directory of this computer is refused."""
    with pytest.raises(ValueError, match="every file of this computer"):
        RemoteStore.from_url("file:///")


def test_s3_wants_a_bucket(s3_options):
    """A root on S3 names a bucket."""
    with pytest.raises(ValueError, match="names no bucket"):
        RemoteStore.from_url("s3://", dict(s3_options))


def test_requests_need_a_place():
    """A limit of no requests at once is refused."""
    with pytest.raises(ValueError, match="concurrent_requests=0"):
        RemoteStore(memory_file_system(), concurrent_requests=0)


def test_an_unknown_protocol_is_refused():
    """A URL whose protocol fsspec does not know raises ValueError."""
    with pytest.raises(ValueError, match="nosuchprotocol"):
        RemoteStore.from_url("nosuchprotocol://x")


async def test_a_path_of_universal_pathlib(tmp_path: Path):
    """from_upath opens what the path names."""
    (tmp_path / "k").write_bytes(b"v")
    async with RemoteStore.from_upath(UPath(f"file://{tmp_path}")) as store:
        assert await store.get("k") == b"v"


async def test_a_path_of_universal_pathlib_over_http(web_server):
    """from_upath opens a root on a web server."""
    web_server.values["/a/k"] = b"v"
    async with RemoteStore.from_upath(UPath(web_server.url + "/a")) as store:
        assert await store.get("k") == b"v"


async def test_a_path_of_universal_pathlib_on_s3(s3_store, s3_options):
    """from_upath opens a root on S3, with the options of the path."""
    await s3_store.set("k", b"v")
    async with RemoteStore.from_upath(UPath(str(s3_store), **s3_options)) as store:
        assert await store.get("k") == b"v"


def test_what_is_no_upath_is_refused():
    """from_upath refuses an object without a file system."""
    with pytest.raises(TypeError, match="int"):
        RemoteStore.from_upath(3)


def test_the_protocols(store):
    """A RemoteStore has the members of a store that is written, listed and deleted from."""
    assert all(isinstance(store, protocol) for protocol in (Store, SupportsWrites, SupportsDeletes, SupportsListing))


def test_the_flags(store):
    """A RemoteStore writes, deletes and lists; it does not replace parts of values."""
    flags = (store.supports_writes, store.supports_deletes, store.supports_listing, store.supports_partial_writes)
    assert flags == (True, True, True, False)


def test_importing_loads_no_fsspec():
    """The stores are imported without fsspec and what it brings."""
    script = "import sys, reference_stores; print({'fsspec', 'aiohttp', 's3fs'} & {name.partition('.')[0] for name in sys.modules})"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603  # this Python
    assert ended.stdout.strip() == "set()"


def test_without_fsspec_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    """Where fsspec is not installed, the error says how to install it."""
    for name in ("fsspec", "fsspec.core"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"pip install 'storeproto\[remote\]'"):
        RemoteStore.from_url("memory://root")
