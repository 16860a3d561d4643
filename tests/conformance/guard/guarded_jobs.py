"""Jobs for the guard's child process."""

from __future__ import annotations

import asyncio
import ctypes
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from conformance.guard import GuardedWorld
from conformance.guard.scratch import MARKER

# What each operation of a store is called with.
CALLS: dict[str, tuple[Any, ...]] = {
    "set": ("a/b", b"value"),
    "set_if_not_exists": ("c", b"value"),
    "set_partial_values": ([("a/b", 0, b"V")],),
    "get": ("a/b",),
    "get_partial_values": (None, [("a/b", None)]),
    "exists": ("a/b",),
    "getsize": ("a/b",),
    "getsize_prefix": ("a",),
    "is_empty": ("a",),
    "list": (),
    "list_dir": ("a",),
    "list_prefix": ("a/",),
    "delete": ("c",),
    "delete_dir": ("a",),
    "clear": (),
}


async def _call(store: Any, operation: str) -> None:
    result = getattr(store, operation)(*CALLS[operation])
    if isinstance(result, AsyncIterator):
        async for _ in result:
            pass
    else:
        await result


def _call_all(store: Any, world: GuardedWorld) -> None:
    """Call every operation that the store has; after each send its name and the attempts and disturbances that it made."""
    before = 0
    for operation in CALLS:
        if hasattr(store, operation):
            asyncio.run(_call(store, operation))
            attempts = world.attempts()
            world.send({"operation": operation, "attempts": len(attempts) - before, "disturbances": len(world.disturbances())})
            before = len(attempts)


def murder(weapon: str, world: GuardedWorld) -> None:
    """Run a store that goes for every kind of decoy."""
    from broken_stores.murderous import MurderousStore

    decoys = [decoy.path for decoy in world.decoys(world.new_root()) if decoy.place in {"neighbour", "absolute", "link target"}]
    chosen = decoys[:3] + decoys[-5:]  # beside the root, and the farthest
    world.send(chosen)
    _call_all(MurderousStore(chosen, weapon, MARKER), world)


class FileStore:
    """Keeps values in files, and to its root."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def set(self, key: str, value: bytes) -> None:
        """Write beside, and rename."""
        path = self._root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + ".new")
        temporary.write_bytes(value)
        temporary.replace(path)

    async def get(self, key: str) -> bytes:
        """Read."""
        return (self._root / key).read_bytes()

    async def delete(self, key: str) -> None:
        """Remove a file."""
        (self._root / key).unlink(missing_ok=True)

    async def delete_dir(self, prefix: str) -> None:
        """Remove a directory."""
        shutil.rmtree(self._root / prefix)

    async def clear(self) -> None:
        """Remove the root, and make it again: zarr's LocalStore does so."""
        shutil.rmtree(self._root)
        self._root.mkdir()


class HandleStore(FileStore):
    """Works by directory handles and relative names."""

    async def set(self, key: str, value: bytes) -> None:
        """Write in place, and set the mode."""
        directory, _, name = key.rpartition("/")
        (self._root / directory).mkdir(parents=True, exist_ok=True)
        handle = os.open(self._root / directory, os.O_RDONLY)
        file = os.open(name, os.O_WRONLY | os.O_CREAT, dir_fd=handle)
        os.write(file, value)
        os.close(file)
        os.chmod(name, 0o600, dir_fd=handle)
        os.close(handle)


def be_honest(kind: str, world: GuardedWorld) -> None:
    """Run a store that does nothing wrong."""
    from reference_stores import MemoryStore

    stores = {"memory": lambda _: MemoryStore(), "files": FileStore, "handles": HandleStore}
    _call_all(stores[kind](world.new_root()), world)


def use_local_store_of_zarr(_: None, world: GuardedWorld) -> None:
    """Set, list, delete and clear."""
    from zarr.core.buffer import cpu
    from zarr.storage import LocalStore

    async def use() -> None:
        store = await LocalStore.open(world.new_root())
        await store.set("a/b", cpu.Buffer.from_bytes(b"value"))
        await store.set_if_not_exists("c", cpu.Buffer.from_bytes(b"value"))
        assert sorted([key async for key in store.list()]) == ["a/b", "c"]
        await store.delete("c")
        await store.delete_dir("a")
        await store.clear()

    asyncio.run(use())


def climb_by_handle(_: None, world: GuardedWorld) -> None:
    """Open a name that climbs from a directory handle, which the event for the audit hook does not tell."""
    handle = os.open(world.new_root(), os.O_RDONLY)
    try:
        os.open("../new", os.O_WRONLY | os.O_CREAT, dir_fd=handle)
    except PermissionError:
        world.send("refused")


def point_to_nothing(_: None, world: GuardedWorld) -> None:
    """Make system calls whose paths are no addresses, and then one that is an attempt."""
    libc = ctypes.CDLL(None)
    for address in (1, 1 << 63, (1 << 64) - 1):
        libc.unlink(ctypes.c_void_p(address))
    libc.unlink(world.tree.decoys[1].path.encode())
    world.send(world.tree.decoys[1].path)


def write_to_working_directory(_: None, world: GuardedWorld) -> None:
    """Write a file by a relative name."""
    try:
        Path("new").write_text("x")
    except PermissionError:
        world.send("refused")


def remove_everything(path: str, world: GuardedWorld) -> None:
    """Remove a tree, going on after each error."""
    with suppress(PermissionError):
        shutil.rmtree(path.format(top=world.tree.top), ignore_errors=True)
    world.send(len(world.attempts()))


def wait_for_ever(_: None, world: GuardedWorld) -> None:
    """Send word, and hang in native code that holds the interpreter."""
    world.send("waiting")
    ctypes.PyDLL(None).pause()


def exit_at_once(status: int, world: GuardedWorld) -> None:
    """End the process."""
    world.send("last word")
    os._exit(status)


def crash(_: None, _world: GuardedWorld) -> None:
    """Read through a pointer to nothing."""
    ctypes.string_at(0)


def terminate(_: None, _world: GuardedWorld) -> None:
    """End the process by a signal."""
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(60)


class Panic(BaseException):
    """What an extension module raises when it panics."""


def panic(_: None, _world: GuardedWorld) -> None:
    """Raise something that is no Exception."""
    raise Panic("it broke")


def shout(text: str, _: GuardedWorld) -> None:
    """Write to standard output, as a store may."""
    print(text)  # noqa: T201  # that is what is tested


def write_much(size: int, world: GuardedWorld) -> None:
    """Write at a far place of a file."""
    with (world.new_root() / "file").open("wb") as file:
        file.seek(size)
        file.write(b"x")


def take_memory(size: int, _: GuardedWorld) -> None:
    """Take memory."""
    bytearray(size)


def signal_parent(_: None, world: GuardedWorld) -> None:
    """Send a signal that does nothing to the parent process, by native code."""
    world.send(ctypes.CDLL(None).kill(os.getppid(), 0))


def who_am_i(_: None, world: GuardedWorld) -> None:
    """Send the process's user, capabilities and places."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    places = {"home": str(Path.home()), "working": str(Path.cwd()), "tree": world.tree.top}
    world.send({"users": os.getresuid(), "capabilities": int(status["CapPrm"], 16), **places})


def read_decoys(_: None, world: GuardedWorld) -> None:
    """Send the content of each decoy file as read through the key that leads to it, and what it should be."""
    root = world.new_root()
    world.send(
        [[(root / decoy.key_from(root)).read_text(), decoy.content] for decoy in world.decoys(root) if not decoy.is_directory]
    )


def take_roots(count: int, world: GuardedWorld) -> None:
    """Make roots, and send how deep below the top each lies."""
    for _ in range(count):
        world.send(len(world.new_root().relative_to(world.tree.top).parts))


def leave_traps(outside: str, world: GuardedWorld) -> None:
    """Leave what is hard to remove: a link that leads out, and a directory that cannot be read."""
    root = world.new_root()
    (root / "link").symlink_to(outside)
    (root / "closed" / "inner").mkdir(parents=True)
    (root / "closed").chmod(0)
    world.send(world.tree.top)
