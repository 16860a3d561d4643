"""StorePath: it gives and takes what its store does."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import assert_type

from zarr.core.buffer import Buffer as ZarrBuffer
from zarr.core.buffer import BufferPrototype as ZarrPrototype

from reference_stores import MemoryStore
from storeproto import AccessMode, BufferPrototype, ByteRequest, PrototypeStore, RangeByteRequest, Store, StorePath


async def use(store: Store, prototype: BufferPrototype[bytes]) -> None:
    """A path in a bare store is a path of bytes."""
    path = StorePath(store, "a")
    assert_type(path, StorePath)
    assert_type(path / "b" / "c", StorePath)
    assert_type(path.store, Store)
    assert_type(path.path, str)
    assert_type(path.read_only, bool)
    assert_type(str(path), str)
    assert_type(await path.get(), bytes | None)
    assert_type(await path.get(prototype, RangeByteRequest(0, 4)), bytes | None)
    assert_type(await path.get(byte_range=(None, 4)), bytes | None)
    assert_type(await path.exists(), bool)
    assert_type(await path.is_empty(), bool)
    await path.set(b"v")
    await path.set_if_not_exists(default=b"v")
    await path.delete()
    await path.delete_dir()


async def use_wrongly(store: Store, path: StorePath) -> None:
    """What a path does not take is refused."""
    await path.set("v")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await path.get(byte_range=4)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    path / PurePosixPath("b")  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnusedExpression]
    path.path = "b"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    path.store = store  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


async def open_paths(store: Store, mode: AccessMode | None, text: str) -> None:
    """Opening takes the documented modes, or none."""
    assert_type(await StorePath.open(store, "a"), StorePath)
    assert_type(await StorePath.open(store, path="a", mode=mode), StorePath)
    await StorePath.open(store, "a", "w-")
    await StorePath.open(store, "a", "x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await StorePath.open(store, "a", text)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def use_zarr_buffers(
    store: Store[ZarrBuffer, ZarrPrototype, ByteRequest], prototype: ZarrPrototype, value: ZarrBuffer
) -> None:
    """A path in a store of another buffer class gives and takes that class."""
    path = StorePath(store)
    assert_type(await path.get(prototype), ZarrBuffer | None)
    assert_type(await (path / "a").get(), ZarrBuffer | None)
    await path.set(value)
    await path.set(b"v")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def make(memory: MemoryStore, wider: PrototypeStore) -> None:
    """A path is in a store whose reads need no prototype."""
    StorePath(memory, "a")
    StorePath(wider, "a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


class NotedPath(StorePath):
    """A path of one's own."""

    note: str = ""


async def keep_the_class(store: Store) -> None:
    """A path of one's own stays one."""
    assert_type(NotedPath(store) / "a", NotedPath)
    assert_type((await NotedPath.open(store, "a", "a")).note, str)
