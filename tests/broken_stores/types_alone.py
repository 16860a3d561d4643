"""Faults of types alone: classes that a type checker reads, and nobody runs.

`at` is the member, and what of it a type checker is to name: a parameter, the result, or nothing where its words say it.
"""

from __future__ import annotations

import builtins
from asyncio import Future
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Iterable
from functools import cached_property
from typing import Any, ClassVar, Generic, Literal, Self, TypeVar, overload

from storeproto import BufferPrototype, ByteRequest, BytesLike, OffsetByteRequest, RangeByteRequest, Store, SuffixByteRequest

T = TypeVar("T")
At = ClassVar[tuple[str, str]]


class TypedStore:
    """Has each member as it is documented."""

    supports_writes: Literal[True] = True
    supports_deletes: Literal[True] = True
    supports_partial_writes: Literal[True] = True
    supports_listing: Literal[True] = True

    @property
    def read_only(self) -> bool:
        raise NotImplementedError

    def with_read_only(self, read_only: bool = False) -> Self:
        raise NotImplementedError

    def close(self) -> None: ...

    async def get(
        self, key: str, prototype: BufferPrototype[bytes] | None = None, byte_range: ByteRequest | None = None
    ) -> bytes | None:
        raise NotImplementedError

    async def get_partial_values(
        self, prototype: BufferPrototype[bytes], key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> builtins.list[bytes | None]:
        raise NotImplementedError

    async def exists(self, key: str) -> bool:
        raise NotImplementedError

    async def getsize(self, key: str) -> int:
        raise NotImplementedError

    async def set(self, key: str, value: BytesLike) -> None: ...

    async def set_if_not_exists(self, key: str, value: BytesLike) -> None: ...

    async def set_partial_values(self, key_start_values: Iterable[tuple[str, int, BytesLike]]) -> None: ...

    async def delete(self, key: str) -> None: ...

    async def delete_dir(self, prefix: str) -> None: ...

    async def clear(self) -> None: ...

    def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        raise NotImplementedError

    def list_dir(self, prefix: str) -> AsyncIterator[str]:
        raise NotImplementedError

    async def is_empty(self, prefix: str) -> bool:
        raise NotImplementedError

    async def getsize_prefix(self, prefix: str) -> int:
        raise NotImplementedError

    def list(self) -> AsyncIterator[str]:
        raise NotImplementedError


# Names and kinds of parameters.


class OtherName(TypedStore):
    """Calls the key of `delete` by another name."""

    at: At = ("delete", "parameter key")

    async def delete(self, name: str) -> None: ...


class OtherNameOfAnOptional(TypedStore):
    """Calls the byte range of `get` by another name."""

    at: At = ("get", "parameter byte_range")

    async def get(
        self, key: str, prototype: BufferPrototype[bytes] | None = None, range_: ByteRequest | None = None
    ) -> bytes | None:
        raise NotImplementedError


class PositionalOnly(TypedStore):
    """Takes the key of `exists` by position alone."""

    at: At = ("exists", "parameter key")

    async def exists(self, key: str, /) -> bool:
        raise NotImplementedError


class KeywordOnly(TypedStore):
    """Takes the value of `set_if_not_exists` by name alone."""

    at: At = ("set_if_not_exists", "")

    async def set_if_not_exists(self, key: str, *, value: BytesLike) -> None: ...


class KeywordOnlyOptional(TypedStore):
    """Takes the byte range of `get` by name alone."""

    at: At = ("get", "")

    async def get(
        self, key: str, prototype: BufferPrototype[bytes] | None = None, *, byte_range: ByteRequest | None = None
    ) -> bytes | None:
        raise NotImplementedError


class AnotherRequired(TypedStore):
    """Requires more of `set` than a key and a value."""

    at: At = ("set", "parameter overwrite")

    async def set(self, key: str, value: BytesLike, overwrite: bool) -> None: ...


class DefaultLost(TypedStore):
    """Requires that `with_read_only` be told the mode."""

    at: At = ("with_read_only", "parameter read_only")

    def with_read_only(self, read_only: bool) -> Self:
        raise NotImplementedError


class ParameterLost(TypedStore):
    """Takes no byte range in `get`."""

    at: At = ("get", "parameter byte_range")

    async def get(self, key: str, prototype: BufferPrototype[bytes] | None = None) -> bytes | None:
        raise NotImplementedError


class PrefixLost(TypedStore):
    """Asks `is_empty` of the whole store alone."""

    at: At = ("is_empty", "parameter prefix")

    async def is_empty(self) -> bool:
        raise NotImplementedError


class OtherOrder(TypedStore):
    """Takes the parameters of `set` in the other order."""

    at: At = ("set", "parameter key")

    async def set(self, value: BytesLike, key: str) -> None: ...


# Types of parameters.


class NarrowerKey(TypedStore):
    """Takes two keys alone."""

    at: At = ("getsize", "parameter key")

    async def getsize(self, key: Literal["a", "b"]) -> int:
        raise NotImplementedError


class KeyOfBytes(TypedStore):
    """Takes prefixes of bytes."""

    at: At = ("list_dir", "parameter prefix")

    def list_dir(self, prefix: bytes) -> AsyncIterator[str]:
        raise NotImplementedError


class OlderByteRange(TypedStore):
    """Knows byte ranges in their older form alone."""

    at: At = ("get", "parameter byte_range")

    async def get(
        self, key: str, prototype: BufferPrototype[bytes] | None = None, byte_range: tuple[int, int] | None = None
    ) -> bytes | None:
        raise NotImplementedError


class OneKindOfByteRange(TypedStore):
    """Knows one class of byte requests of three."""

    at: At = ("get", "parameter byte_range")

    async def get(
        self, key: str, prototype: BufferPrototype[bytes] | None = None, byte_range: RangeByteRequest | None = None
    ) -> bytes | None:
        raise NotImplementedError


class OptionalByteRangeLost(TypedStore):
    """Takes no None for a byte range."""

    at: At = ("get", "parameter byte_range")

    async def get(self, key: str, prototype: BufferPrototype[bytes] | None = None, byte_range: ByteRequest = ...) -> bytes | None:
        raise NotImplementedError


class OptionalPrototypeLost(TypedStore):
    """Takes no None for a prototype, though it may be left out."""

    at: At = ("get", "parameter prototype")

    async def get(self, key: str, prototype: BufferPrototype[bytes] = ..., byte_range: ByteRequest | None = None) -> bytes | None:
        raise NotImplementedError


class ListOfRequests(TypedStore):
    """Wants a list of requests, where any iterable will do."""

    at: At = ("get_partial_values", "parameter key_ranges")

    async def get_partial_values(
        self, prototype: BufferPrototype[bytes], key_ranges: builtins.list[tuple[str, ByteRequest | None]]
    ) -> builtins.list[bytes | None]:
        raise NotImplementedError


class WholeValuesAlone(TypedStore):
    """Takes no None for the byte range in a request of `get_partial_values`."""

    at: At = ("get_partial_values", "parameter key_ranges")

    async def get_partial_values(
        self, prototype: BufferPrototype[bytes], key_ranges: Iterable[tuple[str, ByteRequest]]
    ) -> builtins.list[bytes | None]:
        raise NotImplementedError


class BytearrayValues(TypedStore):
    """Takes values in a bytearray alone."""

    at: At = ("set", "parameter value")

    async def set(self, key: str, value: bytearray) -> None: ...


class PairsOfParts(TypedStore):
    """Takes parts without their starts."""

    at: At = ("set_partial_values", "parameter key_start_values")

    async def set_partial_values(self, key_start_values: Iterable[tuple[str, BytesLike]]) -> None: ...


# Results.


class Text(TypedStore):
    """Gives text."""

    at: At = ("get", "result")

    async def get(
        self, key: str, prototype: BufferPrototype[bytes] | None = None, byte_range: ByteRequest | None = None
    ) -> str | None:
        raise NotImplementedError


class Views(TypedStore):
    """Gives views of its memory."""

    at: At = ("get", "result")

    async def get(
        self, key: str, prototype: BufferPrototype[bytes] | None = None, byte_range: ByteRequest | None = None
    ) -> memoryview | None:
        raise NotImplementedError


class NoSize(TypedStore):
    """Gives None for the size of a missing key."""

    at: At = ("getsize", "result")

    async def getsize(self, key: str) -> int | None:
        raise NotImplementedError


class SizeInWords(TypedStore):
    """Gives a size with its unit."""

    at: At = ("getsize_prefix", "result")

    async def getsize_prefix(self, prefix: str) -> str:
        raise NotImplementedError


class PartialValuesOneByOne(TypedStore):
    """Gives the partial values one by one."""

    at: At = ("get_partial_values", "")

    def get_partial_values(
        self, prototype: BufferPrototype[bytes], key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> AsyncIterator[bytes | None]:
        raise NotImplementedError


class PartialValuesInATuple(TypedStore):
    """Gives the partial values in a tuple."""

    at: At = ("get_partial_values", "result")

    async def get_partial_values(
        self, prototype: BufferPrototype[bytes], key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> tuple[bytes | None, ...]:
        raise NotImplementedError


class NothingReadOnly(TypedStore):
    """Changes the mode, and gives no handle."""

    at: At = ("with_read_only", "")

    def with_read_only(self, read_only: bool = False) -> None:
        raise NotImplementedError


class ModeForStore(TypedStore):
    """Gives the mode for a handle."""

    at: At = ("with_read_only", "result")

    def with_read_only(self, read_only: bool = False) -> bool:
        raise NotImplementedError


class NotAwaitable(TypedStore):
    """Says at once whether a key is set."""

    at: At = ("exists", "")

    def exists(self, key: str) -> bool:
        raise NotImplementedError


class NoCoroutine(TypedStore):
    """Gives what can be awaited once more than a coroutine, and is none."""

    at: At = ("delete", "")

    def delete(self, key: str) -> Awaitable[None]:
        raise NotImplementedError


class AFuture(TypedStore):
    """Gives a future, which is no coroutine."""

    at: At = ("is_empty", "")

    def is_empty(self, prefix: str) -> Future[bool]:
        raise NotImplementedError


class AsynchronousClose(TypedStore):
    """Wants its close to be awaited."""

    at: At = ("close", "")

    async def close(self) -> None: ...


class SaysWhatItDid(TypedStore):
    """Gives the number of keys that were deleted."""

    at: At = ("delete_dir", "")

    async def delete_dir(self, prefix: str) -> int:
        raise NotImplementedError


# Listings.


class CoroutineOfAListing(TypedStore):
    """Wants the listing of a prefix to be awaited."""

    at: At = ("list_prefix", "")

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        raise NotImplementedError


class AList(TypedStore):
    """Gives a list of keys."""

    at: At = ("list", "")

    def list(self) -> builtins.list[str]:
        raise NotImplementedError


class NoIterator(TypedStore):
    """Gives what can be iterated over, and is no iterator."""

    at: At = ("list_dir", "")

    def list_dir(self, prefix: str) -> AsyncIterable[str]:
        raise NotImplementedError


class KeysOfBytes(TypedStore):
    """Lists bytes."""

    at: At = ("list", "result")

    async def list(self) -> AsyncGenerator[bytes, None]:
        yield b""


class PerhapsAListing(TypedStore):
    """Gives None where nothing is below a prefix."""

    at: At = ("list_prefix", "")

    def list_prefix(self, prefix: str) -> AsyncIterator[str] | None:
        raise NotImplementedError


# Members that are not what they should be.


class NotThere(TypedStore):
    """Claims to list, and hides `getsize_prefix`."""

    at: At = ("getsize_prefix", "")

    getsize_prefix: None = None  # type: ignore[assignment]


class PropertyForMethod(TypedStore):
    """Has a property in the place of `clear`."""

    at: At = ("clear", "")

    @property
    def clear(self) -> bool:
        raise NotImplementedError


class MethodForFlag(TypedStore):
    """Has a method in the place of a flag."""

    at: At = ("supports_deletes", "")

    def supports_deletes(self) -> bool:
        raise NotImplementedError


class MethodForMode(TypedStore):
    """Has a method in the place of `read_only`."""

    at: At = ("read_only", "")

    def read_only(self) -> bool:
        raise NotImplementedError


class TextForFlag(TypedStore):
    """Says "yes"."""

    at: At = ("supports_writes", "")

    supports_writes: str = "yes"


class PerhapsAFlag(TypedStore):
    """Says nothing where it does not know."""

    at: At = ("supports_listing", "")

    @property
    def supports_listing(self) -> bool | None:
        raise NotImplementedError


class NumberForMode(TypedStore):
    """Says the mode in a number."""

    at: At = ("read_only", "")

    @cached_property
    def read_only(self) -> int:
        raise NotImplementedError


class FlagDeclaredFalse(TypedStore):
    """Declares the flag to be False that is True."""

    at: At = ("supports_partial_writes", "")

    supports_partial_writes: Literal[False] = True


# Overloads.


class NoOverloadForNone(TypedStore):
    """Has overloads of `get` for each kind of byte request, and none for None."""

    at: At = ("get", "")

    @overload
    async def get(
        self, key: str, prototype: BufferPrototype[bytes] | None = ..., *, byte_range: OffsetByteRequest
    ) -> bytes | None: ...
    @overload
    async def get(
        self, key: str, prototype: BufferPrototype[bytes] | None = ..., *, byte_range: RangeByteRequest | SuffixByteRequest
    ) -> bytes | None: ...
    async def get(self, key: str, prototype: Any = None, byte_range: Any = None) -> bytes | None:
        raise NotImplementedError


class OverloadWithoutNone(TypedStore):
    """Has overloads that give None only where a byte range is given."""

    at: At = ("get", "result")

    @overload
    async def get(self, key: str) -> str: ...
    @overload
    async def get(
        self, key: str, prototype: BufferPrototype[bytes] | None = ..., byte_range: ByteRequest | None = ...
    ) -> bytes | None: ...
    async def get(self, key: str, prototype: Any = None, byte_range: Any = None) -> Any:
        raise NotImplementedError


class SplitOverloads(TypedStore):
    """Has an overload for None and one for a prototype, and none for what may be either."""

    at: At = ("get", "")

    @overload
    async def get(self, key: str, prototype: None = ..., byte_range: ByteRequest | None = ...) -> bytes | None: ...
    @overload
    async def get(self, key: str, prototype: BufferPrototype[T], byte_range: ByteRequest | None = ...) -> T | None: ...
    async def get(self, key: str, prototype: Any = None, byte_range: Any = None) -> Any:
        raise NotImplementedError


# Generics, and what is not typed.


class FreeTypeVariable(TypedStore):
    """Gives whatever its caller expects."""

    at: At = ("get", "")

    async def get(
        self, key: str, prototype: BufferPrototype[bytes] | None = None, byte_range: ByteRequest | None = None
    ) -> T | None:
        raise NotImplementedError


class OfValues(TypedStore, Generic[T]):
    """Gives values of one class, which its users choose."""

    async def get(self, key: str, prototype: object = None, byte_range: ByteRequest | None = None) -> T | None:
        raise NotImplementedError


class UnboundValues(OfValues):  # type: ignore[type-arg]
    """Chooses no class of values."""

    at: At = ("get", "result")


class NoAnnotations(TypedStore):
    """Leaves the types of `delete` out."""

    at: At = ("delete", "")

    async def delete(self, key): ...


class HalfOfTheAnnotations(TypedStore):
    """Leaves the type of a result out."""

    at: At = ("getsize", "result")

    async def getsize(self, key: str):
        raise NotImplementedError


class Forwards(TypedStore):
    """Takes and gives anything, as a wrapper does that passes all on."""

    at: At = ("exists", "result")

    async def exists(self, *arguments: Any, **options: Any) -> Any:
        raise NotImplementedError


class ForwardsWrites(TypedStore):
    """Writes as a wrapper does that passes all on."""

    at: At = ("set", "result")

    async def set(self, *arguments: Any, **options: Any) -> Any:
        raise NotImplementedError


class AnyFlag(TypedStore):
    """Does not say what a flag is."""

    at: At = ("supports_listing", "")

    supports_listing: Any = True


# Right, however much it may look like a fault.


class Wider(TypedStore):
    """Takes more than is documented, and gives what is documented."""

    async def get(self, key: str | bytes, prototype: object = None, byte_range: object = None, *, retries: int = 3) -> bytes:
        raise NotImplementedError

    async def set(self, key: str, value: object, *more: int) -> None: ...

    async def exists(self, key: Any = "") -> bool:
        raise NotImplementedError

    async def list(self) -> AsyncGenerator[str, Any]:
        yield ""


class PrototypeRequired(TypedStore):
    """Reads with a prototype alone: a store of the wider protocol."""

    async def get(self, key: str, prototype: BufferPrototype[bytes], byte_range: ByteRequest | None = None) -> bytes | None:
        raise NotImplementedError


class BooleanFlags(TypedStore):
    """Says when it runs what it can do, as a wrapper does."""

    @property
    def supports_deletes(self) -> bool:
        raise NotImplementedError

    @property
    def supports_writes(self) -> bool:
        raise NotImplementedError

    def with_read_only(self, read_only: bool = False) -> Store:
        raise NotImplementedError


class OfAnyValues(TypedStore, Generic[T]):
    """Has a type variable that has nothing to do with its values."""

    def __init__(self, inner: T) -> None:
        self.inner = inner
