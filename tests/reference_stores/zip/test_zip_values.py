"""Reading and writing values in a zip store."""

import zipfile

import pytest

from reference_stores import ZipStore
from reference_stores.zip_archives.positioned_file import PositionedFile
from storeproto import InvalidKeyError, OffsetByteRequest, RangeByteRequest, SuffixByteRequest

METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
each_method = pytest.mark.parametrize("method", METHODS)
SIZES = [0, 1, 1000, 65_536, 65_537, 1_100_000]


def value_of(size):
    """Bytes that can be compressed and tell where they come from."""
    return b"".join([number.to_bytes(4, "big") for number in range(size // 4 + 1)])[:size]


@each_method
@pytest.mark.parametrize("size", SIZES)
async def test_a_value_comes_back(path, method, size):
    """What was set is got, in the same handle and by a new one."""
    with ZipStore(path, mode="w", compression=method) as store:
        await store.set("k", value_of(size))
        assert await store.get("k") == value_of(size)
    assert await ZipStore(path).get("k") == value_of(size)


@each_method
@pytest.mark.parametrize("size", SIZES)
async def test_the_standard_library_reads_it(path, method, size):
    """The zipfile module finds the value whole and its checksum right, compressed by the method that was asked for."""
    with ZipStore(path, mode="w", compression=method) as store:
        await store.set("k", value_of(size))
    with zipfile.ZipFile(path) as archive:
        assert archive.read("k") == value_of(size)
        assert archive.getinfo("k").compress_type == method


@each_method
@pytest.mark.parametrize("size", SIZES)
async def test_what_the_standard_library_wrote_is_read(path, method, size):
    """Any method of the zipfile module is read."""
    with zipfile.ZipFile(path, "w", compression=method) as archive:
        archive.writestr("k", value_of(size))
    assert await ZipStore(path).get("k") == value_of(size)


async def test_streamed_members_are_read(path):
    """Members whose headers do not say how long they are, as written to a pipe, are found by the directory."""
    with path.open("wb") as file, zipfile.ZipFile(Unseekable(file), "w") as archive:
        archive.writestr("k", b"value")
    assert await ZipStore(path).get("k") == b"value"


class Unseekable:
    """A file that can only be written on, like a pipe."""

    def __init__(self, file) -> None:
        self.write, self.flush = file.write, file.flush


@each_method
@pytest.mark.parametrize(
    ("request_", "part"),
    [
        (RangeByteRequest(10, 20), slice(10, 20)),
        (RangeByteRequest(1_099_990, 1_200_000), slice(1_099_990, 1_100_000)),
        (RangeByteRequest(1_048_570, 1_048_580), slice(1_048_570, 1_048_580)),
        (RangeByteRequest(1_100_000, 1_100_001), slice(0, 0)),
        (OffsetByteRequest(1_000_500), slice(1_000_500, None)),
        (SuffixByteRequest(7), slice(-7, None)),
        (SuffixByteRequest(0), slice(0, 0)),
        ((3, 4), slice(3, 7)),
    ],
)
async def test_a_byte_range_is_that_part(path, method, request_, part):
    """Every request gives the bytes that it names, whatever the compression."""
    with ZipStore(path, mode="w", compression=method) as store:
        await store.set("k", value_of(1_100_000))
        assert await store.get("k", byte_range=request_) == value_of(1_100_000)[part]


async def test_get_partial_values_gives_what_get_gives(store):
    """Results stand in the order of the requests, with None for missing keys."""
    await store.set("k", b"0123456789")
    requests = [("k", RangeByteRequest(2, 4)), ("missing", None), ("k", None), ("k", SuffixByteRequest(1))]
    assert await store.get_partial_values(None, iter(requests)) == [b"23", None, b"0123456789", b"9"]


async def test_get_partial_values_of_large_values(store):
    """Values that are read in a thread come in order too."""
    await store.set("k", value_of(1_100_000))
    assert await store.get_partial_values(None, [("k", None), ("k", (5, 5))]) == [value_of(1_100_000), value_of(10)[5:]]


class Prototype:
    """Names bytearray as the class of what is read."""

    class buffer:  # noqa: N801
        """Makes a bytearray."""

        from_bytes = bytearray


@pytest.mark.parametrize("size", [10, 1_100_000])
async def test_the_prototype_names_the_class(store, size):
    """Values come in the class that the prototype names (GET-4)."""
    await store.set("k", value_of(size))
    assert type(await store.get("k", Prototype())) is bytearray
    assert [type(value) for value in await store.get_partial_values(Prototype(), [("k", None), ("m", None)])] == [
        bytearray,
        type(None),
    ]


@pytest.fixture
def reads(monkeypatch):
    """The sizes of all reads of files."""
    sizes = []
    read = PositionedFile.read

    def watched(self, size, offset):
        sizes.append(size)
        return read(self, size, offset)

    monkeypatch.setattr(PositionedFile, "read", watched)
    return sizes


async def test_a_range_reads_that_range_only(store, reads):
    """Nothing else of a stored value is read."""
    await store.set("k", value_of(1_100_000))
    reads.clear()
    await store.get("k", byte_range=RangeByteRequest(1_000_000, 1_000_256))
    assert reads == [256]


async def test_the_first_range_after_opening_reads_the_header_too(store, path, reads):
    """A new handle looks once for where the data begin."""
    await store.set("k", value_of(1_100_000))
    store.close()
    reader = ZipStore(path)
    reads.clear()
    await reader.get("k", byte_range=RangeByteRequest(1_000_000, 1_000_256))
    assert len(reads) == 2
    assert sum(reads) < 500


async def test_a_reader_waits_for_no_writer(store):
    """Values are read while a change is under way."""
    await store.set("k", b"v")
    with store._archive._changing:
        assert await store.get("k") == b"v"


async def test_a_small_set_waits_in_a_thread_for_another_writer(store):
    """The event loop goes on while a set waits for its turn."""
    changing = store._archive._changing
    changing.acquire()
    waiting = store._begin_put("set", "k", b"v", keep=False)
    changing.release()
    await waiting
    assert await store.get("k") == b"v"


async def test_an_overwritten_key_is_one_key(store, path, names, collected):
    """It is listed once, here and in the directory of the closed archive."""
    await store.set("k", b"old")
    await store.set("other", b"v")
    await store.set("k", b"new")
    assert await collected(store.list()) == ["k", "other"]
    store.close()
    assert sorted(names(path)) == ["k", "other"]


@pytest.mark.parametrize("flush", [True, False])
async def test_an_old_member_is_overwritten(old_archive, names, flush):
    """A key of the archive that is appended to is one key, with the new value, after any number of flushes."""
    with ZipStore(old_archive, mode="a") as store:
        await store.set("b/c", b"new")
        if flush:
            await store.flush()
        await store.set("b/d", b"new")
    assert sorted(names(old_archive)) == ["a", "b/c", "b/d"]
    with zipfile.ZipFile(old_archive) as archive:
        assert (archive.read("b/c"), archive.testzip()) == (b"new", None)


async def test_what_is_not_a_key_stays_in_the_archive(path, names):
    """Appending keeps members that the store does not list."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.mkdir("directory")
        archive.writestr("directory/k", "old")
    with ZipStore(path, mode="a") as store:
        await store.set("directory/k", b"new")
    assert sorted(names(path)) == ["directory/", "directory/k"]


async def test_comments_and_attributes_stay(path):
    """Appending keeps what else the directory says of the members and of the archive."""
    member = zipfile.ZipInfo("a", (1999, 12, 31, 23, 59, 58))
    member.comment, member.external_attr = b"of a member", 0o600 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, "v")
        archive.comment = b"of the archive"
    with ZipStore(path, mode="a") as store:
        await store.set("b", b"v")
    with zipfile.ZipFile(path) as archive:
        kept = archive.getinfo("a")
        assert (kept.comment, kept.external_attr, kept.date_time) == (member.comment, member.external_attr, member.date_time)
        assert archive.comment == b"of the archive"


async def test_set_if_not_exists_sets_a_missing_key(store):
    """On a missing key it stores the value (NEW-1)."""
    await store.set_if_not_exists("k", b"first")
    assert await store.get("k") == b"first"


async def test_set_if_not_exists_keeps_a_present_value(store):
    """On a present key, with an empty value too, it changes nothing (NEW-2)."""
    await store.set("k", b"")
    await store.set_if_not_exists("k", b"second")
    assert await store.get("k") == b""


async def test_the_caller_s_buffer_is_not_kept(store):
    """Changing the buffer after set changes nothing stored (SET-8)."""
    buffer = bytearray(b"old")
    await store.set("k", buffer)
    buffer[:] = b"new"
    assert await store.get("k") == b"old"


async def test_a_value_that_is_no_buffer_is_refused(store):
    """Set raises TypeError, and nothing has changed (SET-9)."""
    with pytest.raises(TypeError):
        await store.set("k", "text")
    assert not await store.exists("k")


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "..", "a/../b", "a\0", "\ud800"], ids=ascii)
async def test_an_illegal_key_is_refused(store, key):
    """Every operation raises InvalidKeyError (KEY-12)."""
    for operation in (store.get(key), store.exists(key), store.getsize(key), store.delete(key), store.set(key, b"v")):
        with pytest.raises(InvalidKeyError):
            await operation


@pytest.mark.parametrize("key", ["é", "e\u0301", "a\\b", "C:\\x", "%2F", "~", "a\n", "\U0001f600", "k" * 65_535], ids=ascii)
async def test_a_legal_key_is_the_name_of_the_member(store, path, names, key):
    """Keys are names as they are, for this store and for the standard library."""
    await store.set(key, b"v")
    store.close()
    assert names(path) == [key]
    assert await ZipStore(path).get(key) == b"v"


async def test_a_key_longer_than_a_name_is_refused(store):
    """A key of more than 65,535 bytes in UTF-8 raises InvalidKeyError, and reads as missing."""
    with pytest.raises(InvalidKeyError, match="65536 bytes"):
        await store.set("é" * 32_768, b"v")
    assert await store.get("é" * 32_768) is None


async def test_names_in_the_old_encoding_are_read(path, collected):
    """A name without the flag for UTF-8 is in code page 437."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xx", b"v")
    path.write_bytes(path.read_bytes().replace(b"xx", b"\x82\x82"))
    assert await collected(ZipStore(path).list()) == ["éé"]


async def test_a_missing_key_reads_as_none(store):
    """Get gives None, exists False, and getsize raises FileNotFoundError."""
    assert (await store.get("k"), await store.exists("k")) == (None, False)
    with pytest.raises(FileNotFoundError):
        await store.getsize("k")


async def test_getsize_is_of_the_value(path):
    """Compression does not show in sizes."""
    with ZipStore(path, mode="w", compression=zipfile.ZIP_DEFLATED) as store:
        await store.set("a/b", bytes(1000))
        await store.set("ab", bytes(10))
        assert (await store.getsize("a/b"), await store.getsize_prefix("a"), await store.getsize_prefix()) == (1000, 1000, 1010)


async def test_listings(store, collected):
    """Prefixes are strings for list_prefix and list_pages, directories for list_dir and is_empty."""
    for key in ("a", "a/b", "a/c/d", "ab"):
        await store.set(key, b"")
    assert sorted(await collected(store.list_prefix("a/"))) == ["a/b", "a/c/d"]
    assert sorted(await collected(store.list_prefix("a"))) == ["a", "a/b", "a/c/d", "ab"]
    assert sorted(await collected(store.list_dir(""))) == ["a", "ab"]
    assert sorted(await collected(store.list_dir("a/"))) == ["b", "c"]
    assert await collected(store.list_pages("ab")) == [["ab"]]
    assert (await store.is_empty("a"), await store.is_empty("ab")) == (False, True)


async def test_a_key_set_after_a_listing_is_listed(store, collected):
    """The index that a listing made is kept up."""
    await collected(store.list_dir(""))
    await store.set("a/b", b"")
    assert await collected(store.list_dir("a")) == ["b"]


async def test_a_listing_is_not_disturbed_by_changes(store):
    """A listing gives the keys of its first step (LST-10)."""
    await store.set("a", b"")
    await store.set("b", b"")
    listing = store.list()
    seen = [await anext(listing)]
    await store.set("c", b"")
    seen += [key async for key in listing]
    assert seen == ["a", "b"]


def test_the_synchronous_forms(store):
    """get_sync and set_sync do what get and set do, without an event loop."""
    store.set_sync("k", b"0123")
    assert (store.get_sync("k"), store.get_sync("k", byte_range=(1, 2)), store.get_sync("m")) == (b"0123", b"12", None)


async def test_more_members_than_the_format_first_held(path):
    """An archive of 65,536 members is complete for the standard library and for this store (zip64)."""
    with ZipStore(path, mode="w") as store:
        for number in range(65_536):
            store.set_sync(str(number), b"")
    with zipfile.ZipFile(path) as archive:
        assert len(archive.namelist()) == 65_536
    assert ZipStore(path).get_sync("65535") == b""


async def test_members_beyond_what_the_format_first_reached(path):
    """A member behind 4 GiB is found by the standard library and by this store (zip64)."""
    with ZipStore(path, mode="w") as store:
        await store.set("a", b"first")
        store._archive._writer._end += 5 << 30  # a hole: the file takes no space
        await store.set("b", b"second")
    with zipfile.ZipFile(path) as archive:
        assert (archive.read("a"), archive.read("b")) == (b"first", b"second")
    assert await ZipStore(path).get("b") == b"second"


async def test_without_zip64_a_large_archive_is_refused(path):
    """allowZip64=False raises LargeZipFile where zip64 would be needed, and nothing has changed."""
    with ZipStore(path, mode="w", allowZip64=False) as store:
        await store.set("a", b"first")
        end = store._archive._writer._end
        store._archive._writer._end = (2 << 30) - 10
        with pytest.raises(zipfile.LargeZipFile, match="allowZip64=True"):
            await store.set("b", b"second")
        store._archive._writer._end = end
        assert await store.get("b") is None
    assert await ZipStore(path).get("a") == b"first"


def test_without_zip64_the_65536th_key_is_refused(path):
    """allowZip64=False holds 65,535 keys, which can still be replaced."""
    with ZipStore(path, mode="w", allowZip64=False) as store:
        for number in range(65_535):
            store.set_sync(str(number), b"")
        store.set_sync("0", b"new")
        with pytest.raises(zipfile.LargeZipFile):
            store.set_sync("one more", b"")
    with zipfile.ZipFile(path, allowZip64=False) as archive:
        assert len(archive.namelist()) == 65_535


async def test_an_archive_behind_a_program_is_read_and_continued(path):
    """What stands in front of the archive, as in one that extracts itself, stays and does no harm."""
    with path.open("wb") as file:
        file.write(b"#!/bin/sh\nexit\n")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("a", b"first")
    moved = path.read_bytes()
    with zipfile.ZipFile(path.with_suffix(".plain"), "w") as archive:
        archive.writestr("a", b"first")
    path.write_bytes(moved[:15] + path.with_suffix(".plain").read_bytes())  # offsets count from the archive's own beginning
    with ZipStore(path, mode="a") as store:
        await store.set("b", b"second")
    with zipfile.ZipFile(path) as archive:
        assert (archive.read("a"), archive.read("b"), archive.testzip()) == (b"first", b"second", None)
    assert path.read_bytes().startswith(b"#!/bin/sh")
