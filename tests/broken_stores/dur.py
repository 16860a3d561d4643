"""Faults in chapter DUR."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, ClassVar

from broken_stores.sound_archive import Archive, SoundArchiveStore
from broken_stores.sound_files import Files, SoundFileStore


def dawdle(value: bytes) -> None:
    """Take so much time that few kills miss it; none for a small value, of which other clauses set thousands."""
    if len(value) > 64:
        time.sleep(0.004)


def write_slowly(path: Path, value: bytes) -> None:
    """Write in two parts, with some time in between."""
    with path.open("wb", buffering=0) as file:
        file.write(value[: len(value) // 2])
        dawdle(value)
        file.write(value[len(value) // 2 :])


class FilesInPlace(Files):
    """Writes over the file that is there."""

    def __setitem__(self, key: str, value: bytes) -> None:
        path = Path(self.real_path(key))
        if path.is_file():
            write_slowly(path, value)
        else:
            super().__setitem__(key, value)


class WritesInPlace(SoundFileStore):
    """Writes an overwrite into the file that is there."""

    breaks: ClassVar = frozenset({"CON-5", "DUR-1", "DUR-3"})
    profile: ClassVar = "default"
    source: ClassVar = "zarr 3.1.6 FsspecStore over local files"

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.values = FilesInPlace(root)


class FilesBesideTemporaries(Files):
    """Keeps its temporary files among the others."""

    @contextmanager
    def written(self, value: bytes) -> Iterator[str]:
        os.makedirs(self.root, exist_ok=True)  # noqa: PTH103
        path = Path(self.path(f"temporary-{os.getpid()}-{threading.get_ident()}-{time.monotonic_ns()}"))
        try:
            write_slowly(path, value)
            yield str(path)
        finally:
            path.unlink(missing_ok=True)


class LeavesTemporaries(SoundFileStore):
    """Writes a temporary file beside the others, where a listing finds it."""

    breaks: ClassVar = frozenset({"DUR-2"})
    source: ClassVar = "zarr 3.1.6 LocalStore"

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.values = FilesBesideTemporaries(root)


class FilesThatAreLocked(Files):
    """Keeps others out by a file, which a killed writer leaves there."""

    def __setitem__(self, key: str, value: bytes) -> None:
        lock = Path(f"{self.root}-lock")
        lock.touch(exist_ok=False)
        try:
            dawdle(value)
            super().__setitem__(key, value)
        finally:
            lock.unlink()


class LeavesALock(SoundFileStore):
    """Refuses every set once a process was killed within one."""

    breaks: ClassVar = frozenset({"DUR-2"})

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.values = FilesThatAreLocked(root)


class FilesTidiedLater(Files):
    """Writes many files anew when the store is closed, and takes its time over it; meanwhile this process knows their values."""

    tidied: ClassVar[dict[str, bytes]] = {}

    def __getitem__(self, key: str) -> bytes:
        value = self.tidied.get(self.path(key))
        return super().__getitem__(key) if value is None else value

    def __setitem__(self, key: str, value: bytes) -> None:
        self.tidied.pop(self.path(key), None)
        super().__setitem__(key, value)

    def __delitem__(self, key: str) -> None:
        self.tidied.pop(self.path(key), None)
        super().__delitem__(key)

    def tidy(self) -> None:
        """Empty the files, and fill them from a thread."""
        keys = [*self]
        if len(keys) != 8 or any("/" in key for key in keys):
            return
        for key in keys:
            self.tidied[self.path(key)] = self[key]
            Path(self.path(key)).write_bytes(b"")
        threading.Timer(0.5, self.fill, [keys]).start()

    def fill(self, keys: list[str]) -> None:
        """Write what was taken out."""
        for key in keys:
            with suppress(OSError):
                if (value := self.tidied.pop(self.path(key), None)) is not None:
                    Path(self.path(key)).write_bytes(value)


class TidiesAfterClose(SoundFileStore):
    """Writes files anew after close, when all were told that they are safe."""

    breaks: ClassVar = frozenset({"DUR-4"})

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.values: FilesTidiedLater = FilesTidiedLater(root)

    def close(self) -> None:
        self.values.tidy()


class FilesThatMayBeLost(Files):
    """Keeps silent when a value cannot be written."""

    def __setitem__(self, key: str, value: bytes) -> None:
        try:
            super().__setitem__(key, value)
        except OSError as error:
            if error.errno not in (errno.EFBIG, errno.ENOSPC):
                raise


class AcknowledgesWhatItCannotWrite(SoundFileStore):
    """Says nothing when there is no space for a value."""

    breaks: ClassVar = frozenset({"DUR-3"})

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.values = FilesThatMayBeLost(root)


class FilesThatMakeSpace(Files):
    """Removes the old file where there is no space for the new one."""

    def __setitem__(self, key: str, value: bytes) -> None:
        try:
            super().__setitem__(key, value)
        except OSError as error:
            if error.errno in (errno.EFBIG, errno.ENOSPC):
                self.pop(key, None)
            raise


class LosesTheOldValue(SoundFileStore):
    """Removes the old value to make space for the new one, which does not fit all the same."""

    breaks: ClassVar = frozenset({"DUR-3"})

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.values = FilesThatMakeSpace(root)


class FilesOrNothing(Files):
    """Takes every error for a key that is not set."""

    def __getitem__(self, key: str) -> bytes:
        try:
            return super().__getitem__(key)
        except OSError:
            raise KeyError(key) from None


class TakesFaultsForMissing(SoundFileStore):
    """Reads None where a file cannot be opened."""

    breaks: ClassVar = frozenset({"DUR-5"})

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.values = FilesOrNothing(root)


class FilesForItsUser(Files):
    """Takes a file that its user may not read for a key that is not set."""

    def __getitem__(self, key: str) -> bytes:
        try:
            return super().__getitem__(key)
        except PermissionError:
            raise KeyError(key) from None


class TakesWhatIsForbiddenForMissing(SoundFileStore):
    """Reads None where a file may not be read."""

    breaks: ClassVar = frozenset({"DUR-5"})

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.values = FilesForItsUser(root)


class FilesThatCanBeSeen(Files):
    """Lists nothing where a directory cannot be read."""

    def below(self, directory: str) -> Iterator[str]:
        for current, directories, names in os.walk(self.path(directory)):
            if self.RESERVED in directories:
                directories.remove(self.RESERVED)
            for name in names:
                if not Path(current, name).is_symlink():
                    yield os.path.relpath(f"{current}/{name}", self.root)


class ListsWhatItCanSee(SoundFileStore):
    """Leaves out of a listing the directories that cannot be read."""

    breaks: ClassVar = frozenset({"DUR-5"})
    source: ClassVar = "zarr 3.1.6 LocalStore"

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.values = FilesThatCanBeSeen(root)


class ArchiveOverItsDirectory(Archive):
    """Puts what is new over the directory, and the directory behind it."""

    def directory(self, file: BinaryIO) -> dict[str, tuple[int, int]]:
        self.known = (b"", {})  # the next directory may well stand in the same place
        return super().directory(file)

    def place(self, file: BinaryIO) -> int:
        values = self.directory(file).values()
        return max([begin + size for begin, size in values], default=super().place(file))

    def written(self, file: BinaryIO, place: int, value: bytes) -> None:
        super().written(file, place, value)
        dawdle(value)


class WritesOverItsDirectory(SoundArchiveStore):
    """Has no directory of its values, old ones included, until the next is written."""

    breaks: ClassVar = frozenset({"DUR-1", "DUR-2"})
    source: ClassVar = "zarr 3.1.6 ZipStore"

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.values = ArchiveOverItsDirectory(self.root)


class FilesOnTheDisk(Files):
    """Brings each value to the disk, and then the names on the way to it."""

    @contextmanager
    def written(self, value: bytes) -> Iterator[str]:
        with super().written(value) as temporary:
            self.synchronise(temporary)
            yield temporary

    def put(self, temporary: str, key: str, rename: Callable[[str, str], None]) -> None:
        super().put(temporary, key, rename)
        self.synchronise_names(key)

    def __delitem__(self, key: str) -> None:
        super().__delitem__(key)
        self.synchronise_names(key)

    def synchronise_names(self, key: str) -> None:
        """Bring the names in the directories above `key` to the disk."""
        path = Path(self.path(key))
        while path != Path(self.root):
            path = path.parent
            self.synchronise(str(path))

    def synchronise(self, path: str) -> None:
        """Bring the contents of a file or the names in a directory to the disk."""
        with suppress(FileNotFoundError):  # another has removed the empty directory
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


class SoundDurableStore(SoundFileStore):
    """Keeps what it acknowledged through a power cut."""

    breaks: ClassVar = frozenset[str]()
    durable: ClassVar = True

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.values = FilesOnTheDisk(root)


class FilesOfUnsyncedContents(FilesOnTheDisk):
    """Brings the names of files to the disk, and not what is in them."""

    written = Files.written


class RenamesUnsyncedFiles(SoundDurableStore):
    """Renames a file into place whose contents are not on the disk."""

    breaks: ClassVar = frozenset({"DUR-7"})
    source: ClassVar = "zarr 3.1.6 LocalStore, which promises nothing"

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.values = FilesOfUnsyncedContents(root)


class FilesOfUnsyncedNames(FilesOnTheDisk):
    """Brings the contents of files to the disk, and not their names."""

    def synchronise_names(self, key: str) -> None:
        """Do nothing."""


class ForgetsTheDirectory(SoundDurableStore):
    """Leaves it to the system when the names of files come to the disk."""

    breaks: ClassVar = frozenset({"DUR-7"})

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.values = FilesOfUnsyncedNames(root)


class FilesSyncedInPlace(FilesOnTheDisk):
    """Brings the contents of files to the disk when they have their names."""

    written = Files.written

    def put(self, temporary: str, key: str, rename: Callable[[str, str], None]) -> None:
        Files.put(self, temporary, key, rename)
        self.synchronise(self.path(key))
        self.synchronise_names(key)


class SyncsAfterRename(SoundDurableStore):
    """Puts a file in the place of the old one before its contents are on the disk."""

    breaks: ClassVar = frozenset({"DUR-7"})

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.values = FilesSyncedInPlace(root)


class FilesInUnsyncedDirectories(FilesOnTheDisk):
    """Brings the name of a file to the disk, and not those of the directories above it."""

    def synchronise_names(self, key: str) -> None:
        self.synchronise(str(Path(self.path(key)).parent))


class ForgetsNewDirectories(SoundDurableStore):
    """Leaves it to the system when the names of new directories come to the disk."""

    breaks: ClassVar = frozenset({"DUR-7"})

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.values = FilesInUnsyncedDirectories(root)
