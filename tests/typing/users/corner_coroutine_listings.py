"""Listings that are coroutines: `async def` without `yield` gives what must be awaited first, and is no listing.

The documentation of zarr writes `async list()`; its stores are asynchronous generators, which are called without `await`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal

from storeproto import SupportsListing


class Questions:
    """What the listings below have in common."""

    supports_listing: Literal[True] = True

    async def is_empty(self, prefix: str) -> bool:
        return True

    async def getsize_prefix(self, prefix: str) -> int:
        return 0


async def keys() -> AsyncIterator[str]:
    """Give some keys."""
    yield "a"


class Generators(Questions):
    """With `yield` each is an asynchronous generator."""

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        yield prefix

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        yield prefix

    async def list(self) -> AsyncIterator[str]:
        yield "a"


class Functions(Questions):
    """Without `async` each returns an iterator that was made elsewhere."""

    def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        return keys()

    def list_dir(self, prefix: str) -> AsyncIterator[str]:
        return keys()

    def list(self) -> AsyncIterator[str]:
        return keys()


class Coroutines(Questions):
    """With `async`, and without `yield`, each must be awaited first."""

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        return keys()

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        return keys()

    async def list(self) -> AsyncIterator[str]:
        return keys()


class Lists(Questions):
    """Lists are no asynchronous iterators."""

    def list_prefix(self, prefix: str) -> list[str]:
        return [prefix]

    def list_dir(self, prefix: str) -> list[str]:
        return [prefix]

    def list(self) -> tuple[str, ...]:
        return ("a",)


def want_listing(store: SupportsListing, /) -> None:
    """What lists."""


def assign(generators: Generators, functions: Functions, coroutines: Coroutines, lists: Lists) -> None:
    """Generators, and functions that return an iterator, are listings; coroutines and lists are not."""
    want_listing(generators)
    want_listing(functions)
    want_listing(coroutines)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    want_listing(lists)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def iterate(listing: SupportsListing, coroutines: Coroutines) -> None:
    """A caller does not await a listing, and must await a coroutine that gives one."""
    async for _ in listing.list():
        pass
    async for _ in await coroutines.list():
        pass
    async for _ in coroutines.list():  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType]
        pass
