"""Stores as run-time checkable protocols, and the functions that narrow a store to what its flags claim.

Two questions, two answers. `isinstance(store, SupportsDeletes)` says that the object *has the members*; it reads no flag.
`supports_deletes(store)` says that *its flag says so*, and narrows the type; on a read-only handle it says what the store could do.
Ask the function before a call, and use `isinstance` only to reject what is no store at all.

Notes for those who write stores and those who take them:

- A flag may be a plain class attribute, `supports_deletes: Literal[True] = True`, or a property. `ClassVar`, `Final` and cached
  properties are refused by pyright for a property member.
- Parameter names are part of the contract, because callers pass them by name. pyright checks them; mypy does not; the kit does.
- `prototype` has a default in a `Store`. Of zarr's stores only some have that, so they are assigned to the wider `PrototypeStore`,
  which every `Store` is too. isinstance cannot tell the two apart.
- isinstance takes less than a microsecond to say yes, and tens of them to say no: where much that is no store is tested, as in a
  loop, `is_store(candidate)` says no as quickly.
- isinstance does not see through a wrapper that forwards with `__getattr__`: it is no instance.
- A variable declared as a concrete class whose methods are wider than a protocol's is not narrowed by mypy: declare it as `Store`.

`Protocol` and `runtime_checkable` are those of typing_extensions, whose isinstance neither evaluates a property nor takes
microseconds on Python 3.11; take them from here when you compose protocols of your own. (With typing's own Protocol, isinstance
of the composed protocol raises TypeError on Python 3.11.)
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Final, Literal, Never
from weakref import WeakKeyDictionary

from typing_extensions import Protocol, TypeIs, TypeVar, get_protocol_members, runtime_checkable

from storeproto.buffers import BufferPrototype, BytesLike
from storeproto.byte_requests import ByteRequest

BufT = TypeVar("BufT", default=bytes)
BufT_co = TypeVar("BufT_co", covariant=True, default=bytes)
BufT_contra = TypeVar("BufT_contra", contravariant=True, default=bytes)
ProtoT_contra = TypeVar("ProtoT_contra", contravariant=True, default=BufferPrototype[bytes])
RangeT_contra = TypeVar("RangeT_contra", contravariant=True, default=ByteRequest)


# One base for each flag, shared by PrototypeStore and by the SupportsX of that flag and by nothing else: of the layouts that were
# tried the one in which mypy always narrows. Where mypy cannot build the intersection it leaves the branch unchecked, silently.
@runtime_checkable
class HasWritesFlag(Protocol):
    """Has the flag `supports_writes`."""

    @property
    def supports_writes(self) -> bool:
        """Whether the store can be written to, where its handle is not read-only."""
        ...


@runtime_checkable
class HasDeletesFlag(Protocol):
    """Has the flag `supports_deletes`."""

    @property
    def supports_deletes(self) -> bool:
        """Whether keys can be removed."""
        ...


@runtime_checkable
class HasPartialWritesFlag(Protocol):
    """Has the flag `supports_partial_writes`."""

    @property
    def supports_partial_writes(self) -> bool:
        """Whether parts of a value can be replaced."""
        ...


@runtime_checkable
class HasListingFlag(Protocol):
    """Has the flag `supports_listing`."""

    @property
    def supports_listing(self) -> bool:
        """Whether keys can be listed."""
        ...


@runtime_checkable
class PrototypeStore(
    HasWritesFlag,
    HasDeletesFlag,
    HasPartialWritesFlag,
    HasListingFlag,
    Protocol[BufT, ProtoT_contra, RangeT_contra],
):
    """What every store has; its `get` may require a prototype. zarr's and icechunk's classes are such.

    isinstance answers "has these members"; ask the `supports_*` functions what the flags say.
    """

    @property
    def read_only(self) -> bool:
        """Whether this handle refuses every change."""
        ...

    def with_read_only(self, read_only: bool = False) -> PrototypeStore[BufT, ProtoT_contra, RangeT_contra]:
        """Return a new handle on the same data; this one keeps its mode (RDO-3).

        Raises:
            NotImplementedError: not offered.
        """
        ...

    async def get(self, key: str, prototype: ProtoT_contra, byte_range: RangeT_contra | None = None) -> BufT | None:
        """Return the value of `key`, or the part that `byte_range` names, in the prototype's class; None for a missing key.

        Raises:
            ValueError: `key` is not allowed (KEY-11).
            TypeError: `key` is no `str` (KEY-13), or `byte_range` no byte request (RNG-14).
        """
        ...

    async def get_partial_values(
        self, prototype: ProtoT_contra, key_ranges: Iterable[tuple[str, RangeT_contra | None]]
    ) -> list[BufT | None]:
        """Return what `get` would for each key and byte range, in their order; None in the place of a missing key (PAR-2).

        Raises:
            ValueError: a key is not allowed (KEY-11).
            TypeError: a key is no `str` (KEY-13), or a byte range no byte request (RNG-14).
        """
        ...

    async def exists(self, key: str) -> bool:
        """Whether `key` is set; False for a name that is only a prefix of keys (EXI-1).

        Raises:
            ValueError: `key` is not allowed (KEY-11).
        """
        ...

    async def getsize(self, key: str) -> int:
        """Return the number of bytes of the value of `key`.

        Raises:
            FileNotFoundError: `key` is not set (EXI-3).
            ValueError: `key` is not allowed (KEY-11).
        """
        ...

    def close(self) -> None:
        """End the use of this handle; a second close does nothing (LIF-2)."""
        ...


@runtime_checkable
class Store(PrototypeStore[BufT, ProtoT_contra, RangeT_contra], Protocol[BufT, ProtoT_contra, RangeT_contra]):
    """A store whose `get` needs only a key: what libraries should ask for.

    isinstance answers "has these members" and cannot see whether `prototype` has a default; the type checkers can.
    """

    def with_read_only(self, read_only: bool = False) -> Store[BufT, ProtoT_contra, RangeT_contra]:
        """Return a new handle on the same data; this one keeps its mode (RDO-3).

        Raises:
            NotImplementedError: not offered.
        """
        ...

    async def get(self, key: str, prototype: ProtoT_contra | None = None, byte_range: RangeT_contra | None = None) -> BufT | None:
        """Return the value of `key`, or the part that `byte_range` names; None for a missing key.

        Without a prototype the value comes in the store's own default class, `bytes` for the reference stores.

        Raises:
            ValueError: `key` is not allowed (KEY-11).
            TypeError: `key` is no `str` (KEY-13), or `byte_range` no byte request (RNG-14).
        """
        ...


@runtime_checkable
class SupportsWrites(HasWritesFlag, Protocol[BufT_contra]):
    """A store that can be written to; isinstance sees the members, `supports_writes(store)` the flag."""

    @property
    def supports_writes(self) -> Literal[True]:
        """Says that the store can be written to."""
        ...

    async def set(self, key: str, value: BufT_contra) -> None:
        """Store `value` under `key`, in the place of any older value (SET-1).

        Raises:
            ValueError: the handle is read-only (RDO-1), or `key` is not allowed (KEY-11).
            TypeError: `value` is no buffer of this store's (SET-9), or `key` no `str` (KEY-13).
        """
        ...

    async def set_if_not_exists(self, key: str, value: BufT_contra) -> None:
        """Store `value` under `key` if it is not set; else keep the old value, and raise nothing (NEW-2).

        Raises:
            ValueError: the handle is read-only (RDO-1), or `key` is not allowed (KEY-11).
            TypeError: `value` is no buffer of this store's (SET-9), or `key` no `str` (KEY-13).
        """
        ...


@runtime_checkable
class SupportsPartialWrites(HasPartialWritesFlag, Protocol):
    """A store in which parts of a value can be replaced; isinstance sees the members, the function the flag."""

    @property
    def supports_partial_writes(self) -> Literal[True]:
        """Says that parts of a value can be replaced."""
        ...

    async def set_partial_values(self, key_start_values: Iterable[tuple[str, int, BytesLike]]) -> None:
        """Replace, for each `(key, start, value)`, the bytes from `start` on; ranges of one key must not overlap (PWR-6).

        Raises:
            ValueError: ranges overlap, a start is negative, or the handle is read-only.
        """
        ...


@runtime_checkable
class SupportsDeletes(HasDeletesFlag, Protocol):
    """A store that keys can be removed from; isinstance sees the members, `supports_deletes(store)` the flag."""

    @property
    def supports_deletes(self) -> Literal[True]:
        """Says that keys can be removed."""
        ...

    async def delete(self, key: str) -> None:
        """Remove `key` alone; a missing key is no error (DEL-2).

        Raises:
            ValueError: the handle is read-only (RDO-1), or `key` is not allowed (KEY-11).
        """
        ...

    async def delete_dir(self, prefix: str) -> None:
        """Remove every key below the directory `prefix`, with or without a `/` behind it (DEL-6, DEL-7); all keys for `""`.

        Raises:
            ValueError: the handle is read-only (RDO-1), or `prefix` is not allowed (KEY-11).
        """
        ...

    async def clear(self) -> None:
        """Remove every key (DEL-9).

        Raises:
            ValueError: the handle is read-only (RDO-1).
        """
        ...


@runtime_checkable
class SupportsListing(HasListingFlag, Protocol):
    """A store whose keys can be listed; isinstance sees the members, `supports_listing(store)` the flag.

    The listings are asynchronous iterators, so they are called without `await`. The order of keys is unspecified.
    """

    @property
    def supports_listing(self) -> Literal[True]:
        """Says that keys can be listed."""
        ...

    def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Give each key that begins with the string `prefix`, whole (LST-3, LST-4)."""
        ...

    def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Give the name of each immediate child, key or prefix, of the directory `prefix`, once (LST-5)."""
        ...

    async def is_empty(self, prefix: str) -> bool:
        """Whether no key is below the directory `prefix` (EXI-4); `""` is the whole store."""
        ...

    async def getsize_prefix(self, prefix: str) -> int:
        """Return the number of bytes of all values below the directory `prefix` (EXI-5)."""
        ...

    # The last member: below it, `list[...]` in this class would mean this method.
    def list(self) -> AsyncIterator[str]:
        """Give each key once (LST-1)."""
        ...


@runtime_checkable
class SupportsPages(Protocol):
    """Offers listings by pages, as the reference stores do: for many keys, a small part of the price of one by one. No flag."""

    def list_pages(self, prefix: str = "") -> AsyncIterator[list[str]]:
        """Give what `list_prefix` gives, in lists of any length but 0 (LST-8)."""
        ...


@runtime_checkable
class SupportsRanges(Protocol[BufT_co, ProtoT_contra, RangeT_contra]):
    """Offers `get_ranges`, as zarr's newer stores do: many ranges of one value, given as they arrive. There is no flag."""

    def get_ranges(
        self, key: str, byte_ranges: Sequence[RangeT_contra | None], *, prototype: ProtoT_contra
    ) -> AsyncIterator[Sequence[tuple[int, BufT_co | None]]]:
        """Give batches of `(index in byte_ranges, value)`, one batch for each read of the medium.

        Raises:
            FileNotFoundError: `key` is not set.
        """
        ...


@runtime_checkable
class SupportsGetSync(Protocol[BufT_co, ProtoT_contra, RangeT_contra]):
    """Offers a read that does not wait for an event loop. There is no flag."""

    def get_sync(
        self, key: str, *, prototype: ProtoT_contra | None = None, byte_range: RangeT_contra | None = None
    ) -> BufT_co | None:
        """Do what `get` does, at once."""
        ...


@runtime_checkable
class SupportsSetSync(Protocol[BufT_contra]):
    """Offers a write that does not wait for an event loop. There is no flag."""

    def set_sync(self, key: str, value: BufT_contra) -> None:
        """Do what `set` does, at once."""
        ...


@runtime_checkable
class SupportsDeleteSync(Protocol):
    """Offers a removal that does not wait for an event loop. There is no flag."""

    def delete_sync(self, key: str) -> None:
        """Do what `delete` does, at once."""
        ...


# For a class, a member that it lacks: what a negative isinstance found out, and need not find out again.
_LACKING: Final[WeakKeyDictionary[type, str]] = WeakKeyDictionary()
_STORE_MEMBERS: Final = sorted(get_protocol_members(Store))


def is_store(candidate: object, /) -> TypeIs[Store[Any, Any, Any]]:
    """Whether `candidate` has the members of a store: what `isinstance(candidate, Store)` says, but quick to say no again.

    For a class that was found to lack a member it is not seen when the class is given that member later.
    """
    kind = type(candidate)
    lacking = _LACKING.get(kind)
    # What the class lacks, the object may have in itself.
    if lacking is not None and (kind.__dictoffset__ == 0 or lacking not in object.__getattribute__(candidate, "__dict__")):
        return False
    if isinstance(candidate, Store):
        return True
    of_class = {name for base in kind.__mro__ for name in vars(base)}
    absent = next((name for name in _STORE_MEMBERS if name not in of_class), None)
    if absent is not None:
        _LACKING[kind] = absent
    return False


# The types of a PrototypeStore's and a SupportsWrites' parameters meet in Never, so that a store of any of them is taken.
def supports_writes(store: PrototypeStore[BufT, Never, Never] | SupportsWrites[BufT], /) -> TypeIs[SupportsWrites[BufT]]:
    """Whether the flag of `store` says that it can be written to; narrows its type."""
    return store.supports_writes


def supports_partial_writes(store: HasPartialWritesFlag, /) -> TypeIs[SupportsPartialWrites]:
    """Whether the flag of `store` says that parts of a value can be replaced; narrows its type."""
    return store.supports_partial_writes


def supports_deletes(store: HasDeletesFlag, /) -> TypeIs[SupportsDeletes]:
    """Whether the flag of `store` says that keys can be removed; narrows its type."""
    return store.supports_deletes


def supports_listing(store: HasListingFlag, /) -> TypeIs[SupportsListing]:
    """Whether the flag of `store` says that keys can be listed; narrows its type."""
    return store.supports_listing
