"""Faults in chapter SAF.

They reach single files alone, by way of their root, and remove nothing but in a scratch tree that has the guard's marker in it.
"""

from __future__ import annotations

import builtins
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote

from broken_stores.sound import SoundStore
from broken_stores.sound_files import Files, SoundFileStore
from storeproto import ByteRequest

MARKER = ".storeproto-scratch-tree"


class Climbing(SoundFileStore):
    """Sound; can say where a key leads that climbs."""

    breaks: ClassVar[frozenset[str]] = frozenset()
    guarded: ClassVar[bool] = True
    profile: ClassVar[str] = "quick"

    def outside(self, key: Any) -> Path | None:
        """What is there, if the key climbs to it."""
        if not isinstance(key, str) or ".." not in key.split("/") or "\0" in key:
            return None
        path = Path(f"{self.values.root}/{key}")
        return path if path.exists() else None

    def scratch(self, key: Any) -> Path | None:
        """What is there, if the key climbs to it, and it lies in the guard's scratch tree."""
        path = self.outside(key)
        marked = path is not None and any((parent / MARKER).is_file() for parent in path.resolve().parents)
        return path if marked else None


class GetClimbs(Climbing):
    """Reads the file that a key climbs to."""

    breaks: ClassVar = frozenset({"SAF-2"})
    source: ClassVar = "zarr 3.1.6 LocalStore"

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        path = self.outside(key)
        if path is not None and path.is_file():
            return self.part(path.read_bytes(), byte_range)
        return await super().get(key, prototype, byte_range)


class ExistsClimbs(Climbing):
    """Sees the file that a key climbs to."""

    breaks: ClassVar = frozenset({"SAF-2"})

    async def exists(self, key: str) -> bool:
        return self.outside(key) is not None or await super().exists(key)


class GetSizeClimbs(Climbing):
    """Measures the file that a key climbs to."""

    breaks: ClassVar = frozenset({"SAF-2"})

    async def getsize(self, key: str) -> int:
        path = self.outside(key)
        return await super().getsize(key) if path is None else path.stat().st_size


class SetClimbs(Climbing):
    """Writes where a key climbs to."""

    breaks: ClassVar = frozenset({"SAF-1"})
    source: ClassVar = "zarr 3.1.6 LocalStore"

    async def set(self, key: str, value: Any) -> None:
        path = self.scratch(key)
        if path is not None and path.is_file():
            path.write_bytes(value)
        else:
            await super().set(key, value)


class SetDecodesDots(Climbing):
    """Writes where a key climbs to once it is percent-decoded."""

    breaks: ClassVar = frozenset({"SAF-1"})

    async def set(self, key: str, value: Any) -> None:
        path = self.scratch(unquote(key)) if isinstance(key, str) else None
        if path is not None and path.is_file() and "%2e" in key:
            path.write_bytes(value)
        else:
            await super().set(key, value)


class CreateClimbs(Climbing):
    """Makes a new file where a key climbs to, when it is told to set what is missing."""

    breaks: ClassVar = frozenset({"SAF-1"})

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        directory = self.scratch(f"{Path(key).parent}") if isinstance(key, str) else None
        if directory is not None and ".." in Path(key).parts:
            with (directory / Path(key).name).open("xb") as file:
                file.write(value)
        else:
            await super().set_if_not_exists(key, value)


class DeleteClimbs(Climbing):
    """Removes the file that a key climbs to."""

    breaks: ClassVar = frozenset({"SAF-3"})
    source: ClassVar = "zarr 3.1.6 LocalStore"

    async def delete(self, key: str) -> None:
        path = self.scratch(key)
        if path is not None and path.is_file():
            path.unlink()
        else:
            await super().delete(key)


class DeleteDirClimbs(Climbing):
    """Removes the files below the directory that a prefix climbs to."""

    breaks: ClassVar = frozenset({"SAF-3"})
    source: ClassVar = "zarr 3.1.6 LocalStore"

    async def delete_dir(self, prefix: str) -> None:
        path = self.scratch(prefix)
        if path is None:
            await super().delete_dir(prefix)
        else:
            for file in [*path.iterdir()]:
                if file.is_file():
                    file.unlink()


class TakesItsParentAlong(Climbing):
    """Removes the directory that its root lies in, when it is emptied and nothing else is there."""

    breaks: ClassVar = frozenset({"SAF-3"})

    async def clear(self) -> None:
        await super().clear()
        parent = self.scratch("..")
        if parent is not None:
            parent.rmdir()


class ListClimbs(Climbing):
    """Lists the directory that a prefix climbs to."""

    breaks: ClassVar = frozenset({"SAF-4"})
    source: ClassVar = "zarr 3.1.6 LocalStore"

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        path = self.outside(prefix)
        found = super().list_dir(prefix)
        for name in [name async for name in found] if path is None else os.listdir(path):  # noqa: PTH208
            yield name


class FollowingFiles(Files):
    """Files whose links are followed for reads."""

    def __getitem__(self, key: str) -> bytes:
        try:
            return Path(self.path(key)).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise KeyError(key) from None


class ReadsThroughLinks(SoundFileStore):
    """Reads the file that a symbolic link points to."""

    breaks: ClassVar = frozenset({"SAF-5"})
    source: ClassVar = "zarr 3.1.6 LocalStore"
    guarded: ClassVar[bool] = True
    profile: ClassVar[str] = "quick"

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.values = FollowingFiles(root)


class WritesThroughLinks(Climbing):
    """Writes to the file that a symbolic link points to."""

    breaks: ClassVar = frozenset({"SAF-5"})

    async def set(self, key: str, value: Any) -> None:
        path = Path(f"{self.values.root}/{key}") if isinstance(key, str) and "\0" not in key else None
        if path is not None and path.is_symlink():
            path.write_bytes(value)
        else:
            await super().set(key, value)


class ListsThroughLinks(SoundFileStore):
    """Lists the directory that a symbolic link points to."""

    breaks: ClassVar = frozenset({"SAF-5"})
    guarded: ClassVar[bool] = True
    profile: ClassVar[str] = "quick"

    def keys_below(self, prefix: str) -> builtins.list[str]:
        directory = prefix.removesuffix("/")
        path = Path(f"{self.values.root}/{directory}")
        found = [f"{directory}/{name}" for name in os.listdir(path)] if path.is_symlink() else []  # noqa: PTH208
        return [*super().keys_below(prefix), *found]


class ForgesLinesInErrors(SoundStore):
    """Writes keys into its errors as they are."""

    breaks: ClassVar = frozenset({"SAF-6"})

    async def getsize(self, key: str) -> int:
        try:
            return await super().getsize(key)
        except FileNotFoundError:
            raise FileNotFoundError(f"no value under the key {key}") from None


class ForgesLinesInTheLog(SoundStore):
    """Writes keys into its log as they are."""

    breaks: ClassVar = frozenset({"SAF-6"})
    source: ClassVar = "zarr 3.1.6 LoggingStore"

    async def exists(self, key: str) -> bool:
        logging.getLogger(__name__).debug("exists(%s)", key)
        return await super().exists(key)


class KeepsASecret(SoundStore):
    """Sound; is given a credential, and keeps it to itself."""

    breaks: ClassVar[frozenset[str]] = frozenset()
    arguments: ClassVar[dict[str, object]] = {
        "url": "memory://user:correct%20horse@host",
        "storage_options": {"client_secret": "battery staple"},
    }

    def __init__(self, *arguments: Any, url: str = "", storage_options: dict[str, str] | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.url = url
        self.storage_options = storage_options or {}


class TellsItsURL(KeepsASecret):
    """Shows the whole URL in its repr."""

    breaks: ClassVar = frozenset({"SAF-6"})

    def __repr__(self) -> str:
        return f"TellsItsURL({self.url!r}, {id(self.values)})"


class TellsTheDecodedPassword(KeepsASecret):
    """Shows the password of its URL in its repr, percent-decoded."""

    breaks: ClassVar = frozenset({"SAF-6"})

    def __repr__(self) -> str:
        return f"TellsTheDecodedPassword({unquote(self.url)!r}, {id(self.values)})"


class TellsSecretsBehindErrors(KeepsASecret):
    """Raises an error whose cause shows its options."""

    breaks: ClassVar = frozenset({"SAF-6"})

    async def getsize(self, key: str) -> int:
        try:
            return await super().getsize(key)
        except FileNotFoundError as error:
            raise error from ValueError(f"404, asked with {self.storage_options}")


class LogsSecrets(KeepsASecret):
    """Writes its options into the log."""

    breaks: ClassVar = frozenset({"SAF-6"})

    async def set(self, key: str, value: Any) -> None:
        logging.getLogger(__name__).info("set %r with %s", key, self.storage_options)
        await super().set(key, value)
