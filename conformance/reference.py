"""The reference stores as subjects: the first that the kit is run on."""

from __future__ import annotations

from conformance.recipe import Recipe
from conformance.subject import Subject

memory = Subject(name="memory", opening=Recipe("reference_stores:MemoryStore"), pure_python=True)
"""MemoryStore: handles on one dictionary come from `with_read_only` alone, so it is not re-opened."""

_LOCAL = Recipe("reference_stores:LocalStore", {"root": "{tmp_path}/store", "read_only": "{read_only}"})

local = Subject(name="local", opening=_LOCAL, reopening=_LOCAL, on_host_files=True, pure_python=True)
"""LocalStore, in a directory of its own."""

zip = Subject(  # noqa: A001  # the store's name
    name="zip",
    opening=Recipe("reference_stores:ZipStore", {"path": "{tmp_path}/store.zip", "mode": "w"}),
    reopening=Recipe("reference_stores:ZipStore", {"path": "{tmp_path}/store.zip", "mode": "a", "read_only": "{read_only}"}),
    publish=lambda store: store.close(),
    pure_python=True,
)
"""ZipStore: an archive has one writer, so that what it wrote is published by closing it."""

SUBJECTS: dict[str, Subject] = {subject.name: subject for subject in (memory, local, zip)}
"""By name."""
