"""What of a directory is on the disk, and what a power cut may leave of it (DUR-7).

The model is what POSIX demands of a file system, and a journaling one keeps. The contents of a file are on the disk as they were
when it was last synchronised; of what was written since, all, nothing or a part may survive. A name is on the disk once its
directory was synchronised after it came, or went: to synchronise the file alone is not enough (ext4 does more than it must).
A rename is one step: no power cut leaves a file under neither name.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

RECORD: Final = "record.json"
"""The file among the images that tells of them."""
FAULT: Final = "fault.txt"
"""The file there that tells how making them failed."""

_MOST_BYTES: Final = 64 << 20
_MOST_PINS: Final = 2000
_TO_PIN: Final = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
_MOST_ALONE: Final = 4
"""Files of which each alone is lost, or survives, are tried as long as they are few."""

Tree: TypeAlias = Mapping[str, "bytes | str | None"]
"""The contents of a file, the target of a symbolic link, or None for a directory, by the path below the top."""


Inode: TypeAlias = tuple[int, int]
"""A file, whatever its names: its device and its number there."""


class TooMuchError(Exception):
    """The directory is too large to be copied over and over."""


class Entry(NamedTuple):
    """What a name in a directory stands for.

    Args:
        inode: the file.
        kind: its type, as in `stat.S_IFMT`.
        target: where a symbolic link leads.
    """

    inode: Inode
    kind: int
    target: str = ""


Names: TypeAlias = Mapping[str, Entry]


class Image(NamedTuple):
    """What a power cut may leave.

    Args:
        survivors: what survived of what was not synchronised.
        tree: the files.
    """

    survivors: str
    tree: Tree


class _Live(NamedTuple):
    """The directory as the running system shows it."""

    names: dict[Inode, Names]
    contents: dict[Inode, bytes]
    paths: dict[Inode, str]


class Disk:
    """Remembers what was synchronised below a directory. All that is there at first is on the disk.

    Inodes that it remembers are kept open, so that the system gives their numbers to no other file.

    Args:
        top: the directory.
    """

    def __init__(self, top: str) -> None:
        self._top = top
        self._root = _inode(Path(top).stat())
        self._contents: dict[Inode, bytes] = {}
        self._names: dict[Inode, Names] = {}
        self._pins: dict[Inode, int] = {}
        self.synchronise_all()

    # What was synchronised

    def synchronise(self, handle: int) -> bool:
        """Bring an open file, or the names in an open directory, to the disk; return whether it is one of these.

        Raises:
            TooMuchError: there is too much to remember.
        """
        status = os.fstat(handle)
        if stat.S_ISDIR(status.st_mode):
            self._synchronise_names(_inode(status), handle)
        elif stat.S_ISREG(status.st_mode):
            self._contents[_inode(status)] = _read(handle)
        else:
            return False
        self._pin(_inode(status), partial(os.dup, handle))
        return True

    def synchronise_all(self) -> None:
        """Bring everything to the disk."""
        live = self._look()
        for inode, path in live.paths.items():
            self._pin(inode, partial(os.open, path, _TO_PIN))
        self._names, self._contents = {**live.names}, {**self._contents, **live.contents}

    def _synchronise_names(self, directory: Inode, handle: int) -> None:
        old, new = self._names.get(directory, {}), _listed(handle)
        for name, entry in new.items():
            if entry.kind != stat.S_IFLNK:
                self._pin(entry.inode, partial(os.open, name, _TO_PIN, dir_fd=handle))
        self._names[directory] = new
        gone = {entry.inode for entry in old.values()} - {entry.inode for entry in new.values()}
        if not gone:
            return
        for elsewhere, names in self._look().names.items():  # a rename is one step of the journal
            kept = self._names.get(elsewhere, {})
            moved = {name: entry for name, entry in names.items() if entry.inode in gone and name not in kept}
            if elsewhere != directory and moved:
                self._names[elsewhere] = {**kept, **moved}

    def _pin(self, inode: Inode, opened: Callable[[], int]) -> None:
        if inode in self._pins:
            return
        if len(self._pins) >= _MOST_PINS:
            raise TooMuchError(f"it has more than {_MOST_PINS:,} files")
        with suppress(OSError):  # it is gone already
            self._pins[inode] = opened()

    # What a power cut may leave

    def images(self) -> Iterator[Image]:
        """Give what a power cut at this moment may leave: first everything, then ever other parts of what is not synchronised.

        Raises:
            TooMuchError: there is too much to copy.
        """
        live = self._look()
        written = [inode for inode, contents in live.contents.items() if contents != self._contents.get(inode, b"")]

        def kept(inode: Inode) -> bytes:
            return self._contents.get(inode, b"")

        def current(inode: Inode) -> bytes:
            return live.contents[inode] if inode in live.contents else self._unlinked(inode)

        def first_half(inode: Inode) -> bytes:
            return _half(kept(inode), current(inode), first=True)

        def second_half(inode: Inode) -> bytes:
            return _half(kept(inode), current(inode), first=False)

        yield Image("everything", self._tree(live.names, current))
        yield Image("the names alone", self._tree(live.names, kept))
        yield Image("nothing", self._tree(self._names, kept))
        yield Image("the contents alone", self._tree(self._names, current))
        yield Image("the names, and the first half of the contents", self._tree(live.names, first_half))
        yield Image("the names, and the second half of the contents", self._tree(live.names, second_half))
        for alone in written if 1 < len(written) <= _MOST_ALONE else ():
            name = self._named(live.paths[alone])
            yield Image(f"all but the contents of {name}", self._tree(live.names, _apart(alone, kept, current)))
            yield Image(f"the names, and the contents of {name}", self._tree(live.names, _apart(alone, current, kept)))

    def unsynchronised(self) -> list[str]:
        """What is not on the disk as it is, in words."""
        live = self._look()
        paths = {inode: self._named(path) for inode, path in live.paths.items()}
        return [
            *[f"the contents of {paths[i]}" for i, contents in live.contents.items() if contents != self._contents.get(i, b"")],
            *[f"the names in {paths[i]}" for i, names in live.names.items() if names != self._names.get(i, {})],
        ]

    def _named(self, path: str) -> str:
        """The path below the top, for people."""
        return os.fsencode(path[len(self._top) + 1 :] or ".").decode(errors="backslashreplace")

    def _unlinked(self, inode: Inode) -> bytes:
        """The contents of a file that has no name any more."""
        return _read(self._pins[inode]) if inode in self._pins else self._contents.get(inode, b"")

    def _tree(self, names: Mapping[Inode, Names], contents: Callable[[Inode], bytes]) -> Tree:
        found: dict[str, bytes | str | None] = {}
        pending: list[tuple[str, tuple[Inode, ...]]] = [("", (self._root,))]
        while pending:
            above, directories = pending.pop()
            for name, entry in names.get(directories[-1], {}).items():
                path = f"{above}{name}"
                if entry.kind == stat.S_IFDIR:
                    found[path] = None
                    if entry.inode not in directories:  # two that were put into each other
                        pending.append((f"{path}/", (*directories, entry.inode)))
                else:
                    found[path] = entry.target if entry.kind == stat.S_IFLNK else contents(entry.inode)
        return found

    def _look(self) -> _Live:
        """Look at everything below the top."""
        live = _Live({}, {}, {self._root: self._top})
        pending = [self._root]
        size = 0
        while pending:
            directory = pending.pop()
            with suppress(OSError):  # it goes at this moment
                handle = os.open(live.paths[directory], os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
                try:
                    live.names[directory] = names = _listed(handle)
                    for name, entry in names.items():
                        path = f"{live.paths[directory]}/{name}"
                        if entry.kind == stat.S_IFDIR:
                            live.paths[entry.inode] = path
                            pending.append(entry.inode)
                        elif entry.kind == stat.S_IFREG and entry.inode not in live.contents:
                            with suppress(OSError):
                                live.contents[entry.inode] = contents = _read_at(name, handle)
                                live.paths[entry.inode] = path
                                size += len(contents)
                finally:
                    os.close(handle)
            if size > _MOST_BYTES:
                raise TooMuchError(f"it has more than {_MOST_BYTES >> 20} MiB")
        return live


def write_tree(tree: Tree, top: str) -> None:
    """Make the files of an image below the directory `top`, which is made."""
    os.mkdir(top)  # noqa: PTH102  # names of any bytes
    for path, contents in sorted(tree.items()):
        match contents:
            case None:
                os.mkdir(f"{top}/{path}")  # noqa: PTH102  # as above
            case str():
                os.symlink(contents, f"{top}/{path}")  # noqa: PTH211  # as above
            case bytes():
                with open(f"{top}/{path}", "wb") as file:  # noqa: PTH123  # as above
                    file.write(contents)


def _apart(alone: Inode, there: Callable[[Inode], bytes], elsewhere: Callable[[Inode], bytes]) -> Callable[[Inode], bytes]:
    """The contents of one file in one way, and of all others in another."""

    def contents(inode: Inode) -> bytes:
        return there(inode) if inode == alone else elsewhere(inode)

    return contents


def _half(old: bytes, new: bytes, *, first: bool) -> bytes:
    """What is there when half of what was written between two states of a file survived: of the new size, where that is longer."""
    middle = (_common(old, new) + max(len(old), len(new))) // 2
    if first:
        return new[:middle] + old[middle:]
    return old[:middle].ljust(middle if len(new) > middle else 0, b"\x00") + new[middle:]


def _common(old: bytes, new: bytes) -> int:
    """How many bytes the two begin with that are the same."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _inode(status: os.stat_result) -> Inode:
    return status.st_dev, status.st_ino


def _listed(handle: int) -> dict[str, Entry]:
    """The names in an open directory."""
    found: dict[str, Entry] = {}
    for name in os.listdir(handle):  # a handle
        with suppress(FileNotFoundError):
            status = os.stat(name, dir_fd=handle, follow_symlinks=False)
            kind = stat.S_IFMT(status.st_mode)
            if kind == stat.S_IFLNK:
                found[name] = Entry(_inode(status), kind, os.readlink(name, dir_fd=handle))  # as above
            elif kind in (stat.S_IFREG, stat.S_IFDIR):
                found[name] = Entry(_inode(status), kind)
    return found


def _read_at(name: str, directory: int) -> bytes:
    handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=directory)
    try:
        return _read(handle)
    finally:
        os.close(handle)


def _read(handle: int) -> bytes:
    """The contents of an open file."""
    size = os.fstat(handle).st_size
    if size > _MOST_BYTES:
        raise TooMuchError(f"it has a file of more than {_MOST_BYTES >> 20} MiB")
    parts: list[bytes] = []
    at = 0
    while part := os.pread(handle, 1 << 20, at):
        parts.append(part)
        at += len(part)
    return b"".join(parts)
