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
from pathlib import Path
from typing import Final

from typing_extensions import override

from reference_stores import system_calls
from reference_stores.system_calls import RESOLVE_BENEATH, RESOLVE_CACHED, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, Opener

# What opens a pipe or a terminal by mistake must not wait for it, nor be controlled by it.
_QUIETLY: Final = os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY

READ: Final = os.O_RDONLY | _QUIETLY
WRITE: Final = os.O_WRONLY | _QUIETLY
LIST: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# A handle that only names a file, where the system has such, needs no permission to read it.
LOOK: Final = os.O_PATH | os.O_CLOEXEC if hasattr(os, "O_PATH") else READ
SEARCH: Final = LOOK | os.O_DIRECTORY

# ELOOP (EMLINK on BSD): there is a link. ENXIO: there is a pipe or a socket. ENAMETOOLONG: nothing can be there.
_ABSENT: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EMLINK, errno.ENXIO, errno.ENAMETOOLONG})
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
                inner = os.open(segment, SEARCH | os.O_NOFOLLOW, dir_fd=handle)
                os.close(handle)
                handle = inner
            return os.open(name, flags | os.O_NOFOLLOW, dir_fd=handle)
        except OSError as error:
            raise OSError(error.errno, error.strerror, os.fsdecode(path)) from None
        finally:
            os.close(handle)

    @override
    def open_now(self, path: bytes, flags: int) -> int:
        raise BlockingIOError


def open_confined(path: Path) -> ConfinedDirectory:
    """Open a directory, and all that is below it, by the best way that this system has.

    Raises:
        FileNotFoundError: it does not exist.
        NotADirectoryError: it is no directory.
    """
    return ResolvingDirectory(path) if system_calls.has_openat2(_CONFINED) else WalkedDirectory(path)
