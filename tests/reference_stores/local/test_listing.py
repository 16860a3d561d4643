"""Listings of a local store."""

from pathlib import Path

import pytest
from open_files import open_below

from reference_stores import LocalStore
from reference_stores.local_files import directory_walk
from reference_stores.paging import PAGE_SIZE

KEYS = ["a", "ab/c", "abd", "b/c/d", "b/c/e", "b/f", "b-x", "b.x/y"]


@pytest.fixture
async def listed(store: LocalStore) -> LocalStore:
    """A store with keys whose prefixes are alike."""
    for key in KEYS:
        await store.set(key, b"12")
    return store


@pytest.mark.parametrize("prefix", ["", "a", "ab", "ab/", "b", "b/", "b/c", "b/c/", "b/c/d", "b/c/d/", "x", "x/", "b."])
async def test_list_prefix_is_of_a_string_prefix(listed: LocalStore, prefix: str):
    """It gives exactly the keys that begin with it."""
    assert sorted([key async for key in listed.list_prefix(prefix)]) == sorted(key for key in KEYS if key.startswith(prefix))


@pytest.mark.parametrize(
    ("prefix", "names"),
    [("", ["a", "ab", "abd", "b", "b-x", "b.x"]), ("b", ["c", "f"]), ("b/", ["c", "f"]), ("a", []), ("x", []), ("b/c", ["d", "e"])],
)
async def test_list_dir_gives_each_immediate_child_once(listed: LocalStore, prefix: str, names: list[str]):
    """Keys and prefixes alike, without what lies beside."""
    assert sorted([name async for name in listed.list_dir(prefix)]) == names


@pytest.mark.parametrize("prefix", ["", "a", "b", "b/", "x"])
async def test_what_is_below_a_prefix(listed: LocalStore, prefix: str):
    """is_empty and getsize_prefix are of the directory, not of the string."""
    below = [key for key in KEYS if key.startswith(prefix.rstrip("/") + "/" if prefix else "")]
    assert (await listed.is_empty(prefix), await listed.getsize_prefix(prefix)) == (not below, 2 * len(below))


@pytest.fixture
def many(system: str, root: Path) -> LocalStore:
    """A store with more keys than two pages hold, in one directory, and as many directories."""
    (root / "flat").mkdir(parents=True)
    for number in range(2 * PAGE_SIZE + 1):
        (root / "flat" / str(number)).write_bytes(b"")
    for number in range(50):
        (root / "deep" / str(number)).mkdir(parents=True)
        (root / "deep" / str(number) / "key").write_bytes(b"")
    return LocalStore(root)


async def test_pages_are_full(many: LocalStore):
    """All but the last have as many keys as fit, and each key comes once."""
    pages = [page async for page in many.list_pages()]
    assert [len(page) for page in pages] == [PAGE_SIZE, PAGE_SIZE, 51]
    assert len({key for page in pages for key in page}) == 2 * PAGE_SIZE + 51


async def test_list_dir_of_many(many: LocalStore):
    """No limit shows."""
    assert [len([name async for name in many.list_dir(prefix)]) for prefix in ("flat", "deep", "")] == [2 * PAGE_SIZE + 1, 50, 2]


async def test_changes_while_a_listing_is_under_way(many: LocalStore):
    """Nothing is raised, and keys that were not touched come once."""
    found: list[str] = []
    async for key in many.list():
        if not found:
            await many.delete_dir("deep/1")
            await many.set("flat/new", b"")
        found.append(key)
    untouched = [key for key in found if key not in ("deep/1/key", "flat/new")]
    assert len(untouched) == len({*untouched}) == 2 * PAGE_SIZE + 50


async def test_a_listing_left_early_leaves_no_file_open(many: LocalStore):
    """None is open between the steps but the root's own, and none after them."""
    listing = many.list()
    await anext(listing)
    between = open_below(many.root)
    await listing.aclose()
    assert (between, open_below(many.root)) == ([str(many.root)],) * 2


async def test_what_was_seen_in_a_directory_is_not_looked_for_again(many: LocalStore, monkeypatch: pytest.MonkeyPatch):
    """A directory that has long not changed is opened once for many listings."""
    monkeypatch.setattr(directory_walk.FilledDirectories, "_TICK", 0)
    first = sorted([name async for name in many.list_dir("deep")])
    monkeypatch.setattr(directory_walk.DirectoryWalk, "has_key", lambda *_: pytest.fail("looked again"))
    assert sorted([name async for name in many.list_dir("deep")]) == first


@pytest.fixture
def cached(many: LocalStore, monkeypatch: pytest.MonkeyPatch) -> LocalStore:
    """A store whose root is open, and whose files' places are all in the cache."""
    root = many._files._root.present()
    monkeypatch.setattr(type(root), "open_now", type(root).open)
    monkeypatch.setattr(directory_walk.FilledDirectories, "_TICK", 0)
    return many


def test_directories_that_were_seen_are_listed_at_once(cached: LocalStore):
    """Some tens of directories, each of which was looked into before, need no thread."""
    assert sorted(cached._files.children("deep")) == sorted(cached._files.children_now("deep"))


def test_directories_that_were_not_seen_are_listed_in_a_thread(cached: LocalStore, monkeypatch: pytest.MonkeyPatch):
    """Where many directories are to be looked into, that is not begun at once."""
    monkeypatch.setattr(directory_walk.DirectoryWalk, "has_key", lambda *_: pytest.fail("begun"))
    with pytest.raises(BlockingIOError):
        cached._files.children_now("deep")


def test_no_more_directories_are_remembered_than_allowed(many: LocalStore, monkeypatch: pytest.MonkeyPatch):
    """The memory that they take has an end."""
    monkeypatch.setattr(directory_walk.FilledDirectories, "_TICK", 0)
    monkeypatch.setattr(directory_walk.FilledDirectories, "_MOST", 10)
    many._files.children("deep")
    assert len(many._files._root._filled._changed) <= 10
