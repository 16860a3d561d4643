"""Reference stores: real, strict and fast back ends for the interface of `storeproto`."""

from reference_stores.local import LocalStore
from reference_stores.logging import LoggingStore
from reference_stores.memory import MemoryStore
from reference_stores.opening import StoreLike, make_store_path
from reference_stores.remote import RemoteStore
from reference_stores.zip import ZipStore

__all__ = ["LocalStore", "LoggingStore", "MemoryStore", "RemoteStore", "StoreLike", "ZipStore", "make_store_path"]
