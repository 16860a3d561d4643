"""Writers of one zip archive: one at a time, in threads, in forked children, and cancelled."""

import asyncio
import os
import subprocess
import sys
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from open_files import open_below

from reference_stores import ZipStore
from reference_stores.zip_archives.positioned_file import PositionedFile
from storeproto import ReadOnlyStoreError

ROOT = Path(__file__).parents[3]
LARGE = bytes(2_000_000)
OPEN_TO_WRITE = """
import sys
from reference_stores import ZipStore

try:
    ZipStore(sys.argv[1], mode=sys.argv[2]).close()
except BlockingIOError as error:
    print("refused", error.filename)
"""


@pytest.mark.parametrize("mode", ["a", "w"])
def test_a_second_writer_is_refused(store, path, mode):
    """While one handle writes, another opening to write raises BlockingIOError, and nothing has changed (LIF-12)."""
    store.set_sync("k", b"v")
    with pytest.raises(BlockingIOError, match="another writer"):
        ZipStore(path, mode=mode)
    assert store.get_sync("k") == b"v"


@pytest.mark.parametrize("mode", ["a", "w"])
def test_a_second_writer_in_another_process_is_refused(store, path, mode):
    """The lock holds between processes."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", OPEN_TO_WRITE, str(store.path), mode]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603  # of this file
    assert answer.stdout == f"refused {path}\n"


def test_a_link_is_no_way_around_the_lock(store, path, tmp_path):
    """Another name of the file is the same file."""
    os.link(path, tmp_path / "hard.zip")
    with pytest.raises(BlockingIOError):
        ZipStore(tmp_path / "hard.zip", mode="a")
    assert not store.read_only


def test_the_next_writer_comes_when_the_first_has_closed(store, path):
    """Close lets the next one in, though a reading handle of the first is still open."""
    reader = store.with_read_only(read_only=True)
    store.close()
    with ZipStore(path, mode="a") as second:
        second.set_sync("k", b"v")
    assert reader.get_sync("k") is None


def test_a_writer_that_could_not_open_leaves_no_lock(path):
    """After BadZipFile, the file can be opened when it has been mended."""
    path.write_bytes(b"this is no archive")
    with pytest.raises(zipfile.BadZipFile):
        ZipStore(path, mode="a")
    path.unlink()
    ZipStore(path, mode="a").close()


async def test_the_lock_moves_with_clear(store, path):
    """After clear, the new file is locked as the old one was."""
    await store.clear()
    with pytest.raises(BlockingIOError):
        ZipStore(path, mode="a")


def test_threads_write_beside_each_other(store, path, names):
    """Sets of many threads all land, and none is swapped (CON-3)."""
    with ThreadPoolExecutor(8) as threads:
        [*threads.map(lambda number: store.set_sync(str(number), str(number).encode() * 100), range(400))]
    assert all(store.get_sync(str(number)) == str(number).encode() * 100 for number in range(400))
    store.close()
    assert sorted(names(path), key=int) == [str(number) for number in range(400)]


def test_threads_read_whole_values_while_they_are_overwritten(store):
    """A read gives the old value or a new one, whole (CON-2)."""
    store.set_sync("k", b"0" * 50_000)
    done = threading.Event()

    def read():
        values = set()
        while not done.is_set():
            value = store.get_sync("k")
            values.add((len(value), len(set(value))))
        return values

    with ThreadPoolExecutor(2) as threads:
        reads = [threads.submit(read) for _ in range(2)]
        for number in range(200):
            store.set_sync("k", str(number % 10).encode() * 50_000)
        done.set()
    assert {each for reader in reads for each in reader.result()} == {(50_000, 1)}


async def test_of_many_creators_one_wins(store):
    """set_if_not_exists of many tasks, large and small values, stores one of them (NEW-4)."""
    values = [bytes([number]) * (10 if number % 2 else 1_000_000) for number in range(16)]
    await asyncio.gather(*[store.set_if_not_exists("k", value) for value in values])
    first = await store.get("k")
    await store.set_if_not_exists("k", b"late")
    assert first in values
    assert await store.get("k") == first


async def test_tasks_write_beside_each_other(store):
    """Large sets, which go through threads, and small ones all land."""
    values = {str(number): bytes([number]) * (10 if number % 2 else 1_000_000) for number in range(16)}
    await asyncio.gather(*[store.set(key, value) for key, value in values.items()])
    assert {key: await store.get(key) for key in values} == values


@pytest.fixture
def held_up(monkeypatch):
    """Writes of large data wait until they are let go; says when one has come so far."""
    come, go = threading.Event(), threading.Event()
    write = PositionedFile.write

    def wait_and_write(self, data, offset):
        if len(data) == len(LARGE):
            come.set()
            assert go.wait(30)
        write(self, data, offset)

    monkeypatch.setattr(PositionedFile, "write", wait_and_write)
    return come, go


async def test_a_cancelled_set_never_lands(store, path, held_up, collected):
    """What is cancelled before it shows does not show later, nor is it found in the file (CON-7, CON-8)."""
    come, go = held_up
    await store.set("k", b"old")
    task = asyncio.create_task(store.set("k", LARGE))
    await asyncio.to_thread(come.wait, 30)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    go.set()
    await store.set("l", b"new")
    assert (task.cancelled(), await store.get("k"), await collected(store.list())) == (True, b"old", ["k", "l"])
    store.close()
    assert path.stat().st_size < len(LARGE)


async def test_the_loop_goes_on_while_a_large_value_is_written(store, held_up):
    """Reads are answered, and small sets wait without holding up the loop (CON-9)."""
    come, go = held_up
    await store.set("k", b"old")
    large = asyncio.create_task(store.set("k", LARGE))
    await asyncio.to_thread(come.wait, 30)
    small = asyncio.create_task(store.set("l", b"new"))
    assert await store.get("k") == b"old"
    go.set()
    await asyncio.gather(large, small)
    assert (await store.get("k"), await store.get("l")) == (LARGE, b"new")


async def test_a_reader_of_the_old_file_is_not_disturbed_by_clear(store):
    """A read that has begun ends with the value that was there, though the file was replaced meanwhile."""
    await store.set("k", b"old")
    contents = store._archive.contents
    await store.clear()
    assert contents.file.read(3, contents.members["k"].start) == b"old"


forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def in_child(job):
    """Run `job` in a forked child, and return the status with which it ends: 0 for True."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if job() else 2
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@forks
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # fork beside threads, which is what is tested
def test_a_forked_child_reads(store):
    """The child reads what was set before the fork (LIF-11)."""
    store.set_sync("k", b"v")
    assert in_child(lambda: store.get_sync("k") == b"v") == 0


@forks
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_does_not_write(store, path, names):
    """A change raises there, with an error that says why, and the parent's archive does not know of it."""
    store.set_sync("k", b"v")

    def write():
        try:
            store.set_sync("k", b"child")
        except ReadOnlyStoreError as error:
            return "forked" in str(error)

    assert in_child(write) == 0
    store.set_sync("l", b"v")
    store.close()
    assert (names(path), ZipStore(path).get_sync("k")) == (["k", "l"], b"v")


@forks
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_that_closes_disturbs_nobody(store, path):
    """The parent keeps its lock, and its archive is not finished behind its back."""
    store.set_sync("k", b"v")
    before = path.read_bytes()
    assert in_child(lambda: store.close() is None) == 0
    assert path.read_bytes() == before
    with pytest.raises(BlockingIOError):
        ZipStore(path, mode="a")


@forks
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_holds_no_lock(store, path):
    """The archive can be opened anew when the parent has closed it, though the child lives on."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
    os.close(reading)
    try:
        store.close()
        ZipStore(path, mode="a").close()
    finally:
        os.close(writing)
        os.waitpid(child, 0)


@forks
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_while_a_thread_writes_does_not_hang_the_child(store):
    """Locks that other threads held at the fork are free in the child."""
    store.set_sync("a/b", b"v")
    archive = store._archive
    with archive._changing, archive.contents._indexing:
        assert in_child(lambda: asyncio.run(store.is_empty("")) is False and store.close() is None) == 0


def test_nothing_accumulates(path):
    """Rounds of opening, using and closing leave no open files and no other files behind (LIF-9)."""
    for _ in range(3):
        with ZipStore(path, mode="w") as store:
            store.set_sync("k", b"v")
        ZipStore(path).get_sync("k")
    assert (open_below(path.parent), [*path.parent.iterdir()]) == ([], [path])
