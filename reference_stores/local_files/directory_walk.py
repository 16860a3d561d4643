"""The keys below a directory of a root: its regular files, reached without a link.

A directory is read whole before what is found in it is given out, so that no handle is open between the steps of a listing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from time import time_ns
from typing import Final

from reference_stores.local_files.confined_files import LIST, LOOK, ConfinedDirectory
from reference_stores.local_files.file_names import segment_of
from reference_stores.paging import PAGE_SIZE
from storeproto.keys import below

# One block of most file systems: what a disk gives in one go, if it is not in the cache after all.
_SMALL_DIRECTORY: Final = 4096
_MOST_READ_NOW: Final = 16
_MOST_LISTED_NOW: Final = 64


class FilledDirectories:
    """Directories in which a file was seen, so that a listing of their names need not look into each again.

    A directory's change time tells whether what was seen still holds. It moves in ticks of the system's clock: a directory
    that changed just before it was looked at may do so again in the same tick, and is not remembered.
    """

    __slots__ = ("_changed",)

    _MOST: Final = 100_000
    _TICK: Final = 1_000_000_000

    def __init__(self) -> None:
        self._changed: dict[int, tuple[int, int]] = {}

    def add(self, status: os.stat_result) -> None:
        """Remember a directory, whose status was taken before the file in it was seen."""
        if time_ns() - status.st_ctime_ns > self._TICK:
            if len(self._changed) >= self._MOST:
                self._changed.clear()
            self._changed[status.st_ino] = (status.st_dev, status.st_ctime_ns)

    def __contains__(self, file_number: int) -> bool:
        """Whether a directory with this number is remembered; only `holds` tells whether it still is the same."""
        return file_number in self._changed

    def holds(self, status: os.stat_result) -> bool:
        """Whether a file was seen in the directory with this status, and is there still (or another one)."""
        return self._changed.get(status.st_ino) == (status.st_dev, status.st_ctime_ns)


class DirectoryWalk:
    """Looks below directories, which are named like keys; `""` is the root.

    Args:
        root: the root.
        hidden: a name in the root that is not a key's, though it could be; `""` for none.
        filled: what earlier walks have seen.
        now: raise BlockingIOError where more is to be done than looking at a few small directories whose place is in the cache.
    """

    __slots__ = ("_filled", "_hidden", "_left", "_now", "_open")

    def __init__(self, root: ConfinedDirectory, hidden: str, filled: FilledDirectories, *, now: bool = False) -> None:
        self._open = root.open_present_now if now else root.open_present
        self._hidden = hidden
        self._filled = filled
        self._now = now
        self._left = _MOST_READ_NOW

    def keys(self, prefix: str) -> Iterator[list[str]]:
        """Give, in pages, the keys that begin with the string `prefix`."""
        page: list[str] = []
        directory, _, start = prefix.rpartition("/")
        pending = [directory]
        while pending:
            directory = pending.pop()
            files, directories = self._read(directory)
            names = [*directories]
            if start:  # the first directory
                files = [name for name in files if name.startswith(start)]
                names = [name for name in names if name.startswith(start)]
                start = ""
            before = below(directory)
            page.extend([before + name for name in files])
            pending.extend([before + name for name in names])
            while len(page) >= PAGE_SIZE:
                yield page[:PAGE_SIZE]
                del page[:PAGE_SIZE]
        if page:
            yield page

    def children(self, directory: str) -> list[str]:
        """Return the name of each immediate child, key or directory with a key below it."""
        handle = self._handle(directory)
        if handle is None:
            return []
        try:
            children, directories = self._entries(handle, directory)
            if self._now:
                to_be_read = [name for name, number in directories.items() if number not in self._filled]
                if len(to_be_read) > self._left or len(directories) > _MOST_LISTED_NOW:
                    raise BlockingIOError
            before = below(directory)
            for name, number in directories.items():
                if (number in self._filled and self._is_as_seen(handle, before, name)) or self.has_key(before + name):
                    children.append(name)
        finally:
            os.close(handle)
        return children

    def has_key(self, directory: str) -> bool:
        """Whether any key is below a directory."""
        pending = [directory]
        while pending:
            directory = pending.pop()
            files, directories = self._read(directory, until_file=True)
            if files:
                return True
            before = below(directory)
            pending.extend([before + name for name in directories])
        return False

    def size(self, directory: str) -> int:
        """Return the number of bytes in all files below a directory."""
        size = 0
        pending = [directory]
        while pending:
            directory = pending.pop()
            handle = self._handle(directory)
            if handle is None:
                continue
            try:
                files, directories = self._entries(handle, directory)
                for name in files:
                    try:
                        size += os.stat(name.encode(), dir_fd=handle, follow_symlinks=False).st_size
                    except FileNotFoundError:  # deleted since
                        continue
            finally:
                os.close(handle)
            before = below(directory)
            pending.extend([before + name for name in directories])
        return size

    def _is_as_seen(self, handle: int, before: str, name: str) -> bool:
        """Whether a directory in an open one still holds the file that was seen in it."""
        if not self._now:
            try:
                return self._filled.holds(os.stat(name.encode(), dir_fd=handle, follow_symlinks=False))
            except FileNotFoundError:
                return False
        looked = self._open((before + name).encode(), LOOK)
        if looked is None:
            return False
        try:
            return self._filled.holds(os.fstat(looked))
        finally:
            os.close(looked)

    def _read(self, directory: str, *, until_file: bool = False) -> tuple[list[str], dict[str, int]]:
        """Return what `_entries` does; nothing where the directory has gone."""
        handle = self._handle(directory)
        if handle is None:
            return [], {}
        try:
            if not until_file:
                return self._entries(handle, directory)
            status = os.fstat(handle)
            found = self._entries(handle, directory, until_file=True)
            if found[0]:
                self._filled.add(status)
            return found
        finally:
            os.close(handle)

    def _handle(self, directory: str) -> int | None:
        if not self._now:
            return self._open(directory.encode(), LIST)
        if self._left == 0:
            raise BlockingIOError
        self._left -= 1
        handle = self._open(directory.encode(), LIST)
        if handle is not None and os.fstat(handle).st_size > _SMALL_DIRECTORY:
            os.close(handle)
            raise BlockingIOError
        return handle

    def _entries(self, handle: int, directory: str, *, until_file: bool = False) -> tuple[list[str], dict[str, int]]:
        """Return the regular files of a directory, and the directories with their numbers; with `until_file`, those met by then."""
        files: list[str] = []
        directories: dict[str, int] = {}
        with os.scandir(handle) as entries:
            for entry in entries:
                name = segment_of(entry.name)
                if name is None:
                    continue
                if entry.is_file(follow_symlinks=False):
                    files.append(name)
                    if until_file:
                        break
                elif entry.is_dir(follow_symlinks=False):
                    directories[name] = entry.inode()
        if directory == "":
            directories.pop(self._hidden, None)
        return files, directories
