"""Opening, closing, and the identity of a zip store."""

import pickle
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from reference_stores import ZipStore
from storeproto import ReadOnlyStoreError, StoreClosedError, UnsupportedOperationError, supports_deletes, supports_listing

READS = {
    "get": lambda store: store.get("a"),
    "get_partial_values": lambda store: store.get_partial_values(None, [("a", None)]),
    "exists": lambda store: store.exists("a"),
    "getsize": lambda store: store.getsize("a"),
    "is_empty": lambda store: store.is_empty(""),
    "getsize_prefix": lambda store: store.getsize_prefix(""),
    "list": lambda store: anext(store.list()),
    "list_prefix": lambda store: anext(store.list_prefix("")),
    "list_dir": lambda store: anext(store.list_dir("")),
    "list_pages": lambda store: anext(store.list_pages()),
}
CHANGES = {
    "set": lambda store: store.set("a", b"new"),
    "set_if_not_exists": lambda store: store.set_if_not_exists("a", b"new"),
    "set_partial_values": lambda store: store.set_partial_values([("a", 0, b"new")]),
    "delete": lambda store: store.delete("a"),
    "delete of a missing key": lambda store: store.delete("missing"),
    "delete_dir": lambda store: store.delete_dir("b"),
    "clear": lambda store: store.clear(),
    "flush": lambda store: store.flush(),
}


def unpickled(data):
    """The store that these tests pickled."""
    return pickle.loads(data)  # noqa: S301  # made here


def each(operations):
    """Run a test once for each operation."""
    return pytest.mark.parametrize("operation", operations.values(), ids=operations.keys())


async def test_mode_r_reads(old_archive):
    """An archive is read by default."""
    assert await ZipStore(old_archive).get("b/c") == b"b/c" * 100


def test_mode_r_is_read_only(old_archive):
    """What is opened for reading refuses changes."""
    assert ZipStore(old_archive).read_only


@pytest.mark.parametrize("arguments", [{}, {"mode": "a", "read_only": True}])
def test_reading_creates_nothing(path, arguments):
    """Opening read-only what does not exist raises FileNotFoundError and leaves nothing (RDO-4)."""
    with pytest.raises(FileNotFoundError):
        ZipStore(path, **arguments)
    assert not path.exists()


def test_mode_a_with_read_only_locks_nothing(store, path):
    """A handle that only reads can be opened beside a writer."""
    store.set_sync("k", b"v")
    pickle.dumps(store)  # flushes
    assert ZipStore(path, mode="a", read_only=True).get_sync("k") == b"v"


async def test_mode_a_appends(old_archive, names):
    """Mode 'a' keeps what is there."""
    with ZipStore(old_archive, mode="a") as store:
        await store.set("new", b"v")
    assert names(old_archive) == ["a", "b/c", "b/d", "new"]


@pytest.mark.parametrize("mode", ["a", "w", "x"])
def test_a_writing_mode_makes_a_complete_archive(path, mode, names):
    """What does not exist is made, and is an archive though nothing is set."""
    ZipStore(path, mode=mode).close()
    assert names(path) == []


def test_mode_a_takes_an_empty_file_for_an_empty_archive(path, names):
    """A file that was only touched can be appended to."""
    path.touch()
    ZipStore(path, mode="a").close()
    assert names(path) == []


def test_mode_w_begins_anew(old_archive, names):
    """Mode 'w' puts an empty archive in the place of the old one."""
    ZipStore(old_archive, mode="w").close()
    assert names(old_archive) == []


async def test_mode_w_leaves_the_old_archive_to_its_readers(old_archive):
    """Who has the archive open goes on reading it, since nothing is written over."""
    reader = ZipStore(old_archive)
    ZipStore(old_archive, mode="w").close()
    assert await reader.get("a") == b"a" * 100


def test_mode_w_keeps_the_permissions(old_archive):
    """The new archive may be read by whoever could read the old one."""
    old_archive.chmod(0o640)
    ZipStore(old_archive, mode="w").close()
    assert old_archive.stat().st_mode & 0o777 == 0o640


def test_mode_w_follows_a_link(old_archive, tmp_path, names):
    """The archive that a link leads to is written, and the link stays."""
    link = tmp_path / "link.zip"
    link.symlink_to(old_archive)
    ZipStore(link, mode="w").close()
    assert link.is_symlink()
    assert names(old_archive) == []


def test_mode_x_refuses_what_exists(old_archive):
    """Mode 'x' makes an archive, or raises FileExistsError."""
    with pytest.raises(FileExistsError):
        ZipStore(old_archive, mode="x")


@pytest.mark.parametrize(
    "arguments",
    [{"mode": "r+"}, {"mode": "w", "read_only": True}, {"mode": "x", "read_only": True}, {"read_only": False}, {"compression": 1}],
)
def test_arguments_that_make_no_sense_are_refused(path, arguments):
    """A wrong or contradictory argument raises ValueError, and nothing is made."""
    with pytest.raises(ValueError, match=r"not allowed|mode '"):
        ZipStore(path, **arguments)
    assert not path.exists()


@pytest.mark.parametrize("mode", ["r", "a", "w"])
def test_a_directory_is_no_archive(tmp_path, mode):
    """A path that is no file is refused with an error that names it."""
    with pytest.raises(IsADirectoryError, match=tmp_path.name):
        ZipStore(tmp_path, mode=mode)


def test_the_documented_attributes(path):
    """The path is a pathlib.Path, and the options are there under their names."""
    with ZipStore(str(path), mode="w", compression=zipfile.ZIP_DEFLATED, allowZip64=False) as store:
        assert (store.path, store.compression, store.allowZip64) == (Path(path), zipfile.ZIP_DEFLATED, False)


def test_the_capabilities(store):
    """The flags say what the store does."""
    assert supports_listing(store)
    assert not supports_deletes(store)
    assert (store.supports_writes, store.supports_partial_writes) == (True, False)


@each(CHANGES)
async def test_a_read_only_handle_refuses_changes(old_archive, operation):
    """Every change raises ReadOnlyStoreError, and the archive stays as it was (RDO-1)."""
    before = old_archive.read_bytes()
    with pytest.raises(ReadOnlyStoreError):
        await operation(ZipStore(old_archive))
    assert old_archive.read_bytes() == before


@each(READS | CHANGES)
async def test_nothing_works_after_close(store, operation):
    """A closed handle raises StoreClosedError (LIF-3)."""
    store.close()
    with pytest.raises(StoreClosedError):
        await operation(store)


def test_close_twice(store):
    """A second close does nothing (LIF-2)."""
    store.close()
    store.close()


async def test_the_asynchronous_context_manager_closes(path, names):
    """Leaving `async with` makes the archive complete, after an exception too."""
    with suppress(KeyError):
        async with ZipStore(path, mode="w") as store:
            await store.set("k", b"v")
            raise KeyError
    assert names(path) == ["k"]


def test_a_store_that_is_dropped_is_closed(path, names):
    """The end of the last reference makes the archive complete."""
    ZipStore(path, mode="w").set_sync("k", b"v")
    assert names(path) == ["k"]


async def test_handles_share_their_data(store):
    """with_read_only gives a handle that sees at once what the other one sets (RDO-3)."""
    reader = store.with_read_only(read_only=True)
    await store.set("k", b"v")
    assert await reader.get("k") == b"v"


async def test_a_reading_handle_gives_a_writing_one(old_archive):
    """with_read_only(False) of a reader appends to the archive, and the reader sees it."""
    reader = ZipStore(old_archive)
    with reader.with_read_only(read_only=False) as writer:
        await writer.set("k", b"v")
        assert await reader.get("k") == b"v"


async def test_closing_one_handle_leaves_the_others_open(store):
    """Each handle is closed for itself (LIF-7)."""
    other = store.with_read_only(read_only=False)
    store.close()
    await other.set("k", b"v")
    assert await other.get("k") == b"v"
    other.close()


def test_handles_are_equal_where_place_and_mode_are(old_archive, tmp_path):
    """Equality and hash go by the file, whatever links lead there, and by whether changes are refused (LIF-6)."""
    (tmp_path / "link").symlink_to(old_archive)
    assert len({ZipStore(old_archive), ZipStore(tmp_path / "link")}) == 1


def test_another_mode_is_not_equal(store):
    """A reader and a writer of one archive differ."""
    assert store != store.with_read_only(read_only=True)


def test_another_type_is_not_equal(store):
    """A store is equal to no other object."""
    assert store != str(store)


def test_str_and_repr_name_the_place(store, path):
    """Str is a URL, and repr names the class as well (LIF-10)."""
    assert (str(store), repr(store)) == (f"zip://{path}", f"ZipStore('zip://{path}')")


def test_a_reader_is_pickled(old_archive):
    """A pickled reader comes back equal, and reads (LIF-5)."""
    store = ZipStore(old_archive)
    copy = unpickled(pickle.dumps(store))
    assert copy == store
    assert copy.get_sync("a") == b"a" * 100


@pytest.mark.parametrize("mode", ["w", "x"])
def test_unpickling_never_truncates(path, mode):
    """A store that was made new comes back as one that appends."""
    with ZipStore(path, mode=mode) as store:
        store.set_sync("k", b"v")
        pickled = pickle.dumps(store)
    with unpickled(pickled) as copy:
        assert (copy.get_sync("k"), copy.read_only) == (b"v", False)


def test_unpickling_joins_the_writer_in_this_process(store):
    """While the archive is being written, a copy is a handle of the same writer, not a second one."""
    copy = unpickled(pickle.dumps(store))
    copy.set_sync("k", b"v")
    assert store.get_sync("k") == b"v"
    copy.close()


def test_pickling_flushes(store, path):
    """Who gets the pickled store in another process finds everything that was set."""
    store.set_sync("k", b"v")
    pickle.dumps(store)
    assert ZipStore(path).get_sync("k") == b"v"


def test_unpickling_a_writer_whose_archive_has_gone_makes_none(path):
    """What is not there any more is not made anew."""
    with ZipStore(path, mode="w") as store:
        pickled = pickle.dumps(store)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        unpickled(pickled)


async def test_a_present_key_is_not_deleted(store):
    """Delete says that it is not supported, and nothing has changed (CAP-2)."""
    await store.set("a", b"v")
    with pytest.raises(UnsupportedOperationError, match="delete"):
        await store.delete("a")
    assert await store.get("a") == b"v"


async def test_deleting_a_missing_key_does_nothing(store):
    """There is nothing that would not be supported."""
    await store.delete("a")


async def test_a_directory_with_keys_is_not_deleted(store):
    """delete_dir says that it is not supported, and nothing has changed."""
    await store.set("a/b", b"v")
    with pytest.raises(UnsupportedOperationError, match="delete_dir"):
        await store.delete_dir("a")
    assert await store.exists("a/b")


async def test_deleting_a_directory_without_keys_does_nothing(store):
    """A key of the directory's own name is not below it."""
    await store.set("a", b"v")
    await store.delete_dir("a")


async def test_values_are_not_written_in_part(store):
    """set_partial_values says that it is not supported (CAP-4)."""
    with pytest.raises(UnsupportedOperationError, match="supports_partial_writes"):
        await store.set_partial_values([("a", 0, b"v")])


async def test_clear_empties_the_store_for_all_handles(store, collected):
    """After clear, nothing is listed, and the store works on."""
    reader = store.with_read_only(read_only=True)
    await store.set("a", b"v")
    await store.clear()
    await store.set("b", b"v")
    assert await collected(reader.list()) == ["b"]


async def test_clear_gives_the_space_back(store, path):
    """The file is as small as a new one."""
    await store.set("a", bytes(10_000))
    await store.clear()
    assert path.stat().st_size < 100
