"""One zip archive in this process: what all handles that came from one opening of it share."""

from __future__ import annotations

import os
import secrets
import stat
import zipfile
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Final, Literal, TypeAlias
from weakref import WeakSet, WeakValueDictionary

from reference_stores.disk_sync import sync_names
from reference_stores.zip_archives.contents import Contents
from reference_stores.zip_archives.directory import find_directory
from reference_stores.zip_archives.positioned_file import PositionedFile
from reference_stores.zip_archives.records import pack_end
from reference_stores.zip_archives.recovery import Stop, walk
from reference_stores.zip_archives.writer import PackedValue, ZipWriter
from reference_stores.zip_archives.writer_lock import WriterLock
from storeproto import StoreClosedError

WritingMode: TypeAlias = Literal["a", "w", "x", "r+"]
"""'a' appends or creates, 'w' begins anew, 'x' creates, 'r+' appends to what must be there."""

Commit: TypeAlias = AbstractContextManager[object]
"""Entered for the moment in which a change shows; it may refuse by raising."""

_archives: Final[WeakSet[Archive]] = WeakSet()
_written: Final[WeakValueDictionary[Path, Archive]] = WeakValueDictionary()


class Archive:
    """An archive that is read, and written while at least one handle may write to it.

    Args:
        location: an absolute path of the file.
        mode: 'r' to read; the others begin to write.

    Raises:
        BlockingIOError: another writer has it open.
        FileExistsError: the mode is 'x' and there is a file.
        FileNotFoundError: the mode is 'r' or 'r+' and there is none.
        zipfile.BadZipFile: the file is no archive, or a broken one.
    """

    def __init__(self, location: Path, mode: Literal["r"] | WritingMode) -> None:
        self.location = location
        self.was_forked = False
        self._changing = Lock()
        self._writer: ZipWriter | None = None
        self._writer_lock: WriterLock | None = None
        self._writable_handles = 0
        self._name_is_on_disk = False
        self.contents: Contents
        if mode == "r":
            self.contents = _read_contents(location)
        else:
            self.begin_writing(mode)
        _archives.add(self)

    @staticmethod
    def being_written(location: Path) -> Archive | None:
        """Return the archive at `location` if this process is writing to it."""
        archive = _written.get(location)
        return archive if archive is not None and archive.is_written else None

    @property
    def is_written(self) -> bool:
        """Whether changes can be made."""
        return self._writer is not None

    def begin_writing(self, mode: WritingMode) -> None:
        """Count one more handle that writes; the first one locks the file and reads it anew."""
        with self._changing:
            if self._writer is None:
                self.location = self.location.resolve()  # a new archive takes the place of the file, not of a link to it
                self._take(*_opened_for_writing(self.location, mode))
                self.was_forked = False
                _written[self.location] = self
            self._writable_handles += 1

    def end_writing(self) -> None:
        """Count one handle less that writes; the last one writes the directory and lets go of the lock."""
        with self._changing:
            self._writable_handles -= 1
            if self._writable_handles or self._writer is None or self._writer_lock is None:
                return
            try:
                self._writer.finish()
            finally:
                self._writer = None
                self._writer_lock.release()
                self._writer_lock = None

    def _take(self, file: PositionedFile, lock: WriterLock) -> None:
        try:
            with _naming(self.location):
                self._writer = ZipWriter(file)
        except BaseException:
            lock.release()
            raise
        self._writer_lock = lock
        self._name_is_on_disk = False
        self.contents = self._writer.contents

    def put(
        self,
        key: str,
        name: bytes,
        value: PackedValue,
        *,
        allow_zip64: bool,
        keep: bool = False,
        commit: Commit | None = None,
        wait: bool = True,
    ) -> bool:
        """Make `value` the value of `key`, whose member is called `name`; with `keep` only where it has none.

        Return False, without having done anything, where another change is under way and the caller does not `wait`.
        """
        if not self._changing.acquire(blocking=wait):
            return False
        try:
            writer = self._open_writer()
            if not (keep and key in self.contents.members):
                writer.append(key, name, value, commit, allow_zip64=allow_zip64)
        finally:
            self._changing.release()
        return True

    def clear(self, *, commit: Commit | None = None, wait: bool = True) -> bool:
        """Put an empty archive in the place of this one; return False as `put` does."""
        if not self._changing.acquire(blocking=wait):
            return False
        try:
            self._open_writer()
            with _NO_COMMIT if commit is None else commit:
                old_lock = self._writer_lock
                self._take(*_replaced(self.location, self.contents.file.status().st_mode))
                if old_lock is not None:
                    old_lock.release()
        finally:
            self._changing.release()
        return True

    def finish(self, *, durable: bool = False) -> None:
        """Write the directory of all members so far."""
        with self._changing:
            self._open_writer().finish(durable=durable)
            if durable and not self._name_is_on_disk:
                sync_names(self.location.parent)
                self._name_is_on_disk = True

    def _open_writer(self) -> ZipWriter:
        if self._writer is None:
            raise StoreClosedError(f"the archive {self.location} was closed before the change was made")
        return self._writer

    def after_fork(self) -> None:
        """In a forked child: leave all writing to the parent, and wait for none of its threads."""
        self._changing = Lock()
        self.contents.after_fork()
        if self._writer is not None:
            self.was_forked = True
            self._writer = self._writer_lock = None


_NO_COMMIT: Final = nullcontext()


def _after_fork() -> None:
    for archive in [*_archives]:
        archive.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@contextmanager
def _naming(location: Path) -> Generator[None]:
    """Put the archive's path in front of what is wrong with it."""
    try:
        yield
    except zipfile.BadZipFile as error:
        raise zipfile.BadZipFile(f"{location}: {error}") from error


def _read_contents(location: Path) -> Contents:
    if not stat.S_ISREG(location.stat().st_mode):  # before it is opened: a named pipe would wait for its other end
        raise _not_a_file(location)
    file = PositionedFile(location, os.O_RDONLY)
    with _naming(location):
        size = file.size()
        directory = find_directory(file, size)
        if directory is None:
            walked = walk(file, size)
            directory = walked.directory
            if directory is None:
                raise zipfile.BadZipFile(_why_not(walked.end, walked.stop))
        return Contents(file, directory.members)


def _why_not(end: int, stop: Stop) -> str:
    if end == 0 and stop in (Stop.UNKNOWN, Stop.END_OF_FILE):
        return "it is not a zip archive"
    how = "it is being written, or its writer was killed before the first flush, or the file was cut off"
    return f"it has no whole central directory: {how}; ZipStore(path, mode='a') recovers the members that are whole"


def _not_a_file(location: Path) -> OSError:
    return IsADirectoryError(f"{location} is not a regular file: a ZipStore keeps its values in one")


def _opened_for_writing(location: Path, mode: WritingMode) -> tuple[PositionedFile, WriterLock]:
    while True:
        try:
            if mode != "x":
                file, lock = _locked(location)
                if mode != "w":
                    return file, lock
                try:
                    return _replaced(location, file.status().st_mode)
                finally:
                    lock.release()
        except FileNotFoundError:
            if mode == "r+":
                raise
        try:
            return _created(location)
        except FileExistsError:
            if mode == "x":
                raise


def _locked(location: Path) -> tuple[PositionedFile, WriterLock]:
    """Open an existing file for writing, and lock it; both the same one, though another may have taken its place meanwhile."""
    while True:
        lock = WriterLock(location)
        try:
            file = PositionedFile(location, os.O_RDWR)
            status = file.status()
            if not stat.S_ISREG(status.st_mode):
                raise _not_a_file(location)
        except BaseException:
            lock.release()
            raise
        if lock.identity == (status.st_dev, status.st_ino):
            return file, lock
        lock.release()


def _created(location: Path) -> tuple[PositionedFile, WriterLock]:
    """Make an empty archive where there is no file.

    Raises:
        FileExistsError: there is one.
    """
    file = PositionedFile(location, os.O_RDWR | os.O_CREAT | os.O_EXCL)
    lock = WriterLock(location)
    try:
        file.write(pack_end(0, 0, 0, 0, b""), 0)
    except BaseException:
        lock.release()
        location.unlink()
        raise
    return file, lock


def _replaced(location: Path, mode: int) -> tuple[PositionedFile, WriterLock]:
    """Put an empty archive in the place of a file, in one step; who reads the old one goes on reading it."""
    temporary = location.with_name(f".{secrets.token_hex(8)}.partial")
    file, lock = _created(temporary)
    try:
        temporary.chmod(stat.S_IMODE(mode))
        temporary.replace(location)
    except BaseException:
        lock.release()
        temporary.unlink()
        raise
    return file, lock
