"""Composing with the Protocol of typing, at run time: why this package offers that of typing_extensions."""

import sys
import typing

import pytest

from reference_stores import MemoryStore
from storeproto import Protocol, Store, SupportsDeletes, SupportsListing, runtime_checkable


def by_typing():
    """A protocol that is composed with the Protocol of typing."""

    @typing.runtime_checkable
    class ByTyping(Store, SupportsListing, SupportsDeletes, typing.Protocol):
        """Lists and deletes."""

    return ByTyping


def by_storeproto():
    """The same with the Protocol of this package."""

    @runtime_checkable
    class ByStoreproto(Store, SupportsListing, SupportsDeletes, Protocol):
        """Lists and deletes."""

    return ByStoreproto


def test_the_protocol_of_this_package_is_checked_at_run_time():
    """A protocol that is composed with storeproto.Protocol tells a store from what is none."""
    assert (isinstance(MemoryStore(), by_storeproto()), isinstance({}, by_storeproto())) == (True, False)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="typing and typing_extensions do not mix on Python 3.11")
def test_the_protocol_of_typing_is_checked_at_run_time():
    """From Python 3.12 on one that is composed with typing.Protocol does so too."""
    assert (isinstance(MemoryStore(), by_typing()), isinstance({}, by_typing())) == (True, False)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="typing and typing_extensions mix from Python 3.12 on")
def test_the_protocol_of_typing_is_not_checked_on_python_3_11():
    """On Python 3.11 isinstance of one that is composed with typing.Protocol raises TypeError."""
    with pytest.raises(TypeError, match="issubclass"):
        isinstance(MemoryStore(), by_typing())
