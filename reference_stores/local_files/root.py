"""The root of a local store: opened when it is first needed, made when it is first written to, found again when it was replaced."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

from reference_stores.disk_sync import sync
from reference_stores.local_files import staging_area
from reference_stores.local_files.confined_files import LIST, ConfinedDirectory, folds_names, open_confined, opened
from reference_stores.local_files.directory_walk import DirectoryWalk, FilledDirectories
from reference_stores.local_files.file_names import path_of
from reference_stores.local_files.staging_area import RESERVED_NAME, StagingArea
from storeproto import InvalidKeyError

_ATTEMPTS: Final = 100


class LocalRoot:
    """The directory at `path`, which need not exist.

    Threads may share it. Two that open the directory or the staging area at once each get a working one; one of them is kept.

    Args:
        path: an absolute path.
        durable: what is made is on the disk.
        may_hang: the directory is never there at once.
    """

    __slots__ = ("_area_name", "_directory", "_durable", "_filled", "_folds", "_may_hang", "_path", "_staging_area")

    def __init__(self, path: Path, *, durable: bool, may_hang: bool) -> None:
        self._path: Final = path
        self._durable: Final = durable
        self._may_hang: Final = may_hang
        self._directory: ConfinedDirectory | None = None
        self._area_name = b""
        self._staging_area: StagingArea | None = None
        self._filled: Final = FilledDirectories()
        self._folds: bool | None = None

    def present(self) -> ConfinedDirectory | None:
        """Return the directory; None where it does not exist.

        Raises:
            NotADirectoryError: something else is there.
        """
        directory = self._directory
        if directory is None or directory.is_removed():
            try:
                directory = open_confined(self._path)
            except FileNotFoundError:
                self._directory = None
                return None
            self._area_name = staging_area.name_in(directory.fd)
            self._folds = None
            self._directory = directory
        if self._folds is None:  # as long as nothing is in it
            self._look_for_folding()
        return self._directory

    def present_now(self) -> ConfinedDirectory:
        """Return the directory where it is open.

        Raises:
            BlockingIOError: it is not, or whatever is done in it may hang.
        """
        directory = self._directory
        if directory is None or self._may_hang or self._folds is None:
            raise BlockingIOError
        return directory

    def made(self) -> ConfinedDirectory:
        """Return the directory, which is made if it does not exist.

        Raises:
            OSError: it cannot be made.
        """
        for _ in range(_ATTEMPTS):
            directory = self.present()
            if directory is not None:
                return directory
            new = [path for path in (self._path, *self._path.parents) if not path.exists()]
            self._path.mkdir(parents=True, exist_ok=True)
            if self._durable:
                for path in new:
                    with opened(os.open(path.parent, LIST)) as handle:
                        sync(handle)
        raise OSError(errno.EBUSY, "the root of the store keeps vanishing", str(self._path))

    def staging(self) -> StagingArea:
        """Return this process's staging area in the root."""
        staging = self._staging_area
        if staging is None or not staging.is_usable():
            staging = self._staging_area = StagingArea(self.made(), self._area_name)
            self._look_for_folding()  # now there is at least one name that tells
        return staging

    def _look_for_folding(self) -> None:
        """Take the file system's idea of equal names into account, as far as names in the directory tell."""
        directory = self._directory
        if directory is not None and not self._folds:
            self._folds = folds_names(directory)
            if self._folds:
                self._directory = open_confined(self._path, folding=True)

    def leave(self) -> None:
        """Remove this process's staging area, if nothing is in it; a later write makes a new one."""
        staging = self._staging_area
        if staging is not None:
            staging.leave()

    def path_of(self, key: str) -> bytes:
        """Return the path of a key or a directory in the root.

        Raises:
            InvalidKeyError: it is not allowed, or cannot be kept in this file system.
            TypeError: it is not a `str`.
        """
        path = path_of(key)
        if self._area_name == RESERVED_NAME and path.partition(b"/")[0] == RESERVED_NAME:
            raise InvalidKeyError(
                f"the key {key!r} is not allowed: on this file system, values are written in {RESERVED_NAME.decode()!r} first"
            )
        return path

    def is_staging(self, name: bytes) -> bool:
        """Whether a name in the root is that of the staging area."""
        return name == self._area_name

    def walk(self, directory: ConfinedDirectory, *, now: bool = False) -> DirectoryWalk:
        """Return what looks for keys below directories of the root."""
        hidden = RESERVED_NAME.decode() if self._area_name == RESERVED_NAME else ""
        return DirectoryWalk(directory, hidden, self._filled, now=now)
