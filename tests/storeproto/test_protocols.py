"""The protocols at run time: isinstance says what members there are, the functions what the flags say."""

import gc
import inspect
import weakref
from types import SimpleNamespace

import pytest
import typing_extensions
from typing_extensions import get_protocol_members

import storeproto
from reference_stores import MemoryStore
from storeproto import (
    HasDeletesFlag,
    HasListingFlag,
    HasPartialWritesFlag,
    HasWritesFlag,
    PrototypeStore,
    Store,
    SupportsDeletes,
    SupportsDeleteSync,
    SupportsGetSync,
    SupportsListing,
    SupportsPages,
    SupportsPartialWrites,
    SupportsRanges,
    SupportsSetSync,
    SupportsWrites,
    is_store,
    supports_deletes,
    supports_listing,
    supports_partial_writes,
    supports_writes,
)

MEMBERS = {
    HasWritesFlag: {"supports_writes"},
    HasDeletesFlag: {"supports_deletes"},
    HasPartialWritesFlag: {"supports_partial_writes"},
    HasListingFlag: {"supports_listing"},
    SupportsWrites: {"supports_writes", "set", "set_if_not_exists"},
    SupportsPartialWrites: {"supports_partial_writes", "set_partial_values"},
    SupportsDeletes: {"supports_deletes", "delete", "delete_dir", "clear"},
    SupportsListing: {"supports_listing", "list", "list_prefix", "list_dir", "is_empty", "getsize_prefix"},
    SupportsPages: {"list_pages"},
    SupportsRanges: {"get_ranges"},
    SupportsGetSync: {"get_sync"},
    SupportsSetSync: {"set_sync"},
    SupportsDeleteSync: {"delete_sync"},
}
FLAGS = {"supports_writes", "supports_deletes", "supports_partial_writes", "supports_listing"}
MEMBERS[PrototypeStore] = FLAGS | {
    "read_only",
    "with_read_only",
    "get",
    "get_partial_values",
    "exists",
    "getsize",
    "close",
}
MEMBERS[Store] = MEMBERS[PrototypeStore]
EACH_MEMBER = [(protocol, member) for protocol, members in MEMBERS.items() for member in sorted(members)]
QUESTIONS = {
    "supports_writes": supports_writes,
    "supports_deletes": supports_deletes,
    "supports_partial_writes": supports_partial_writes,
    "supports_listing": supports_listing,
}
each_protocol = pytest.mark.parametrize("protocol", MEMBERS, ids=lambda protocol: protocol.__name__)


def object_with(members):
    """An object of a fresh class that has `members` and nothing else."""
    return type("SomeStore", (), dict.fromkeys(members, False))()


@each_protocol
def test_a_protocol_has_the_documented_members(protocol):
    """Each protocol asks for the members of the documented interface, and for no other."""
    assert get_protocol_members(protocol) == MEMBERS[protocol]


@each_protocol
def test_what_has_the_members_is_an_instance(protocol):
    """An object that has a protocol's members is an instance of it, whatever they are."""
    assert isinstance(object_with(MEMBERS[protocol]), protocol)


@pytest.mark.parametrize(("protocol", "missing"), EACH_MEMBER, ids=lambda part: part if isinstance(part, str) else part.__name__)
def test_what_lacks_a_member_is_no_instance(protocol, missing):
    """An object that lacks one member of a protocol is no instance of it."""
    assert not isinstance(object_with(MEMBERS[protocol] - {missing}), protocol)


@each_protocol
@pytest.mark.parametrize("other", [None, {}, "store", object()], ids=lambda value: type(value).__name__)
def test_what_is_no_store_is_no_instance(protocol, other):
    """A dictionary, say, is an instance of none of the protocols."""
    assert not isinstance(other, protocol)


@each_protocol
def test_isinstance_evaluates_no_property(protocol):
    """Asking whether a store is an instance runs none of its properties."""

    def evaluated(self):
        pytest.fail(f"isinstance evaluated a property of {type(self).__name__}")

    store = type("Watched", (), {member: property(evaluated) for member in MEMBERS[protocol]})()
    assert isinstance(store, protocol)


def test_a_forwarder_is_no_instance():
    """A wrapper that forwards with __getattr__ has none of the members in its class, and is no instance."""

    class Forwarder:
        def __init__(self, inner) -> None:
            self.inner = inner

        def __getattr__(self, name) -> object:
            return getattr(self.inner, name)

    assert not isinstance(Forwarder(MemoryStore()), Store)


def test_members_of_the_object_itself_count():
    """What an object has in itself, and not from its class, counts."""
    assert isinstance(SimpleNamespace(**dict.fromkeys(MEMBERS[Store], False)), Store)


class Partial:
    """Has some of a store's members."""

    read_only = True

    async def get(self, key):
        """Read nothing."""


class Slotted(Partial):
    """Has some of a store's members, and room for no other."""

    __slots__ = ()


@pytest.mark.parametrize(
    "candidate", [MemoryStore(), object_with(MEMBERS[Store]), {}, None, "a", Store, Partial(), Slotted()], ids=type
)
def test_is_store_says_what_isinstance_says(candidate):
    """is_store agrees with isinstance, the first time and after."""
    assert [is_store(candidate), is_store(candidate)] == [isinstance(candidate, Store)] * 2


def test_is_store_looks_at_each_object():
    """An object that has a store's members in itself is one, though others of its class were none."""
    is_store(Partial())
    candidate = Partial()
    vars(candidate).update(dict.fromkeys(MEMBERS[Store], False))
    assert is_store(candidate)


def test_is_store_evaluates_no_property():
    """Asking whether an object is a store runs none of its properties."""
    evaluated = []
    candidate = type("Watched", (), {"get": property(evaluated.append), "read_only": property(evaluated.append)})()
    is_store(candidate)
    assert evaluated == []


def goes_after(question):
    """Whether a class can go when `question` has been asked of an instance."""
    kind = type("Gone", (), {})
    question(kind())
    reference = weakref.ref(kind)
    del kind
    gc.collect()
    return reference() is None


def test_is_store_keeps_no_class_alive():
    """A class that was asked about can go, wherever isinstance lets it (the inspect module of Python 3.12.1 keeps it)."""
    assert goes_after(is_store) == goes_after(lambda candidate: isinstance(candidate, Store))


@pytest.mark.parametrize("flag", QUESTIONS)
@pytest.mark.parametrize("value", [True, False])
def test_the_function_gives_what_the_flag_says(flag, value):
    """supports_x(store) is the flag's value, though isinstance is true of both."""
    store = object_with(MEMBERS[Store])
    setattr(store, flag, value)
    assert QUESTIONS[flag](store) is value


@pytest.mark.parametrize("flag", QUESTIONS)
def test_the_function_asks_its_own_flag(flag):
    """supports_x(store) looks at one flag, and not at the others."""
    store = object_with(FLAGS)
    for other in FLAGS - {flag}:
        setattr(store, other, True)
    assert QUESTIONS[flag](store) is False


@pytest.mark.parametrize("flag", QUESTIONS)
def test_the_function_speaks_of_the_store_not_of_the_handle(flag):
    """On a read-only handle supports_x says what the store could do."""
    assert QUESTIONS[flag](MemoryStore(read_only=True)) is True


@each_protocol
def test_the_methods_say_what_they_do(protocol):
    """Each protocol, and each member of it, has a docstring."""
    members = [getattr(protocol, name) for name in MEMBERS[protocol]]
    assert [member for member in [protocol, *members] if not inspect.getdoc(member)] == []


@pytest.mark.parametrize("name", ["list", "list_prefix", "list_dir"])
def test_listings_are_called_without_await(name):
    """The listings of the protocol are plain functions that return an iterator (TYP-3)."""
    assert not inspect.iscoroutinefunction(getattr(SupportsListing, name))


@pytest.mark.parametrize("name", ["Protocol", "runtime_checkable"])
def test_the_makers_of_protocols_are_those_of_typing_extensions(name):
    """The makers of protocols that this package offers are those whose isinstance evaluates nothing, on Python 3.11 too."""
    assert getattr(storeproto, name) is getattr(typing_extensions, name)
