"""Traces as JSON values and back: what a report holds, and what `storeproto replay` reads."""

from __future__ import annotations

import base64
import builtins
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, cast

from conformance import expectation
from conformance.operations import OPERATIONS, ListPages
from conformance.rendering import pattern
from conformance.trace import Asked, Executed, Opened, Performed, Trace
from storeproto import OffsetByteRequest, RangeByteRequest, SuffixByteRequest

SCHEMA = 1

_REQUESTS = (RangeByteRequest, OffsetByteRequest, SuffixByteRequest)
_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        *OPERATIONS, ListPages, *_REQUESTS, Opened, Performed, Executed, Asked,
        expectation.Gives, expectation.GivesNot, expectation.GivesNames, expectation.Raises, expectation.Anything,
        expectation.AnyOf, expectation.ErrorsName,
    )
}  # fmt: skip


class SavedTraceError(Exception):
    """A file holds no trace that can be read; the message is one line."""


def encode(value: object) -> Any:
    """Return `value`, made of the kit's frozen values, as JSON values."""
    match value:
        case None | bool() | int() | str():
            return value
        case bytes():
            return {"pattern": len(value), "shift": value[0]} if _is_pattern(value) else {"bytes": base64.b64encode(value).decode()}
        case RangeByteRequest() | OffsetByteRequest() | SuffixByteRequest():
            return {"kind": type(value).__name__, **{name: getattr(value, name) for name in value.__match_args__}}
        case type():
            return {"error": value.__name__}
        case tuple():
            return [encode(item) for item in cast("tuple[object, ...]", value)]
        case list():  # what a call returns is a list, and equals no tuple
            return {"list": [encode(item) for item in cast("list[object]", value)]}
        case _ if is_dataclass(value):
            return {"kind": type(value).__name__, **{field.name: encode(getattr(value, field.name)) for field in fields(value)}}
        case _:
            return {"text": repr(value)}


def _is_pattern(value: bytes) -> bool:
    return len(value) > 64 and value == pattern(len(value), value[0])


def decode(saved: object) -> Any:
    """Return what `encode` was given.

    Raises:
        SavedTraceError: it was not made by `encode`.
    """
    try:
        return _decoded(saved)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SavedTraceError(f"this is no saved trace: {type(error).__name__}: {error}") from error


def _decoded(saved: object) -> Any:
    match saved:
        case list():
            return tuple([_decoded(item) for item in cast("list[object]", saved)])
        case {"list": list()}:
            return [_decoded(item) for item in cast("Mapping[str, list[object]]", saved)["list"]]
        case {"bytes": str(text)}:
            return base64.b64decode(text, validate=True)
        case {"pattern": int(size), "shift": int(shift)}:
            return pattern(size, shift)
        case {"error": str(name)}:
            found = getattr(builtins, name)
            return found if issubclass(found, Exception) else Exception
        case {"text": str(text)}:
            return text
        case {"kind": str(kind)}:
            given = cast("Mapping[str, object]", saved)
            return _KINDS[kind](**{name: _decoded(item) for name, item in given.items() if name != "kind"})
        case _:
            return saved


def encode_trace(trace: Trace) -> list[dict[str, Any]]:
    """Return the essential steps of a trace as JSON values."""
    return [encode(step) for step in trace.essential()]


def decode_trace(saved: object) -> Trace:
    """Return the trace that `encode_trace` was given.

    Raises:
        SavedTraceError: it is none.
    """
    steps = decode(saved)
    if not isinstance(steps, tuple) or not all(isinstance(step, (Opened, Performed, Executed, Asked)) for step in steps):  # pyright: ignore[reportUnknownVariableType]
        raise SavedTraceError("this is no saved trace: a trace is a list of steps")
    return Trace([*steps], minimal=True)
