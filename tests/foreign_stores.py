"""Stores of other libraries, as targets."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def zarr_memory() -> Any:
    """Return zarr's MemoryStore."""
    from zarr.storage import MemoryStore

    return MemoryStore()


def zarr_local(tmp_path: Path) -> Any:
    """Return zarr's LocalStore."""
    from zarr.storage import LocalStore

    return LocalStore(tmp_path)


def zarr_object() -> Any:
    """Return zarr's ObjectStore, on obstore's memory."""
    from obstore.store import MemoryStore
    from zarr.storage import ObjectStore

    return ObjectStore(MemoryStore())


def zarr_cache() -> Any:
    """Return zarr's CacheStore, over two stores in memory."""
    from zarr.experimental.cache_store import CacheStore
    from zarr.storage import MemoryStore

    return CacheStore(MemoryStore(), cache_store=MemoryStore())
