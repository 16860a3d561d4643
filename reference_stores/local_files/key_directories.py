"""The directories on the way to a key: made for it, out of its way, and removed after it."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress

from reference_stores.local_files.confined_files import LIST, SEARCH, ConfinedDirectory, is_absent, opened
from storeproto import KeyConflictError


@contextmanager
def made_parent(root: ConfinedDirectory, path: bytes) -> Generator[tuple[int, bytes], None, None]:
    """Give a handle of the directory that is to hold `path`, made if it does not exist, and the name in it.

    Raises:
        FileNotFoundError: others have removed it again.
        KeyConflictError: something that is no directory is in its place.
    """
    parent, _, name = path.rpartition(b"/")
    handle = root.open_present(parent, SEARCH)
    with opened(_make_directories(root, parent, path) if handle is None else handle) as directory:
        _check_variant(root, directory, path, path)
        yield directory, name


def _make_directories(root: ConfinedDirectory, path: bytes, key_path: bytes) -> int:
    """Make a directory and those above it, and return its handle."""
    handle = root.open(b"", SEARCH)
    made = b""
    try:
        for segment in path.split(b"/"):
            made = b"/".join((made, segment)) if made else segment
            with suppress(FileExistsError):
                os.mkdir(segment, dir_fd=handle)
            _check_variant(root, handle, made, key_path)
            inner = os.open(segment, SEARCH | os.O_NOFOLLOW, dir_fd=handle)
            os.close(handle)
            handle = inner
    except KeyConflictError:
        os.close(handle)
        raise
    except OSError as error:
        os.close(handle)
        if error.errno in (errno.ENOENT, errno.ENAMETOOLONG) or not is_absent(error):
            raise
        raise KeyConflictError(
            f"the key {key_path.decode()!r} cannot be stored: {made.decode()!r} is a key, or a link, which is never followed; "
            "no key can be below it until it is deleted"
        ) from None
    return handle


def _check_variant(root: ConfinedDirectory, directory: int, path: bytes, key_path: bytes) -> None:
    """Raise KeyConflictError if what `path` names in its directory is there under another name."""
    if root.has_variant(directory, path.rpartition(b"/")[2]):
        raise KeyConflictError(
            f"the key {key_path.decode()!r} cannot be stored: this file system takes {path.decode()!r} for a name that is there, "
            "and differs only in case"
        )


def made_room(root: ConfinedDirectory, path: bytes) -> bool:
    """Remove what is no value from the place of a key: a directory without keys, a link. Return False where there is a value.

    Raises:
        KeyConflictError: keys are below it.
    """
    with _unless_absent(), root.parent(path) as (directory, name):
        status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        if stat.S_ISREG(status.st_mode):
            return False
        if not stat.S_ISDIR(status.st_mode):
            os.unlink(name, dir_fd=directory)
        elif not _removed_empty(root, path):
            raise KeyConflictError(
                f"the key {path.decode()!r} cannot be stored: other keys are below it, and a directory cannot be a file too; "
                "delete_dir removes them"
            )
    return True


def _removed_empty(root: ConfinedDirectory, path: bytes) -> bool:
    """Remove a directory if nothing but directories is below it; return whether it was so."""
    directories = [path]
    for directory in directories:
        handle = root.open_present(directory, LIST)
        if handle is None:
            continue
        with opened(handle), os.scandir(handle) as entries:
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    return False
                directories.append(b"/".join((directory, os.fsencode(entry.name))))
    for directory in reversed(directories):
        try:
            with _unless_absent(), root.parent(directory) as (handle, name):
                os.rmdir(name, dir_fd=handle)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                return False
            raise
    return True


def prune(root: ConfinedDirectory, path: bytes) -> None:
    """Remove the directories above a path that are empty, and no other."""
    with suppress(OSError):  # not empty, or gone
        while b"/" in path:
            path = path.rpartition(b"/")[0]
            with root.parent(path) as (directory, name):
                os.rmdir(name, dir_fd=directory)


@contextmanager
def _unless_absent() -> Generator[None, None, None]:
    """End early where something has gone, or has become something else."""
    try:
        yield
    except OSError as error:
        if not is_absent(error):
            raise
