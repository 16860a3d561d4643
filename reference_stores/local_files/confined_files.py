"""A directory from which no path leads out: neither `..`, nor an absolute path, nor a symbolic link.

Every path of the local store is opened here, and nowhere else. Where the kernel has openat2, it resolves the whole path under
that rule in one call; elsewhere the path is walked, segment by segment, through handles of directories. What is then made, renamed
or removed is named by the handle of its parent and one segment, which none of these calls follows.
"""

from __future__ import annotations

import errno
import os
from abc import ABC, abstractmethod
from collections.abc import Generator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

from typing_extensions import override

from reference_stores.local_files import system_calls
from reference_stores.local_files.system_calls import (
    RESOLVE_BENEATH,
    RESOLVE_CACHED,
    RESOLVE_NO_MAGICLINKS,
    RESOLVE_NO_SYMLINKS,
    Opener,
)


def _flags(*names: str) -> int:
    """Join flags of `os.open`; those that a system does not have count for nothing, so that this can be imported there."""
    flags = 0
    for name in names:
        flags |= getattr(os, name, 0)
    return flags


# What opens a pipe or a terminal by mistake must not wait for it, nor be controlled by it.
READ: Final = _flags("O_RDONLY", "O_CLOEXEC", "O_NONBLOCK", "O_NOCTTY")
WRITE: Final = _flags("O_WRONLY", "O_CLOEXEC", "O_NONBLOCK", "O_NOCTTY")
WRITE_NEW: Final = _flags("O_WRONLY", "O_CREAT", "O_EXCL", "O_NOFOLLOW", "O_CLOEXEC")
LIST: Final = _flags("O_RDONLY", "O_DIRECTORY", "O_CLOEXEC")
# A handle that only names a file, where the system has such, needs no permission to read it.
LOOK: Final = _flags("O_PATH", "O_CLOEXEC") if hasattr(os, "O_PATH") else READ
SEARCH: Final = LOOK | _flags("O_DIRECTORY")

# ELOOP (EMLINK on BSD): there is a link. ENXIO: there is a pipe or a socket. ENAMETOOLONG: nothing can be there.
_ABSENT: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EMLINK, errno.ENXIO, errno.ENAMETOOLONG})
_NAMES_TRIED: Final = 1000

_CONFINED: Final = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS


def is_absent(error: OSError) -> bool:
    """Whether the error says that nothing is there that can be reached without a link, rather than that looking failed."""
    return error.errno in _ABSENT


class ConfinedDirectory(ABC):
    """A directory that is held open, and what is below it.

    Paths are relative, without `.` and `..`, and `b""` is the directory itself. The handle is closed with the last reference,
    so no thread that still works with it can meet another file under its number.
    """

    __slots__ = ("fd", "identity")

    def __init__(self, path: Path) -> None:
        self.fd: Final = os.open(path, SEARCH)
        status = os.fstat(self.fd)
        self.identity: Final = (status.st_dev, status.st_ino)

    def __del__(self) -> None:
        if hasattr(self, "fd"):
            os.close(self.fd)

    def is_removed(self) -> bool:
        """Whether the directory has been removed, so that nothing can ever be in it again."""
        return os.fstat(self.fd).st_nlink == 0

    @abstractmethod
    def open(self, path: bytes, flags: int) -> int:
        """Open what is there.

        Raises:
            OSError: nothing is there (`is_absent`), or it cannot be opened.
        """

    @abstractmethod
    def open_now(self, path: bytes, flags: int) -> int:
        """Do what `open` does where that needs no disk.

        Raises:
            BlockingIOError: it may need one.
            OSError: nothing is there (`is_absent`), or it cannot be opened.
        """

    def open_present(self, path: bytes, flags: int) -> int | None:
        """Open what is there; None where nothing is."""
        try:
            return self.open(path, flags)
        except OSError as error:
            if is_absent(error):
                return None
            raise

    def open_present_now(self, path: bytes, flags: int) -> int | None:
        """Do what `open_present` does where that needs no disk.

        Raises:
            BlockingIOError: it may need one; or the directory has been removed, and another may be in its place.
        """
        try:
            return self.open_now(path, flags)
        except BlockingIOError:
            raise
        except OSError as error:
            if not is_absent(error):
                raise
        if self.is_removed():
            raise BlockingIOError
        return None

    def has_variant(self, directory: int, name: bytes) -> bool:  # noqa: ARG002  # only some file systems have such
        """Whether the file system takes a name in an open directory for another one that is there."""
        return False

    @contextmanager
    def parent(self, path: bytes) -> Generator[tuple[int, bytes], None, None]:
        """Give a handle of the directory that holds `path`, and the name in it."""
        directory, _, name = path.rpartition(b"/")
        with opened(self.open(directory, SEARCH)) as handle:
            yield handle, name


@contextmanager
def opened(handle: int) -> Generator[int, None, None]:
    """Close the handle at the end."""
    try:
        yield handle
    finally:
        os.close(handle)


class ResolvingDirectory(ConfinedDirectory):
    """Lets the kernel resolve paths, by openat2."""

    __slots__ = ("_openers", "_openers_now")

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        modes = (READ, WRITE, LOOK, LIST, SEARCH)
        self._openers: dict[int, Opener] = {flags: system_calls.openat2_opener(flags, _CONFINED) for flags in modes}
        self._openers_now: dict[int, Opener] = {}
        if system_calls.has_openat2(_CONFINED | RESOLVE_CACHED):
            self._openers_now = {flags: system_calls.openat2_opener(flags, _CONFINED | RESOLVE_CACHED) for flags in modes}

    @override
    def open(self, path: bytes, flags: int) -> int:
        return self._openers[flags](self.fd, path or b".")

    @override
    def open_now(self, path: bytes, flags: int) -> int:
        opener = self._openers_now.get(flags)
        if opener is None:
            raise BlockingIOError
        return opener(self.fd, path or b".")


class WalkedDirectory(ConfinedDirectory):
    """Walks paths through handles of directories, following no link: for systems without openat2."""

    __slots__ = ()

    @override
    def open(self, path: bytes, flags: int) -> int:
        handle = os.open(b".", SEARCH, dir_fd=self.fd)
        if path == b"":
            path = b"."
        *directories, name = path.split(b"/")
        try:
            for segment in directories:
                inner = self._enter(handle, segment, SEARCH)
                os.close(handle)
                handle = inner
            return self._enter(handle, name, flags)
        except OSError as error:
            raise OSError(error.errno, error.strerror, os.fsdecode(path)) from None
        finally:
            os.close(handle)

    @override
    def open_now(self, path: bytes, flags: int) -> int:
        raise BlockingIOError

    def _enter(self, directory: int, name: bytes, flags: int) -> int:
        return os.open(name, flags | os.O_NOFOLLOW, dir_fd=directory)


class FoldingDirectory(WalkedDirectory):
    """Walks paths in a file system that takes `A` and `a` for one name, and takes only the name that is listed for it."""

    __slots__ = ()

    @override
    def has_variant(self, directory: int, name: bytes) -> bool:
        try:
            os.stat(name, dir_fd=directory, follow_symlinks=False)
        except FileNotFoundError:
            return False
        with opened(os.open(b".", LIST, dir_fd=directory)) as handle, os.scandir(handle) as entries:
            return all(os.fsencode(entry.name) != name for entry in entries)

    @override
    @contextmanager
    def parent(self, path: bytes) -> Generator[tuple[int, bytes], None, None]:
        with super().parent(path) as (directory, name):
            self._refuse_variant(directory, name)
            yield directory, name

    @override
    def _enter(self, directory: int, name: bytes, flags: int) -> int:
        if name != b".":
            self._refuse_variant(directory, name)
        return super()._enter(directory, name, flags)

    def _refuse_variant(self, directory: int, name: bytes) -> None:
        if self.has_variant(directory, name):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fsdecode(name))


def folds_names(directory: ConfinedDirectory) -> bool | None:
    """Whether the file system takes `A` and `a` for one name, as far as the names in the directory tell; None if it is empty."""
    folds = None
    with opened(directory.open(b"", LIST)) as handle, os.scandir(handle) as entries:
        for entry in islice(entries, _NAMES_TRIED):
            folds = False
            name = os.fsencode(entry.name)
            if name.swapcase() == name:
                continue
            try:
                one = os.stat(name, dir_fd=handle, follow_symlinks=False)
                other = os.stat(name.swapcase(), dir_fd=handle, follow_symlinks=False)
            except FileNotFoundError:
                break
            return os.path.samestat(one, other)
    return folds


def open_confined(path: Path, *, folding: bool = False) -> ConfinedDirectory:
    """Open a directory, and all that is below it, by the best way that this system has.

    Args:
        path: the directory.
        folding: the file system takes `A` and `a` for one name.

    Raises:
        FileNotFoundError: it does not exist.
        NotADirectoryError: it is no directory.
    """
    if folding:
        return FoldingDirectory(path)
    return ResolvingDirectory(path) if system_calls.has_openat2(_CONFINED) else WalkedDirectory(path)
