"""Broken and hostile archives, built by hand: a clear error, or a safe reading."""

import struct
import zipfile
import zlib

import pytest

from reference_stores import ZipStore
from storeproto import RangeByteRequest


def header(name, data, *, method=0, size=None, flags=0x800):
    """A member: its header and its data, which stand for `size` bytes."""
    fields = (20, flags, method, 0, 0, zlib.crc32(data), len(data), len(data) if size is None else size, len(name), 0)
    return struct.pack("<4sHHHHHLLLHH", b"PK\3\4", *fields) + name + data


def entry(name, data, offset, *, method=0, size=None, flags=0x800, stored_size=None):
    """The directory's entry of a member."""
    stored_size = len(data) if stored_size is None else stored_size
    sizes = (stored_size, stored_size if size is None else size)
    fields = (20, 20, flags, method, 0, 0, zlib.crc32(data), *sizes, len(name), 0, 0, 0, 0, 0, offset)
    return struct.pack("<4sHHHHHHLLLHHHHHLL", b"PK\1\2", *fields) + name


def end(count, size, offset, comment=b""):
    """The record at the end."""
    return struct.pack("<4sHHHHLLH", b"PK\5\6", 0, 0, count, count, size, offset, len(comment)) + comment


def archive(*members: tuple[bytes, bytes], comment=b"", **options: int):
    """An archive of names and values, with options for all of them."""
    body, directory = b"", b""
    for name, data in members:
        directory += entry(name, data, len(body), **options)
        body += header(name, data)
    return body + directory + end(len(members), len(directory), len(body), comment)


@pytest.fixture
def opened(path):
    """A reader of an archive that is given as bytes."""

    def open_bytes(data):
        path.write_bytes(data)
        return ZipStore(path)

    return open_bytes


UNSAFE_NAMES = [
    b"/etc/passwd",
    b"../outside",
    b"a/../../outside",
    b"a//b",
    b"./a",
    b"a\0b",
    b"a/",
    b"",
    b"\xff\xfe",
    b"a/..",
]


@pytest.mark.parametrize("name", UNSAFE_NAMES)
async def test_a_name_that_is_no_key_is_left_out(opened, collected, name):
    """Absolute, climbing, empty and unreadable names, directories and names with NUL never become keys."""
    store = opened(archive((b"good", b"v"), (name, b"bad")))
    assert await collected(store.list()) == ["good"]


async def test_a_name_that_is_no_key_hides_no_other(opened):
    """A name with NUL is not cut to another name."""
    store = opened(archive((b"a", b"good"), (b"a\0b", b"bad")))
    assert await store.get("a") == b"good"


async def test_of_two_members_with_one_name_the_last_counts(opened, collected):
    """A duplicate is one key, as for the standard library."""
    store = opened(archive((b"k", b"first"), (b"k", b"second")))
    assert (await store.get("k"), await collected(store.list())) == (b"second", ["k"])


async def test_duplicates_go_when_the_archive_is_written(path, names):
    """The next directory names each key once."""
    path.write_bytes(archive((b"k", b"first"), (b"k", b"second")))
    with ZipStore(path, mode="a") as store:
        await store.set("new", b"v")
    assert names(path) == ["k", "new"]


WHOLE = archive((b"a", b"first"), (b"b", b"second"))
DIRECTORY = WHOLE.index(b"PK\1\2")
END = WHOLE.index(b"PK\5\6")


def with_end(count, size, offset):
    """The two members, with an end record that says something else."""
    return WHOLE[:END] + end(count, size, offset)


BROKEN = {
    "an empty file": b"",
    "something else": b"this is no archive" * 100,
    "only zeros": bytes(1000),
    "cut off in a member": WHOLE[:20],
    "cut off before the directory": WHOLE[:DIRECTORY],
    "cut off in the directory": WHOLE[: DIRECTORY + 60],
    "cut off in the end record": WHOLE[:-1],
    "an end record alone that names members": end(2, 100, 0),
    "too few entries": with_end(3, END - DIRECTORY, DIRECTORY),
    "too many entries": with_end(1, END - DIRECTORY, DIRECTORY),
    "a directory that is too short": with_end(2, END - DIRECTORY - 10, DIRECTORY + 10),
    "a directory that is too long": with_end(2, END, 0),
    "a directory at another place": with_end(2, END - DIRECTORY, DIRECTORY - 5),
    "a directory behind the end": with_end(2, END - DIRECTORY, DIRECTORY + 5),
    "a directory longer than the file": with_end(2, 0xFFFFFFF0, DIRECTORY),
    "something in the directory": WHOLE[:DIRECTORY] + b"PK\1\3" + WHOLE[DIRECTORY + 4 :],
    "zip64 without its record": with_end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
    "an archive behind another": WHOLE + WHOLE,
    "overlapping members": header(b"a", header(b"b", b"x"))
    + (directory := entry(b"a", header(b"b", b"x"), 0) + entry(b"b", b"x", 31))
    + end(2, len(directory), len(header(b"a", header(b"b", b"x")))),
    "two names for one member": header(b"a", b"x")
    + (directory := entry(b"a", b"x", 0) + entry(b"b", b"x", 0))
    + end(2, len(directory), len(header(b"a", b"x"))),
    "a member in the directory": archive((b"a", b"first"), stored_size=100),
    "a member longer than the file": archive((b"a", b"first"), stored_size=0xFFFFFFF0),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN.keys())
def test_an_archive_that_does_not_fit_is_refused(opened, path, data):
    """Opening raises BadZipFile, and the message begins with the path."""
    with pytest.raises(zipfile.BadZipFile, match=str(path)):
        opened(data)


UNTOUCHED = {name: data for name, data in BROKEN.items() if data and not name.startswith("cut off")}


@pytest.mark.parametrize("data", UNTOUCHED.values(), ids=UNTOUCHED.keys())
def test_what_is_no_archive_is_not_written_to(path, data):
    """Mode 'a' raises BadZipFile for it too, and leaves every byte as it was."""
    path.write_bytes(data)
    with pytest.raises(zipfile.BadZipFile):
        ZipStore(path, mode="a")
    assert path.read_bytes() == data


CUT_OFF = [WHOLE[:size] for size in range(DIRECTORY, len(WHOLE))]


@pytest.mark.parametrize("data", CUT_OFF, ids=len)
def test_a_directory_that_is_cut_off_is_made_anew(path, data, names):
    """Mode 'a' takes up the members by their headers, wherever in the directory the file ends."""
    path.write_bytes(data)
    ZipStore(path, mode="a").close()
    assert names(path) == ["a", "b"]


COMMENTS = {
    "an end record": end(0, 0, 0),
    "an end record that fits no directory": end(1, 50, 3),
    "an archive": archive((b"evil", b"evil")),
    "an end record of its own length": b"PK\5\6" + bytes(16) + struct.pack("<H", 4) + b"rest",
}


@pytest.mark.parametrize("comment", COMMENTS.values(), ids=COMMENTS.keys())
async def test_a_comment_is_no_directory(opened, collected, comment):
    """What looks like the end of an archive inside its comment is a comment."""
    store = opened(archive((b"a", b"v"), comment=comment))
    assert await collected(store.list()) == ["a"]


@pytest.mark.parametrize("comment", COMMENTS.values(), ids=COMMENTS.keys())
async def test_a_comment_that_looks_like_a_directory_is_kept(path, comment):
    """Appending takes the right directory too."""
    path.write_bytes(archive((b"a", b"v"), comment=comment))
    with ZipStore(path, mode="a") as store:
        await store.set("b", b"v")
    assert path.read_bytes().endswith(comment)
    assert (await ZipStore(path).get("a"), await ZipStore(path).get("b")) == (b"v", b"v")


DEFLATED = zlib.compress(bytes(1000), wbits=-15)
UNREADABLE = {
    "encrypted": (archive((b"k", b"value"), flags=0x801), "encrypted"),
    "a patch": (archive((b"k", b"value"), flags=0x820), "patch"),
    "an unknown method": (archive((b"k", b"value"), method=9), "method 9"),
    "stored with two sizes": (archive((b"k", b"value"), size=500), "sizes differ"),
    "no deflated data": (archive((b"k", b"value"), method=8), "ZIP_DEFLATED"),
    "no bzip2 data": (archive((b"k", b"value"), method=12), "ZIP_BZIP2"),
    "no LZMA data": (archive((b"k", b"value"), method=14), "LZMA"),
    "LZMA of a terabyte of dictionary": (archive((b"k", b"\x09\x04\5\0\x5d\xff\xff\xff\xff" + bytes(50)), method=14), "59"),
    "more bytes than it says": (archive((b"k", DEFLATED), method=8, size=10), "more bytes than the 10"),
    "fewer bytes than it says": (archive((b"k", DEFLATED), method=8, size=2000), "1000 bytes"),
    "a bomb": (archive((b"k", DEFLATED), method=8, size=1 << 30), "bomb"),
    "a wrong checksum": (archive((b"k", b"value")).replace(b"value", b"eulav"), "checksum"),
    "another name in its header": (archive((b"k", b"value")).replace(b"kvalue", b"jvalue"), "not its own"),
    "no header": (archive((b"k", b"value")).replace(b"PK\3\4", b"PK\3\5"), "not its own"),
}


@pytest.mark.parametrize(("data", "problem"), UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_a_member_that_cannot_be_read_is_an_error(opened, data, problem):
    """Reading the value raises BadZipFile with its key and what is wrong; never a wrong value, never None."""
    store = opened(data)
    with pytest.raises(zipfile.BadZipFile, match=f"'k'.*{problem}|{problem}.*'k'"):
        await store.get("k")


async def test_a_broken_member_spoils_no_other(opened):
    """The other values can be read."""
    store = opened(archive((b"k", b"value"), (b"good", b"whole")).replace(b"value", b"eulav"))
    assert await store.get("good") == b"whole"


async def test_a_range_of_a_member_that_lies_stops_where_it_says(opened):
    """A part of a value is never from beyond the size that the directory says."""
    store = opened(archive((b"k", DEFLATED), method=8, size=10))
    with pytest.raises(zipfile.BadZipFile, match="more bytes"):
        await store.get("k", byte_range=RangeByteRequest(0, 20))


async def test_what_can_be_compressed_like_a_bomb_is_written_so_that_it_can_be_read(path):
    """A value that bzip2 would make suspiciously small comes back."""
    with ZipStore(path, mode="w", compression=zipfile.ZIP_BZIP2) as store:
        await store.set("k", bytes(65 << 20))
        assert len(await store.get("k")) == 65 << 20


async def test_a_file_that_shrinks_under_a_reader_is_an_error(opened, path):
    """A value that is not all there is never returned short (DUR-6)."""
    store = opened(archive((b"k", b"value" * 100)))
    with path.open("r+b") as file:
        file.truncate(100)
    with pytest.raises(zipfile.BadZipFile, match="'k'"):
        await store.get("k")


async def test_a_range_of_a_file_that_shrinks_is_an_error(opened, path):
    """A part that is not all there is never returned short."""
    store = opened(archive((b"k", b"value" * 100)))
    with path.open("r+b") as file:
        file.truncate(100)
    with pytest.raises(zipfile.BadZipFile, match="'k'"):
        await store.get("k", byte_range=RangeByteRequest(100, 400))
