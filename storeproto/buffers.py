"""What `get` returns and what `set` takes: buffer prototypes, the default one over `bytes`, and any buffer as bytes."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from typing_extensions import Buffer, Protocol, TypeVar, runtime_checkable

# No default: with one, pyright resolves no overload that takes a BufferPrototype[B].
MadeT_co = TypeVar("MadeT_co", covariant=True)


@runtime_checkable
class BufferClass(Protocol[MadeT_co]):
    """A class, or any object, that makes a buffer from bytes; zarr's `Buffer` classes are such."""

    def from_bytes(self, bytes_like: bytes, /) -> MadeT_co:
        """Return a buffer with the contents of `bytes_like`."""
        ...


@runtime_checkable
class BufferPrototype(Protocol[MadeT_co]):
    """Names the class of what `get` returns (clause GET-4); zarr's `BufferPrototype` is a `BufferPrototype[zarr Buffer]`."""

    @property
    def buffer(self) -> BufferClass[MadeT_co]:
        """The class that values are returned in."""
        ...


@runtime_checkable
class SupportsToBytes(Protocol):
    """An object that gives its contents as bytes, like zarr's `Buffer`, which is no buffer in PEP 688's sense.

    `int` has the method too, with another meaning: `as_bytes`, and so every reference store, refuses it.
    """

    def to_bytes(self) -> bytes:
        """Return the contents."""
        ...


BytesLike: TypeAlias = bytes | bytearray | memoryview
"""What `set_partial_values` takes for a value, as documented."""

BufferLike: TypeAlias = Buffer | SupportsToBytes
"""What the reference stores take for a value."""


class BytesClass:
    """Makes `bytes`."""

    def from_bytes(self, bytes_like: bytes, /) -> bytes:
        """Return `bytes_like` itself."""
        return bytes_like


class BytesPrototype:
    """The prototype over `bytes`."""

    @property
    def buffer(self) -> BytesClass:
        """Makes `bytes`."""
        return _BYTES_CLASS

    def __repr__(self) -> str:
        return "BytesPrototype()"


_BYTES_CLASS: Final = BytesClass()
_BYTES_PROTOTYPE: Final = BytesPrototype()


def default_buffer_prototype() -> BytesPrototype:
    """Return the prototype with which `get` gives `bytes`, as it does when no prototype is given."""
    return _BYTES_PROTOTYPE


def as_bytes(value: BufferLike) -> bytes:
    """Return the contents of `value` as bytes that no later change of `value` reaches (SET-8).

    `bytes` come back as they are, and so do those that a zarr `Buffer` was made from.

    A buffer that is not contiguous is made so (SET-11).

    Raises:
        TypeError: `value` is neither a buffer nor an object with `to_bytes()` (SET-9).
    """
    if type(value) is bytes:
        return value
    kind = type(value)
    given: Any = value
    if kind is bytearray or kind is memoryview:
        return bytes(given)
    if hasattr(kind, "as_array_like"):  # zarr's Buffer, around an array; its own to_bytes() takes five times as long
        array = given.as_array_like()
        base = getattr(array, "base", None)
        if type(base) is bytes and len(base) == array.nbytes and array.flags.c_contiguous:
            return base  # all of it, in its order: nothing can change that
        copied = given.as_numpy_array().tobytes()
        if type(copied) is bytes:
            return copied
    if hasattr(value, "to_bytes") and not isinstance(value, (int, type)):
        return bytes(given.to_bytes())
    # numpy arrays and mmap are no instances of Buffer on Python 3.11, though memoryview takes them: ask memoryview.
    try:
        return memoryview(given).tobytes()
    except TypeError:
        allowed = "a value must be a buffer (bytes, bytearray, memoryview, ...) or have to_bytes()"
        raise TypeError(f"{allowed}, not {type(value).__name__}") from None
