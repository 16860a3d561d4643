"""The keys below a directory of a root: its regular files, reached without a link.

A directory is read whole before what is found in it is given out, so that no handle is open between the steps of a listing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from reference_stores.confined_files import LIST, ConfinedDirectory
from reference_stores.file_names import segment_of
from storeproto.keys import below

KEYS_PER_PAGE: Final = 1000

# One block of most file systems: what a disk gives in one go, if it is not in the cache after all.
_SMALL_DIRECTORY: Final = 4096
_FEW_DIRECTORIES: Final = 16


class DirectoryWalk:
    """Looks below directories, which are named like keys; `""` is the root.

    Args:
        root: the root.
        hidden: a name in the root that is not a key's, though it could be; `""` for none.
        now: raise BlockingIOError where more is to be done than looking at a few small directories whose place is in the cache.
    """

    __slots__ = ("_hidden", "_now", "_open")

    def __init__(self, root: ConfinedDirectory, hidden: str, *, now: bool = False) -> None:
        self._open = root.open_present_now if now else root.open_present
        self._hidden = hidden
        self._now = now

    def keys(self, prefix: str) -> Iterator[list[str]]:
        """Give, in pages, the keys that begin with the string `prefix`."""
        page: list[str] = []
        directory, _, start = prefix.rpartition("/")
        pending = [directory]
        while pending:
            directory = pending.pop()
            files, directories = self._read(directory)
            if start:  # the first directory
                files = [name for name in files if name.startswith(start)]
                directories = [name for name in directories if name.startswith(start)]
                start = ""
            before = below(directory)
            page.extend([before + name for name in files])
            pending.extend([before + name for name in directories])
            while len(page) >= KEYS_PER_PAGE:
                yield page[:KEYS_PER_PAGE]
                del page[:KEYS_PER_PAGE]
        if page:
            yield page

    def children(self, directory: str) -> list[str]:
        """Return the name of each immediate child, key or directory with a key below it."""
        files, directories = self._read(directory)
        if self._now and len(directories) > _FEW_DIRECTORIES:
            raise BlockingIOError
        before = below(directory)
        return files + [name for name in directories if self.has_key(before + name)]

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

    def _read(self, directory: str, *, until_file: bool = False) -> tuple[list[str], list[str]]:
        """Return what `_entries` does; nothing where the directory has gone."""
        handle = self._handle(directory)
        if handle is None:
            return [], []
        try:
            return self._entries(handle, directory, until_file=until_file)
        finally:
            os.close(handle)

    def _handle(self, directory: str) -> int | None:
        handle = self._open(directory.encode(), LIST)
        if self._now and handle is not None and os.fstat(handle).st_size > _SMALL_DIRECTORY:
            os.close(handle)
            raise BlockingIOError
        return handle

    def _entries(self, handle: int, directory: str, *, until_file: bool = False) -> tuple[list[str], list[str]]:
        """Return the names of the regular files and of the directories in a directory; with `until_file`, those met by then."""
        files: list[str] = []
        directories: list[str] = []
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
                    directories.append(name)
        if directory == "" and self._hidden in directories:
            directories.remove(self._hidden)
        return files, directories
