"""Any mapping from `str` to `bytes` as a store of bytes: a dictionary, a shelf, a directory of files, a database."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from reference_stores.memory import MemoryStore


def from_mapping(mapping: MutableMapping[str, Any], *, read_only: bool = False) -> MemoryStore:
    """Return a store whose keys and values are those of `mapping`: a `MemoryStore` over it, changes shown in both.

    What that means for a mapping that is not a dictionary:

    - Its keys and values are looked at once here, so that a bad one is refused at once.
    - It says that a key is missing by `KeyError`, and by nothing else: other errors are raised.
    - Its values may be any buffers; what `set` puts there is `bytes`.
    - A listing goes through all its keys; `getsize` reads the value, and `delete_dir("")` is its `clear`.
    - Each call is made in the event loop, and changes one at a time: a slow mapping holds the loop up.

    Args:
        mapping: the data.
        read_only: refuse every change.

    Raises:
        InvalidKeyError: a key of the mapping is not allowed.
        TypeError: a value of the mapping is no buffer.
    """
    return MemoryStore(mapping, read_only=read_only)
