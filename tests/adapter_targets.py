"""Stores behind adapters, for the kit to open by their import path."""

from collections import UserDict
from pathlib import Path

import obstore.store

from reference_stores.adapters.mapping import from_mapping
from reference_stores.adapters.obstore import ObstoreAdapter, from_obstore
from storeproto import Store


def obstore_memory() -> ObstoreAdapter:
    """An obstore store in memory."""
    return from_obstore(obstore.store.MemoryStore())


def obstore_local(tmp_path: str, *, read_only: bool = False) -> ObstoreAdapter:
    """An obstore store of local files."""
    inner = obstore.store.LocalStore(Path(tmp_path) / "store", mkdir=not read_only, automatic_cleanup=True)
    return from_obstore(inner, read_only=read_only)


def mapping() -> Store:
    """A mapping that is no dictionary."""
    return from_mapping(UserDict())
