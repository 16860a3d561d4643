"""The reference stores as subjects: the first that the kit is run on."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from conformance.recipe import Recipe
from conformance.subject import Subject
from storeproto import StoreClosedError

memory = Subject(name="memory", opening=Recipe("reference_stores:MemoryStore"), pure_python=True)
"""MemoryStore: handles on one dictionary come from `with_read_only` alone, so it is not re-opened."""

_LOCAL = Recipe("reference_stores:LocalStore", {"root": "{tmp_path}/store", "read_only": "{read_only}"})

local = Subject(name="local", opening=_LOCAL, reopening=_LOCAL, on_host_files=True, pure_python=True)
"""LocalStore, in a directory of its own."""


async def _flush(store: Any) -> None:
    if not store.read_only:
        with suppress(StoreClosedError):  # closing wrote it all
            await store.flush()


zip = Subject(  # noqa: A001  # the store's name
    name="zip",
    opening=Recipe("reference_stores:ZipStore", {"path": "{tmp_path}/store.zip", "mode": "w"}),
    reopening=Recipe("reference_stores:ZipStore", {"path": "{tmp_path}/store.zip", "mode": "r"}),
    publish=_flush,
    pure_python=True,
)
"""ZipStore: an archive has one writer, so that it is re-opened for reading, when what was written has been flushed."""

_REMOTE = Recipe("reference_stores:RemoteStore.from_url", {"url": "memory://storeproto-{unique}", "read_only": "{read_only}"})

remote = Subject(name="remote", opening=_REMOTE, reopening=_REMOTE, pure_python=True)
"""RemoteStore, over fsspec's file system in memory, in a directory of its own."""


def logging_store() -> Any:
    """Return a LoggingStore over a MemoryStore."""
    from reference_stores import LoggingStore, MemoryStore

    return LoggingStore(MemoryStore())


logging = Subject(name="logging", opening=Recipe("conformance.reference:logging_store"), pure_python=True)
"""LoggingStore, over a MemoryStore."""

SUBJECTS: dict[str, Subject] = {subject.name: subject for subject in (memory, local, zip, remote, logging)}
"""By name."""
