"""The media that stores are compared on, each with its contestants: filled alike, and gone afterwards."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import obstore.store
import zarr.storage
from benchmarks.contestants import (
    ADAPTER,
    BARE,
    NOT_IN_OBSTORE,
    OBSTORE,
    OURS,
    PROTOTYPE,
    ZARR,
    BareDictionary,
    BareFile,
    BareFiles,
    Contestant,
    ObstoreCalls,
)
from benchmarks.operations import fill
from zarr.abc.store import RangeByteRequest as ZarrRangeByteRequest
from zarr.core.buffer import default_buffer_prototype

from reference_stores import LocalStore, MemoryStore, RemoteStore, ZipStore
from reference_stores.adapters.zarr import to_zarr
from storeproto import RangeByteRequest

IN_MEMORY = Path("/dev/shm")  # noqa: S108  # a file system in memory, where there is one
NO_DELETES = frozenset({"delete", "delete_dir"})
APART = frozenset({"local"})
"""The media that are written to in another place than they are read from."""

_PROTOTYPE = default_buffer_prototype()


def as_zarr(name: str, store: Any, lacks: frozenset[str] = frozenset()) -> Contestant:
    """What is called as zarr calls its stores."""
    return Contestant(name, store, _PROTOTYPE, ZarrRangeByteRequest, _PROTOTYPE.buffer.from_bytes, lacks)


def ours(store: Any, lacks: frozenset[str] = frozenset()) -> list[Contestant]:
    """A store of ours, called in its three ways."""
    return [
        Contestant(OURS, store, None, RangeByteRequest, bytes, lacks),
        Contestant(PROTOTYPE, store, _PROTOTYPE, RangeByteRequest, _PROTOTYPE.buffer.from_bytes, lacks),
        as_zarr(ADAPTER, to_zarr(store), lacks),
    ]


def in_obstore(store: Any) -> Contestant:
    """A store of obstore."""
    return Contestant(OBSTORE, ObstoreCalls(store), lacks=NOT_IN_OBSTORE)


def bare(calls: Any) -> Contestant:
    """What has no store around it."""
    return Contestant(BARE, calls, lacks=calls.lacks)


@contextmanager
def directory(*, in_memory: bool) -> Iterator[Path]:
    """A directory of the disk, or of memory."""
    made = Path(tempfile.mkdtemp(dir=IN_MEMORY if in_memory and IN_MEMORY.is_dir() else None))
    try:
        yield made
    finally:
        shutil.rmtree(made)


def fill_all(runner: asyncio.Runner, contestants: list[Contestant]) -> list[Contestant]:
    """Fill each store once: ours is there in several ways."""
    filled: set[str] = set()
    for one in contestants:
        if one.name not in (PROTOTYPE, ADAPTER) and one.name not in filled:
            runner.run(fill(one))
            filled.add(one.name)
    return contestants


@contextmanager
def memory(runner: asyncio.Runner, *, writes: bool) -> Iterator[list[Contestant]]:
    """Stores in memory."""
    zarrs, obstores = as_zarr(ZARR, zarr.storage.MemoryStore()), in_obstore(obstore.store.MemoryStore())
    with MemoryStore() as store:
        yield fill_all(runner, [*ours(store), zarrs, obstores, bare(BareDictionary())])


@contextmanager
def local(runner: asyncio.Runner, *, writes: bool) -> Iterator[list[Contestant]]:
    """Stores on local files: to read, on a disk."""
    with directory(in_memory=writes) as root, LocalStore(root / "ours") as store:
        for name in ("obstore", "bare"):
            (root / name).mkdir()
        zarrs = as_zarr(ZARR, zarr.storage.LocalStore(root / "zarr"))
        obstores = in_obstore(obstore.store.LocalStore(root / "obstore"))
        yield fill_all(runner, [*ours(store), zarrs, obstores, bare(BareFiles(root / "bare"))])


@contextmanager
def zip_archive(runner: asyncio.Runner, *, writes: bool) -> Iterator[list[Contestant]]:
    """Stores in a zip archive, in memory."""
    with directory(in_memory=True) as root, ZipStore(root / "ours.zip", mode="w") as store:
        theirs = runner.run(zarr.storage.ZipStore.open(root / "zarr.zip", mode="w"))
        calls = BareFile(root / "bare")
        yield fill_all(runner, [*ours(store, NO_DELETES), as_zarr(ZARR, theirs, NO_DELETES), bare(calls)])
        theirs.close()


@contextmanager
def remote(runner: asyncio.Runner, s3_options: dict[str, Any], *, writes: bool) -> Iterator[list[Contestant]]:
    """Stores on a server for S3, moto's, on loopback: most of the time is its own."""
    # zarr's store would list from what s3fs remembers.
    options = {**s3_options, "use_listings_cache": False}
    theirs = zarr.storage.FsspecStore.from_url("s3://bucket/zarr", storage_options={**options, "skip_instance_cache": True})
    obstores = obstore.store.S3Store(
        "bucket",
        prefix="obstore",
        config={
            "endpoint": s3_options["endpoint_url"],
            "access_key_id": s3_options["key"],
            "secret_access_key": s3_options["secret"],
            "region": "us-east-1",
            "virtual_hosted_style_request": False,
        },
        client_options={"allow_http": True},
    )
    with RemoteStore.from_url("s3://bucket/ours", dict(s3_options)) as store:
        contestants = [*ours(store), as_zarr(ZARR, theirs), in_obstore(obstores)]
        yield fill_all(runner, contestants)

        async def close() -> None:
            store.close()
            await theirs.fs._s3.close()

        runner.run(close())


MEDIA = {"memory": memory, "local": local, "zip": zip_archive}
