"""Flags as plain class attributes: the usual way, and which ways a type checker refuses."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import ClassVar, Final, Literal

from storeproto import ByteRequest, HasWritesFlag, Store, SupportsDeletes


class Rest:
    """All of a store but the flag for deletes."""

    supports_writes = False
    supports_partial_writes = False
    supports_listing = False
    read_only = True

    def with_read_only(self, read_only: bool = False) -> Store:
        raise NotImplementedError

    async def get(self, key: str, prototype: object = None, byte_range: ByteRequest | None = None) -> bytes | None:
        return None

    async def get_partial_values(
        self, prototype: object, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[bytes | None]:
        return [None for _ in key_ranges]

    async def exists(self, key: str) -> bool:
        return False

    async def getsize(self, key: str) -> int:
        raise FileNotFoundError(key)

    def close(self) -> None: ...

    async def delete(self, key: str) -> None: ...

    async def delete_dir(self, prefix: str) -> None: ...

    async def clear(self) -> None: ...


class Inferred(Rest):
    """Without an annotation the flag is a bool."""

    supports_deletes = True


class Annotated(Rest):
    """With Literal the flag is known to be True."""

    supports_deletes: Literal[True] = True


class Property(Rest):
    """A property will do."""

    @property
    def supports_deletes(self) -> Literal[True]:
        return True


class OfTheInstance(Rest):
    """So will an attribute that is set when the store is made."""

    def __init__(self, supports_deletes: bool) -> None:
        self.supports_deletes = supports_deletes


class OfTheClass(Rest):
    """A ClassVar is refused by pyright."""

    supports_deletes: ClassVar[Literal[True]] = True


class Fixed(Rest):
    """A Final is known to be True, and refused by pyright."""

    supports_deletes: Final = True


class Cached(Rest):
    """A cached property is refused by pyright."""

    @cached_property
    def supports_deletes(self) -> Literal[True]:
        return True


def want_store(store: Store, /) -> None:
    """Any store."""


def want_deletes(store: SupportsDeletes, /) -> None:
    """What surely deletes."""


def assign_stores(inferred: Inferred, annotated: Annotated, property_: Property, of_instance: OfTheInstance) -> None:
    """However the flag is declared, it is a store."""
    want_store(inferred)
    want_store(annotated)
    want_store(property_)
    want_store(of_instance)


def assign_deletes(inferred: Inferred, annotated: Annotated, property_: Property, of_instance: OfTheInstance) -> None:
    """Only what is declared to be True need not be asked."""
    want_deletes(annotated)
    want_deletes(property_)
    want_deletes(inferred)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    want_deletes(of_instance)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def assign_refused(of_class: OfTheClass, fixed: Fixed, cached: Cached) -> None:
    """Three ways that mypy takes and pyright does not."""
    want_deletes(of_class)  # pyright: ignore[reportArgumentType]
    want_deletes(fixed)  # pyright: ignore[reportArgumentType]
    want_deletes(cached)  # pyright: ignore[reportArgumentType]


def assign_text(flag: HasWritesFlag, annotated: Annotated) -> None:
    """A flag cannot be assigned through a protocol, and only a bool to a class's own."""
    flag.supports_writes = True  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    annotated.supports_deletes = "yes"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
