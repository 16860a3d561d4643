"""Writes of a local store: whole or not at all, and on the disk where that was asked for."""

import asyncio
import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from reference_stores import LocalStore
from reference_stores.local_files import files as local_files
from reference_stores.local_files import system_calls

WRITES = {
    "set": lambda store: store.set("a/b", b"new"),
    "new set": lambda store: store.set("d/e/f", b"new"),
    "set_if_not_exists": lambda store: store.set_if_not_exists("d/e", b"new"),
    "set_partial_values": lambda store: store.set_partial_values([("a/b", 1, b"new")]),
}


@pytest.mark.parametrize("write", WRITES)
async def test_a_full_disk_keeps_the_old_value(filled: LocalStore, names, staged, monkeypatch: pytest.MonkeyPatch, write: str):
    """The error is raised, of the key, and nothing is left of the new value."""

    def refuse(*_: Any):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", refuse)
    with pytest.raises(OSError, match=r"No space left.*'[ad]/") as caught:
        await WRITES[write](filled)
    assert (caught.value.errno, filled.get_sync("a/b"), names(), staged()) == (errno.ENOSPC, b"first", {"a", "a/b", "c"}, [])


@pytest.mark.parametrize("write", WRITES)
async def test_a_failed_rename_keeps_the_old_value(filled: LocalStore, names, staged, monkeypatch: pytest.MonkeyPatch, write: str):
    """Directories that were made for the value go again."""

    def refuse(*_: Any, **__: Any):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "rename", refuse)
    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(system_calls, "rename_exclusively", refuse)
    with pytest.raises(PermissionError):
        await WRITES[write](filled)
    assert (filled.get_sync("a/b"), names(), staged()) == (b"first", {"a", "a/b", "c"}, [])


async def test_a_short_write_is_written_on(store: LocalStore, monkeypatch: pytest.MonkeyPatch):
    """A call that takes less than it was given is followed by another one."""
    pwrite = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, value, start: pwrite(fd, value[:2], start))
    await store.set("k", b"value")
    assert await store.get("k") == b"value"


async def test_the_store_keeps_no_reference_to_a_buffer(store: LocalStore):
    """A change of the caller's buffer after the call began does not reach the store."""
    value = bytearray(b"value")
    writing = asyncio.create_task(store.set("k", value))
    await asyncio.sleep(0)
    value[:] = b"other"
    await writing
    assert await store.get("k") == b"value"


async def test_what_is_no_buffer_is_refused(store: LocalStore, root: Path):
    """Nothing is made for it."""
    with pytest.raises(TypeError, match="buffer"):
        await store.set("k", "text")  # type: ignore[arg-type]
    assert not root.exists()


@pytest.mark.parametrize("old", [b"old", b""])
async def test_set_if_not_exists_keeps_a_value(store: LocalStore, staged, old: bytes):
    """An empty value is one too, and nothing stays staged."""
    await store.set("k", old)
    await store.set_if_not_exists("k", b"new")
    assert (await store.get("k"), staged()) == (old, [])


async def test_set_if_not_exists_that_loses_at_the_last_moment_keeps_the_value(store: LocalStore, staged, monkeypatch):
    """The winner that came between looking and renaming stays."""
    size = store._files.size
    monkeypatch.setattr(local_files.LocalFiles, "size", lambda *_: monkeypatch.undo() or store.set_sync("k", b"winner"))
    assert size("k") is None
    await store.set_if_not_exists("k", b"loser")
    assert (await store.get("k"), staged()) == (b"winner", [])


def test_of_many_creators_one_wins(store: LocalStore, others: ThreadPoolExecutor):
    """Between threads, each key is made once, and every creator sees the winner's value."""

    def create(number: int) -> bytes | None:
        store._files.set_if_not_exists(local_files.CommitToken(), f"k{number // 8}", b"%d" % number)
        return store.get_sync(f"k{number // 8}")

    seen = [*others.map(create, range(800))]
    assert all(len(set(seen[first : first + 8])) == 1 for first in range(0, 800, 8))


async def test_a_file_system_without_exclusive_renames_gets_a_link(filled: LocalStore, staged, monkeypatch: pytest.MonkeyPatch):
    """Where renameat2 is refused, a link does the same."""

    def refuse(*_: Any, **__: Any):
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(system_calls, "rename_exclusively", refuse)
    await filled.set_if_not_exists("new", b"1")
    await filled.set_if_not_exists("new", b"2")
    assert (await filled.get("new"), staged()) == (b"1", [])


@pytest.mark.parametrize("in_place", [False, True])
class TestPartialWrites:
    """Both ways of writing parts of values."""

    @pytest.fixture
    async def partly(self, filled: LocalStore, in_place: bool):
        """A handle on the filled store that writes parts in this way."""
        with LocalStore(filled.root, partial_writes_in_place=in_place) as store:
            yield store

    async def test_exactly_the_named_bytes_are_replaced(self, partly: LocalStore):
        """Several ranges of several keys land, and no other byte changes."""
        await partly.set_partial_values([("a/b", 3, b"ST"), ("c", 0, b"T"), ("a/b", 0, b"F")])
        assert [await partly.get("a/b"), await partly.get("c")] == [b"FirST", b"Third"]

    async def test_a_value_grows(self, partly: LocalStore):
        """A gap behind the end is filled with zero bytes, and a missing key is made."""
        await partly.set_partial_values([("c", 7, b"!"), ("d/e", 1, b"x")])
        assert [await partly.get("c"), await partly.get("d/e")] == [b"third\0\0!", b"\0x"]

    async def test_a_set_with_a_byte_range_is_one_part(self, partly: LocalStore):
        """Its length must be the value's."""
        await partly.set("c", b"HI", (1, 2))
        with pytest.raises(ValueError, match="3 bytes"):
            await partly.set("c", b"HI", (1, 3))
        assert await partly.get("c") == b"tHIrd"

    async def test_overlaps_are_refused_before_any_change(self, partly: LocalStore):
        """Nothing of a refused call lands."""
        with pytest.raises(ValueError, match="overlap"):
            await partly.set_partial_values([("a/b", 0, b"XX"), ("c", 0, b"YY"), ("c", 1, b"Z")])
        assert await partly.get("a/b") == b"first"

    def test_none_of_many_at_once_is_lost(self, partly: LocalStore, others: ThreadPoolExecutor):
        """Threads that write different bytes of one key all land."""
        handles = [LocalStore(partly.root, partial_writes_in_place=partly._options["partial_writes_in_place"]) for _ in range(4)]
        [*others.map(lambda number: handles[number % 4].set_sync("new", b"x", (number, 1)), range(64))]
        for handle in handles:
            handle.close()
        assert partly.get_sync("new") == b"x" * 64


async def test_parts_are_written_to_a_copy(filled: LocalStore, root: Path):
    """Who has the old file open goes on to see the old value."""
    with (root / "c").open("rb") as file:
        await filled.set_partial_values([("c", 0, b"X")])
        assert file.read() == b"third"


async def test_parts_are_written_in_place_where_asked(filled: LocalStore, root: Path):
    """The file stays the same one."""
    before = (root / "c").stat().st_ino
    with LocalStore(root, partial_writes_in_place=True) as store:
        await store.set_partial_values([("c", 0, b"X")])
    assert (root / "c").stat().st_ino == before


async def test_a_partial_write_that_was_overtaken_starts_again(filled: LocalStore, monkeypatch: pytest.MonkeyPatch):
    """A value that was set while the copy's source was being locked is the one that is changed."""
    lock_file = local_files.lock_file

    def overtaken(handle: int, *, wait: bool):
        monkeypatch.undo()
        (filled.root / "new").write_bytes(b"newer")
        (filled.root / "new").replace(filled.root / "c")
        return lock_file(handle, wait=wait)

    monkeypatch.setattr(local_files, "lock_file", overtaken)
    await filled.set_partial_values([("c", 0, b"N")])
    assert await filled.get("c") == b"Newer"


class Recorder:
    """Writes down what is brought to the disk, and when files and directories get their names."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
        self.events: list[str] = []
        fsync, rename, mkdir, unlink = os.fsync, os.rename, os.mkdir, os.unlink

        def path_of(fd: int) -> str:
            return os.path.relpath(Path(f"/proc/self/fd/{fd}").readlink(), root)

        def record(name: str, function):
            def recorded(*args: Any, **kwargs: Any):
                self.events.append(name)
                return function(*args, **kwargs)

            return recorded

        def synced(fd: int) -> None:
            name = path_of(fd)
            self.events.append("sync value" if name.startswith(".storeproto") else f"sync {name}")
            fsync(fd)

        monkeypatch.setattr(os, "fsync", synced)
        monkeypatch.setattr(os, "rename", record("rename", rename))
        monkeypatch.setattr(os, "mkdir", record("mkdir", mkdir))
        monkeypatch.setattr(os, "unlink", record("unlink", unlink))


@pytest.fixture
def events(system: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What happens, in its order."""
    if not Path("/proc/self/fd").exists():
        pytest.skip("needs the names of open files")
    return Recorder(monkeypatch, root).events


async def test_a_durable_set_syncs_the_value_its_name_and_the_names_above(events: list[str], root: Path):
    """The value is on the disk before it is renamed, and each name on the way to it before the operation ends."""
    with LocalStore(root, durable=True) as store:
        await store.set("warm/up", b"")
        events.clear()
        await store.set("a/b/c", b"value")
    assert events == ["sync value", "mkdir", "mkdir", "rename", "sync a/b", "sync a", "sync ."]


async def test_the_first_durable_set_syncs_the_names_of_the_root(events: list[str], root: Path):
    """Each directory that was made for the root is on the disk, in the one above it."""
    with LocalStore(root, durable=True) as store:
        await store.set("k", b"value")
    assert [event for event in events if event.startswith("sync ..")] == ["sync ..", "sync ../..", "sync ../../.."]


async def test_a_durable_delete_syncs_the_directory(events: list[str], root: Path):
    """The value does not come back."""
    with LocalStore(root, durable=True) as store:
        await store.set("a/b", b"value")
        events.clear()
        await store.delete("a/b")
    assert events[:2] == ["unlink", "sync a"]


async def test_a_durable_delete_dir_syncs_the_directory_above(events: list[str], root: Path):
    """Neither does a tree."""
    with LocalStore(root, durable=True) as store:
        await store.set("a/b/c", b"value")
        events.clear()
        await store.delete_dir("a/b")
    assert events[:2] == ["rename", "sync a"]


async def test_a_store_that_is_not_durable_syncs_nothing(events: list[str], root: Path):
    """It does not pay for what was not asked for."""
    with LocalStore(root) as store:
        await store.set("a/b", b"value")
    assert not [event for event in events if event.startswith("sync")]
