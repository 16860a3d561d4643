"""The reference stores that need no server, by name."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from reference_stores import LocalStore, LoggingStore, MemoryStore, RemoteStore, ZipStore
from storeproto import Store


def _open(name: str, tmp_path: Path, unique: str) -> Store:
    match name:
        case "memory":
            return MemoryStore()
        case "logging":
            return LoggingStore(MemoryStore())
        case "local":
            return LocalStore(tmp_path / unique)
        case "zip":
            return ZipStore(tmp_path / f"{unique}.zip", mode="w")
        case "remote":
            return RemoteStore.from_url(f"memory://{unique}")
        case _:
            raise ValueError(f"there is no reference store {name!r} here")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[str], Store]]:
    """Opens a new, empty reference store by its name; it is closed, and what it holds is gone, after the test."""
    stores: list[Store] = []
    unique = uuid4().hex

    def opening(name: str) -> Store:
        stores.append(_open(name, tmp_path, f"{unique}-{len(stores)}"))
        return stores[-1]

    yield opening
    for store in stores:
        store.close()
    for path in [path for path in MemoryFileSystem.store if path.startswith(f"/{unique}")]:
        del MemoryFileSystem.store[path]
    MemoryFileSystem.pseudo_dirs[:] = [path for path in MemoryFileSystem.pseudo_dirs if not path.startswith(f"/{unique}")]
