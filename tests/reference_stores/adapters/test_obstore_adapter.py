"""Stores of obstore as stores of bytes."""

import asyncio
import os
import pickle
from pathlib import Path
from typing import Any

import obstore.store
import pytest

import conformance
from conformance.profile import PROFILES
from reference_stores.adapters.obstore import ObstoreAdapter, from_obstore
from storeproto import (
    InvalidKeyError,
    KeyConflictError,
    OffsetByteRequest,
    RangeByteRequest,
    ReadOnlyStoreError,
    Store,
    StoreClosedError,
    SuffixByteRequest,
    UnsupportedOperationError,
)

LOCAL = conformance.Recipe("adapter_targets:obstore_local", {"tmp_path": "{tmp_path}", "read_only": "{read_only}"})
SUBJECTS = [
    conformance.Subject(name="memory", opening=conformance.Recipe("adapter_targets:obstore_memory")),
    conformance.Subject(name="local", opening=LOCAL, reopening=LOCAL, on_host_files=True),
]


class Counting(obstore.store.MemoryStore):
    """Counts the requests for values and for sizes."""

    requests = 0

    async def get_async(self, *arguments: Any, **options: Any):
        self.requests += 1
        return await super().get_async(*arguments, **options)

    async def head_async(self, *arguments: Any, **options: Any):
        self.requests += 1
        return await super().head_async(*arguments, **options)


@pytest.fixture
def memory() -> ObstoreAdapter:
    """A store in memory."""
    return from_obstore(obstore.store.MemoryStore())


@pytest.fixture
def local(tmp_path: Path) -> ObstoreAdapter:
    """A store of local files, which leaves empty directories behind."""
    return from_obstore(obstore.store.LocalStore(tmp_path))


@pytest.fixture(params=["memory", "local"])
def store(request: pytest.FixtureRequest) -> ObstoreAdapter:
    """Each of the two."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_conforms(subject: conformance.Subject):
    """It keeps every MUST of the contract."""
    report = conformance.check(subject, profile=PROFILES["quick"], operations=2000, guard=False)
    assert report.with_verdict(conformance.Verdict.FAILED, conformance.Verdict.ERROR) == []


def test_is_a_store(memory: ObstoreAdapter):
    """It is a Store."""
    assert isinstance(memory, Store)


@pytest.mark.parametrize(
    "request_", [None, RangeByteRequest(1, 3), RangeByteRequest(1, 99), OffsetByteRequest(2), SuffixByteRequest(99)], ids=repr
)
async def test_one_request_for_a_get(request_):
    """A get is one request of obstore, whole or in part."""
    inner = Counting()
    store = from_obstore(inner)
    await store.set("k", b"value")
    await store.get("k", byte_range=request_)
    assert inner.requests == 1


@pytest.mark.parametrize(
    ("request_", "part"),
    [
        (RangeByteRequest(5, 9), b""),
        (RangeByteRequest(2, 2), b""),
        (RangeByteRequest(1, 2**70), b"alue"),
        (RangeByteRequest(2**70, 2**70 + 1), b""),
        (OffsetByteRequest(5), b""),
        (OffsetByteRequest(2**70), b""),
        (SuffixByteRequest(0), b""),
        (SuffixByteRequest(9), b"value"),
        ((1, 2), b"al"),
        ((None, None), b"value"),
    ],
    ids=repr,
)
async def test_ranges_that_obstore_takes_otherwise(store: ObstoreAdapter, request_, part: bytes):
    """A range past the end is empty, a longer suffix the whole value, a pair a start and a length."""
    await store.set("k", b"value")
    assert await store.get("k", byte_range=request_) == part


async def test_a_suffix_where_there_is_none():
    """Where obstore can ask for no suffix, as of Azure, the range it names is asked for."""

    class WithoutSuffix(obstore.store.MemoryStore):
        async def get_async(self, path, *, options=None):
            if options and "suffix" in options["range"]:
                raise obstore.exceptions.NotSupportedError("suffix")
            return await super().get_async(path, options=options)

    store = from_obstore(WithoutSuffix())
    await store.set("k", b"value")
    assert await store.get("k", byte_range=SuffixByteRequest(2)) == b"ue"


@pytest.mark.parametrize("request_", [None, RangeByteRequest(0, 2)], ids=repr)
async def test_a_fault_is_raised(request_):
    """A fault is neither a missing key nor an empty range."""

    class Broken(obstore.store.MemoryStore):
        async def get_async(self, path, *, options=None):
            raise obstore.exceptions.GenericError("the server is gone")

    store = from_obstore(Broken())
    await store.set("k", b"value")
    with pytest.raises(obstore.exceptions.GenericError, match="gone"):
        await store.get("k", byte_range=request_)


async def test_one_creator_wins(store: ObstoreAdapter):
    """Of many creators at once one wins."""
    other = store.with_read_only()
    values = [bytes([number]) for number in range(20)]
    await asyncio.gather(*[handle.set_if_not_exists("k", value) for value in values for handle in (store, other)])
    first = await store.get("k")
    await store.set_if_not_exists("k", b"late")
    assert await store.get("k") == first


@pytest.mark.parametrize("key", ["/a", "a/", "a//b", "a/../b", "a\x00b", "a\nb", "a\x7fb"])
async def test_refused_keys(store: ObstoreAdapter, key: str):
    """A key that obstore would alias or does not take is refused as a bad key, in one line."""
    with pytest.raises(InvalidKeyError) as refusal:
        await store.set(key, b"")
    assert "\n" not in str(refusal.value)


async def test_names_of_staged_files(local: ObstoreAdapter):
    """A key that obstore's local files would take for an unfinished one is refused as a bad key."""
    with pytest.raises(InvalidKeyError, match="'#' and a number"):
        await local.get("a#1")


@pytest.mark.parametrize("key", ["a%2Fb", "%41", "é", "e\u0301", "a b", "a?b", "a#b", "a\\b"])
async def test_data_in_keys(store: ObstoreAdapter, key: str):
    """Nothing in a key is decoded, folded or cut."""
    await store.set(key, b"value")
    assert [name async for name in store.list()] == [key]


@pytest.mark.parametrize(
    ("prefix", "keys"),
    [
        ("", ["a/b/c", "a/bc", "ab"]),
        ("a", ["a/b/c", "a/bc", "ab"]),
        ("a/", ["a/b/c", "a/bc"]),
        ("a/b", ["a/b/c", "a/bc"]),
        ("a/b/", ["a/b/c"]),
        ("z/", []),
    ],
)
async def test_string_prefixes(store: ObstoreAdapter, prefix: str, keys: list[str]):
    """A prefix of a listing is of characters, where obstore's is of segments."""
    for key in ("a/b/c", "a/bc", "ab"):
        await store.set(key, b"")
    assert sorted([key async for key in store.list_prefix(prefix)]) == keys


async def test_empty_directories(local: ObstoreAdapter):
    """A directory in which no file is left is not listed."""
    await local.set("a/b/c", b"")
    await local.delete("a/b/c")
    assert [name async for name in local.list_dir("")] == []


@pytest.mark.parametrize("prefix", ["k/", "k/x"])
async def test_below_a_file(local: ObstoreAdapter, prefix: str):
    """Below a key there is nothing."""
    await local.set("k", b"")
    assert [key async for key in local.list_prefix(prefix)] == []


async def test_list_dir_below_a_file(local: ObstoreAdapter):
    """A directory whose place a file is in the way of is one without keys, not a fault."""
    await local.set("a", b"value")
    assert [name async for name in local.list_dir("a/b")] == []


async def test_get_below_a_file(local: ObstoreAdapter):
    """A key below another one is missing."""
    await local.set("k", b"")
    assert await local.get("k/x/y") is None


@pytest.mark.parametrize(("first", "second"), [("a", "a/b"), ("a/b", "a")])
@pytest.mark.parametrize("operation", ["set", "set_if_not_exists"])
async def test_conflicts(local: ObstoreAdapter, first: str, second: str, operation: str):
    """A key that would need a file and a directory of one name is refused."""
    await local.set(first, b"")
    with pytest.raises(KeyConflictError, match="file and a directory"):
        await getattr(local, operation)(second, b"")


async def test_conflicts_in_memory(memory: ObstoreAdapter):
    """In memory a key may be below another one."""
    await memory.set("a", b"1")
    await memory.set("a/b", b"2")
    assert await memory.get_partial_values(None, [("a", None), ("a/b", None)]) == [b"1", b"2"]


@pytest.mark.parametrize("key", ["a", "k/x", "z"])
async def test_delete_what_is_no_key(local: ObstoreAdapter, key: str):
    """A delete of a directory, or of what would be below a file, changes nothing."""
    await local.set("a/b", b"")
    await local.set("k", b"")
    await local.delete(key)
    assert sorted([key async for key in local.list()]) == ["a/b", "k"]


async def test_delete_dir_beside_another_delete(tmp_path: Path):
    """A key that someone else removes under way stops no delete_dir."""

    class Raced(obstore.store.LocalStore):
        async def delete_async(self, paths):
            if isinstance(paths, list):
                (tmp_path / paths[0]).unlink()
            await super().delete_async(paths)

    store = from_obstore(Raced(tmp_path))
    for number in range(5):
        await store.set(f"d/{number}", b"")
    await store.delete_dir("d")
    assert await store.is_empty("")


async def test_pages(memory: ObstoreAdapter):
    """A listing comes in pages of at most a thousand."""
    await asyncio.gather(*[memory.set(f"k{number}", b"") for number in range(1001)])
    assert sorted([len(page) async for page in memory.list_pages()]) == [1, 1000]


async def test_size_of_a_prefix(store: ObstoreAdapter):
    """The size of a prefix is that of the keys below it."""
    for key in ("a/b", "a/c/d", "ab"):
        await store.set(key, b"123")
    assert await store.getsize_prefix("a") == 6


@pytest.mark.parametrize("operation", ["set", "set_if_not_exists", "delete", "delete_dir", "clear"])
async def test_read_only(memory: ObstoreAdapter, operation: str):
    """A read-only handle refuses every change."""
    handle = memory.with_read_only(read_only=True)
    arguments = {"set": ("k", b""), "set_if_not_exists": ("k", b""), "clear": ()}.get(operation, ("k",))
    with pytest.raises(ReadOnlyStoreError):
        await getattr(handle, operation)(*arguments)


async def test_partial_writes_are_refused(memory: ObstoreAdapter):
    """Parts of values are not replaced."""
    with pytest.raises(UnsupportedOperationError):
        await memory.set_partial_values([("k", 0, b"")])


async def test_close(memory: ObstoreAdapter):
    """A closed handle raises, and another one on the same data goes on."""
    other = memory.with_read_only()
    async with memory:
        await memory.set("k", b"")
    assert await other.exists("k")
    with pytest.raises(StoreClosedError):
        await memory.get("k")


def test_equality(tmp_path: Path):
    """Handles of one mode on equal stores are equal, and have one hash."""
    first, second = [from_obstore(obstore.store.LocalStore(tmp_path)) for _ in range(2)]
    assert (first, hash(first)) == (second, hash(second))
    assert first != first.with_read_only(read_only=True)
    assert first != from_obstore(obstore.store.MemoryStore())


async def test_pickling(local: ObstoreAdapter):
    """A store of files is pickled with its mode."""
    await local.set("k", b"value")
    copy = pickle.loads(pickle.dumps(local.with_read_only(read_only=True)))  # noqa: S301  # made here
    assert (copy.read_only, await copy.get("k")) == (True, b"value")


def test_pickling_of_memory(memory: ObstoreAdapter):
    """A store in memory refuses to be pickled."""
    with pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(memory)


def test_after_a_fork(memory: ObstoreAdapter, monkeypatch: pytest.MonkeyPatch):
    """In a forked child an operation raises, where obstore would hang."""
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.raises(RuntimeError, match="before a fork"):
        memory.with_read_only()


@pytest.mark.parametrize(
    "inner",
    [
        obstore.store.S3Store("bucket", prefix="p", access_key_id="the-user", secret_access_key="the-secret", region="r"),  # noqa: S106  # a made-up one
        obstore.store.HTTPStore("https://the-user:the-secret@127.0.0.1/p?sig=the-secret"),
    ],
    ids=lambda inner: type(inner).__name__,
)
def test_repr_shows_no_credential(inner):
    """The text of a store says where it is and who with to nobody."""
    assert "the-" not in repr(from_obstore(inner))
    assert type(inner).__name__ in repr(from_obstore(inner))


async def test_errors_show_no_credential():
    """An error shows no credential of a URL."""

    class Broken(obstore.store.MemoryStore):
        async def head_async(self, path):
            raise obstore.exceptions.PermissionDeniedError("no access: https://the-user:the-secret@127.0.0.1/k?sig=the-secret")

    with pytest.raises(obstore.exceptions.PermissionDeniedError) as refusal:
        await from_obstore(Broken()).exists("k")
    assert "the-" not in str(refusal.value)
