"""Locks between the threads of this process: one for each key, or rather, one for some of all keys."""

from __future__ import annotations

import os
from threading import Lock
from typing import Final

_LOCKS: Final = 64


class KeyLocks:
    """A lock for each key of each root, shared by few keys."""

    __slots__ = ("_locks",)

    def __init__(self) -> None:
        self._renew()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew)  # there, nobody would release what another thread holds

    def _renew(self) -> None:
        self._locks = [Lock() for _ in range(_LOCKS)]

    def of(self, root: tuple[int, int], path: bytes) -> Lock:
        """Return the lock of a key, whose root is told by its device and file number."""
        return self._locks[hash((root, path)) % _LOCKS]


KEY_LOCKS: Final = KeyLocks()
