"""Composing with the Protocol of typing: right for a type checker, and to be avoided on Python 3.11.

Its isinstance raises TypeError there, because the protocols of this package are made with typing_extensions: compose with
`storeproto.Protocol`, which is the same. (What happens at run time is tested in test_typing_protocol.py.)
"""

from __future__ import annotations

import typing

from storeproto import Protocol, Store, SupportsDeletes, SupportsListing, runtime_checkable, supports_deletes, supports_listing


@typing.runtime_checkable
class ByTyping(Store, SupportsListing, SupportsDeletes, typing.Protocol):
    """Composed with the Protocol of typing."""


@runtime_checkable
class ByStoreproto(Store, SupportsListing, SupportsDeletes, Protocol):
    """Composed with the Protocol of this package."""


def want_by_typing(store: ByTyping, /) -> None:
    """What lists and deletes."""


def want_by_storeproto(store: ByStoreproto, /) -> None:
    """What lists and deletes."""


def use(one: ByTyping, other: ByStoreproto, store: Store) -> None:
    """To a type checker both are the same."""
    want_by_typing(other)
    want_by_storeproto(one)
    if supports_listing(store) and supports_deletes(store):
        want_by_typing(store)
        want_by_storeproto(store)
    want_by_typing(store)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    want_by_storeproto(store)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
