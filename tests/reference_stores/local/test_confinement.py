"""No key of a local store leads out of its root: not by its spelling, and not by a link in the root."""

import os
from pathlib import Path

import pytest

from reference_stores import LocalStore
from storeproto import InvalidKeyError, KeyConflictError

OPERATIONS = {
    "get": lambda store, key: store.get(key),
    "get_partial_values": lambda store, key: store.get_partial_values(None, [(key, None)]),
    "exists": lambda store, key: store.exists(key),
    "getsize": lambda store, key: store.getsize(key),
    "set": lambda store, key: store.set(key, b"new"),
    "set_if_not_exists": lambda store, key: store.set_if_not_exists(key, b"new"),
    "set_partial_values": lambda store, key: store.set_partial_values([(key, 0, b"new")]),
    "delete": lambda store, key: store.delete(key),
    "delete_dir": lambda store, key: store.delete_dir(key),
    "is_empty": lambda store, key: store.is_empty(key),
    "getsize_prefix": lambda store, key: store.getsize_prefix(key),
}


def names_in(directory: Path) -> list[str]:
    """The names in a directory, in order."""
    return sorted(path.name for path in directory.iterdir())


@pytest.fixture
def outside(root: Path) -> Path:
    """A directory beside the root, with a file in it."""
    directory = root.parent / "outside"
    directory.mkdir(parents=True)
    (directory / "secret").write_bytes(b"secret")
    return directory


@pytest.fixture
def linked(filled: LocalStore, root: Path, outside: Path) -> LocalStore:
    """A store in whose root a directory, a file and nothing are linked to."""
    (root / "out").symlink_to(outside)
    (root / "a" / "out").symlink_to(outside)
    (root / "secret").symlink_to(outside / "secret")
    (root / "dangling").symlink_to(outside / "none")
    return filled


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_a_climbing_key_is_refused(filled: LocalStore, outside: Path, operation: str):
    """Every operation refuses it, and says why."""
    with pytest.raises(InvalidKeyError, match=r"'\.\./outside/secret'"):
        await OPERATIONS[operation](filled, "../outside/secret")


@pytest.mark.parametrize("listing", ["list_dir", "list_prefix", "list_pages"])
async def test_a_climbing_prefix_is_refused(filled: LocalStore, outside: Path, listing: str):
    """Every listing refuses it."""
    with pytest.raises(InvalidKeyError):
        [name async for name in getattr(filled, listing)("../outside")]


@pytest.mark.parametrize("key", ["out/secret", "secret", "dangling", "a/out/secret"])
async def test_nothing_is_read_through_a_link(linked: LocalStore, key: str):
    """What a link leads to is not in the store."""
    assert [await linked.get(key), await linked.exists(key), linked.get_sync(key)] == [None, False, None]


async def test_no_listing_shows_a_link(linked: LocalStore):
    """Neither a link nor what is behind it is listed."""
    listed = [key async for key in linked.list()] + [name async for name in linked.list_dir("")]
    assert sorted(listed) == ["a", "a/b", "c", "c"]


@pytest.mark.parametrize("prefix", ["out", "out/", "a/out"])
async def test_nothing_is_below_a_link(linked: LocalStore, prefix: str):
    """A link to a directory is no prefix."""
    found = [await linked.is_empty(prefix), await linked.getsize_prefix(prefix), [key async for key in linked.list_dir(prefix)]]
    assert found == [True, 0, []]


@pytest.mark.parametrize("operation", ["set", "set_if_not_exists", "set_partial_values"])
async def test_nothing_is_written_through_a_linked_directory(linked: LocalStore, outside: Path, operation: str):
    """A key that leads through a link cannot be set."""
    with pytest.raises(KeyConflictError, match="link"):
        await OPERATIONS[operation](linked, "out/new")
    assert names_in(outside) == ["secret"]


@pytest.mark.parametrize("operation", ["set", "set_if_not_exists", "set_partial_values"])
async def test_a_value_takes_the_place_of_a_link(linked: LocalStore, outside: Path, operation: str):
    """A link that stands where a key is set is replaced, and its target stays."""
    await OPERATIONS[operation](linked, "secret")
    assert (await linked.get("secret"), (outside / "secret").read_bytes()) == (b"new", b"secret")


@pytest.mark.parametrize("in_place", [False, True])
async def test_a_partial_write_does_not_reach_the_target_of_a_link(linked: LocalStore, outside: Path, in_place: bool):
    """It makes a value of its own."""
    with LocalStore(linked.root, partial_writes_in_place=in_place) as store:
        await store.set("secret", b"X", (0, 1))
    assert (outside / "secret").read_bytes() == b"secret"


@pytest.mark.parametrize("link", ["out", "a/out"])
async def test_delete_dir_removes_a_link_and_not_its_target(linked: LocalStore, root: Path, outside: Path, link: str):
    """The link goes, what it leads to stays."""
    await linked.delete_dir(link)
    assert ((root / link).is_symlink(), names_in(outside)) == (False, ["secret"])


async def test_delete_dir_removes_links_below_it_and_not_their_targets(linked: LocalStore, root: Path, outside: Path):
    """A tree is removed without following links in it."""
    await linked.delete_dir("a")
    assert ((root / "a").exists(), names_in(outside)) == (False, ["secret"])


async def test_clear_removes_links_and_not_their_targets(linked: LocalStore, names, outside: Path):
    """The root is emptied, and nothing else."""
    await linked.clear()
    assert (names(), names_in(outside)) == (set(), ["secret"])


async def test_delete_removes_a_link_and_not_its_target(linked: LocalStore, root: Path, outside: Path):
    """What stands in the key's place goes."""
    await linked.delete("secret")
    assert ((root / "secret").is_symlink(), names_in(outside)) == (False, ["secret"])


async def test_delete_does_not_reach_through_a_link(linked: LocalStore, outside: Path):
    """A key behind a link is a missing one."""
    await linked.delete("out/secret")
    await linked.delete_dir("out/secret")
    assert names_in(outside) == ["secret"]


async def test_a_root_may_be_reached_by_a_link(filled: LocalStore, root: Path):
    """Only what is below the root must not be a link."""
    (root.parent / "alias").symlink_to(root)
    with LocalStore(root.parent / "alias") as alias:
        assert await alias.get("a/b") == b"first"


async def test_what_is_no_regular_file_is_no_value(filled: LocalStore, root: Path):
    """A pipe is neither read, which would hang, nor listed."""
    os.mkfifo(root / "pipe")
    found = [await filled.get("pipe"), await filled.exists("pipe"), sorted([key async for key in filled.list()])]
    assert found == [None, False, ["a/b", "c"]]


@pytest.mark.parametrize("in_place", [False, True])
async def test_a_value_takes_the_place_of_a_pipe(filled: LocalStore, root: Path, in_place: bool):
    """Nothing waits for the pipe's other end."""
    os.mkfifo(root / "pipe")
    with LocalStore(root, partial_writes_in_place=in_place) as store:
        await store.set_partial_values([("pipe", 0, b"v")])
        assert await store.get("pipe") == b"v"


async def test_names_that_are_not_utf_8_are_not_listed(filled: LocalStore, root: Path):
    """A file whose name no key has is no part of the store."""
    Path(os.fsdecode(os.fsencode(root) + b"/\xff")).write_bytes(b"")
    assert sorted([key async for key in filled.list()]) == ["a/b", "c"]
