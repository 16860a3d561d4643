"""Keys are data: each one names itself, or is refused before the file system sees it."""

import pytest

from reference_stores import RemoteStore
from storeproto import InvalidKeyError, KeyConflictError

# What fsspec, s3fs or a URL would expand, match, decode, cut off or take for a protocol.
SPECIAL = [
    *("a b", "a+b", "a%41", "a%2Fb", "a?b", "a?versionId=3", "a#b", "a*", "*", "**", "a?", "a[b]", "{a,b}"),
    *("~", "~root", "$HOME", "a::b", "a\\b", "a:b", "memory:", "file:", "s3:", "C:"),
    *("...", "a..b", ".a", "a.tmp", "a.partial", " lead", "trail ", "a&b<c>\"'", "a;b", "a|b^c`d", "a=b,c!d@e(f)"),
    *("\u00e9", "e\u0301", "\u65e5\u672c", "\U0001f600", "\uffff", "a\x85b", "a\u2028b"),
    *("a\tb", "a\rb", "a\x01b", "a\x7fb", "x/~/y", "x/*/y"),
]


async def _set(store: RemoteStore, key: str) -> bool:
    """Set a key to its own name; return whether the store takes it."""
    try:
        await store.set(key, key.encode())
    except (InvalidKeyError, FileNotFoundError):  # moto's server says 404 for a few
        return False
    return True


async def test_a_key_names_itself(store: RemoteStore):
    """Each key that the store takes is read and listed as it is."""
    taken = {key for key in SPECIAL if await _set(store, key)}
    found = {key async for key in store.list() if await store.get(key) == key.encode()}
    assert found == taken


async def test_a_key_that_is_refused_is_not_there(store: RemoteStore):
    """A key that the store does not take exists neither as it is nor as anything else."""
    refused = [key for key in SPECIAL if not await _set(store, key)]
    await store.clear()
    assert not [key for key in refused if await _set(store, key)] + [key async for key in store.list()]


async def test_a_key_is_deleted_by_its_name(store: RemoteStore):
    """A delete takes the key, and no other that it might match."""
    await store.set("other", b"v")
    wrong: list[str] = []
    for key in SPECIAL:
        if await _set(store, key):
            await store.delete(key)
            if [name async for name in store.list()] != ["other"]:
                wrong.append(key)
    assert wrong == []


@pytest.mark.parametrize("protocol", ["memory", "file", "s3"])
async def test_nothing_special_is_refused(reopen_on, protocol: str):
    """On S3, on local files and in memory the characters that mean something elsewhere are kept, not refused."""
    async with reopen_on(protocol)() as store:
        assert [key for key in SPECIAL if not await _set(store, key)] == []


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", ".", "..", "a/../b", "../x", "a\x00b", "\ud800"], ids=ascii)
async def test_an_illegal_key_is_refused(store: RemoteStore, key: str):
    """An illegal key raises InvalidKeyError, and is not given to the file system."""
    with pytest.raises(InvalidKeyError):
        await store.get(key)


@pytest.mark.parametrize("operation", ["exists", "getsize", "delete"])
async def test_a_climbing_key_is_refused_by_each_operation(store: RemoteStore, operation: str):
    """A key that climbs is refused by whatever takes a key."""
    with pytest.raises(InvalidKeyError):
        await getattr(store, operation)("../x")


async def test_a_climbing_key_is_not_written(store: RemoteStore):
    """A key that climbs is refused by set."""
    with pytest.raises(InvalidKeyError):
        await store.set("../x", b"v")


@pytest.mark.parametrize("prefix", ["../x", "a//b", "./a"])
async def test_a_climbing_prefix_is_refused(store: RemoteStore, prefix: str):
    """A prefix that climbs is refused."""
    with pytest.raises(InvalidKeyError):
        await store.delete_dir(prefix)


async def test_keys_differ_by_case(store: RemoteStore):
    """`a` and `A` are two keys."""
    await store.set("a", b"1")
    await store.set("A", b"2")
    assert await store.get("a") == b"1"


async def test_a_key_below_a_key(store: RemoteStore):
    """With `a` set, `a/b` is set beside it, or refused, and `a` stays."""
    await store.set("a", b"1")
    try:
        await store.set("a/b", b"2")
    except KeyConflictError:
        assert await store.get("a/b") is None
    assert await store.get("a") == b"1"


async def test_a_key_above_a_key(store: RemoteStore):
    """With `a/b` set, `a` is set beside it, or refused, and `a/b` stays."""
    await store.set("a/b", b"1")
    try:
        await store.set("a", b"2")
    except KeyConflictError:
        assert await store.get("a") is None
    assert await store.get("a/b") == b"1"


async def test_neighbours_above_and_below_can_be_overwritten(store: RemoteStore):
    """Where `a` and `a/b` live side by side, both can be stored anew."""
    await store.set("a/b", b"1")
    try:
        await store.set("a", b"2")
    except KeyConflictError:
        return
    await store.set("a/b", b"3")
    assert (await store.get("a"), await store.get("a/b")) == (b"2", b"3")


async def test_a_segment_of_255_bytes(store: RemoteStore):
    """A segment as long as file systems allow works."""
    await store.set("k" * 255, b"v")
    assert await store.get("k" * 255) == b"v"
