"""StorePath: a store and a path in it."""

import inspect
import re

import pytest

from reference_stores import MemoryStore
from storeproto import InvalidKeyError, ReadOnlyStoreError, StorePath, UnsupportedOperationError, default_buffer_prototype
from storeproto.store_path import ACCESS_MODES

CONTENTS = {"a": b"0123456789", "a/b": b"x", "a/b/c": b"y", "ab": b"z"}
WRITING_MODES = ["r+", "a", "w", "w-"]


class WriteOnceStore(MemoryStore):
    """A store whose keys cannot be removed."""

    supports_deletes = False


class UnlistedStore(MemoryStore):
    """A store whose keys cannot be listed."""

    supports_listing = False


class UnwritableStore(MemoryStore):
    """A store that cannot be written to."""

    supports_writes = False


class NamedStore(MemoryStore):
    """A store whose name is a URL that ends in a slash."""

    def __str__(self) -> str:
        return "named://root/"


@pytest.fixture
def store():
    """A store with a few keys, some of which are also directories."""
    return MemoryStore(dict(CONTENTS))


async def contents(store):
    """Everything in a store."""
    return {key: await store.get(key) async for key in store.list()}


# What it is


def test_it_has_a_store_and_a_path(store):
    """The store and the path are attributes."""
    path = StorePath(store, "a/b")
    assert (path.store, path.path) == (store, "a/b")


def test_without_a_path_it_is_the_root(store):
    """The path is the root where none is given."""
    assert StorePath(store).path == ""


@pytest.mark.parametrize("given", ["/a/b", "a/b/", "a//b", "//a/b//"])
def test_needless_slashes_go(store, given):
    """The path is known without leading, trailing and doubled slashes."""
    assert StorePath(store, given).path == "a/b"


@pytest.mark.parametrize("given", ["..", "a/../b", "./a", "a\0"])
def test_a_path_that_no_key_may_have_is_refused(store, given):
    """A path with a dotted segment or a NUL is refused when it is made."""
    with pytest.raises(InvalidKeyError):
        StorePath(store, given)


@pytest.mark.parametrize("read_only", [True, False])
def test_read_only_is_the_stores(read_only):
    """read_only is what the store says."""
    assert StorePath(MemoryStore(read_only=read_only), "a").read_only is read_only


@pytest.mark.parametrize(
    ("left", "right", "whole"), [("", "a", "a"), ("a", "b", "a/b"), ("a", "b/c", "a/b/c"), ("a", "/b/", "a/b"), ("a", "", "a")]
)
def test_the_slash_operator_goes_down(store, left, right, whole):
    """Dividing by a name gives the path below."""
    assert (StorePath(store, left) / right).path == whole


def test_the_slash_operator_never_goes_up(store):
    """Dividing by a climbing path is refused, not resolved."""
    with pytest.raises(InvalidKeyError):
        StorePath(store, "a/b") / "../c"


@pytest.mark.parametrize("other", [None, 0, b"b"], ids=repr)
def test_the_slash_operator_takes_a_str(store, other):
    """Dividing by what is no str raises TypeError."""
    with pytest.raises(TypeError, match="must be a str"):
        StorePath(store, "a") / other


def test_the_slash_operator_keeps_the_class(store):
    """A subclass of StorePath gives its own kind."""

    class Subclass(StorePath):
        pass

    assert type(Subclass(store) / "a") is Subclass


@pytest.mark.parametrize(("path", "text"), [("", "named://root/"), ("a/b", "named://root/a/b")])
def test_its_text_continues_the_stores(path, text):
    """Str gives the store's text, one slash, and the path."""
    assert str(StorePath(NamedStore(), path)) == text


@pytest.mark.parametrize(("path", "end"), [("", ""), ("a/b", "/a/b")])
def test_a_slash_goes_between_the_store_and_the_path(store, path, end):
    """Str puts a slash behind a store whose text has none at its end."""
    assert str(StorePath(store, path)) == f"{store}{end}"


def test_the_representation_names_the_store_and_the_path(store):
    """The repr names the class, the store and the path (LIF-10)."""
    assert repr(StorePath(store, "a")) == f"StorePath({store!r}, 'a')"


def test_paths_in_equal_stores_are_equal(store):
    """The same path in equal stores is equal, and hashes alike."""
    one, other = StorePath(store, "a"), StorePath(store.with_read_only(), "/a")
    assert (one, hash(one)) == (other, hash(other))


@pytest.mark.parametrize("other", ["a", None, ("a",)])
def test_a_path_is_not_equal_to_what_is_none(store, other):
    """A path equals nothing but a path."""
    assert StorePath(store, "a") != other


def test_other_paths_are_not_equal(store):
    """Two paths in one store are different."""
    assert StorePath(store, "a") != StorePath(store, "a/b")


def test_paths_in_other_stores_are_not_equal(store):
    """One path in two stores is not equal."""
    assert StorePath(store, "a") != StorePath(MemoryStore(), "a")


def test_a_path_in_a_store_that_cannot_be_hashed_can_be():
    """A path can be hashed where its store cannot."""

    class Unhashable(MemoryStore):
        __hash__ = None

    assert isinstance(hash(StorePath(Unhashable(), "a")), int)


@pytest.mark.parametrize("name", ["store", "path"])
def test_it_says_where_it_is_documented(name):
    """The attributes are in the class's docstring."""
    assert f"\n    {name}: " in inspect.cleandoc(StorePath.__doc__)  # Python 3.13 has cleaned it already


# Reading


async def test_get_gives_the_value(store):
    """Get returns the value of the key."""
    assert await StorePath(store, "a/b").get() == b"x"


async def test_get_of_a_missing_key_is_none(store):
    """Get of what is not set is None."""
    assert await StorePath(store, "missing").get() is None


@pytest.mark.parametrize("byte_range", [(2, 3), (None, 3), (7, None), (None, None)])
async def test_get_takes_the_pair(store, byte_range):
    """Get takes the older form (start, length), either of them None."""
    start, length = byte_range
    begin = start or 0
    end = len(CONTENTS["a"]) if length is None else begin + length
    assert await StorePath(store, "a").get(byte_range=byte_range) == CONTENTS["a"][begin:end]


async def test_get_hands_the_store_a_request_and_never_a_pair():
    """A store that knows only the request classes is read with a pair all the same."""
    seen = []

    class Strict(MemoryStore):
        async def get(self, key, prototype=None, byte_range=None):
            seen.append(byte_range)
            return await super().get(key, prototype, byte_range)

    await StorePath(Strict(), "a").get(byte_range=(2, 3))
    assert [type(request).__name__ for request in seen] == ["RangeByteRequest"]


async def test_get_hands_the_prototype_on(store):
    """Get gives what the prototype makes."""

    class Shouting:
        buffer = type("Shouting", (), {"from_bytes": staticmethod(lambda value: value.decode().upper())})

    assert await StorePath(store, "a/b").get(prototype=Shouting()) == "X"


async def test_get_takes_prototype_and_range_by_position(store):
    """The prototype comes first and the byte range second."""
    assert await StorePath(store, "a").get(default_buffer_prototype(), (None, 1)) == b"0"


@pytest.mark.parametrize(("path", "expected"), [("a", True), ("a/b/c", True), ("a/b/c/d", False), ("missing", False)])
async def test_exists_asks_for_the_key(store, path, expected):
    """Exists tells whether the key itself is set."""
    assert await StorePath(store, path).exists() is expected


class UnpagedStore(MemoryStore):
    """A store without a paged listing."""

    list_pages = None


@pytest.mark.parametrize("kind", [MemoryStore, UnpagedStore])
async def test_list_pages_gives_the_keys_below(kind):
    """The pages hold the keys below the path, whole and each once, whether the store has pages or not."""
    store = kind({"ab": b"", **{f"a/{number}": b"" for number in range(2500)}})
    pages = [page async for page in StorePath(store, "a").list_pages()]
    assert sorted(key for page in pages for key in page) == sorted(f"a/{number}" for number in range(2500))


async def test_list_pages_takes_the_pages_of_the_store(monkeypatch):
    """A store that offers pages is asked for them, and not for its keys one by one."""
    monkeypatch.setattr(MemoryStore, "list_prefix", None)
    assert [page async for page in StorePath(MemoryStore({"a": b""})).list_pages()] == [["a"]]


async def test_list_pages_without_pages_of_the_store():
    """Of a store without pages they are of a thousand keys."""
    store = UnpagedStore({str(number): b"" for number in range(2500)})
    assert [len(page) async for page in StorePath(store).list_pages()] == [1000, 1000, 500]


@pytest.mark.parametrize("method", ["list_pages", "list_prefix"])
async def test_list_pages_can_be_left(method):
    """A listing that is left early ends at once, the store's with it."""
    ended = []

    async def listing(prefix):
        try:
            for number in range(3000):
                yield [str(number)] if method == "list_pages" else str(number)
        finally:
            ended.append(prefix)

    store = type("ListingStore", (UnpagedStore,), {method: staticmethod(listing)})()
    pages = StorePath(store, "a").list_pages()
    await anext(pages)
    await pages.aclose()
    assert ended == ["a/"]


@pytest.mark.parametrize(("path", "expected"), [("", False), ("a", False), ("a/b/c", True), ("ab", True), ("missing", True)])
async def test_is_empty_asks_what_is_below(store, path, expected):
    """is_empty tells whether any key is below the path, which may be a key itself."""
    assert await StorePath(store, path).is_empty() is expected


# Changing


async def test_set_stores_the_value(store):
    """Set stores under the path, in place of what was there."""
    await StorePath(store, "a/b").set(b"new")
    assert await contents(store) == CONTENTS | {"a/b": b"new"}


@pytest.mark.parametrize("byte_range", [(0, 1), (None, None)])
async def test_set_takes_no_byte_range(store, byte_range):
    """Set with a byte range raises NotImplementedError, as documented."""
    with pytest.raises(NotImplementedError, match="byte_range"):
        await StorePath(store, "a").set(b"x", byte_range)


async def test_a_refused_byte_range_changes_nothing(store):
    """A set that was refused for its byte range has written nothing."""
    with pytest.raises(NotImplementedError):
        await StorePath(store, "a").set(b"x", byte_range=(0, 1))
    assert await contents(store) == CONTENTS


@pytest.mark.parametrize(("path", "expected"), [("new", b"default"), ("a/b", b"x")])
async def test_set_if_not_exists_keeps_what_is_there(store, path, expected):
    """set_if_not_exists stores where nothing is, and keeps what is."""
    await StorePath(store, path).set_if_not_exists(default=b"default")
    assert await store.get(path) == expected


async def test_delete_removes_the_key_alone(store):
    """Delete removes the key and leaves what is below it."""
    await StorePath(store, "a").delete()
    assert await contents(store) == {key: value for key, value in CONTENTS.items() if key != "a"}


async def test_delete_dir_removes_what_is_below(store):
    """delete_dir removes all that is below the path, and neither the key nor its neighbours."""
    await StorePath(store, "a").delete_dir()
    assert set(await contents(store)) == {"a", "ab"}


@pytest.mark.parametrize(
    ("kind", "flag", "call"),
    [
        (UnwritableStore, "supports_writes", lambda path: path.set(b"x")),
        (UnwritableStore, "supports_writes", lambda path: path.set_if_not_exists(b"x")),
        (WriteOnceStore, "supports_deletes", lambda path: path.delete()),
        (WriteOnceStore, "supports_deletes", lambda path: path.delete_dir()),
        (UnlistedStore, "supports_listing", lambda path: path.is_empty()),
        (UnlistedStore, "supports_listing", lambda path: anext(path.list_pages())),
    ],
    ids=["set", "set_if_not_exists", "delete", "delete_dir", "is_empty", "list_pages"],
)
async def test_what_the_store_does_not_support_is_refused(kind, flag, call):
    """An operation whose flag is False raises UnsupportedOperationError that names the flag."""
    with pytest.raises(UnsupportedOperationError, match=f"{kind.__name__} does not offer it \\({flag} is False\\)"):
        await call(StorePath(kind(), "a"))


# Opening


@pytest.mark.parametrize("mode", [None, "r", "r+", "a"])
async def test_modes_that_change_nothing(store, mode):
    """Opening with no mode, 'r', 'r+' or 'a' leaves everything as it is."""
    await StorePath.open(store, "a", mode)
    assert await contents(store) == CONTENTS


@pytest.mark.parametrize("mode", [None, *ACCESS_MODES])
async def test_open_gives_the_path(mode):
    """Opening gives the path in the store."""
    store = MemoryStore()
    assert await StorePath.open(store, "/x/", mode=mode) == StorePath(store, "x")


async def test_open_gives_its_own_class(store):
    """A subclass of StorePath opens its own kind."""

    class Subclass(StorePath):
        pass

    assert type(await Subclass.open(store, "a")) is Subclass


async def test_w_deletes_what_is_nested(store):
    """The mode 'w' deletes all that is below the path, and nothing else."""
    await StorePath.open(store, "a", "w")
    assert set(await contents(store)) == {"a", "ab"}


async def test_w_at_the_root_deletes_everything(store):
    """The mode 'w' at the root empties the store."""
    await StorePath.open(store, "", "w")
    assert await contents(store) == {}


@pytest.mark.parametrize("path", ["", "a", "a/b", "a/b/c", "ab"])
async def test_w_minus_refuses_a_path_in_use(store, path):
    """The mode 'w-' raises FileExistsError for a path that is a key or has keys below it."""
    with pytest.raises(FileExistsError, match=f"{StorePath(store, path)} is in use"):
        await StorePath.open(store, path, "w-")


async def test_w_minus_that_is_refused_changes_nothing(store):
    """The mode 'w-' deletes nothing."""
    with pytest.raises(FileExistsError):
        await StorePath.open(store, "a", "w-")
    assert await contents(store) == CONTENTS


async def test_w_minus_makes_what_is_new(store):
    """The mode 'w-' opens a path that nothing is at, though names beside it begin with it."""
    assert (await StorePath.open(store, "a/b/cc", "w-")).path == "a/b/cc"


@pytest.mark.parametrize("mode", WRITING_MODES)
async def test_a_read_only_store_refuses_a_writing_mode(store, mode):
    """A mode that writes is refused on a read-only handle with an error that names the mode."""
    with pytest.raises(ReadOnlyStoreError, match=re.escape(f"mode '{mode}'")):
        await StorePath.open(store.with_read_only(read_only=True), "new", mode)


@pytest.mark.parametrize("mode", WRITING_MODES)
async def test_a_refused_mode_changes_nothing(store, mode):
    """A mode that a read-only handle refuses has deleted nothing."""
    with pytest.raises(ReadOnlyStoreError):
        await StorePath.open(store.with_read_only(read_only=True), "a", mode)
    assert await contents(store) == CONTENTS


@pytest.mark.parametrize("mode", [None, "r"])
async def test_a_read_only_store_can_be_read(store, mode):
    """A read-only handle is opened with 'r' and without a mode."""
    assert await (await StorePath.open(store.with_read_only(read_only=True), "a/b", mode)).get() == b"x"


@pytest.mark.parametrize("mode", ["x", "", "rw", 3])
async def test_an_unknown_mode_is_refused(store, mode):
    """Another mode raises ValueError that names those that there are."""
    with pytest.raises(ValueError, match=r"is not allowed: give one of 'r', 'r\+', 'a', 'w', 'w-', or None"):
        await StorePath.open(store, "a", mode)


async def test_w_without_deletes_opens_what_is_empty():
    """The mode 'w' needs no deleting where nothing is below the path."""
    assert (await StorePath.open(WriteOnceStore({"a": b""}), "b", "w")).path == "b"


async def test_w_without_deletes_refuses_what_is_not_empty():
    """The mode 'w' is refused where it would have to delete and the store cannot."""
    with pytest.raises(UnsupportedOperationError, match="supports_deletes"):
        await StorePath.open(WriteOnceStore({"a/b": b""}), "a", "w")


async def test_w_minus_without_listing_is_refused():
    """The mode 'w-' is refused where the store cannot tell what is below the path."""
    with pytest.raises(UnsupportedOperationError, match="supports_listing"):
        await StorePath.open(UnlistedStore(), "a", "w-")


async def test_w_without_listing_deletes():
    """The mode 'w' needs no listing where the store deletes."""
    store = UnlistedStore({"a/b": b""})
    await StorePath.open(store, "a", "w")
    assert not await store.exists("a/b")
