"""make_store_path: a path in a store, from whatever names a store."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias, cast, overload

from typing_extensions import TypeVar

from reference_stores.local import LocalStore
from reference_stores.memory import MemoryStore
from reference_stores.remote import RemoteStore
from storeproto import AccessMode, BufferPrototype, Protocol, PrototypeStore, Store, StorePath, runtime_checkable
from storeproto.keys import join

BufT = TypeVar("BufT", default=bytes)
ProtoT = TypeVar("ProtoT", default=BufferPrototype[bytes])

# `s3://bucket`, and fsspec's chains, `simplecache::s3://bucket`.
_URL: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*::)*[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@runtime_checkable
class UniversalPath(Protocol):
    """A path of universal_pathlib: a `UPath`."""

    @property
    def fs(self) -> Any:
        """The file system of fsspec."""
        ...  # noqa: PIE790  # pyright wants a body that returns nothing to say so

    @property
    def path(self) -> str:
        """The path in it."""
        ...  # noqa: PIE790  # pyright wants a body that returns nothing to say so

    @property
    def storage_options(self) -> Mapping[str, Any]:
        """What the file system was made with."""
        ...  # noqa: PIE790  # pyright wants a body that returns nothing to say so


StoreLike: TypeAlias = Store[BufT, ProtoT] | StorePath[BufT, ProtoT] | UniversalPath | Path | str | dict[str, Any]
"""What names a store: one, a path in one, a directory, a URL, a dictionary of values."""


@overload
async def make_store_path(
    store_like: Store[BufT, ProtoT] | StorePath[BufT, ProtoT],
    *,
    path: str | None = "",
    mode: AccessMode | None = None,
    storage_options: dict[str, Any] | None = None,
) -> StorePath[BufT, ProtoT]: ...
@overload
async def make_store_path(
    store_like: UniversalPath | Path | str | dict[str, Any] | None,
    *,
    path: str | None = "",
    mode: AccessMode | None = None,
    storage_options: dict[str, Any] | None = None,
) -> StorePath: ...
async def make_store_path(
    store_like: StoreLike[BufT, ProtoT] | None,
    *,
    path: str | None = "",
    mode: AccessMode | None = None,
    storage_options: dict[str, Any] | None = None,
) -> StorePath[BufT, ProtoT] | StorePath:
    """Return a path in the store that `store_like` names, made ready for `mode` as `StorePath.open` does it.

    A store or a StorePath is taken as it is, its own mode included. For all else a store is opened: read-only where the mode is
    'r', to be written to where it is another, or none.

    Args:
        store_like: a store; a StorePath; a `pathlib.Path` or a `str`, for a LocalStore; a `str` that begins with a protocol, or a
            UPath, for a RemoteStore; a dictionary, for a MemoryStore that shares it; None, for a new MemoryStore.
        path: the path in the store, below that of a StorePath; None is the same as `""`.
        mode: None, 'r', 'r+' and 'a' change nothing, 'w' deletes what is below the path, 'w-' refuses a path that is in use.
        storage_options: what the file system for a URL is made with.

    Raises:
        TypeError: `store_like` names no store; or there are storage options for something else than a URL.
        FileExistsError: the mode is 'w-' and the path is in use.
        ValueError: there is no such mode; or the path, the URL or the options are not allowed.
    """
    if storage_options and not (isinstance(store_like, str) and _URL.match(store_like)):
        raise TypeError(
            f"storage_options are for a URL (a str such as 's3://bucket/prefix'), and {type(store_like).__name__} takes none; "
            "leave them out, or open the store yourself"
        )
    if isinstance(store_like, StorePath):
        there = join(store_like.path, path or "")
        return await StorePath[BufT, ProtoT].open(store_like.store, there, mode)
    # A class has the members too.
    if not isinstance(store_like, (str, Path, dict, UniversalPath, type)) and isinstance(store_like, PrototypeStore):
        return await StorePath[BufT, ProtoT].open(store_like, path or "", mode)
    store = _opened(store_like, storage_options, read_only=mode == "r")
    try:
        return await StorePath.open(store, path or "", mode)
    except BaseException:
        store.close()
        raise


def _opened(store_like: object, storage_options: dict[str, Any] | None, *, read_only: bool) -> Store:
    match store_like:
        case None:
            return MemoryStore(read_only=read_only)
        case dict():
            return MemoryStore(cast("dict[str, Any]", store_like), read_only=read_only)
        case str() if _URL.match(store_like):
            return RemoteStore.from_url(store_like, storage_options, read_only)
        case str() | Path():
            return LocalStore(store_like, read_only=read_only)
        case UniversalPath():
            return RemoteStore.from_upath(store_like, read_only)
        case _:
            raise TypeError(
                f"{type(store_like).__name__} names no store: give a store, a StorePath, a pathlib.Path or str (a directory), "
                "a URL, a UPath, a dict of values, or None for a new store in memory"
            )
