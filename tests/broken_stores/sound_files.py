"""The sound parent of stores whose values are files: a mapping of keys to files, and the store over it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

from broken_stores.sound import SoundStore
from storeproto.keys import check_key

_MISSING = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
"""What the system says of a key that is not set, a prefix, or below a key."""


class Files(MutableMapping[str, bytes]):
    """Plain files below a root; each is written in a directory that no key can name, and renamed into place.

    Directories come with their first file and go with their last. Symbolic links are not followed.
    """

    RESERVED: ClassVar[str] = os.fsdecode(b"\xfftemporary")
    """Not valid UTF-8, and so in no key."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = os.path.realpath(root)

    def path(self, key: str) -> str:
        """The file of `key`."""
        return os.path.join(self.root, key)  # noqa: PTH118  # Path would fold keys of its own accord

    def real_path(self, key: str) -> str:
        """The file of `key`, which no symbolic link leads to."""
        path = self.root
        for directory in key.split("/")[:-1]:
            path += f"/{directory}"
            if Path(path).is_symlink():
                raise NotADirectoryError(f"{directory!r} is a symbolic link, which is not followed: {key!r}")
        return self.path(key)

    def __getitem__(self, key: str) -> bytes:
        try:
            path = self.real_path(key)
            if Path(path).is_symlink():
                raise KeyError(key)
            with open(path, "rb") as file:  # noqa: PTH123
                return file.read()
        except _MISSING:
            raise KeyError(key) from None

    def __contains__(self, key: object) -> bool:
        try:
            path = Path(self.real_path(str(key)))
        except _MISSING:
            return False
        return path.is_file() and not path.is_symlink()

    def __setitem__(self, key: str, value: bytes) -> None:
        with self.written(value) as temporary:
            self.put(temporary, key, os.replace)

    def create(self, key: str, value: bytes) -> None:
        """Make the file of `key`, if there is none; of many at once one does."""
        with self.written(value) as temporary:
            self.put(temporary, key, self.link)

    def link(self, temporary: str, path: str) -> None:
        """Give the file `temporary` another name, unless there is a file of that name."""
        try:
            os.link(temporary, path)
        except FileExistsError:
            if Path(path).is_dir():
                raise

    @contextmanager
    def written(self, value: bytes) -> Iterator[str]:
        """A temporary file with `value`, gone at the end."""
        directory = self.path(self.RESERVED)
        try:
            number, path = tempfile.mkstemp(dir=directory)
        except FileNotFoundError:
            os.makedirs(directory, exist_ok=True)  # noqa: PTH103
            number, path = tempfile.mkstemp(dir=directory)
        try:
            with open(number, "wb") as file:  # noqa: PTH123
                file.write(value)
            yield path
        finally:
            with suppress(FileNotFoundError):
                os.unlink(path)  # noqa: PTH108

    def put(self, temporary: str, key: str, rename: Callable[[str, str], None]) -> None:
        """Give the file `temporary` the name of `key`, in one step."""
        path = Path(self.real_path(key))
        while True:
            try:
                rename(temporary, str(path))
            except FileNotFoundError:
                if not Path(temporary).exists():
                    raise
                self.make_way(path)  # again, where the last file of the directory went at this moment
            except (IsADirectoryError, FileExistsError):
                self.remove_empty_tree(path)
                if path.is_dir():
                    raise
            except OSError:
                self.prune(str(path.parent))
                raise
            else:
                return

    def make_way(self, path: Path) -> None:
        """Make the directories above `path`, or none of them."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except FileNotFoundError:
            pass  # one went at this moment
        except OSError:
            self.prune(str(path.parent))
            raise

    def remove_empty_tree(self, path: Path) -> None:
        """Remove the directories at and below `path` that a killed writer made for a file that never came."""
        with suppress(OSError):
            for directory, _, _ in os.walk(path, topdown=False):
                Path(directory).rmdir()

    def __delitem__(self, key: str) -> None:
        try:
            path = self.real_path(key)
            if Path(path).is_dir() and not Path(path).is_symlink():
                raise KeyError(key)
            os.unlink(path)  # noqa: PTH108
        except _MISSING:
            raise KeyError(key) from None
        self.prune(os.path.dirname(path))  # noqa: PTH120

    def prune(self, directory: str) -> None:
        """Remove `directory` and those above it, as far as there is nothing in them."""
        with suppress(OSError):
            while directory != self.root:
                Path(directory).rmdir()
                directory = os.path.dirname(directory)  # noqa: PTH120

    def below(self, directory: str) -> Iterator[str]:
        """The keys below a directory."""
        waiting = [directory]
        while waiting:
            current = waiting.pop()
            try:
                with os.scandir(self.path(current)) as found:
                    entries = [*found]
            except _MISSING:
                continue  # it went at this moment
            for entry in entries:
                key = f"{current}/{entry.name}" if current else entry.name
                if entry.is_file(follow_symlinks=False):
                    yield key
                elif entry.is_dir(follow_symlinks=False) and key != self.RESERVED:
                    waiting.append(key)

    def __iter__(self) -> Iterator[str]:
        return self.below("")

    def __len__(self) -> int:
        return sum(1 for _ in self)


class SoundFileStore(SoundStore):
    """Keeps the whole contract, as far as a store of plain files can."""

    breaks: ClassVar[frozenset[str]] = frozenset()
    arguments: ClassVar[dict[str, object]] = {"root": "{tmp_path}", "read_only": "{read_only}"}
    reopens: ClassVar[bool] = True
    on_host_files: ClassVar[bool] = True
    profile: ClassVar[str] = "quick"

    values: Files

    def __init__(self, root: str | os.PathLike[str], *, read_only: bool = False) -> None:
        super().__init__(read_only=read_only)
        self.values = Files(root)

    def with_read_only(self, read_only: bool = False) -> Any:
        return type(self)(self.values.root, read_only=read_only)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.values.root == self.values.root and other.read_only == self.read_only

    def __hash__(self) -> int:
        return hash((type(self), self.values.root, self.read_only))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.values.root!r})"

    def __reduce__(self) -> Any:
        return _opened, (type(self), self.values.root, self.read_only)

    async def getsize(self, key: str) -> int:
        value = self.values.get(check_key(key))
        if value is None:
            raise FileNotFoundError(f"no value under {key!r}")
        return len(value)

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        self.check_writable()
        self.values.create(check_key(key), memoryview(value).tobytes())

    async def delete_dir(self, prefix: str) -> None:
        self.check_writable()
        for key in self.keys_below(prefix):
            self.values.pop(key, None)

    async def clear(self) -> None:
        await self.delete_dir("")

    async def getsize_prefix(self, prefix: str = "") -> int:
        return sum(len(self.values.get(key, b"")) for key in self.keys_below(prefix))


def _opened(kind: type[SoundFileStore], root: str, read_only: bool) -> SoundFileStore:
    return kind(root, read_only=read_only)
