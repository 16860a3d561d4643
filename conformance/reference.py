"""The reference stores as subjects: the first that the kit is run on."""

from __future__ import annotations

from conformance.recipe import Recipe
from conformance.subject import Subject

memory = Subject(name="memory", opening=Recipe("reference_stores:MemoryStore"), pure_python=True)
"""MemoryStore: handles on one dictionary come from `with_read_only` alone, so it is not re-opened."""

SUBJECTS: dict[str, Subject] = {subject.name: subject for subject in (memory,)}
"""By name."""
