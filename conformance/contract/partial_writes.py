"""PWR: replacing parts of values."""

from __future__ import annotations

import inspect
from contextlib import suppress

from conformance.clause import Level, NotApplicable, clause
from conformance.expectation import Expectation, gives, raises, returns
from conformance.operations import Get, SetPartialValues, SetRange
from conformance.rendering import pattern
from conformance.trial import Handle, Trial

_OLD = b"0123456789"
_LARGE = pattern(200_000)


def _patched(old: bytes, start: int, new: bytes) -> bytes:
    """What `old` becomes when `new` is written from `start` on, which is not past its end."""
    return old[:start] + new + old[start + len(new) :]


async def _holding(trial: Trial, *values: bytes) -> tuple[Handle, list[str]]:
    """Return a new store with `values`, and their keys in the same order."""
    store = await trial.open()
    keys = [trial.key(number) for number in range(len(values))]
    for key, value in zip(keys, values, strict=True):
        await store.set(key, trial.legal_value(value))
    return store, keys


async def _patch(trial: Trial, old: bytes, start: int, new: bytes, because: str) -> None:
    """Demand that writing `new` from `start` on changes `old` so, and nothing else."""
    store, (key,) = await _holding(trial, old)
    await store.run(SetPartialValues(((key, start, new),)))
    await store.expect(Get(key), gives(_patched(old, start, new)), because)


@clause(
    "PWR-1",
    Level.MUST,
    "only the named bytes change",
    "`set_partial_values` replaces exactly the named bytes; all others stay.",
    needs="P",
)
async def _replaces(trial: Trial) -> None:
    for start, new in ((3, b"abc"), (0, b"a"), (9, b"z"), (0, b"abcdefghij"), (5, b"")):
        await _patch(trial, _OLD, start, new, f"{len(new)} bytes were written from {start} on")
    with suppress(NotApplicable):  # of the large value alone
        await _patch(trial, _LARGE, 65_530, b"abcdefghijkl", "12 bytes were written from 65,530 on")


@clause(
    "PWR-2",
    Level.MUST,
    "several parts in one call",
    "Several ranges, of one key and of many, in any order, all land.",
    needs="P",
)
async def _several(trial: Trial) -> None:
    store, (first, second) = await _holding(trial, _OLD, b"abcdefgh")
    await store.run(
        SetPartialValues(((first, 8, b"Z"), (second, 3, b"YY"), (first, 2, b"XX"), (second, 0, b"W"), (first, 4, b"V")))
    )
    await store.expect(Get(first), gives(b"01XXV567Z9"), "three parts were written, two of them adjacent, the last one first")
    await store.expect(Get(second), gives(b"WbcYYfgh"), "two parts were written, between those of another key")


@clause(
    "PWR-3",
    Level.MUST,
    "a value grows",
    "A write that ends past the end grows the value; one that starts at the end appends.",
    needs="P",
)
async def _grows(trial: Trial) -> None:
    await _patch(trial, _OLD, 8, b"abcd", "the last 2 of 10 bytes were replaced by 4")
    await _patch(trial, _OLD, 10, b"abcd", "4 bytes were written from the end on")
    with suppress(NotApplicable):  # of the empty value alone
        await _patch(trial, b"", 0, b"abcd", "4 bytes were written to an empty value")


async def _write_or_raise(store: Handle, write: SetPartialValues, written: Expectation, unchanged: Expectation) -> None:
    """Demand that `write`, of one key, does as `written` says, or raises and leaves `unchanged`."""
    (key, _, _), *_ = write.key_start_values
    refused = isinstance(await store.expect(write, returns | raises()), Exception)
    await store.expect(Get(key), unchanged if refused else written, "the write was refused" if refused else "the write returned")


@clause(
    "PWR-4",
    Level.MUST,
    "a gap is filled with zeros",
    "A start past the end fills the gap with zero bytes, or raises and nothing changed.",
    needs="P",
)
async def _gap(trial: Trial) -> None:
    store, (key,) = await _holding(trial, _OLD)
    await _write_or_raise(store, SetPartialValues(((key, 13, b"abc"),)), gives(_OLD + bytes(3) + b"abc"), gives(_OLD))


@clause(
    "PWR-5",
    Level.MUST,
    "missing keys and negative starts",
    "A missing key is created by a write at 0, or raises; a negative start raises `ValueError`, and nothing changed.",
    needs="P",
)
async def _missing_and_negative(trial: Trial) -> None:
    store, _ = await _holding(trial)
    await _write_or_raise(store, SetPartialValues(((trial.key(), 0, b"abc"),)), gives(b"abc"), gives(None))
    for start in (-1, -4):
        store, (first, second) = await _holding(trial, _OLD, _OLD)
        await store.expect(SetPartialValues(((first, 0, b"a"), (second, start, b"bc"))), raises(ValueError))
        await store.holds({first: _OLD, second: _OLD}, f"the start {start} was refused")


@clause(
    "PWR-6",
    Level.MUST,
    "overlapping parts are refused",
    "Overlapping ranges for one key raise `ValueError`, and nothing changed.",
    needs="P",
)
async def _overlap(trial: Trial) -> None:
    for start in (2, 3, 4):
        store, (first, second) = await _holding(trial, _OLD, _OLD)
        writes = ((first, 0, b"a"), (second, 3, b"bc"), (second, start, b"de"))
        await store.expect(SetPartialValues(writes), raises(ValueError), "the interface forbids overlaps")
        await store.holds({first: _OLD, second: _OLD}, "the overlap was refused")


def _takes_range(store: Handle) -> bool:
    try:
        return "byte_range" in inspect.signature(store.store.set).parameters
    except (AttributeError, TypeError, ValueError):  # native code that shows no signature
        return False


@clause(
    "PWR-7",
    Level.MUST,
    "set with a byte range",
    "A `set` with a byte range writes the same bytes as the one-element `set_partial_values`.",
    needs="P",
)
async def _set_range(trial: Trial) -> None:
    for start, new in ((3, b"abc"), (8, b"abcd"), (0, b"abcdefghij")):
        store, (first, second) = await _holding(trial, _OLD, _OLD)
        if not _takes_range(store):
            raise NotApplicable("set takes no byte range")
        await store.run(SetPartialValues(((first, start, new),)))
        expected = await store.get(first)
        if isinstance(await store.expect(SetRange(second, new, start), returns | raises(NotImplementedError)), NotImplementedError):
            raise NotApplicable("set offers no byte range")
        await store.expect(Get(second), gives(expected), "set_partial_values of the same bytes gave this")


CLAUSES = (_replaces, _several, _grows, _gap, _missing_and_negative, _overlap, _set_range)
