"""Reference stores: real, strict and fast back ends for the interface of `storeproto`."""

from reference_stores.local import LocalStore
from reference_stores.memory import MemoryStore
from reference_stores.zip import ZipStore

__all__ = ["LocalStore", "MemoryStore", "ZipStore"]
