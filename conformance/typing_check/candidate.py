"""The class of a store, as a type checker must know it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from conformance.dialect import Dialect, has_default
from storeproto import SupportsDeletes, SupportsListing, SupportsPartialWrites, SupportsWrites

CAPABILITIES: Mapping[str, Any] = MappingProxyType(
    {
        "supports_writes": SupportsWrites,
        "supports_deletes": SupportsDeletes,
        "supports_partial_writes": SupportsPartialWrites,
        "supports_listing": SupportsListing,
    }
)
"""What each flag claims."""

TYPES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "native": {"Buf": "bytes", "Proto": "BufferPrototype[bytes]", "Range": "ByteRequest"},
        "zarr": {"Buf": "Buffer", "Proto": "ZarrPrototype", "Range": "ZarrByteRequest"},
    }
)
"""For each dialect, by its name, what the type variables of the protocols stand for."""


class CandidateError(Exception):
    """No type checker can be asked about a class; the message says why, and what to do."""


@dataclass(frozen=True)
class Candidate:
    """A class, and what it must be.

    Attributes:
        module: where it is defined.
        name: its name there; dotted for a class in a class.
        file: the module's file; empty where it has none.
        claims: the flags that are True.
        dialect: how the store takes values: `native` or `zarr`.
        plain: whether `get` can be called with a key alone; it is a `Store` then, else a `PrototypeStore`.
        generic: whether it has type parameters, for which Any stands.
    """

    module: str
    name: str
    file: str
    claims: frozenset[str]
    dialect: str
    plain: bool
    generic: bool

    @classmethod
    def of(cls, store: type[Any], flags: Mapping[str, bool], dialect: Dialect) -> Self:
        """Return the candidate for the class `store`, whose instance says `flags` of itself.

        Raises:
            CandidateError: no other program can import it, or the kit does not know the types of its dialect.
        """
        module, name = store.__module__, store.__qualname__
        if dialect.name not in TYPES:
            raise CandidateError(f"the kit does not know the types of the dialect {dialect.name!r}, only of {' and '.join(TYPES)}")
        if "<locals>" in name:
            raise CandidateError(
                f"{name.rpartition('.')[2]} is made inside a function, where no type checker can name it: "
                "define the class at the top level of a module"
            )
        if module == "__main__":
            raise CandidateError(f"{name} is defined in __main__, which no type checker can import: define the class in a module")
        file = getattr(sys.modules.get(module), "__file__", None) or ""
        claims = frozenset([flag for flag, claimed in flags.items() if claimed])
        generic = bool(getattr(store, "__parameters__", ()))
        plain = has_default(store, "get", "prototype")  # type: ignore[arg-type]  # a class is hashable
        return cls(module, name, file, claims, dialect.name, plain, generic)

    @property
    def root(self) -> Path | None:
        """The directory from which the module is imported; None where its file does not show it."""
        if not self.file:
            return None
        path = Path(self.file).resolve().with_suffix("")
        parts = [*self.module.split("."), *(["__init__"] if path.name == "__init__" else [])]
        return path.parents[len(parts) - 1] if path.parts[-len(parts) :] == tuple(parts) else None
