"""MemoryStore: values in a dictionary, with a listing index beside it."""

import asyncio
import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest

from reference_stores import MemoryStore
from reference_stores.key_index import KeyIndex
from storeproto import (
    InvalidKeyError,
    OffsetByteRequest,
    RangeByteRequest,
    ReadOnlyStoreError,
    Store,
    StoreClosedError,
    SuffixByteRequest,
    SupportsDeletes,
    SupportsDeleteSync,
    SupportsGetSync,
    SupportsListing,
    SupportsPartialWrites,
    SupportsSetSync,
    SupportsWrites,
)

KEYS = ["a", "a/b", "a/b/c", "ab/c", "z"]
ILLEGAL = ["", "/a", "a/", "a//b", ".", "..", "a/../b", "a\0", "\ud800"]


async def collected(listing):
    """Everything that a listing gives."""
    return [name async for name in listing]


async def contents(store):
    """Everything in a store."""
    return {key: await store.get(key) for key in await collected(store.list())}


def reads(key):
    """Each operation that reads `key` or below it, by name."""
    return {
        "get": lambda store: store.get(key),
        "get_partial_values": lambda store: store.get_partial_values(None, [(key, None)]),
        "exists": lambda store: store.exists(key),
        "getsize": lambda store: store.getsize(key),
    }


def changes(key):
    """Each operation that changes `key`, by name."""
    return {
        "set": lambda store: store.set(key, b"v"),
        "set with a byte range": lambda store: store.set(key, b"v", (0, 1)),
        "set_if_not_exists": lambda store: store.set_if_not_exists(key, b"v"),
        "set_partial_values": lambda store: store.set_partial_values([(key, 0, b"v")]),
        "delete": lambda store: store.delete(key),
    }


def of_directories(prefix):
    """Each operation on what is below `prefix`, by name."""
    return {
        "delete_dir": lambda store: store.delete_dir(prefix),
        "is_empty": lambda store: store.is_empty(prefix),
        "getsize_prefix": lambda store: store.getsize_prefix(prefix),
        "list_dir": lambda store: collected(store.list_dir(prefix)),
        "list_prefix": lambda store: collected(store.list_prefix(prefix)),
    }


async def clear(store):
    """Clear the store."""
    await store.clear()


async def list_all(store):
    """List the store."""
    return await collected(store.list())


EVERY_CHANGE = changes("a") | {"clear": clear, "delete_dir": lambda store: store.delete_dir("a")}
EVERY_OPERATION = reads("a") | changes("a") | of_directories("a") | {"clear": clear, "list": list_all}


def each(operations):
    """A test for each of the operations."""
    return pytest.mark.parametrize("operation", operations.values(), ids=operations.keys())


@pytest.fixture
async def store():
    """A store that holds each of KEYS under its own name."""
    store = MemoryStore()
    for key in KEYS:
        await store.set(key, key.encode())
    return store


# The class


@pytest.mark.parametrize(
    "protocol",
    [
        Store,
        SupportsWrites,
        SupportsDeletes,
        SupportsListing,
        SupportsPartialWrites,
        SupportsGetSync,
        SupportsSetSync,
        SupportsDeleteSync,
    ],
)
def test_it_is_a_store_that_can_do_everything(protocol):
    """MemoryStore is an instance of each of the protocols that it offers (TYP-1)."""
    assert isinstance(MemoryStore(), protocol)


@pytest.mark.parametrize("flag", ["supports_writes", "supports_deletes", "supports_partial_writes", "supports_listing"])
def test_every_flag_is_true(flag):
    """Each flag is the boolean True, on a read-only handle too (TYP-5)."""
    assert getattr(MemoryStore(read_only=True), flag) is True


def test_read_only_cannot_be_assigned(store):
    """The mode of a handle is fixed (TYP-6)."""
    with pytest.raises(AttributeError):
        store.read_only = True


# store_dict


async def test_a_given_dictionary_is_the_initial_data():
    """What is in store_dict is in the store."""
    assert await contents(MemoryStore({"a": b"1", "b/c": b"2"})) == {"a": b"1", "b/c": b"2"}


async def test_changes_of_the_store_show_in_the_dictionary():
    """What the store sets and deletes is set in and gone from store_dict."""
    shared = {"a": b"1"}
    store = MemoryStore(shared)
    await store.set("b", bytearray(b"2"))
    await store.delete("a")
    assert shared == {"b": b"2"}


async def test_changes_of_the_dictionary_show_in_the_store():
    """What others put into store_dict is in the store, in listings too."""
    shared: dict[str, bytes] = {}
    store = MemoryStore(shared)
    shared["d/e"] = b"3"
    assert (await contents(store), await collected(store.list_dir("d"))) == ({"d/e": b"3"}, ["e"])


async def test_an_empty_dictionary_is_shared_too():
    """An empty store_dict is used, and not replaced."""
    shared: dict[str, bytes] = {}
    await MemoryStore(shared).set("a", b"1")
    assert shared == {"a": b"1"}


async def test_other_values_in_the_dictionary_are_read_as_bytes():
    """A buffer that is in store_dict is read as a copy (GET-3)."""
    shared = {"a": bytearray(b"12")}
    value = await MemoryStore(shared).get("a")
    shared["a"][0] = 0
    assert value == b"12"


async def test_other_values_in_the_dictionary_have_their_size():
    """A value in store_dict is as large as its bytes, not as long as its items."""
    store = MemoryStore({"a/b": memoryview(b"12345678").cast("q")})
    assert (await store.getsize("a/b"), await store.getsize_prefix("a")) == (8, 8)


async def test_part_of_another_value_in_the_dictionary_can_be_written():
    """A partial write replaces a buffer in store_dict by bytes."""
    shared = {"a": bytearray(b"123")}
    await MemoryStore(shared).set_partial_values([("a", 1, b"x")])
    assert shared == {"a": b"1x3"}


@pytest.mark.parametrize("key", ILLEGAL, ids=ascii)
def test_an_illegal_key_in_the_dictionary_is_refused(key):
    """A store_dict with an illegal key makes no store."""
    with pytest.raises(InvalidKeyError):
        MemoryStore({key: b""})


@pytest.mark.parametrize("value", [None, "text", 3])
def test_what_is_no_value_in_the_dictionary_is_refused(value):
    """A store_dict with a value that is no buffer makes no store."""
    with pytest.raises(TypeError, match="a value must be a buffer"):
        MemoryStore({"a": value})


async def test_stores_are_separate_by_default():
    """Two stores that were given no dictionary do not see each other's keys (PRE-2)."""
    await MemoryStore().set("a", b"1")
    assert await contents(MemoryStore()) == {}


# Reading


@pytest.mark.parametrize(
    ("byte_range", "expected"),
    [
        (None, b"0123456789"),
        (RangeByteRequest(2, 4), b"23"),
        (RangeByteRequest(8, 12), b"89"),
        (RangeByteRequest(10, 12), b""),
        (OffsetByteRequest(7), b"789"),
        (OffsetByteRequest(11), b""),
        (SuffixByteRequest(3), b"789"),
        (SuffixByteRequest(0), b""),
        (SuffixByteRequest(11), b"0123456789"),
        ((2, 3), b"234"),
        ((None, 3), b"012"),
        ((7, None), b"789"),
        ((None, None), b"0123456789"),
    ],
    ids=repr,
)
async def test_get_takes_a_byte_range(byte_range, expected):
    """Get gives the bytes that the request or pair names."""
    assert await MemoryStore({"a": b"0123456789"}).get("a", byte_range=byte_range) == expected


@pytest.mark.parametrize("byte_range", [3, "bytes=0-1", slice(0, 1), (-1, 2)], ids=repr)
async def test_get_refuses_what_is_no_byte_range(store, byte_range):
    """Get raises TypeError or ValueError for what is no byte request (RNG-14)."""
    with pytest.raises((TypeError, ValueError), match="byte range"):
        await store.get("a", byte_range=byte_range)


@pytest.mark.parametrize("byte_range", [None, RangeByteRequest(0, 1), SuffixByteRequest(1)], ids=repr)
async def test_a_missing_key_is_none(store, byte_range):
    """A missing key reads as None, with a byte range too (GET-1, RNG-12)."""
    assert await store.get("missing", byte_range=byte_range) is None


async def test_a_directory_is_none(store):
    """A name that is only a prefix of keys reads as None (GET-2)."""
    assert await store.get("ab") is None


async def test_get_returns_what_was_set_without_a_copy(store):
    """Bytes are kept and returned as they are."""
    value = b"value"
    await store.set("new", value)
    assert await store.get("new") is value


async def test_get_gives_what_the_prototype_makes(store):
    """With a prototype the result is of its class (GET-4)."""

    class Prototype:
        buffer = type("Maker", (), {"from_bytes": staticmethod(bytearray)})

    assert type(await store.get("a", Prototype())) is bytearray


async def test_partial_values_come_in_the_order_of_the_requests(store):
    """One result comes for each request, None for a missing key; the requests may be an iterator (PAR-1 to PAR-5)."""
    requests = [("a/b", SuffixByteRequest(1)), ("missing", None), ("a", None), ("a/b", (0, 1))]
    assert await store.get_partial_values(None, iter(requests)) == [b"b", None, b"a", b"a"]


@pytest.mark.parametrize(("key", "expected"), [("a", True), ("a/b", True), ("ab", False), ("missing", False)])
async def test_exists_is_of_keys(store, key, expected):
    """Exists is true of keys, and not of directories (EXI-1)."""
    assert await store.exists(key) is expected


@pytest.mark.parametrize("key", ["missing", "ab"])
async def test_getsize_of_what_is_no_key_raises(store, key):
    """Getsize of a missing key or of a directory raises FileNotFoundError that names it (EXI-3)."""
    with pytest.raises(FileNotFoundError, match=repr(key)):
        await store.getsize(key)


@pytest.mark.parametrize("value", [b"", b"123"])
async def test_getsize_is_the_number_of_bytes(store, value):
    """Getsize counts bytes, none included (EXI-2)."""
    await store.set("a", value)
    assert await store.getsize("a") == len(value)


# Writing


@pytest.mark.parametrize(
    "value", [b"", b"123", bytearray(b"123"), memoryview(b"123456")[::2]], ids=["empty", "bytes", "bytearray", "view"]
)
async def test_set_stores_any_buffer_as_bytes(store, value):
    """Set stores a copy of any buffer as bytes (SET-1, SET-2, SET-8, SET-11)."""
    await store.set("new", value)
    assert (type(await store.get("new")), await store.get("new")) == (bytes, bytes(value))


async def test_set_keeps_no_reference_to_the_buffer(store):
    """A later change of the caller's buffer does not show (SET-8)."""
    value = bytearray(b"123")
    await store.set("new", value)
    value[0] = 0
    assert await store.get("new") == b"123"


@pytest.mark.parametrize("key", ["a", "new"])
async def test_set_refuses_what_is_no_value(store, key):
    """A value that is no buffer raises TypeError, and nothing changed (SET-9)."""
    before = await contents(store)
    with pytest.raises(TypeError, match="a value must be a buffer"):
        await store.set(key, "text")
    assert await contents(store) == before


@pytest.mark.parametrize("byte_range", [RangeByteRequest(1, 3), (1, 2), (1, None)], ids=repr)
async def test_set_with_a_byte_range_replaces_these_bytes(byte_range):
    """Set with a byte range replaces the named bytes of the value (PWR-7)."""
    store = MemoryStore({"a": b"0123"})
    await store.set("a", b"xy", byte_range)
    assert await store.get("a") == b"0xy3"


async def test_set_with_a_byte_range_of_another_length_is_refused():
    """A byte range that is not as long as the value raises ValueError, and nothing changed."""
    store = MemoryStore({"a": b"0123"})
    with pytest.raises(ValueError, match="names 2 bytes, and the value has 3"):
        await store.set("a", b"xyz", (1, 2))
    assert await store.get("a") == b"0123"


async def test_partial_values_make_a_missing_key():
    """A write to part of a missing key makes it, and lists it (PWR-5)."""
    store = MemoryStore()
    await store.set_partial_values([("d/k", 2, b"xy")])
    assert (await contents(store), await collected(store.list_dir("d"))) == ({"d/k": b"\0\0xy"}, ["k"])


@pytest.mark.parametrize("refused", [("a", -1, b"x"), ("a/../b", 0, b"x"), ("a", 0, "text"), ("z", 0, b"x")], ids=repr)
async def test_refused_partial_values_change_nothing(store, refused):
    """Where one of several partial writes is refused, none is made (PWR-6)."""
    before = await contents(store)
    with pytest.raises((ValueError, TypeError)):
        await store.set_partial_values([("z", 0, b"!"), ("new", 0, b"!"), refused])
    assert await contents(store) == before


@pytest.mark.parametrize(("key", "expected"), [("new", b"v"), ("a", b"a")])
async def test_set_if_not_exists_keeps_what_is_there(store, key, expected):
    """set_if_not_exists stores on a missing key and keeps a present one (NEW-1, NEW-2)."""
    await store.set_if_not_exists(key, b"v")
    assert await store.get(key) == expected


async def test_set_if_not_exists_keeps_the_empty_value(store):
    """The empty value is a value (NEW-2)."""
    await store.set("new", b"")
    await store.set_if_not_exists("new", b"v")
    assert await store.get("new") == b""


# Deleting


async def test_delete_removes_the_key_alone(store):
    """Delete removes one key, and neither what is below it nor its neighbours (DEL-3)."""
    await store.delete("a")
    assert set(await contents(store)) == {"a/b", "a/b/c", "ab/c", "z"}


async def test_delete_of_the_last_key_removes_the_directory(store):
    """A directory goes with its last key (DEL-5)."""
    await store.delete("ab/c")
    assert (await store.is_empty("ab"), sorted(await collected(store.list_dir("")))) == (True, ["a", "z"])


@pytest.mark.parametrize("key", ["missing", "ab", "a/b/c/d"])
async def test_delete_of_a_missing_key_changes_nothing(store, key):
    """Delete of what is not set raises nothing and changes nothing (DEL-2)."""
    await store.delete(key)
    assert set(await contents(store)) == set(KEYS)


async def test_delete_removes_an_empty_value(store):
    """A key whose value is empty is removed from the listings too (DEL-1)."""
    await store.set("e/f", b"")
    await store.delete("e/f")
    assert await store.is_empty("e")


@pytest.mark.parametrize("prefix", ["a", "a/"])
async def test_delete_dir_removes_what_is_below(store, prefix):
    """delete_dir removes what is below the directory, and not the key of its name (DEL-6, DEL-7)."""
    await store.delete_dir(prefix)
    assert set(await contents(store)) == {"a", "ab/c", "z"}


@each({"delete_dir": lambda store: store.delete_dir(""), "clear": clear})
async def test_everything_can_be_removed(store, operation):
    """delete_dir("") and clear() empty the store, which then still works (DEL-9)."""
    await operation(store)
    await store.set("d/new", b"v")
    assert (await contents(store), await collected(store.list_dir(""))) == ({"d/new": b"v"}, ["d"])


# Listing


async def test_list_gives_each_key_once(store):
    """List gives all keys, once (LST-1)."""
    assert sorted(await collected(store.list())) == KEYS


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [("", KEYS), ("a", KEYS[:-1]), ("a/", ["a/b", "a/b/c"]), ("a/b", ["a/b", "a/b/c"]), ("z/", []), ("missing", [])],
)
async def test_list_prefix_gives_the_keys_that_begin_so(store, prefix, expected):
    """list_prefix takes a string prefix and gives whole keys (LST-2, LST-3, LST-4, LST-7)."""
    assert sorted(await collected(store.list_prefix(prefix))) == expected


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [("", ["a", "ab", "z"]), ("a", ["b"]), ("a/", ["b"]), ("a/b", ["c"]), ("z", []), ("missing", [])],
)
async def test_list_dir_gives_the_children_once(store, prefix, expected):
    """list_dir gives names of keys and directories immediately below (LST-5, LST-6, LST-7)."""
    assert sorted(await collected(store.list_dir(prefix))) == expected


@pytest.mark.parametrize(("prefix", "expected"), [("", False), ("a", False), ("a/b/c", True), ("z", True), ("missing/", True)])
async def test_is_empty_says_whether_anything_is_below(store, prefix, expected):
    """is_empty is of what is below a directory (EXI-4)."""
    assert await store.is_empty(prefix) is expected


@pytest.mark.parametrize(("prefix", "expected"), [("", 14), ("a", 8), ("a/b", 5), ("z", 0), ("missing", 0)])
async def test_getsize_prefix_adds_up_what_is_below(store, prefix, expected):
    """getsize_prefix counts what is below a directory, and not the key of its name or its neighbours (EXI-5)."""
    assert await store.getsize_prefix(prefix) == expected


@pytest.mark.parametrize("operation", ["is_empty", "getsize_prefix"])
async def test_the_root_is_the_default(store, operation):
    """is_empty and getsize_prefix are of the whole store without a prefix."""
    assert await getattr(store, operation)() == await getattr(store, operation)("")


@pytest.mark.parametrize("shared", [None, {}], ids=["own", "shared"])
async def test_a_listing_is_of_the_moment_it_began(shared):
    """A change of the store while a listing is under way neither breaks nor changes the listing (LST-10)."""
    store = MemoryStore(shared)
    for key in KEYS:
        await store.set(key, b"")
    found = []
    async for key in store.list():
        found.append(key)
        await store.set(f"new/{key}", b"")
        await store.delete(key)
    assert sorted(found) == KEYS


async def test_a_listing_does_not_look_at_the_other_keys():
    """list_dir costs what it yields: the index is asked, not every key."""
    store = MemoryStore()
    await store.set("a/b", b"")
    store._contents.values = None
    assert await collected(store.list_dir("a")) == ["b"]


# What is refused


@pytest.mark.parametrize("key", ILLEGAL, ids=ascii)
@pytest.mark.parametrize("name", [*reads(""), *changes("")])
async def test_every_operation_refuses_an_illegal_key(store, name, key):
    """An illegal key is refused by every operation alike (KEY-12)."""
    with pytest.raises(InvalidKeyError, match="is not allowed"):
        await (reads(key) | changes(key))[name](store)


@pytest.mark.parametrize("key", ILLEGAL, ids=ascii)
async def test_an_illegal_key_is_refused_each_time(store, key):
    """That a key was asked for before makes it no legal one (KEY-12)."""
    for _ in range(2):
        with pytest.raises(InvalidKeyError, match="is not allowed"):
            await store.exists(key)


async def test_a_key_that_was_asked_for_in_vain_can_be_set(store):
    """A key that was not there once is found when it is set, and not when it is gone again."""
    found = [await store.exists("new")]
    await store.set("new", b"v")
    found.append(await store.exists("new"))
    await store.delete("new")
    assert [*found, await store.exists("new"), await store.get("new")] == [False, True, False, None]


@pytest.mark.parametrize("key", [None, 3, b"a", ("a",)], ids=repr)
@pytest.mark.parametrize("name", [*reads(""), *changes("")])
async def test_every_operation_refuses_what_is_no_str(store, name, key):
    """A key that is not a str raises TypeError from every operation (KEY-13)."""
    with pytest.raises(TypeError, match="the key must be a str"):
        await (reads(key) | changes(key))[name](store)


@pytest.mark.parametrize("prefix", [key for key in ILLEGAL if key not in ("", "a/")], ids=ascii)
@pytest.mark.parametrize("name", of_directories(""))
async def test_every_operation_refuses_an_illegal_prefix(store, name, prefix):
    """An illegal prefix is refused by every operation alike (KEY-12)."""
    with pytest.raises(InvalidKeyError, match="is not allowed"):
        await of_directories(prefix)[name](store)


@pytest.mark.parametrize("key", ILLEGAL, ids=ascii)
async def test_a_refused_key_is_not_stored(store, key):
    """After a refused set the store holds what it held (KEY-11)."""
    with pytest.raises(InvalidKeyError):
        await store.set(key, b"v")
    assert sorted(await collected(store.list())) == KEYS


# Read-only


@each(EVERY_CHANGE)
async def test_a_read_only_handle_refuses_a_change(store, operation):
    """Each operation that changes is refused on a read-only handle (RDO-1)."""
    with pytest.raises(ReadOnlyStoreError, match="this MemoryStore is read-only"):
        await operation(store.with_read_only(read_only=True))


@each(EVERY_CHANGE)
async def test_a_refused_change_changes_nothing(store, operation):
    """Nothing is written or removed through a read-only handle (RDO-1)."""
    with pytest.raises(ReadOnlyStoreError):
        await operation(store.with_read_only(read_only=True))
    assert await contents(store) == {key: key.encode() for key in KEYS}


async def test_a_read_only_handle_reads(store):
    """Reads and listings work on a read-only handle (RDO-2)."""
    assert await contents(store.with_read_only(read_only=True)) == {key: key.encode() for key in KEYS}


@pytest.mark.parametrize("mode", [True, False])
def test_a_new_handle_has_the_mode_asked_for(store, mode):
    """with_read_only gives a handle in the mode asked for."""
    assert store.with_read_only(mode).read_only is mode


def test_the_old_handle_keeps_its_mode(store):
    """with_read_only leaves the handle it is called on (RDO-3)."""
    store.with_read_only(read_only=True)
    assert store.read_only is False


@pytest.mark.parametrize("first", ["set", "listing"])
async def test_handles_share_the_data(store, first):
    """What is set through one handle is read and listed through the other (RDO-3)."""
    reader = store.with_read_only(read_only=True)
    await store.set("new/key", b"v")
    found = await reader.get("new/key") if first == "set" else await collected(reader.list_dir("new"))
    assert found == (b"v" if first == "set" else ["key"])


def test_a_subclass_gives_its_own_handles():
    """A handle of a subclass is of the subclass."""

    class Subclass(MemoryStore):
        pass

    assert type(Subclass().with_read_only()) is Subclass


# Life cycle


@each(EVERY_OPERATION)
async def test_a_closed_handle_refuses_everything(store, operation):
    """After close every operation raises (LIF-3)."""
    store.close()
    with pytest.raises(StoreClosedError, match="this MemoryStore is closed"):
        await operation(store)


def test_a_closed_handle_gives_no_other(store):
    """A closed handle opens no new one."""
    store.close()
    with pytest.raises(StoreClosedError):
        store.with_read_only()


async def test_a_closed_read_only_handle_says_that_it_is_closed(store):
    """A change asked of a closed read-only handle is refused because it is closed."""
    reader = store.with_read_only(read_only=True)
    reader.close()
    with pytest.raises(StoreClosedError):
        await reader.set("a", b"v")


def test_close_does_nothing_the_second_time(store):
    """Close can be called again (LIF-2)."""
    store.close()
    assert store.close() is None


async def test_closing_one_handle_leaves_the_others(store):
    """Another handle on the same data works on (LIF-7)."""
    other = store.with_read_only()
    store.close()
    await other.set("new", b"v")
    assert await other.get("new") == b"v"


async def test_with_closes(store):
    """The context manager closes its handle (LIF-2)."""
    with store as handle:
        assert handle is store
    with pytest.raises(StoreClosedError):
        await store.get("a")


async def fail_within(store):
    """Raise in the body of the asynchronous context manager."""
    async with store:
        raise ZeroDivisionError


async def test_async_with_closes_after_an_exception(store):
    """The asynchronous context manager closes its handle when its body raises, and lets the exception pass (LIF-2)."""
    with pytest.raises(ZeroDivisionError):
        await fail_within(store)
    with pytest.raises(StoreClosedError):
        await store.get("a")


def test_a_closed_handle_is_not_entered(store):
    """A closed handle cannot be used as a context manager."""
    store.close()
    with pytest.raises(StoreClosedError), store:
        pass


@pytest.mark.parametrize("how", [pickle.dumps, copy.copy, copy.deepcopy])
def test_it_is_not_pickled_or_copied(store, how):
    """Pickling and copying raise, since the copy would not share the data (LIF-5)."""
    with pytest.raises(TypeError, match="cannot be pickled or copied"):
        how(store)


def test_a_failed_pickling_keeps_the_data(store):
    """After a refused pickling the store still works (ERR-2)."""
    with pytest.raises(TypeError):
        pickle.dumps(store)
    assert store.get_sync("a") == b"a"


def test_handles_of_one_mode_are_equal(store):
    """Two handles of one mode on the same data are equal, and hash alike (LIF-6)."""
    other = store.with_read_only()
    assert (store, hash(store)) == (other, hash(other))


def test_handles_on_one_dictionary_are_equal():
    """Two stores over one store_dict are equal."""
    shared: dict[str, bytes] = {}
    assert MemoryStore(shared) == MemoryStore(shared)


@pytest.mark.parametrize("other", [MemoryStore(), MemoryStore({}), "a", None], ids=type)
def test_other_data_is_not_equal(store, other):
    """Stores of other data, and what is no store, are not equal (LIF-6)."""
    assert store != other


def test_another_mode_is_not_equal(store):
    """A read-only handle is not equal to a writable one (LIF-6)."""
    assert store != store.with_read_only(read_only=True)


def test_equality_outlives_the_close(store):
    """A closed handle equals and hashes as before, so that it can be found in a set."""
    handles = {store}
    store.close()
    assert store in handles


def test_the_representation_names_the_class_and_the_place(store):
    """The repr holds the class and the URL that str gives (LIF-10)."""
    assert repr(store) == f"MemoryStore('{store}')"


def test_the_place_is_a_url(store):
    """Str is a URL that handles on the same data have in common."""
    assert (str(store)[:9], str(store)) == ("memory://", str(store.with_read_only()))


# Without an event loop


def test_there_are_synchronous_forms():
    """get_sync, set_sync and delete_sync do what get, set and delete do."""
    store = MemoryStore()
    store.set_sync("a", b"0123", None)
    store.set_sync("a", b"x", (1, 1))
    store.set_sync("b", b"")
    store.delete_sync("b")
    assert (store.get_sync("a", byte_range=(0, 3)), store.get_sync("b")) == (b"0x2", None)


def test_it_works_in_one_loop_after_another():
    """A store made in one event loop works in another (LIF-8)."""
    store = asyncio.run(_filled())
    assert asyncio.run(store.get("a")) == b"1"


async def _filled():
    store = MemoryStore()
    await store.set("a", b"1")
    return store


# Threads


class WatchedIndex:
    """An index that is asked and changed only while the lock is held."""

    def __init__(self, contents) -> None:
        self.index, self.lock = contents.index, contents.lock

    def __getattr__(self, name) -> object:
        """Look at the lock before the index is used."""
        assert self.lock._is_owned(), f"{name} is used without the lock"
        return getattr(self.index, name)


@each(EVERY_OPERATION | {"set of a new key": lambda store: store.set("a/new", b"")})
async def test_the_index_is_touched_under_the_lock_alone(store, operation):
    """No operation lets another thread see the keys and the index apart."""
    store._contents.index = WatchedIndex(store._contents)
    await operation(store)


class InterruptedValues(dict):
    """Values whose change is followed by an interrupt, as Control-C may do."""

    def __setitem__(self, key, value) -> None:
        super().__setitem__(key, value)
        raise KeyboardInterrupt

    def pop(self, key, default=None):
        super().pop(key, default)
        raise KeyboardInterrupt

    def clear(self) -> None:
        super().clear()
        raise KeyboardInterrupt


@pytest.fixture
def interrupted() -> MemoryStore:
    """A store with the keys `a` and `b/c`, which is listed; an interrupt follows each change that is made."""
    store = MemoryStore()
    held = store._contents
    assert held is not None
    held.values = InterruptedValues({"a": b"1", "b/c": b"2"})
    held.index = KeyIndex(held.values)
    held.index.has_below("")
    return store


INTERRUPTED = {
    "set": (lambda store: store.set("d", b""), {"a", "b", "d"}),
    "set_if_not_exists": (lambda store: store.set_if_not_exists("d", b""), {"a", "b", "d"}),
    "set_partial_values": (lambda store: store.set_partial_values([("d", 0, b"")]), {"a", "b", "d"}),
    "delete": (lambda store: store.delete("b/c"), {"a"}),
    "delete_dir": (lambda store: store.delete_dir("b"), {"a"}),
    "clear": (lambda store: store.clear(), set()),
}


def interrupt(store, operation):
    """Run an operation that is interrupted, in a thread of its own."""

    def run() -> None:
        with pytest.raises(KeyboardInterrupt):
            operation(store).send(None)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()


@pytest.mark.parametrize("operation", [pytest.param(case[0], id=name) for name, case in INTERRUPTED.items()])
def test_after_an_interrupt_other_threads_go_on(interrupted, operation):
    """An operation that is interrupted while it has the lock lets go of it."""
    interrupt(interrupted, operation)
    assert interrupted._contents.lock.acquire(blocking=False)


@pytest.mark.parametrize(("operation", "children"), [pytest.param(*case, id=name) for name, case in INTERRUPTED.items()])
async def test_after_an_interrupt_listings_are_true(interrupted, operation, children):
    """A change that was made before the interrupt shows in listings."""
    interrupt(interrupted, operation)
    assert set(await collected(interrupted.list_dir(""))) == children


def test_an_interrupt_takes_no_lock_away(store):
    """An operation that is interrupted while it waits for the lock does not release it."""
    held = store._contents
    with ThreadPoolExecutor(1) as pool, held.lock:
        pool.submit(held._interrupted).result()
        assert pool.submit(held.lock.acquire, blocking=False).result() is False
