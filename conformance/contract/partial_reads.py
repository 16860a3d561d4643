"""PAR: many reads in one call."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from conformance.clause import Level, NotApplicable, clause
from conformance.expectation import gives
from conformance.operations import Get, GetPartialValues
from conformance.rendering import pattern
from conformance.trial import Handle, Trial
from storeproto import ByteRequest, OffsetByteRequest, RangeByteRequest, SuffixByteRequest

Requests = tuple[tuple[str, ByteRequest | None], ...]

_FIRST = b"0123456789"
_SECOND = b"abcdefgh"
_SHORTEST = 8
"""Bytes that a value must have for the requests below."""
_LARGE = 200_000


async def _two_values(trial: Trial, *values: bytes) -> tuple[Handle, dict[str, bytes]]:
    """Return a store and two keys with values of some length: `values`, unless the store cannot be written to.

    Raises:
        NotApplicable: it cannot be written to, and does not hold two such values.
    """
    store, contents = await trial.stocked({trial.key(number): value for number, value in enumerate(values)})
    long = {key: value for key, value in contents.items() if len(value) >= _SHORTEST}
    if len(long) < len(values):
        raise NotApplicable(f"the store cannot be written to, and does not hold {len(values)} values of {_SHORTEST} bytes or more")
    return store, dict(list(long.items())[: len(values)])


async def _gets(store: Handle, requests: Iterable[tuple[str, ByteRequest | None]]) -> list[object]:
    """What `get` gives for each request: whether that is right, GET and RNG say."""
    return [await store.run(Get(key, request)) for key, request in requests]


@clause(
    "PAR-1",
    Level.MUST,
    "one result for each request",
    "One result for each request, in request order, duplicates and different ranges of one key included.",
)
async def _one_for_each(trial: Trial) -> None:
    store, values = await _two_values(trial, _FIRST, _SECOND)
    first, second = values
    requests: Requests = (
        (second, None),
        (first, RangeByteRequest(4, 6)),
        (first, RangeByteRequest(0, 2)),
        (second, RangeByteRequest(4, 6)),
        (first, RangeByteRequest(4, 6)),
        (second, None),
        (first, None),
    )
    await store.expect(GetPartialValues(requests), gives(await _gets(store, requests)), "get gives these")


@clause(
    "PAR-2",
    Level.MUST,
    "a missing key is None in its place",
    "A missing key gives None in its place; the others are still answered.",
)
async def _missing_key(trial: Trial) -> None:
    store, values = await _two_values(trial, _FIRST)
    (present,) = values
    missing = trial.key(9)
    whole: Requests = ((missing, None), (present, None), (missing, None))
    parts: Requests = ((present, RangeByteRequest(0, 2)), (missing, RangeByteRequest(0, 2)), (present, None))
    for requests in (whole, parts):
        expected = [None if key == missing else await store.run(Get(key, request)) for key, request in requests]
        await store.expect(GetPartialValues(requests), gives(expected), f"{missing!r} was never set")


@clause("PAR-3", Level.MUST, "no request, no result", "No request at all gives an empty list.")
async def _none_at_all(trial: Trial) -> None:
    store, _ = await trial.stocked({trial.key(): _FIRST})
    await store.expect(GetPartialValues(()), gives([]))
    await store.expect(GetPartialValues((), one_shot=True), gives([]))


@clause("PAR-4", Level.MUST, "requests from an iterator", "The requests may be a one-shot iterator.")
async def _one_shot(trial: Trial) -> None:
    store, values = await _two_values(trial, _FIRST, _SECOND)
    requests: Requests = tuple([(key, None) for key in values])
    await store.expect(GetPartialValues(requests, one_shot=True), gives(await _gets(store, requests)), "get gives these")


def _mixed(size: int) -> list[ByteRequest | None]:
    """Requests of every kind for a value of `size` bytes: one in another, overlapping, adjacent and far apart."""
    quarter = size // 4
    return [
        RangeByteRequest(quarter, 2 * quarter),
        SuffixByteRequest(1),
        RangeByteRequest(2 * quarter, 3 * quarter),  # adjacent
        RangeByteRequest(quarter + 1, 2 * quarter + 1),  # overlapping
        RangeByteRequest(quarter, quarter + 1),  # in another
        OffsetByteRequest(size - 2),
        None,
        RangeByteRequest(0, 2),  # far from the end
        SuffixByteRequest(size),
        OffsetByteRequest(0),
        RangeByteRequest(size - 2, size),
    ]


async def _ask_mixed(trial: Trial, *values: bytes) -> None:
    """Demand of two values that each request of every kind, alone and among the others, gives what get gives."""
    store, held = await _two_values(trial, *values)
    mixed = [[(key, request) for request in _mixed(len(value))] for key, value in held.items()]
    requests = tuple([pair for pairs in zip(*mixed, strict=True) for pair in pairs])
    expected = await _gets(store, requests)
    for pair, result in zip(requests, expected, strict=True):
        await store.expect(GetPartialValues((pair,)), gives([result]), "get gives this")
    await store.expect(GetPartialValues(requests), gives(expected), "get gives these")


@clause(
    "PAR-5",
    Level.MUST,
    "each result is that of get",
    "Each result equals the `get` of the same request: whole, range, offset and suffix mixed; overlapping, adjacent and far apart.",
)
async def _as_get(trial: Trial) -> None:
    await _ask_mixed(trial, _FIRST, _SECOND)
    with suppress(NotApplicable):  # of the large values alone
        await _ask_mixed(trial, pattern(_LARGE), pattern(_LARGE, shift=100))


CLAUSES = (_one_for_each, _missing_key, _none_at_all, _one_shot, _as_get)
