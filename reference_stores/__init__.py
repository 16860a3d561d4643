"""Reference stores: real, strict and fast back ends for the interface of `storeproto`."""

from reference_stores.memory import MemoryStore

__all__ = ["MemoryStore"]
