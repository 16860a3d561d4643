"""The remote and the logging store, and make_store_path."""

from pathlib import Path
from typing import assert_type

from upath import UPath
from zarr.core.buffer import Buffer, default_buffer_prototype

from reference_stores import LoggingStore, MemoryStore, RemoteStore, StoreLike, make_store_path
from storeproto import BufferPrototype, Store, StorePath, SupportsDeletes, SupportsListing, SupportsWrites, supports_writes

remote = RemoteStore.from_url("memory://typed")
a_store: Store = remote
writes: SupportsWrites[bytes] = remote
deletes: SupportsDeletes = remote
lists: SupportsListing = remote

logged = LoggingStore(MemoryStore())
a_logged_store: Store = logged
# Its flags are bool: a type checker does not know what the store in it can do.
logged_writes: SupportsWrites[bytes] = logged  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]


async def values() -> None:
    """What is read has the class of the prototype."""
    assert_type(await remote.get("k"), bytes | None)
    assert_type(await remote.get("k", default_buffer_prototype()), Buffer | None)
    assert_type(await logged.get("k"), bytes | None)
    assert_type(await logged.get("k", default_buffer_prototype()), Buffer | None)
    if supports_writes(a_logged_store):
        await a_logged_store.set("k", b"v")


async def paths(any_store: Store, like: StoreLike) -> None:
    """Each thing that names a store is taken."""
    assert_type(await make_store_path(None), StorePath[bytes, BufferPrototype[bytes]])
    assert_type(await make_store_path("s3://bucket", mode="r", storage_options={"anon": True}), StorePath)
    assert_type(await make_store_path(any_store, path="a"), StorePath)
    for one in (Path("a"), UPath("memory://a"), {"k": b"v"}, remote, logged, StorePath(any_store, "a")):
        await make_store_path(one)
    await make_store_path(3)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    await make_store_path(any_store, mode="x")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
