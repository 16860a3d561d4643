"""What the handles of the reference stores have in common: reading, as type checkers see it, and the end of a `with`."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self, TypeAlias, overload

from typing_extensions import TypeVar

from storeproto import BufferPrototype, ByteRangePair, ByteRequest

B = TypeVar("B")

Request: TypeAlias = ByteRequest | ByteRangePair | None
"""What `get` takes for a byte range; None is the whole value."""

KeyRange: TypeAlias = tuple[str, Request]
"""One part of what `get_partial_values` is asked for."""


class ReadingHandle:
    """A handle of a store that reads values as bytes; a store says how, and what closing is."""

    def _readable(self, operation: str) -> object:
        """Raise StoreClosedError if the handle is closed."""
        raise NotImplementedError

    def _value_now(self, key: str, byte_range: Request) -> bytes | None:  # noqa: ARG002  # a store that overrides it uses them
        """Return what `get` does without a prototype, where that neither waits for anything nor takes long.

        Raises:
            BlockingIOError: it would; `_value` is to be asked.
        """
        raise BlockingIOError

    async def _value(self, key: str, byte_range: Request) -> bytes | None:
        """Return what `get` does without a prototype, if `_value_now` has not."""
        raise NotImplementedError

    async def _values(self, asked: builtins.list[KeyRange]) -> builtins.list[bytes | None]:
        """Return what `get_partial_values` does without a prototype."""
        raise NotImplementedError

    def close(self) -> None:
        """End the use of this handle."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._readable("__enter__")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # The first overload takes the protocol's own parameter type whole: split into None and BufferPrototype[B], this is no Store.
    @overload
    async def get(self, key: str, prototype: BufferPrototype[bytes] | None = None, byte_range: Request = None) -> bytes | None: ...
    @overload
    async def get(self, key: str, prototype: BufferPrototype[B], byte_range: Request = None) -> B | None: ...
    async def get(self, key: str, prototype: BufferPrototype[Any] | None = None, byte_range: Request = None) -> Any:
        """Return the value of `key`, or the part that `byte_range` names; None for a missing key.

        The result is `bytes` without a prototype, and of the prototype's class with one.

        Raises:
            InvalidKeyError: `key` is not allowed.
            OSError: what holds the value cannot be read.
            TypeError: `byte_range` is no byte request.
        """
        try:
            value = self._value_now(key, byte_range)
        except BlockingIOError:
            pass
        else:
            return value if prototype is None or value is None else prototype.buffer.from_bytes(value)
        value = await self._value(key, byte_range)
        return value if prototype is None or value is None else prototype.buffer.from_bytes(value)

    @overload
    async def get_partial_values(
        self, prototype: BufferPrototype[bytes] | None, key_ranges: Iterable[KeyRange]
    ) -> builtins.list[bytes | None]: ...
    @overload
    async def get_partial_values(
        self, prototype: BufferPrototype[B], key_ranges: Iterable[KeyRange]
    ) -> builtins.list[B | None]: ...
    async def get_partial_values(
        self, prototype: BufferPrototype[Any] | None, key_ranges: Iterable[KeyRange]
    ) -> builtins.list[Any]:
        """Return what `get` would for each key and byte range, in their order.

        Raises:
            InvalidKeyError: a key is not allowed.
            OSError: what holds a value cannot be read.
            TypeError: a byte range is no byte request.
        """
        self._readable("get_partial_values")
        values = await self._values([*key_ranges])
        if prototype is None:
            return values
        make = prototype.buffer.from_bytes
        return [None if value is None else make(value) for value in values]


class SynchronousReadingHandle(ReadingHandle):
    """A handle that reads without an event loop too."""

    def _value_sync(self, key: str, byte_range: Request) -> bytes | None:
        """Return what `get_sync` does without a prototype."""
        raise NotImplementedError

    @overload
    def get_sync(
        self, key: str, *, prototype: BufferPrototype[bytes] | None = None, byte_range: Request = None
    ) -> bytes | None: ...
    @overload
    def get_sync(self, key: str, *, prototype: BufferPrototype[B], byte_range: Request = None) -> B | None: ...
    def get_sync(self, key: str, *, prototype: BufferPrototype[Any] | None = None, byte_range: Request = None) -> Any:
        """Do what `get` does, without an event loop."""
        value = self._value_sync(key, byte_range)
        return value if prototype is None or value is None else prototype.buffer.from_bytes(value)
