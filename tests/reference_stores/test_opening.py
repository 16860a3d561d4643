"""make_store_path: what names a store, and in which mode it is opened."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from upath import UPath

from reference_stores import LocalStore, LoggingStore, MemoryStore, RemoteStore, make_store_path
from storeproto import InvalidKeyError, ReadOnlyStoreError, StoreClosedError, StorePath

MODES = [None, "r", "r+", "a", "w", "w-"]


async def test_nothing_is_a_new_store_in_memory():
    """None names a new MemoryStore."""
    assert isinstance((await make_store_path(None)).store, MemoryStore)


async def test_nothing_can_be_written_to():
    """Without a mode, a new store can be written to."""
    path = await make_store_path(None, path="k")
    await path.set(b"v")
    assert await path.get() == b"v"


async def test_a_dictionary_is_shared():
    """A dictionary names a MemoryStore that shares it."""
    values = {"k": b"v"}
    path = await make_store_path(values, path="new")
    await path.set(b"w")
    assert values == {"k": b"v", "new": b"w"}


@pytest.mark.parametrize("kind", [str, Path])
async def test_a_directory(tmp_path: Path, kind: Any):
    """A str or a Path names a LocalStore."""
    path = await make_store_path(kind(tmp_path / "root"))
    assert path.store == LocalStore(tmp_path / "root")


async def test_a_url():
    """A str that begins with a protocol names a RemoteStore."""
    url = f"memory://{uuid4().hex}"
    path = await make_store_path(url)
    assert path.store == RemoteStore.from_url(url)


async def test_a_url_of_a_file(tmp_path: Path):
    """A file:// URL names a RemoteStore."""
    assert isinstance((await make_store_path(f"file://{tmp_path}/root")).store, RemoteStore)


async def test_a_chain_of_protocols():
    """A chain of fsspec's protocols names a RemoteStore."""
    path = await make_store_path("simplecache::memory://chained")
    assert isinstance(path.store, RemoteStore)


@pytest.mark.parametrize("name", ["a::b", "a:b", "C:a", "://a"])
async def test_what_only_looks_like_a_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    """A str that does not begin with a protocol names a directory."""
    monkeypatch.chdir(tmp_path)
    assert isinstance((await make_store_path(name)).store, LocalStore)


async def test_a_universal_path():
    """A UPath names a RemoteStore on its file system."""
    url = f"memory://{uuid4().hex}"
    await (await make_store_path(url, path="k")).set(b"v")
    assert await (await make_store_path(UPath(url), path="k")).get() == b"v"


async def test_a_store_is_taken_as_it_is():
    """A store is taken, not copied."""
    store = MemoryStore()
    assert (await make_store_path(store)).store is store


async def test_a_wrapped_store_is_taken_as_it_is():
    """A store that has only what every store has is taken too."""
    store = LoggingStore(MemoryStore())
    assert (await make_store_path(store)).store is store


async def test_a_store_of_another_library():
    """A store of zarr's is taken."""
    from zarr.storage import MemoryStore as ZarrMemoryStore

    store: Any = ZarrMemoryStore()
    assert (await make_store_path(store, path="a")).store is store


async def test_a_path_in_a_store():
    """A StorePath is taken, and the path goes below it."""
    store = MemoryStore()
    path = await make_store_path(StorePath(store, "a"), path="b/c")
    assert path == StorePath(store, "a/b/c")


@pytest.mark.parametrize(("path", "normal"), [("", ""), (None, ""), ("a", "a"), ("/a/b/", "a/b")])
async def test_the_path(path: str | None, normal: str):
    """The path is the one given; None is the root."""
    assert (await make_store_path(None, path=path)).path == normal


async def test_a_path_that_climbs_is_refused():
    """A path with a dotted segment raises InvalidKeyError."""
    with pytest.raises(InvalidKeyError):
        await make_store_path(None, path="../a")


@pytest.mark.parametrize("other", [3, 1.5, b"bytes", ["list"], object(), MemoryStore])
async def test_what_names_no_store_is_refused(other: Any):
    """An object that names no store raises TypeError, which says what does."""
    with pytest.raises(TypeError, match="names no store"):
        await make_store_path(other)


@pytest.mark.parametrize("mode", MODES)
async def test_the_mode_of_a_new_store(tmp_path: Path, mode: Any):
    """What is opened is read-only where the mode is 'r', and not where it is another or none."""
    opened = [await make_store_path(kind, mode=mode) for kind in (None, {}, tmp_path / "a", str(tmp_path / "b"), "memory://modes")]
    assert {path.read_only for path in opened} == {mode == "r"}


@pytest.mark.parametrize("mode", [None, "r", "r+", "a"])
async def test_a_store_keeps_its_own_mode(mode: Any):
    """A store, or a path in one, keeps its own mode."""
    store = MemoryStore()
    opened = [await make_store_path(kind, mode=mode) for kind in (store, StorePath(store, "a"))]
    assert {path.read_only for path in opened} == {False}


@pytest.mark.parametrize("mode", ["w", "w-"])
async def test_a_read_only_store_is_not_opened_for_writing(mode: Any):
    """A mode that writes is refused for a read-only store."""
    with pytest.raises(ReadOnlyStoreError):
        await make_store_path(MemoryStore(read_only=True), mode=mode)


async def test_mode_w_deletes_what_is_below():
    """Mode 'w' deletes what is below the path, and nothing else."""
    values = {"a/b": b"1", "c": b"2"}
    await make_store_path(values, path="a", mode="w")
    assert values == {"c": b"2"}


async def test_mode_w_minus_refuses_what_is_in_use():
    """Mode 'w-' raises FileExistsError for a path in use."""
    with pytest.raises(FileExistsError):
        await make_store_path({"a/b": b"1"}, path="a", mode="w-")


async def test_an_unknown_mode_is_refused():
    """A mode that does not exist raises ValueError."""
    mode: Any = "x"
    with pytest.raises(ValueError, match="'x'"):
        await make_store_path(None, mode=mode)


async def test_a_store_that_could_not_be_made_ready_is_closed(monkeypatch: pytest.MonkeyPatch):
    """A store that was opened here does not stay open when the path is refused."""
    opened: list[RemoteStore] = []
    from_url = RemoteStore.from_url

    def keeping(*arguments: Any) -> RemoteStore:
        opened.append(from_url(*arguments))
        return opened[0]

    monkeypatch.setattr(RemoteStore, "from_url", keeping)
    with pytest.raises(InvalidKeyError):
        await make_store_path("memory://refused", path="..")
    with pytest.raises(StoreClosedError):
        await opened[0].get("k")


async def test_options_are_for_a_url(web_server):
    """Storage options go to the file system of a URL."""
    web_server.values["/k"] = b"v"
    path = await make_store_path(web_server.url, path="k", storage_options={"headers": {"X-Mark": "yes"}})
    with path.store as _:  # type: ignore[attr-defined]  # a RemoteStore
        await path.get()
    assert web_server.asked[0][2]["X-Mark"] == "yes"


@pytest.mark.parametrize(
    "other", [None, {}, "directory", Path("directory"), MemoryStore(), StorePath(MemoryStore()), UPath("memory://a")]
)
async def test_options_for_what_takes_none_are_refused(other: Any):
    """Storage options for something else than a URL raise TypeError."""
    with pytest.raises(TypeError, match="storage_options"):
        await make_store_path(other, storage_options={"anon": True})


async def test_no_options_are_none():
    """An empty dictionary of options is none."""
    assert await (await make_store_path(None, storage_options={})).is_empty()


async def test_opening_to_read_makes_nothing(tmp_path: Path):
    """Opening a directory that does not exist in mode 'r' makes nothing."""
    await make_store_path(tmp_path / "missing", mode="r")
    assert not (tmp_path / "missing").exists()
