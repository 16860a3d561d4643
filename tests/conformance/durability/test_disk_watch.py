"""What the watch over a process sees of its way to the disk."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.durability.processes import Message, Processes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows what a process brings to the disk")

JOBS = """
import ctypes, mmap, os, threading
from conformance.durability.disk_watch import DiskWatch, UnwatchedError

def watched_twice(given, line):
    watches = []
    for _ in range(2):
        try:
            watches.append(DiskWatch.begin(given["top"], given["images"]))
        except UnwatchedError as error:
            line.send("unmade", str(error))

def watched(function):
    def job(given, line):
        os.chdir(given["top"])
        watch = DiskWatch.begin(given["top"], given["images"])
        function()
        watch.acknowledged()
        watch.end()
    return job

def made(flags=0):
    return os.open("file", os.O_RDWR | os.O_CREAT | flags)

@watched
def no_sync():
    os.write(made(), b"value")

@watched
def fsync():
    handle = made()
    os.write(handle, b"value")
    os.fsync(handle)

@watched
def fdatasync():
    handle = made()
    os.write(handle, b"value")
    os.fdatasync(handle)

@watched
def fsync_before_write():
    handle = made()
    os.fsync(handle)
    os.write(handle, b"value")

@watched
def native_fsync():
    handle = made()
    os.write(handle, b"value")
    ctypes.CDLL(None).fsync(handle)

@watched
def open_dsync():
    handle = made(os.O_DSYNC)
    os.write(handle, b"value")
    os.close(handle)

@watched
def renamed_after_open_dsync():
    handle = made(os.O_DSYNC)
    os.write(handle, b"other")
    os.rename("file", "other")
    os.write(made(), b"value")

@watched
def write_dsync():
    handle = made()
    os.pwritev(handle, [b"value"], 0, os.RWF_DSYNC)

@watched
def msync():
    handle = made()
    os.ftruncate(handle, 5)
    memory = mmap.mmap(handle, 5)
    memory[:] = b"value"
    memory.flush()

@watched
def sync():
    os.write(made(), b"value")
    os.sync()

@watched
def fsync_in_a_thread():
    handle = made()
    os.write(handle, b"value")
    thread = threading.Thread(target=os.fsync, args=(handle,))
    thread.start()
    thread.join()

@watched
def fsync_that_nobody_waits_for():
    handle = made()
    os.write(handle, b"value")
    begun = threading.Event()
    def late():
        begun.set()
        os.fsync(handle)
    threading.Thread(target=late).start()
    begun.wait()

@watched
def error_of_fsync():
    os.write(made(), b"value")
    try:
        os.fsync(900)
    except OSError as error:
        os.symlink(error.strerror, "error")
"""
SECONDS = 60.0


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """Processes that have imported the jobs."""
    directory = tmp_path_factory.mktemp("jobs")
    (directory / "jobs_to_watch.py").write_text(JOBS)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(directory)
        made = Processes(["jobs_to_watch"])
        yield made
        made.close()


def said(processes: Processes, job: str, directory: Path) -> Message:
    """Run a job on the directory `top`, and return the first that it says."""
    given = {name: str(directory / name) for name in ("top", "images")}
    for made in given.values():
        Path(made).mkdir()
    process = processes.start(f"jobs_to_watch:{job}", given)
    message = process.receive(SECONDS)
    process.kill(SECONDS)
    return message


@pytest.fixture
def watched(processes: Processes, tmp_path: Path) -> Callable[[str], dict[str, Any]]:
    """Run a job under the watch, and return the last moment: what was not synchronised, and what survived in which image."""

    def run(job: str) -> dict[str, Any]:
        assert said(processes, job, tmp_path) == ("returned", None)
        moment: dict[str, Any] = json.loads((tmp_path / "images" / "record.json").read_bytes())["moments"][-1]
        return moment

    return run


@pytest.mark.parametrize("job", ["fsync", "fdatasync", "native_fsync", "fsync_in_a_thread", "open_dsync", "write_dsync", "msync"])
def test_contents_are_synchronised(watched, job: str):
    """Every way to bring the contents of a file to the disk is seen; its name is not there by that."""
    assert watched(job)["lost"] == ["the names in ."]


@pytest.mark.parametrize("job", ["no_sync", "fsync_before_write", "fsync_that_nobody_waits_for"])
def test_contents_are_not_synchronised(watched, job: str):
    """Contents that are not on the disk when they are acknowledged are known to be missing."""
    assert watched(job)["lost"] == ["the contents of file", "the names in ."]


def test_everything_is_synchronised(watched):
    """Nothing can be lost after sync()."""
    assert watched("sync")["lost"] == []


def test_writing_through_is_of_a_file_and_not_of_a_name(watched):
    """A file that takes the name of another, of which each write waited for the disk, is not on the disk itself."""
    assert watched("renamed_after_open_dsync")["lost"] == ["the contents of file", "the names in ."]


def test_images_are_numbered_once(watched):
    """The images of a moment are different ones, the first of them with everything."""
    assert [survivors for _, survivors in watched("no_sync")["images"]][:2] == ["everything", "the names alone"]


def test_error_is_the_systems_own(watched, tmp_path: Path):
    """A handle that is none is refused as ever."""
    watched("error_of_fsync")
    assert (tmp_path / "top" / "error").readlink() == Path("Bad file descriptor")


def test_kernel_that_shows_nothing(processes, tmp_path: Path):
    """Where the kernel refuses the filter, as it does where another process watches already, the reason says so."""
    kind, reason = said(processes, "watched_twice", tmp_path)
    assert (kind, reason.partition(":")[0]) == ("unmade", "the system shows no other process its system calls")
