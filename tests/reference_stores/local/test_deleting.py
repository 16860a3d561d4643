"""Deletes of a local store, and the directories that are left."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from reference_stores import LocalStore
from reference_stores.commit_token import CommitToken
from storeproto import KeyConflictError


async def keys(store: LocalStore) -> list[str]:
    """All keys, in order."""
    return sorted([key async for key in store.list()])


async def test_delete_removes_a_key_and_the_directories_it_leaves_empty(filled: LocalStore, names):
    """Nothing is left of it."""
    await filled.set("d/e/f", b"")
    await filled.delete("d/e/f")
    assert names() == {"a", "a/b", "c"}


async def test_delete_leaves_directories_with_other_keys(filled: LocalStore):
    """Neighbours stay."""
    await filled.set("a/d", b"")
    await filled.delete("a/d")
    assert await keys(filled) == ["a/b", "c"]


@pytest.mark.parametrize("key", ["a", "x", "a/x", "c/d", "x/y/z"])
async def test_delete_of_what_is_no_key_changes_nothing(filled: LocalStore, key: str):
    """A directory above all is not taken for the key of its name."""
    await filled.delete(key)
    assert await keys(filled) == ["a/b", "c"]


@pytest.mark.parametrize("prefix", ["p", "p/"])
async def test_delete_dir_removes_what_is_below_and_no_other(store: LocalStore, staged, prefix: str):
    """Keys that only begin with the same characters stay, and nothing of the others does."""
    for key in ("p/q", "p/r/s/t", "p-x/y", "px"):
        await store.set(key, b"")
    await store.delete_dir(prefix)
    assert (await keys(store), staged()) == (["p-x/y", "px"], [])


async def test_delete_dir_of_a_key_leaves_it(filled: LocalStore):
    """`c` is not below `c`."""
    await filled.delete_dir("c")
    assert await keys(filled) == ["a/b", "c"]


async def test_delete_dir_leaves_a_file_that_has_come_into_the_place(filled: LocalStore, monkeypatch: pytest.MonkeyPatch):
    """What is a directory when it is looked at and a value when it is moved stays."""
    rename = os.rename

    def late(*args: Any, **kwargs: Any):
        monkeypatch.undo()
        filled.delete_sync("a/b")
        filled.set_sync("a", b"value")
        rename(*args, **kwargs)

    monkeypatch.setattr(os, "rename", late)
    await filled.delete_dir("a")
    assert await filled.get("a") == b"value"


async def test_delete_dir_removes_the_directories_above_that_it_leaves_empty(filled: LocalStore, names):
    """They would show nowhere, and go."""
    await filled.set("d/e/f/g", b"")
    await filled.delete_dir("d/e/f")
    assert names() == {"a", "a/b", "c"}


async def test_delete_dir_takes_any_depth(store: LocalStore, staged):
    """Neither handles nor recursion limit it."""
    await store.set("/".join("d" * 1100), b"")
    await store.delete_dir("d")
    assert (await keys(store), staged()) == ([], [])


@pytest.mark.parametrize("operation", ["clear", "delete_dir"])
async def test_all_keys_can_be_removed(filled: LocalStore, names, operation: str):
    """The store is empty then, and works."""
    await getattr(filled, operation)(*([""] if operation == "delete_dir" else []))
    removed = names()
    await filled.set("a", b"")
    assert (removed, await keys(filled)) == (set(), ["a"])


async def test_nothing_to_delete_makes_nothing(store: LocalStore, root: Path):
    """Not even the root."""
    await store.delete("a")
    await store.delete_dir("a")
    await store.clear()
    assert not root.exists()


@pytest.fixture
def hollow(filled: LocalStore, root: Path) -> LocalStore:
    """A store with empty directories in its root, as others may leave them."""
    (root / "e" / "m" / "pty").mkdir(parents=True)
    (root / "e" / "n").mkdir()
    (root / "a" / "empty").mkdir()
    return filled


@pytest.mark.parametrize("times", [1, 2])
async def test_empty_directories_do_not_show(hollow: LocalStore, times: int):
    """No listing names them, the first time nor the next."""
    for _ in range(times):
        found = [sorted([name async for name in hollow.list_dir(prefix)]) for prefix in ("", "a", "e", "e/m")]
    assert found == [["a", "c"], ["b"], [], []]


@pytest.mark.parametrize("prefix", ["e", "e/", "e/m/pty"])
async def test_a_prefix_with_only_empty_directories_is_empty(hollow: LocalStore, prefix: str):
    """No key is below it."""
    assert await hollow.is_empty(prefix)


@pytest.mark.parametrize("operation", ["set", "set_if_not_exists"])
async def test_empty_directories_are_not_in_the_way_of_a_key(hollow: LocalStore, operation: str):
    """A value takes their place."""
    await getattr(hollow, operation)("e", b"value")
    assert await hollow.get("e") == b"value"


async def test_a_directory_that_is_emptied_later_no_longer_shows(filled: LocalStore, root: Path):
    """What an earlier listing saw in it is not believed any more."""
    long_ago = 10**18
    os.utime(root / "a", ns=(long_ago, long_ago))
    shown = [[name async for name in filled.list_dir("")]]
    (root / "a" / "b").unlink()
    shown.append([name async for name in filled.list_dir("")])
    assert [sorted(names) for names in shown] == [["a", "c"], ["c"]]


def removing_once(monkeypatch: pytest.MonkeyPatch, remove: Callable[[], object]) -> None:
    """Have others remove something just before the next file is renamed."""
    rename = os.rename

    def late(*args: Any, **kwargs: Any):
        monkeypatch.setattr(os, "rename", rename)
        remove()
        rename(*args, **kwargs)

    monkeypatch.setattr(os, "rename", late)


async def test_a_set_makes_a_directory_again_that_others_removed(filled: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch):
    """A directory that is empty until the value is there can go at any moment."""
    removing_once(monkeypatch, (root / "d" / "e").rmdir)
    await filled.set("d/e/f", b"value")
    assert await filled.get("d/e/f") == b"value"


async def test_a_set_finds_the_root_again_that_others_replaced(filled: LocalStore, root: Path, monkeypatch: pytest.MonkeyPatch):
    """A root that was removed with all that was staged in it is made again, and the value written again."""

    def remove_root() -> None:
        root.rename(root.parent / "old")
        for path in sorted((root.parent / "old").rglob("*"), reverse=True):
            (path.rmdir if path.is_dir() else path.unlink)()
        (root.parent / "old").rmdir()

    removing_once(monkeypatch, remove_root)
    await filled.set("d/e", b"value")
    assert (await filled.get("d/e"), await filled.get("c")) == (b"value", None)


async def test_a_set_gives_up_if_others_never_stop(filled: LocalStore, monkeypatch: pytest.MonkeyPatch):
    """Trying again has an end, and the error names the key."""

    def refuse(*_: Any, **__: Any):
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(OSError, match=r"others keep removing.*'d/e'"):
        await filled.set("d/e", b"value")


def test_sets_and_deletes_of_neighbours_do_not_disturb_each_other(store: LocalStore, others: ThreadPoolExecutor):
    """Whatever order they come in, nothing is raised and what was set last is there."""

    def work(worker: int) -> None:
        for _ in range(60):
            store.set_sync(f"d/e/{worker}", b"x")
            assert store.get_sync(f"d/e/{worker}") == b"x"
            store.delete_sync(f"d/e/{worker}")
        store.set_sync(f"d/e/{worker}", b"last")

    [*others.map(work, range(8))]
    assert [store.get_sync(f"d/e/{worker}") for worker in range(8)] == [b"last"] * 8


def test_sets_race_delete_dir_without_errors(store: LocalStore, others: ThreadPoolExecutor, names):
    """A set during delete_dir of its directory lands before it, or after it."""

    def work(worker: int) -> None:
        for number in range(60):
            if worker == 0:
                store._files.delete_dir(CommitToken(), "d")
            else:
                store.set_sync(f"d/{worker}/{number}", b"x")
                store.set_sync(f"kept/{worker}", b"%d" % number)

    [*others.map(work, range(8))]
    assert [store.get_sync(f"kept/{worker}") for worker in range(1, 8)] == [b"59"] * 7


def test_a_key_and_a_key_below_it_race_to_a_conflict_or_not(store: LocalStore, others: ThreadPoolExecutor):
    """While both come and go, nothing but a conflict is ever raised."""

    def work(worker: int) -> None:
        key = ("a", "a/b", "a/b/c")[worker % 3]
        for _ in range(60):
            try:
                store.set_sync(key, b"x")
            except KeyConflictError:
                continue
            store.delete_sync(key)

    assert [*others.map(work, range(8))] == [None] * 8
