"""list, list_pages, list_prefix, list_dir, is_empty, getsize_prefix."""

from pathlib import Path

import pytest

from reference_stores import RemoteStore

KEYS = ["a", "ab/c", "b/a", "b/c/d", "b-x", "b.x/y"]


@pytest.fixture
async def filled(store: RemoteStore) -> RemoteStore:
    """A store with a few keys, whose values are as long as they are."""
    for key in KEYS:
        await store.set(key, key.encode())
    return store


async def test_list(filled: RemoteStore):
    """A listing gives each key once."""
    assert sorted([key async for key in filled.list()]) == sorted(KEYS)


async def test_pages(filled: RemoteStore):
    """list_pages gives the same keys in lists."""
    assert sorted([key async for page in filled.list_pages() for key in page]) == sorted(KEYS)


@pytest.mark.parametrize("protocol", ["memory", "file", "any"])
async def test_pages_hold_no_more_than_a_thousand(reopen_on, protocol: str):
    """list_pages gives no more than 1,000 keys at once."""
    async with reopen_on(protocol)() as store:
        for number in range(1001):
            await store.set(f"{number:04}", b"")
        lengths = [len(page) async for page in store.list_pages()]
    assert (max(lengths) <= 1000, sum(lengths)) == (True, 1001)


@pytest.mark.parametrize("prefix", ["", "a", "ab", "b", "b/", "b/c", "b/c/", "b/c/d", "b-", "x", "b/x", "a/"])
async def test_list_prefix(filled: RemoteStore, prefix: str):
    """list_prefix gives the keys that begin with the string, whole."""
    assert sorted([key async for key in filled.list_prefix(prefix)]) == sorted([key for key in KEYS if key.startswith(prefix)])


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("", ["a", "ab", "b", "b-x", "b.x"]),
        ("b", ["a", "c"]),
        ("b/", ["a", "c"]),
        ("b/c", ["d"]),
        ("a", []),
        ("x", []),
        ("b/a", []),
    ],
)
async def test_list_dir(filled: RemoteStore, prefix: str, expected: list[str]):
    """list_dir gives the name of each immediate child once."""
    assert sorted([name async for name in filled.list_dir(prefix)]) == expected


@pytest.mark.parametrize(("prefix", "empty"), [("", False), ("b", False), ("b/", False), ("a", True), ("x", True), ("b/c/d", True)])
async def test_is_empty(filled: RemoteStore, prefix: str, empty: bool):
    """is_empty says that no key is below the prefix."""
    assert await filled.is_empty(prefix) is empty


@pytest.mark.parametrize(("prefix", "size"), [("", 21), ("b", 8), ("b/", 8), ("a", 0), ("x", 0)])
async def test_getsize_prefix(filled: RemoteStore, prefix: str, size: int):
    """getsize_prefix is the sum of the sizes of the keys below the prefix."""
    assert await filled.getsize_prefix(prefix) == size


async def test_an_empty_store_lists_nothing(store: RemoteStore):
    """A root that does not exist lists nothing."""
    assert [key async for key in store.list()] == []


async def test_a_key_and_a_prefix_of_one_name_are_one_child(s3_store: RemoteStore):
    """list_dir gives a name once where it is a key and a prefix."""
    for key in ("a", "a-", "a/b"):
        await s3_store.set(key, b"v")
    assert sorted([name async for name in s3_store.list_dir("")]) == ["a", "a-"]


async def test_the_root_is_not_in_what_is_listed(filled: RemoteStore, reopen):
    """A root whose name others begin with lists none of theirs."""
    beside = type(filled)(filled.fs, path=f"{filled.path}x")
    await beside.set("k", b"v")
    assert sorted([key async for key in filled.list()]) == sorted(KEYS)


async def test_what_others_write_shows(reopen):
    """A listing shows what another handle, with a file system of its own, has written since the last one."""
    async with reopen() as ours, reopen() as theirs:
        await ours.set("d/a", b"v")
        before = [key async for key in ours.list()]
        await theirs.set("d/b", b"v")
        assert (before, sorted([name async for name in ours.list_dir("d")])) == (["d/a"], ["a", "b"])


async def test_what_others_delete_is_gone(reopen):
    """A key that another handle has deleted neither exists nor is listed."""
    async with reopen() as ours, reopen() as theirs:
        await ours.set("d/a", b"v")
        before = [key async for key in ours.list()]
        await theirs.delete("d/a")
        assert (before, await ours.exists("d/a"), await ours.is_empty("d")) == (["d/a"], False, True)


async def test_a_change_during_a_listing(filled: RemoteStore):
    """Keys that are not touched come once, though others come and go."""
    seen: list[str] = []
    async for key in filled.list():
        if not seen:
            await filled.set("new", b"v")
            await filled.delete("b-x")
        seen.append(key)
    assert sorted(set(seen) & set(KEYS) - {"b-x"}) == sorted(set(KEYS) - {"b-x"})


async def test_empty_directories_do_not_show(files_store: RemoteStore, tmp_path: Path):
    """Neither an empty directory nor one that holds only such is in a listing."""
    await files_store.set("a/k", b"v")
    (tmp_path / "root/b/c").mkdir(parents=True)
    assert [name async for name in files_store.list_dir("")] == ["a"]


async def test_directories_that_have_lost_their_keys_do_not_show(store: RemoteStore):
    """When the last key below a prefix goes, the prefix goes from list_dir."""
    await store.set("a/b/c", b"v")
    await store.set("k", b"v")
    await store.delete("a/b/c")
    assert [name async for name in store.list_dir("")] == ["k"]


async def test_links_do_not_show(files_store: RemoteStore, tmp_path: Path):
    """What is not a regular file is not in a listing."""
    await files_store.set("k", b"v")
    (tmp_path / "root/link").symlink_to(tmp_path)
    assert [key async for key in files_store.list()] == ["k"]
