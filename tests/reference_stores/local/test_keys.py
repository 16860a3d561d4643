"""Keys of a local store: which can be kept, and which cannot stand beside each other."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reference_stores import LocalStore
from reference_stores.local_files import system_calls
from reference_stores.local_files.staging_area import RESERVED_NAME
from storeproto import InvalidKeyError, KeyConflictError

LONGEST = "é" * 127 + "x"


@pytest.mark.parametrize("key", [LONGEST, "/".join(["s" * 255] * 15), "a\\b", "a\nb", "%2F", "...", "a.tmp", "~", " ", "𝄞"])
async def test_any_key_round_trips(store: LocalStore, key: str):
    """Nothing in a key is cut, decoded or expanded."""
    await store.set(key, b"v")
    assert ([key async for key in store.list()], await store.get(key)) == ([key], b"v")


@pytest.mark.parametrize("key", ["x" * 256, "é" * 128, f"a/{'x' * 256}/b", "/".join(["s" * 255] * 17)])
@pytest.mark.parametrize("operation", ["set", "get", "exists", "delete", "delete_dir"])
async def test_a_key_that_is_too_long_is_refused(store: LocalStore, root: Path, key: str, operation: str):
    """Every operation refuses it with a clear error, before anything is made."""
    with pytest.raises(InvalidKeyError, match="bytes, and a file's"):
        await getattr(store, operation)(*((key, b"") if operation == "set" else (key,)))
    assert not root.exists()


async def test_a_name_too_long_for_the_file_system_is_refused(filled: LocalStore, names, monkeypatch: pytest.MonkeyPatch):
    """A file system that takes only shorter names gives the same error, and nothing is made."""
    monkeypatch.setattr("reference_stores.local_files.file_names._LONGEST_SEGMENT", 5000)
    with pytest.raises(InvalidKeyError, match="longer"):
        await filled.set(f"d/{'x' * 300}", b"")
    assert names() == {"a", "a/b", "c"}


async def test_nothing_is_listed_below_a_prefix_that_is_too_long(filled: LocalStore):
    """No key begins with it."""
    assert [key async for key in filled.list_prefix("x" * 300 + "/")] == []


@pytest.mark.parametrize("operation", ["set", "set_if_not_exists"])
async def test_a_key_below_a_value_is_refused(filled: LocalStore, operation: str):
    """`c/d` cannot be set where `c` is, and the error says so."""
    with pytest.raises(KeyConflictError, match=r"'c/d/e'.*'c' is a key"):
        await getattr(filled, operation)("c/d/e", b"")
    assert await filled.get("c") == b"third"


@pytest.mark.parametrize("operation", ["set", "set_if_not_exists"])
async def test_a_key_above_a_value_is_refused(filled: LocalStore, operation: str):
    """`a` cannot be set where `a/b` is, and the error says so."""
    with pytest.raises(KeyConflictError, match=r"'a'.*below"):
        await getattr(filled, operation)("a", b"")
    assert await filled.get("a/b") == b"first"


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("key", ["a", "c/d"])
async def test_a_partial_write_is_refused_alike(filled: LocalStore, key: str, in_place: bool):
    """A conflict is one for every way of writing."""
    with LocalStore(filled.root, partial_writes_in_place=in_place) as store, pytest.raises(KeyConflictError):
        await store.set_partial_values([(key, 0, b"x")])


async def test_a_refused_key_leaves_nothing_behind(filled: LocalStore, names, staged):
    """Neither a directory nor a staged value stays."""
    with pytest.raises(KeyConflictError):
        await filled.set("c/d/e", b"")
    assert (names(), staged()) == ({"a", "a/b", "c"}, [])


@pytest.fixture
def utf_8_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a file system that takes only UTF-8 names."""
    monkeypatch.setattr("reference_stores.local_files.staging_area.name_in", lambda _: RESERVED_NAME)


async def test_a_reserved_staging_area_is_not_listed(utf_8_only, filled: LocalStore):
    """Where it must have a name that a key could have, no listing shows it."""
    await filled.set("new", b"")
    listed = [key async for key in filled.list()] + [name async for name in filled.list_dir("")]
    assert sorted(listed) == ["a", "a/b", "c", "c", "new", "new"]


async def test_a_key_in_a_reserved_staging_area_is_refused(utf_8_only, filled: LocalStore):
    """No key begins with the reserved segment there."""
    with pytest.raises(InvalidKeyError, match="on this file system"):
        await filled.set(f"{RESERVED_NAME.decode()}/x", b"")


async def test_clear_leaves_a_reserved_staging_area_to_its_writers(utf_8_only, filled: LocalStore):
    """It is no part of what is cleared."""
    await filled.clear()
    await filled.set("x", b"1")
    assert [key async for key in filled.list()] == ["x"]


async def test_elsewhere_the_reserved_name_is_a_key(store: LocalStore):
    """Where the staging area has a name that no key has, no key is refused for it."""
    await store.set(RESERVED_NAME.decode(), b"v")
    assert [key async for key in store.list()] == [RESERVED_NAME.decode()]


@pytest.fixture
def folding(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a file system that takes `A` and `a` for one name, and keeps the first."""
    monkeypatch.setattr(system_calls, "has_openat2", lambda _: False)
    monkeypatch.setattr(system_calls, "has_renameat2", lambda: False)

    def kept(name: str | bytes, directory: int | None) -> str | bytes:
        if directory is None:
            return name
        handle = os_open(b".", os.O_RDONLY, dir_fd=directory)
        with os.scandir(handle) as entries:
            names = [os.fsencode(entry.name) for entry in entries]
        os.close(handle)
        same = [other for other in names if other.lower() == os.fsencode(name).rstrip(b"/").lower()]
        return same[0] if same else name

    def folded(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(name: str | bytes, *args: Any, dir_fd: int | None = None, **kwargs: Any) -> Any:
            return function(kept(name, dir_fd), *args, dir_fd=dir_fd, **kwargs)

        return call

    def move(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(source: bytes, target: bytes, *, src_dir_fd: int, dst_dir_fd: int, **kwargs: Any) -> None:
            function(kept(source, src_dir_fd), kept(target, dst_dir_fd), src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd, **kwargs)

        return call

    os_open = os.open
    for name in ("open", "stat", "mkdir", "rmdir", "unlink"):
        monkeypatch.setattr(os, name, folded(getattr(os, name)))
    for name in ("rename", "link"):
        monkeypatch.setattr(os, name, move(getattr(os, name)))


@pytest.fixture
def folded(folding: None, root: Path) -> Iterator[LocalStore]:
    """A store with `a/b` and `c` in such a file system."""
    with LocalStore(root) as store:
        store.set_sync("a/b", b"first")
        store.set_sync("c", b"third")
        yield store


@pytest.mark.parametrize("key", ["C", "A/b", "a/B"])
async def test_a_key_that_differs_in_case_is_a_missing_one(folded: LocalStore, key: str):
    """It does not read, nor delete, what the file system takes it for."""
    found = [await folded.get(key), await folded.exists(key), await folded.is_empty("A")]
    await folded.delete(key)
    await folded.delete_dir("A")
    assert (found, await folded.get("a/b"), await folded.get("c")) == ([None, False, True], b"first", b"third")


@pytest.mark.parametrize("key", ["C", "A/b", "a/B", "A/new"])
@pytest.mark.parametrize("operation", ["set", "set_if_not_exists"])
async def test_a_key_that_differs_in_case_is_refused(folded: LocalStore, key: str, operation: str):
    """The error says why, and nothing changes."""
    with pytest.raises(KeyConflictError, match="only in case"):
        await getattr(folded, operation)(key, b"new")
    assert (sorted([key async for key in folded.list()]), await folded.get("c")) == (["a/b", "c"], b"third")


async def test_a_reader_sees_no_variants_either(folded: LocalStore):
    """A handle that never writes finds out from what is there."""
    with LocalStore(folded.root, read_only=True) as reader:
        assert [await reader.get("C"), await reader.get("c")] == [None, b"third"]


async def test_other_keys_are_kept_as_ever(folded: LocalStore):
    """What differs in more than case can be set, changed and deleted."""
    await folded.set("a/b", b"new")
    await folded.set("a/d", b"new")
    await folded.set("a/d", b"N", (0, 1))
    await folded.delete("a/b")
    assert ([key async for key in folded.list_prefix("a")], await folded.get("a/d")) == (["a/d"], b"New")
