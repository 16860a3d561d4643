"""What a store that wraps another one tells of it."""

from __future__ import annotations

from typing import Any


class OverInnerStore:
    """A store over another one, `_store`, whose flags and mode are its own."""

    _store: Any

    @property
    def supports_writes(self) -> bool:
        """What the inner store says."""
        return bool(self._store.supports_writes)

    @property
    def supports_deletes(self) -> bool:
        """What the inner store says."""
        return bool(self._store.supports_deletes)

    @property
    def supports_partial_writes(self) -> bool:
        """What the inner store says."""
        return bool(self._store.supports_partial_writes)

    @property
    def supports_listing(self) -> bool:
        """What the inner store says."""
        return bool(self._store.supports_listing)

    @property
    def read_only(self) -> bool:
        """What the inner store says."""
        return bool(self._store.read_only)
