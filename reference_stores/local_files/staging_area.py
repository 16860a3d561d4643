"""Where values are written before they are renamed into place, and trees are moved before they are removed.

The staging area is a directory of the root that no key can name. Each handle that writes has a directory of its own in it, made at
its first write, removed when it is closed, and locked in between. The system drops the lock with the process, however that ends:
a directory in the staging area that is not locked is what a killed writer left, and the next writer removes it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Final
from weakref import finalize

from reference_stores.disk_sync import sync
from reference_stores.local_files.confined_files import LIST, WRITE_NEW, ConfinedDirectory, opened
from reference_stores.local_files.file_locks import lock_file

UNREACHABLE_NAME: Final = b".storeproto-staging-\xff"
"""The name of the staging area: not UTF-8, while every key is."""

RESERVED_NAME: Final = b".storeproto-staging"
"""Its name where the file system takes only UTF-8. There, no key may begin with this segment."""

_ATTEMPTS: Final = 100


def name_in(root: int) -> bytes:
    """Return the name that the staging area has in the directory `root`, which nothing is made in to find out."""
    try:
        os.stat(UNREACHABLE_NAME, dir_fd=root, follow_symlinks=False)
    except FileNotFoundError:
        pass
    except OSError as error:
        if error.errno in (errno.EILSEQ, errno.EINVAL):
            return RESERVED_NAME
        raise
    return UNREACHABLE_NAME


class StagingArea:
    """One writer's directory in the staging area of a root.

    Args:
        root: the root.
        area_name: what `name_in` returned for it.

    Raises:
        OSError: it cannot be made.
    """

    __slots__ = ("__weakref__", "_path", "_process", "_root", "fd")

    def __init__(self, root: ConfinedDirectory, area_name: bytes) -> None:
        name, self.fd = _enter(root, area_name)
        self._root: Final = root
        self._path: Final = b"/".join((area_name, name))
        self._process: Final = os.getpid()
        finalize(self, _end, root, self._path, self.fd, self._process)

    def is_usable(self) -> bool:
        """Whether it is this process's own, and still there."""
        return self._process == os.getpid() and os.fstat(self.fd).st_nlink != 0

    def leave(self) -> None:
        """Remove the directory, if nothing is in it; it cannot be used then, but by what has begun."""
        _leave(self._root, self._path, self._process)

    def write(self, fill: Callable[[int], object], *, durable: bool) -> bytes:
        """Make a new file, and return its name; `fill` writes to its handle. With `durable`, the contents are on the disk then.

        Raises:
            OSError: there is no space, say; nothing is left of the file.
        """
        name = new_name()
        handle = os.open(name, WRITE_NEW, 0o666, dir_fd=self.fd)
        try:
            with opened(handle):
                fill(handle)
                if durable:
                    sync(handle)
        except BaseException:
            self.discard(name)
            raise
        return name

    def discard(self, name: bytes) -> None:
        """Remove a file, if it has not been moved away."""
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.fd)

    def remove_tree(self, name: bytes) -> None:
        """Remove a directory that has been moved in here, with all that is in it; what cannot be removed stays, as a leftover."""
        with suppress(OSError):
            _remove_tree(self.fd, name)


def new_name() -> bytes:
    """Return a name that nothing has."""
    return os.urandom(10).hex().encode()


def _enter(root: ConfinedDirectory, area_name: bytes) -> tuple[bytes, int]:
    """Make a directory in the staging area and lock it; return its name and its handle."""
    for _ in range(_ATTEMPTS):
        with suppress(FileNotFoundError):  # the last of the other writers has just removed the staging area
            with suppress(FileExistsError):
                os.mkdir(area_name, dir_fd=root.fd)
            with opened(os.open(area_name, LIST | os.O_NOFOLLOW, dir_fd=root.fd)) as area:
                name = new_name()
                os.mkdir(name, dir_fd=area)
                handle = os.open(name, LIST | os.O_NOFOLLOW, dir_fd=area)
                if lock_file(handle, wait=False) is not False and os.fstat(handle).st_nlink != 0:
                    _remove_leftovers(area, name)
                    return name, handle
                os.close(handle)  # another writer has just taken it for a leftover
    raise OSError(errno.EBUSY, "the staging area keeps vanishing", os.fsdecode(area_name))


def _leave(root: ConfinedDirectory, path: bytes, process: int) -> None:
    """Remove a writer's directory, and the staging area with the last one; not from a forked child."""
    if process == os.getpid():
        with suppress(OSError):
            with root.parent(path) as (area, name):
                os.rmdir(name, dir_fd=area)
            os.rmdir(path.rpartition(b"/")[0], dir_fd=root.fd)


def _end(root: ConfinedDirectory, path: bytes, handle: int, process: int) -> None:
    """Do what is left to do when nobody uses a writer's directory any more, or the process ends."""
    _leave(root, path, process)
    os.close(handle)


def _remove_leftovers(area: int, own_name: bytes) -> None:
    """Remove what killed writers left; where there are no locks, nobody can tell, and it stays."""
    for name in map(os.fsencode, os.listdir(area)):
        if name == own_name:
            continue
        with suppress(OSError), opened(os.open(name, LIST | os.O_NOFOLLOW, dir_fd=area)) as handle:
            if lock_file(handle, wait=False):
                _remove_tree(area, name)


def _remove_tree(directory: int, name: bytes) -> None:
    """Remove a directory in another one, with all that is in it.

    What is a directory in it is first moved beside it, so that depth costs neither handles nor recursion.
    """
    pending = [name]
    while pending:
        name = pending.pop()
        with opened(os.open(name, LIST | os.O_NOFOLLOW, dir_fd=directory)) as handle:
            with os.scandir(handle) as entries:
                found = [(os.fsencode(entry.name), entry.is_dir(follow_symlinks=False)) for entry in entries]
            for inner, is_directory in found:
                if is_directory:
                    pending.append(new_name())
                    os.rename(inner, pending[-1], src_dir_fd=handle, dst_dir_fd=directory)
                else:
                    os.unlink(inner, dir_fd=handle)
        try:
            os.rmdir(name, dir_fd=directory)
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:
                raise
            pending.append(name)  # a write that had begun before it was moved here has ended only now
