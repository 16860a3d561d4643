"""How a store takes values, prototypes and byte requests, and how a script says so: native, or zarr's own classes."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any, Protocol

from conformance.rendering import python_bytes
from storeproto import (
    ByteRequest,
    OffsetByteRequest,
    RangeByteRequest,
    SuffixByteRequest,
    default_buffer_prototype,
)


class Dialect(Protocol):
    """The words between the kit, which speaks of bytes and storeproto's byte requests, and a store."""

    name: str
    imports: Mapping[str, str]
    """For each name that a script of this dialect may use, the line that imports it."""

    def value(self, data: bytes) -> Any:
        """Return `data` as `set` takes it."""
        ...

    def data(self, value: Any) -> Any:
        """Return what `get` returned as bytes, and None as None."""
        ...

    def prototype(self) -> Any:
        """Return what `get` takes for `prototype`."""
        ...

    def prototype_for(self, store: Any) -> tuple[Any, ...]:
        """Return the positional arguments between the key and the byte range that a plain `get` of `store` needs."""
        ...

    def byte_range(self, request: ByteRequest) -> Any:
        """Return `request` as `get` takes it."""
        ...

    def python_value(self, data: bytes) -> str:
        """An expression for `value(data)`."""
        ...

    def python_mutable(self, data: bytes) -> tuple[str, str]:
        """A statement that makes `memory`, mutable memory with `data`, and an expression for a value over it without a copy."""
        ...

    def python_data(self, source: str) -> str:
        """An expression for `data` of the expression `source`."""
        ...

    def python_memory(self, name: str) -> str:
        """An expression for the memory of what `get` returned, as writable as it is."""
        ...

    def python_prototype(self) -> str:
        """An expression for `prototype()`."""
        ...

    def python_byte_range(self, request: ByteRequest) -> str:
        """An expression for `byte_range(request)`."""
        ...


def _python_request(request: ByteRequest) -> str:
    match request:
        case RangeByteRequest():
            return f"RangeByteRequest({request.start}, {request.end})"
        case OffsetByteRequest():
            return f"OffsetByteRequest({request.offset})"
        case SuffixByteRequest():
            return f"SuffixByteRequest({request.suffix})"


class Native:
    """Bytes, and storeproto's own classes."""

    name = "native"
    imports: Mapping[str, str] = {
        **{
            name: f"from storeproto import {name}"
            for name in ("RangeByteRequest", "OffsetByteRequest", "SuffixByteRequest", "default_buffer_prototype")
        },
    }

    def value(self, data: bytes) -> Any:
        """Return `data` itself."""
        return data

    def data(self, value: Any) -> Any:
        """Return a buffer's contents; what is no buffer comes back as it is, for the report to show."""
        try:
            return value if value is None or type(value) is bytes else memoryview(value).tobytes()
        except TypeError:
            return value

    def prototype(self) -> Any:
        """Return the default prototype over bytes."""
        return default_buffer_prototype()

    def prototype_for(self, store: Any) -> tuple[Any, ...]:
        """Return nothing, unless the store requires a prototype."""
        return () if has_default(type(store), "get", "prototype") else (self.prototype(),)  # type: ignore[arg-type]  # a class is hashable

    def byte_range(self, request: ByteRequest) -> Any:
        """Return `request` itself."""
        return request

    def python_value(self, data: bytes) -> str:
        """An expression for the bytes."""
        return python_bytes(data)

    def python_mutable(self, data: bytes) -> tuple[str, str]:
        """A bytearray."""
        return f"memory = bytearray({python_bytes(data)})", "memory"

    def python_data(self, source: str) -> str:
        """The same: bytes compare with any buffer that `get` gives."""
        return source

    def python_memory(self, name: str) -> str:
        """A view of the buffer."""
        return f"memoryview({name})"

    def python_prototype(self) -> str:
        """The call that makes the default prototype."""
        return "default_buffer_prototype()"

    def python_byte_range(self, request: ByteRequest) -> str:
        """The request's constructor."""
        return _python_request(request)


class Zarr:
    """zarr's buffers, prototypes and byte requests: for a store that is a `zarr.abc.store.Store`."""

    name = "zarr"
    imports: Mapping[str, str] = {
        **{name: f"from zarr.abc.store import {name}" for name in ("RangeByteRequest", "OffsetByteRequest", "SuffixByteRequest")},
        "cpu": "from zarr.core.buffer import cpu",
        "default_buffer_prototype": "from zarr.core.buffer import default_buffer_prototype",
    }

    def __init__(self) -> None:
        import zarr.abc.store
        from zarr.core.buffer import cpu
        from zarr.core.buffer import default_buffer_prototype as zarr_prototype

        self._requests = zarr.abc.store
        self._buffer = cpu.Buffer
        self._prototype = zarr_prototype

    def value(self, data: bytes) -> Any:
        """Return a zarr buffer of its own memory."""
        return self._buffer.from_bytes(data)

    def data(self, value: Any) -> Any:
        """Return a zarr buffer's contents; what is none comes back as it is, for the report to show."""
        return value.to_bytes() if isinstance(value, self._prototype().buffer) else value

    def prototype(self) -> Any:
        """Return zarr's default prototype."""
        return self._prototype()

    def prototype_for(self, store: Any) -> tuple[Any, ...]:  # noqa: ARG002  # the dialects are called alike
        """Return zarr's default prototype, which zarr's callers always give."""
        return (self._prototype(),)

    def byte_range(self, request: ByteRequest) -> Any:
        """Return zarr's class of the same request."""
        match request:
            case RangeByteRequest():
                return self._requests.RangeByteRequest(request.start, request.end)
            case OffsetByteRequest():
                return self._requests.OffsetByteRequest(request.offset)
            case SuffixByteRequest():
                return self._requests.SuffixByteRequest(request.suffix)

    def python_value(self, data: bytes) -> str:
        """The constructor from bytes."""
        return f"cpu.Buffer.from_bytes({python_bytes(data)})"

    def python_mutable(self, data: bytes) -> tuple[str, str]:
        """A bytearray, and a buffer over it: from_bytes makes no copy."""
        return f"memory = bytearray({python_bytes(data)})", "cpu.Buffer.from_bytes(memory)"

    def python_data(self, source: str) -> str:
        """The buffer's bytes, or None."""
        if source.isidentifier():
            return f"None if {source} is None else {source}.to_bytes()"
        return f"None if (value := {source}) is None else value.to_bytes()"

    def python_memory(self, name: str) -> str:
        """The numpy array behind the buffer."""
        return f"{name}.as_numpy_array()"

    def python_prototype(self) -> str:
        """The call that makes zarr's default prototype."""
        return "default_buffer_prototype()"

    def python_byte_range(self, request: ByteRequest) -> str:
        """The request's constructor."""
        return _python_request(request)


@lru_cache(maxsize=256)  # looked at before each read
def has_default(store: Hashable, method: str, parameter: str) -> bool:
    """Whether `parameter` of a method of the class `store` may be left out, as far as it shows its parameters."""
    try:
        found = inspect.signature(getattr(store, method)).parameters.get(parameter)
    except (AttributeError, TypeError, ValueError):
        return True
    return found is None or found.default is not inspect.Parameter.empty


def dialect_of(store: object) -> Dialect:
    """Return the dialect that `store` speaks: zarr's for a `zarr.abc.store.Store`, else the native one."""
    # A store can only be zarr's where zarr has been imported.
    module = sys.modules.get("zarr.abc.store")
    if module is not None and isinstance(store, module.Store):
        return Zarr()
    return Native()
