"""Keys of a local store: which can be kept, and which cannot stand beside each other."""

from pathlib import Path

import pytest

from reference_stores import LocalStore
from reference_stores.staging_area import RESERVED_NAME
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
    monkeypatch.setattr("reference_stores.file_names._LONGEST_SEGMENT", 5000)
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
    monkeypatch.setattr("reference_stores.staging_area.name_in", lambda _: RESERVED_NAME)


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
