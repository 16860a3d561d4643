"""Files: values as the files of any fsspec file system, with the calls that all of them have."""

# fsspec's asynchronous calls begin with an underscore, and are meant to be called:
# pyright: reportPrivateUsage=false
from __future__ import annotations

import inspect
import re
from collections.abc import AsyncGenerator
from typing import Any, Final, Protocol

from reference_stores.credentials import mask_url
from reference_stores.paging import PAGE_SIZE
from reference_stores.remote_media.byte_ranges import names_nothing
from reference_stores.remote_media.file_systems import FileSystems, inner, kind_of, recipe, require_fsspec
from reference_stores.remote_media.medium import Entry, Medium, together
from storeproto import ByteRequest, InvalidKeyError, KeyConflictError, resolve
from storeproto.errors import missing_key_error
from storeproto.keys import below, is_key

Info = dict[str, Any]

_GONE: Final = (FileNotFoundError, NotADirectoryError)
_DIRECTORIES_AT_ONCE: Final = 16

# webdav4 puts a path into a URL as it is: `%41` would name `A`, and the others end the path or are no part of a URL.
_REFUSED: Final = {"webdav": re.compile(r"[\x00-\x1f\x7f%?#]"), "dav": re.compile(r"[\x00-\x1f\x7f%?#]")}


class Calls(Protocol):
    """The calls of an asynchronous fsspec file system that are made here."""

    def _strip_protocol(self, path: str) -> str: ...
    async def _cat_file(self, path: str, start: int | None = None, end: int | None = None) -> bytes: ...
    async def _info(self, path: str) -> Info: ...
    async def _isfile(self, path: str) -> bool: ...
    async def _pipe_file(self, path: str, value: bytes, **options: Any) -> None: ...
    async def _rm_file(self, path: str) -> None: ...
    async def _makedirs(self, path: str, exist_ok: bool = False) -> None: ...
    async def _rmdir(self, path: str) -> None: ...
    async def _ls(self, path: str, detail: bool = True) -> list[Info]: ...
    async def _find(self, path: str, detail: bool = True) -> dict[str, Info]: ...


class Files(Medium):
    """A medium for every file system that has no module of its own here.

    What holds for all of them holds here: a read of a part asks for the size first, since not every file system reads parts right;
    a set writes in place, unless the file system does better; only the file systems known to create exclusively do.

    Args:
        systems: the file system.
        path: the root in it.

    Raises:
        ValueError: `path` is the root of this computer's files.
    """

    def __init__(self, systems: FileSystems[Calls], path: str) -> None:
        fs = systems.fs
        self._systems = systems
        self._root: Final[str] = fs._strip_protocol(path).rstrip("/")
        self._root_marker: Final[str] = fs.root_marker
        protocols: str | tuple[str, ...] = fs.protocol
        self._protocol: Final = protocols if isinstance(protocols, str) else protocols[0]
        self._refused: Final = _REFUSED.get(self._protocol)
        self._creates: Final = _takes_mode(fs)
        self._finds: Final = _finds_flat(fs)
        refuse_whole_computer(fs, self._root)

    @property
    def location(self) -> str:
        """The URL of the root, without credentials."""
        return mask_url(f"{self._protocol}://{self._root}")

    @property
    def identity(self) -> tuple[object, ...]:
        """Equal for the same root in file systems made alike."""
        return (*recipe(self._systems.fs), self._root)

    def share(self) -> None:
        """Take note of one more handle."""
        self._systems.share()

    def close(self) -> None:
        """Take note that a handle has ended."""
        self._systems.close()

    # Names

    def _path(self, key: str) -> str:
        """The path of a key, or of a directory.

        Raises:
            InvalidKeyError: the file system would take it for another.
        """
        if key == "":
            return self._root or self._root_marker
        path = f"{self._root}/{key}" if self._root else self._root_marker + key
        if (self._refused is not None and self._refused.search(key)) or self._systems.fs._strip_protocol(path) != path:
            raise InvalidKeyError(f"the key {key!r} is not allowed here: a {self._protocol} file system would take it for another")
        return path

    def _key(self, info: Info) -> str | None:
        """The key, or directory, of an item of a listing; None for one that is not below the root, or has no legal name."""
        name = str(info["name"]).strip("/")
        root = self._root.strip("/")
        if root:
            if not name.startswith(root + "/"):
                return None
            name = name[len(root) + 1 :]
        return name if is_key(name) else None

    # A listing that the file system remembers would hide what others have written since.
    def _forget(self) -> None:
        inner(self._systems.fs).invalidate_cache()

    # Reading

    async def read(self, key: str, request: ByteRequest | None) -> bytes:
        """Return the value, or the part that `request` names."""
        path = self._path(key)
        self._forget()
        if request is None:
            async with self._systems.request() as fs:
                return await fs._cat_file(path)
        size = await self.size(key)
        part = resolve(request, size)
        if names_nothing(request) or part.start == part.stop:
            return b""
        async with self._systems.request() as fs:
            value = await fs._cat_file(path, start=part.start, end=part.stop)
        if len(value) == part.stop - part.start:
            return value
        # Another value than a moment ago, or a file system that does not read parts.
        async with self._systems.request() as fs:
            whole = await fs._cat_file(path)
        return whole[resolve(request, len(whole))]

    async def size(self, key: str) -> int:
        """Return the number of bytes of the value."""
        path = self._path(key)
        self._forget()
        async with self._systems.request() as fs:
            info = await fs._info(path)
            if info["type"] != "file" and not await fs._isfile(path):
                raise missing_key_error(key)
            size = info.get("size") if info["type"] == "file" else None
            return len(await fs._cat_file(path)) if size is None else int(size)

    async def _is_set(self, key: str) -> bool:
        try:
            await self.size(key)
        except (*_GONE, IsADirectoryError):
            return False
        return True

    # Writing

    async def write(self, key: str, value: bytes) -> None:
        """Store the value.

        Raises:
            KeyConflictError: `key` is a directory with keys in it, or a key is where a directory would have to be.
        """
        await self._put(key, value, {})

    async def create(self, key: str, value: bytes) -> None:
        """Store the value, unless there is one: seen first, then told to the file system too where it takes that."""
        if await self._is_set(key):
            return
        if not self._creates:
            await self._put(key, value, {})
            return
        try:
            await self._put(key, value, {"mode": "create"})
        except KeyConflictError:
            if not await self._is_set(key):
                raise

    async def _put(self, key: str, value: bytes, options: dict[str, Any]) -> None:
        path = self._path(key)
        try:
            async with self._systems.request() as fs:
                await fs._pipe_file(path, value, **options)
        except (FileExistsError, NotADirectoryError) as error:
            raise KeyConflictError(f"the key {key!r} cannot be set: a key is where a directory would have to be") from error
        except Exception:
            # What a file system says of a missing parent, or of a directory in the way, differs too much to go by.
            if not await self._make_way(key):
                raise
            async with self._systems.request() as fs:
                await fs._pipe_file(path, value, **options)

    async def _make_way(self, key: str) -> bool:
        """Make the directories that `key` needs, and remove the empty one in its place; return whether anything was done."""
        path = self._path(key)
        self._forget()
        async with self._systems.request() as fs:
            try:
                in_the_way = (await fs._info(path))["type"] == "directory"
            except _GONE:
                in_the_way = False
        if not in_the_way:
            directory = key.rpartition("/")[0]
            return await self._make_directory(directory)
        if await self.has_below(key):
            raise KeyConflictError(
                f"the key {key!r} cannot be set: keys are below it, and this file system has no file beside them"
            )
        await self._remove_directories(key)
        return True

    async def _make_directory(self, directory: str) -> bool:
        path = self._path(directory)
        async with self._systems.request() as fs:
            try:
                await fs._info(path)
            except FileNotFoundError:
                await fs._makedirs(path, exist_ok=True)
                return True
            except NotADirectoryError as error:
                raise KeyConflictError(f"keys below {directory!r} cannot be set: a key is where a directory would be") from error
        return False

    async def _remove_directories(self, directory: str) -> None:
        """Remove a directory that holds nothing but empty directories."""
        for info in await self._list(directory):
            name = self._key(info)
            if name is not None and info["type"] == "directory":
                await self._remove_directories(name)
        async with self._systems.request() as fs:
            await fs._rmdir(self._path(directory))

    # Removing

    async def remove(self, key: str) -> None:
        """Remove the key alone; the size is asked for first, since a file system may remove a whole directory just so."""
        if not await self._is_set(key):
            return
        async with self._systems.request() as fs:
            try:
                await fs._rm_file(self._path(key))
            except FileNotFoundError:
                return

    async def remove_all(self, keys: list[str]) -> None:
        """Remove a page of keys, which were listed as files a moment ago."""
        await together([self._remove_file(key) for key in keys])

    async def _remove_file(self, key: str) -> None:
        async with self._systems.request() as fs:
            try:
                await fs._rm_file(self._path(key))
            except FileNotFoundError:
                return

    # Listing

    async def _list(self, directory: str) -> list[Info]:
        """The items of a directory; none where there is no such directory."""
        self._forget()
        async with self._systems.request() as fs:
            try:
                return await fs._ls(self._path(directory), detail=True)
            except _GONE:
                return []

    async def pages(self, prefix: str) -> AsyncGenerator[list[Entry], None]:
        """Give the keys that begin with `prefix`, as the directories are read."""
        pending = [prefix.rpartition("/")[0]]
        while pending:
            batch, pending = pending[-_DIRECTORIES_AT_ONCE:], pending[:-_DIRECTORIES_AT_ONCE]
            found: list[Entry] = []
            for directory, infos in zip(batch, await together([self._items(directory) for directory in batch]), strict=True):
                for info in infos:
                    key = self._key(info)
                    if key is None or not key.startswith(below(directory)):
                        continue
                    if info["type"] == "directory":
                        if key.startswith(prefix) or prefix.startswith(key + "/"):
                            pending.append(key)
                    elif info["type"] == "file" and key.startswith(prefix):
                        found.append((key, info.get("size")))
            for start in range(0, len(found), PAGE_SIZE):
                yield found[start : start + PAGE_SIZE]

    async def _items(self, directory: str) -> list[Info]:
        """What is in a directory; where the file system lists all that is below at once, all of it, without the directories."""
        if not self._finds:
            return await self._list(directory)
        self._forget()
        async with self._systems.request() as fs:
            try:
                found: Any = await fs._find(self._path(directory), detail=True)
            except _GONE:
                return []
        infos: list[Info] = [*found.values()] if hasattr(found, "values") else []  # where nothing is, adlfs gives a list
        return [info for info in infos if info["type"] == "file"]

    async def children(self, directory: str) -> AsyncGenerator[list[str], None]:
        """Give the names in `directory`: its files, and its directories with a key somewhere below them."""
        names: dict[str, None] = {}
        directories: list[str] = []
        for info in await self._list(directory):
            key = self._key(info)
            if key is None or not key.startswith(below(directory)):
                continue
            if info["type"] == "directory":
                directories.append(key)
            elif info["type"] == "file":
                names[key.rpartition("/")[2]] = None
        inhabited = await together([self.has_below(name) for name in directories])
        names.update({key.rpartition("/")[2]: None for key, has_keys in zip(directories, inhabited, strict=True) if has_keys})
        found = [*names]
        for start in range(0, len(found), PAGE_SIZE):
            yield found[start : start + PAGE_SIZE]

    async def has_below(self, directory: str) -> bool:
        """Whether a file is somewhere below `directory`."""
        pending = [directory]
        while pending:
            parent = pending.pop()
            for info in await self._list(parent):
                key = self._key(info)
                if key is None or not key.startswith(below(parent)):
                    continue
                if info["type"] == "file":
                    return True
                if info["type"] == "directory":
                    pending.append(key)
        return False


def refuse_whole_computer(fs: Any, root: str) -> None:
    """Refuse the root directory of this computer as a store.

    Raises:
        ValueError: it is.
    """
    if getattr(inner(fs), "local_file", False) and root == "":
        raise ValueError(
            "the path '/' is not allowed on a local file system: it would be every file of this computer; name a directory"
        )


def _takes_mode(fs: Any) -> bool:
    """Whether a file system's `pipe_file` can be asked to create only."""
    own = inner(fs)
    pipe_file = own.pipe_file if own is not fs else fs._pipe_file
    return "mode" in inspect.signature(pipe_file).parameters


def _finds_flat(fs: Any) -> bool:
    """Whether a file system has a way of its own to list all files below a path; fsspec's, directory by directory, hides faults."""
    own = inner(fs)
    kind = kind_of(own)
    if own is not fs:
        return kind.find is not require_fsspec("fsspec").AbstractFileSystem.find
    return kind._find is not require_fsspec("fsspec.asyn").AsyncFileSystem._find
