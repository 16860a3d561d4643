"""The method called list: below it in its class, `list[...]` is the method.

Two ways out: put the method last, or import the builtin under its module's name.
"""

from __future__ import annotations

import builtins
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from typing import assert_type

from storeproto import ByteRequest, SupportsListing


class Shadowed:
    """The method comes first, and the annotation below it means the method.

    (pyright takes it for the builtin where annotations are not evaluated, as in this file.)
    """

    def list(self) -> AsyncIterator[str]:
        raise NotImplementedError

    async def get_partial_values(
        self, prototype: object, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[bytes | None]:  # type: ignore[valid-type]
        raise NotImplementedError


class Lister:
    """What the listings below have in common."""

    supports_listing = True

    async def is_empty(self, prefix: str) -> bool:
        return True

    async def getsize_prefix(self, prefix: str) -> int:
        return 0


class MethodLast(Lister):
    """The method comes last."""

    async def get_partial_values(
        self, prototype: object, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[bytes | None]:
        return [None for _ in key_ranges]

    async def list_prefix(self, prefix: str) -> AsyncGenerator[str, None]:
        yield prefix

    async def list_dir(self, prefix: str) -> AsyncGenerator[str, None]:
        yield prefix

    async def list(self) -> AsyncGenerator[str, None]:
        yield ""


class BuiltinByModule(Lister):
    """The builtin is named by its module."""

    async def list(self) -> AsyncIterator[str]:
        yield ""

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        yield prefix

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        yield prefix

    async def get_partial_values(
        self, prototype: object, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> builtins.list[bytes | None]:
        return [None for _ in key_ranges]


async def use(last: MethodLast, by_module: BuiltinByModule, listing: SupportsListing) -> None:
    """Both ways give lists where lists are meant, and strings where the store is listed."""
    assert_type(await last.get_partial_values(None, []), list[bytes | None])
    assert_type(await by_module.get_partial_values(None, []), list[bytes | None])
    assert_type([key async for key in last.list()], list[str])
    assert_type([key async for key in by_module.list()], list[str])
    assert_type([key async for key in listing.list()], list[str])
