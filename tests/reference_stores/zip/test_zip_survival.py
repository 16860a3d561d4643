"""What is left of a zip archive when its writer is killed, cut off, or refused by the system."""

import errno
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from reference_stores import ZipStore
from reference_stores.zip_archives.positioned_file import PositionedFile

ROOT = Path(__file__).parents[3]
WRITE_FOR_EVER = """
import itertools, sys
from reference_stores import ZipStore

store = ZipStore(sys.argv[1], mode=sys.argv[2])
for number in itertools.count():
    store.set_sync(f"new/{number % 50}", f"{number} ".encode() * (number % 3000))
    print(number, flush=True)
"""
WRITE_AND_DIE = """
import os, signal, sys
from reference_stores import ZipStore

store = ZipStore(sys.argv[1], mode=sys.argv[2])
{}
os.kill(os.getpid(), signal.SIGKILL)
"""


def run(program, path, mode):
    """Start a Python process that imports this package."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program, str(path), mode]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603  # programs of this file


def killed_after(program, path, mode="a"):
    """Run a program on a store that ends by killing itself."""
    with run(WRITE_AND_DIE.format(program), path, mode) as process:
        assert process.wait() == -signal.SIGKILL


@pytest.mark.parametrize("acknowledged", [1, 60, 400])
def test_a_kill_in_the_middle_of_sets_costs_nothing(old_archive, names, acknowledged):
    """The old members survive, and each new key has its last acknowledged value or a later one, whole (DUR-1)."""
    with run(WRITE_FOR_EVER, old_archive, "a") as process:
        last = next(int(line) for line in process.stdout if int(line) >= acknowledged)
        process.kill()
        last = max([last, *map(int, process.stdout.read().split())])
    reader = ZipStore(old_archive)
    assert [reader.get_sync(key) for key in ("a", "b/c", "b/d")] == [b"a" * 100, b"b/c" * 100, b"b/d" * 100]
    with ZipStore(old_archive, mode="a") as store:
        for number in range(max(0, last - 49), last + 1):
            value = store.get_sync(f"new/{number % 50}")
            assert value in [f"{later} ".encode() * (later % 3000) for later in (number, number + 50)]
    with zipfile.ZipFile(old_archive) as archive:
        assert archive.testzip() is None
    assert {"a", "b/c", "b/d"} <= set(names(old_archive))


def test_a_reader_sees_what_was_flushed(path):
    """Without any recovery, an archive reads as it was at the last flush."""
    killed_after(
        "store.set_sync('a', b'1'); store._archive.finish(); store.set_sync('a', b'2'); store.set_sync('b', b'3')", path, "w"
    )
    reader = ZipStore(path)
    assert (reader.get_sync("a"), reader.get_sync("b")) == (b"1", None)


def test_the_next_writer_takes_up_what_was_not_flushed(path, names):
    """Opening with mode 'a' finds the values behind the last directory, and makes the archive good for all tools."""
    killed_after(
        "store.set_sync('a', b'1'); store._archive.finish(); store.set_sync('a', b'2'); store.set_sync('b', b'3')", path, "w"
    )
    with ZipStore(path, mode="a") as store:
        assert (store.get_sync("a"), store.get_sync("b")) == (b"2", b"3")
        assert sorted(names(path)) == ["a", "b"]


def test_a_new_archive_that_was_never_flushed_is_recovered(path):
    """Opening with mode 'r' says how, and opening with mode 'a' takes up what is whole."""
    killed_after("store.set_sync('a', b'1')", path, "w")
    with pytest.raises(zipfile.BadZipFile, match="mode='a'"):
        ZipStore(path)
    with ZipStore(path, mode="a") as store:
        assert store.get_sync("a") == b"1"


def test_a_writer_killed_before_its_first_set_leaves_an_empty_archive(path, names):
    """The archive is complete from the moment in which it is made."""
    killed_after("pass", path, "x")
    assert names(path) == []


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressed_values_are_recovered(path, method):
    """A header is enough to find a value, whatever its compression."""
    with ZipStore(path, mode="w", compression=method) as store:
        store.set_sync("k", b"value" * 1000)
        end = store._archive._writer._end
    os.truncate(path, end)
    with ZipStore(path, mode="a") as store:
        assert store.get_sync("k") == b"value" * 1000


@pytest.fixture
def appended(old_archive):
    """An archive that was appended to, and where the parts of it begin."""
    start = old_archive.stat().st_size
    with ZipStore(old_archive, mode="a") as store:
        store.set_sync("new", b"first" * 10)
        store.set_sync("a", b"second" * 10)
        end = store._archive._writer._end
    return old_archive, start, end


@pytest.mark.parametrize("part", range(0, 101, 4))
def test_the_old_members_are_read_wherever_the_file_ends(appended, part):
    """At no byte behind the old directory does an end of the file cost an old member."""
    path, start, _ = appended
    os.truncate(path, start + (path.stat().st_size - 1 - start) * part // 100)
    reader = ZipStore(path)
    assert [reader.get_sync(key) for key in ("a", "b/c", "b/d")] == [b"a" * 100, b"b/c" * 100, b"b/d" * 100]


@pytest.mark.parametrize("part", range(0, 101, 4))
def test_the_archive_is_continued_wherever_the_file_ends(appended, part):
    """Opening with mode 'a' keeps for each key the last value that is whole, and the archive is good again."""
    path, start, _ = appended
    os.truncate(path, start + (path.stat().st_size - 1 - start) * part // 100)
    with ZipStore(path, mode="a") as store:
        assert store.get_sync("new") in (None, b"first" * 10)
        assert store.get_sync("a") in (b"a" * 100, b"second" * 10)
        store.set_sync("more", b"v")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert {"a", "b/c", "b/d", "more"} <= set(archive.namelist())


def test_a_value_with_a_wrong_checksum_does_not_hide_the_old_one(appended):
    """What a power cut left half written is not taken up."""
    path, _, end = appended
    data = bytearray(path.read_bytes()[:end])
    data[-1] ^= 1
    path.write_bytes(data)
    with ZipStore(path, mode="a") as store:
        assert (store.get_sync("a"), store.get_sync("new")) == (b"a" * 100, b"first" * 10)


def test_an_archive_of_streamed_members_is_continued_after_a_kill(path):
    """The directory is found where members do not say in their headers how long they are."""
    with path.open("wb") as file, zipfile.ZipFile(Unseekable(file), "w") as archive:
        archive.writestr("old", b"v" * 5000)
    killed_after("store.set_sync('new', b'1' * 2000000)", path)
    assert ZipStore(path).get_sync("old") == b"v" * 5000
    with ZipStore(path, mode="a") as store:
        assert (store.get_sync("old"), store.get_sync("new")) == (b"v" * 5000, b"1" * 2_000_000)


class Unseekable:
    """A file that can only be written on, like a pipe."""

    def __init__(self, file) -> None:
        self.write, self.flush = file.write, file.flush


def test_an_archive_among_the_values_is_a_value(old_archive, collected):
    """A killed writer's last value may look like the end of an archive, and is not taken for it."""
    inner = old_archive.with_name("inner.zip")
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("evil", "evil")
    killed_after(f"store.set_sync('inner', open({str(inner)!r}, 'rb').read())", old_archive)
    with ZipStore(old_archive, mode="a") as store:
        assert store.get_sync("inner") == inner.read_bytes()
        assert store.get_sync("evil") is None


def test_opening_to_append_changes_nothing(old_archive):
    """Without a set, a complete archive keeps every byte."""
    before = old_archive.read_bytes()
    ZipStore(old_archive, mode="a").close()
    assert old_archive.read_bytes() == before


def test_no_byte_of_the_old_archive_is_written_over(old_archive):
    """What is appended stands behind the old directory."""
    before = old_archive.read_bytes()
    with ZipStore(old_archive, mode="a") as store:
        store.set_sync("a", b"new")
    assert old_archive.read_bytes().startswith(before)


async def test_a_flush_without_changes_writes_nothing(store, path):
    """A second flush finds the archive complete."""
    await store.set("k", b"v")
    await store.flush()
    before = path.read_bytes()
    await store.flush()
    assert path.read_bytes() == before


async def test_flush_makes_the_archive_complete(store, path, names):
    """Any tool reads the archive while the store goes on."""
    await store.set("a", b"v")
    await store.flush()
    assert names(path) == ["a"]
    await store.set("b", b"v")
    await store.flush()
    assert names(path) == ["a", "b"]


async def test_a_durable_flush_waits_for_the_disk_before_and_after_the_directory(store, monkeypatch):
    """The members are on the disk before the directory that names them, and that before the call returns (DUR-7)."""
    steps = []
    for name in ("write", "sync"):
        original = getattr(PositionedFile, name)
        monkeypatch.setattr(
            PositionedFile, name, lambda *arguments, name=name, original=original: steps.append(name) or original(*arguments)
        )
    await store.set("k", b"v")
    await store.flush(durable=True)
    assert steps == ["write", "sync", "write", "sync"]


@pytest.fixture
def full_disk(monkeypatch):
    """From now on, a write leaves half of its data and then finds no space."""
    write = PositionedFile.write

    def fill():
        def write_half(self, data, offset):
            write(self, data[: len(data) // 2], offset)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(PositionedFile, "write", write_half)

    return fill


@pytest.mark.parametrize("size", [10, 100_000, 1_000_000])
async def test_without_space_the_old_value_stays(store, path, full_disk, monkeypatch, size):
    """A set that fails raises, and changes nothing; the store goes on when there is space again (DUR-3)."""
    await store.set("k", b"old")
    full_disk()
    with pytest.raises(OSError, match="space"):
        await store.set("k", bytes(size))
    monkeypatch.undo()
    assert await store.get("k") == b"old"
    await store.set("l", b"new")
    store.close()
    with zipfile.ZipFile(path) as archive:
        assert (archive.read("k"), archive.read("l"), archive.testzip()) == (b"old", b"new", None)


async def test_without_space_a_flush_can_be_tried_again(store, path, full_disk, monkeypatch, names):
    """A directory that does not fit raises, and costs nothing."""
    await store.set("k", b"v")
    full_disk()
    with pytest.raises(OSError, match="space"):
        await store.flush()
    monkeypatch.undo()
    await store.flush()
    assert names(path) == ["k"]


def test_without_space_at_close_nothing_is_lost(old_archive, full_disk, monkeypatch):
    """Close raises; the next opening with mode 'a' finds the values."""
    store = ZipStore(old_archive, mode="a")
    store.set_sync("k", b"v")
    full_disk()
    with pytest.raises(OSError, match="space"):
        store.close()
    monkeypatch.undo()
    with ZipStore(old_archive, mode="a") as again:
        assert (again.get_sync("a"), again.get_sync("k")) == (b"a" * 100, b"v")


def test_without_space_nothing_new_is_left(path, full_disk):
    """An archive that cannot be made leaves no file."""
    full_disk()
    with pytest.raises(OSError, match="space"):
        ZipStore(path, mode="w")
    assert [*path.parent.iterdir()] == []


def test_without_space_mode_w_keeps_the_old_archive(old_archive, full_disk):
    """The old archive goes only when the new one is there."""
    before = old_archive.read_bytes()
    full_disk()
    with pytest.raises(OSError, match="space"):
        ZipStore(old_archive, mode="w")
    assert [entry.name for entry in old_archive.parent.iterdir()] == [old_archive.name]
    assert old_archive.read_bytes() == before
