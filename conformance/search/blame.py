"""Which clause a divergence breaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from conformance.expectation import Raised, Returned
from conformance.model import Model, range_clause
from conformance.operations import (
    Clear,
    Delete,
    DeleteDir,
    Exists,
    Get,
    GetPartialValues,
    GetSize,
    GetSizePrefix,
    IsEmpty,
    ListAll,
    ListDir,
    ListPrefix,
    Operation,
    Set,
    SetIfNotExists,
    SetPartialValues,
)
from conformance.search.play import Divergence


def blame(divergence: Divergence, program: Sequence[Operation]) -> str:
    """Return the id of the clause that `divergence`, found at the end of `program`, breaks.

    What a read gives may be wrong because the read is, or because an earlier change was: a read of a whole value, which nothing can
    spoil but a change, is laid to the last change before it.
    """
    before = program[: divergence.index] if divergence.index >= 0 else program
    model = Model()
    for operation in before:
        model.apply(operation)
    operation = divergence.operation
    if operation.changes:
        return _of_change(operation, model)
    if isinstance(operation, Get) and operation.byte_range is None:
        return _of_value(operation.key, divergence, before, model)
    return _of_read(operation, divergence, model)


def _of_change(operation: Operation, model: Model) -> str:
    """A change that raised, though it must not."""
    match operation:
        case SetIfNotExists(key=key):
            return "NEW-2" if key in model.contents else "NEW-1"
        case Set(key=key):
            return "SET-5" if key in model.contents else "SET-1"
        case SetPartialValues():
            return "PWR-1"
        case Delete(key=key):
            return "DEL-1" if key in model.contents else "DEL-2"
        case DeleteDir(prefix=prefix):
            return "DEL-6" if model.below(prefix) else "DEL-8"
        case _:
            return "DEL-9"


def _of_read(operation: Operation, divergence: Divergence, model: Model) -> str:
    match operation:
        case Get(key=key, byte_range=request) if request is not None:
            value = model.contents.get(key)
            return "RNG-12" if value is None else range_clause(request, len(value))
        case GetPartialValues(key_ranges=key_ranges):
            if not key_ranges:
                return "PAR-3"
            given = _parts(divergence)
            if len(given) != len(key_ranges):
                return "PAR-2" if any(key not in model.contents for key, _ in key_ranges) else "PAR-1"
            spoilt = any(key not in model.contents and part is not None for (key, _), part in zip(key_ranges, given, strict=True))
            return "PAR-2" if spoilt else "PAR-5"
        case Exists():
            return "EXI-1"
        case GetSize(key=key):
            return "EXI-2" if key in model.contents else "EXI-3"
        case IsEmpty():
            return "EXI-4"
        case GetSizePrefix():
            return "EXI-5"
        case ListPrefix(prefix=prefix):
            if prefix == "":
                return "LST-2"
            if not prefix.endswith("/"):
                return "LST-4"
            return "LST-3" if model.below(prefix) else "LST-7"
        case ListDir(prefix=prefix):
            if not model.below(prefix):
                return "LST-7"
            return "LST-6" if prefix.endswith("/") else "LST-5"
        case ListAll():
            return "LST-1"
        case _:
            return "SET-1"


def _parts(divergence: Divergence) -> list[object]:
    """What `get_partial_values` returned; nothing where it raised."""
    given: object = divergence.outcome.value if isinstance(divergence.outcome, Returned) else None
    return cast("list[object]", given) if isinstance(given, list) else []


def accounts(divergence: Divergence, program: Sequence[Operation]) -> frozenset[str]:
    """Return the clauses each of which, broken, accounts for `divergence`.

    They are the one to blame, and for a read of many parts the one that all wrong parts have in common.
    """
    to_blame = blame(divergence, program)
    operation = divergence.operation
    if not isinstance(operation, GetPartialValues):
        return frozenset([to_blame])
    model = Model()
    for earlier in program[: divergence.index]:
        model.apply(earlier)
    given = _parts(divergence)
    if len(given) != len(operation.key_ranges):
        return frozenset([to_blame])
    reads = [Get(key, request) for key, request in operation.key_ranges]
    wrong = [(read, part) for read, part in zip(reads, given, strict=True) if not model.allows(read).allows(Returned(part))]
    parts = {blame(Divergence(divergence.index, read, model.allows(read), Returned(part)), program) for read, part in wrong}
    return frozenset([to_blame, *parts]) if len(parts) == 1 else frozenset([to_blame])


def _of_value(key: str, divergence: Divergence, before: Sequence[Operation], model: Model) -> str:
    """A whole value that is wrong: the last change did it, if it could."""
    expected = model.contents.get(key)
    changes = [operation for operation in before if operation.changes]
    if not changes:
        return "GET-1"
    last = changes[-1]
    earlier = Model()
    for operation in changes[:-1]:
        earlier.apply(operation)
    if expected is None and (key not in earlier.contents or isinstance(divergence.outcome, Raised)):
        return "GET-2" if model.below(key) else "GET-1"
    match last:
        case Set(key=changed) | SetIfNotExists(key=changed) if changed != key:
            return "SET-7"
        case SetIfNotExists():
            if key in earlier.contents:
                return "NEW-2"
            return "NEW-3" if any(isinstance(operation, (Delete, DeleteDir, Clear)) for operation in changes) else "NEW-1"
        case Set():
            return _of_own_set(key, last.value, changes[:-1])
        case SetPartialValues():
            return "PWR-1"
        case Delete(key=changed):
            return "DEL-1" if changed == key else "DEL-3"
        case DeleteDir(prefix=prefix) if prefix != "":
            return "DEL-6"
        case DeleteDir() | Clear():
            return "DEL-9"
        case _:
            return "SET-1"


def _of_own_set(key: str, value: bytes, earlier: Sequence[Operation]) -> str:
    """The key's own last set did not do what it should."""
    for operation in reversed(earlier):
        match operation:
            case Delete(key=changed) if changed == key:
                return "DEL-4"
            case DeleteDir() | Clear():
                return "DEL-4"
            case _ if key in operation.names():
                return "SET-5"
            case _:
                pass
    return "SET-2" if value == b"" else "SET-1"
