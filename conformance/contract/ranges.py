"""RNG: reads of a part of a value."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator

from conformance.clause import Clause, Level, NotApplicable, clause
from conformance.expectation import Expectation, gives, raises
from conformance.model import range_clause, read_missing, read_range
from conformance.operations import Get
from conformance.rendering import pattern
from conformance.trial import Handle, Trial
from storeproto import ByteRequest, OffsetByteRequest, RangeByteRequest, SuffixByteRequest, resolve

_SMALL = b"0123456"
_LARGER = pattern(10_000)
_KIB = 1 << 10
_BLOCKS = (4 * _KIB, 64 * _KIB, 1024 * _KIB)
"""Sizes in which media and stores are likely to keep or fetch a value."""


def _requests(size: int) -> Iterator[ByteRequest]:
    """Requests of every kind for a value of `size` bytes: all there are for a few bytes, else those at its ends and middle."""
    middle = size // 2
    places = {0, 1, 2, 3, middle, middle + 1, *range(size - 3, size + 3), size + 1_000}
    edges = sorted([place for place in places if place >= 0])
    yield from [RangeByteRequest(start, end) for start in edges for end in edges if start <= end]
    yield from map(OffsetByteRequest, edges)
    yield from map(SuffixByteRequest, edges)


async def _stores(trial: Trial, *values: bytes) -> AsyncGenerator[tuple[Handle, str, bytes], None]:
    """Give a store for each of `values`, with the key and the value found there; the first is needed, the others may be refused."""
    for number, value in enumerate(values):
        try:
            stored = await trial.storing(value)
        except NotApplicable:
            if number == 0:
                raise
            continue
        yield stored


def _rule(id: str, title: str, text: str, *values: bytes) -> Clause:  # noqa: A002  # the field's name
    """The clause that asks, on each of `values`, the requests on which the model says that this clause rules."""

    @clause(id, Level.MUST, title, text)
    async def rule(trial: Trial) -> None:
        async for store, key, value in _stores(trial, *values):
            for request in _requests(len(value)):
                if range_clause(request, len(value)) == id:
                    await store.expect(Get(key, request), read_range(value, request), f"the value has {len(value):,} bytes")

    return rule


_inside = _rule(
    "RNG-1",
    "a range gives exactly its bytes",
    "`Range(a, b)`, `0 <= a < b <= n`: exactly `v[a:b]`, both ends checked one by one, first and last byte included.",
    _SMALL,
    _LARGER,
)
_past_the_end = _rule(
    "RNG-2",
    "a range past the end is cut there",
    "`Range(a, b)`, `a < n < b`: `v[a:]`; never padded, never an error.",
    _SMALL,
    _LARGER,
)
_behind_the_end = _rule(
    "RNG-3",
    "a range behind the end gives nothing",
    "`Range(a, b)`, `a >= n`: empty or an error, never other bytes.",
    _SMALL,
    _LARGER,
)


@clause(
    "RNG-4",
    Level.SHOULD,
    "where there is nothing to give, the answer is empty",
    "Where RNG-3, RNG-5, RNG-6, RNG-9 and RNG-10 allow empty or an error, the answer is empty.",
)
async def _empty(trial: Trial) -> None:
    async for store, key, value in _stores(trial, _SMALL, b""):
        for request in _requests(len(value)):
            if not value[resolve(request, len(value))]:
                await store.expect(Get(key, request), gives(b""), f"the value has {len(value):,} bytes")


_no_bytes = _rule(
    "RNG-5", "a range of no bytes gives nothing", "`Range(a, a)`: empty or an error, never other bytes.", _SMALL, _LARGER
)
_offset = _rule(
    "RNG-6",
    "an offset gives the rest",
    "`Offset(k)`: `v[k:]` for `k < n`; `Offset(0)` is the whole value; for `k >= n` empty or an error.",
    _SMALL,
    _LARGER,
)
_suffix = _rule("RNG-7", "a suffix gives the last bytes", "`Suffix(k)`, `1 <= k <= n`: the last `k` bytes.", _SMALL, _LARGER)
_long_suffix = _rule(
    "RNG-8", "a suffix longer than the value gives all of it", "`Suffix(k)`, `k > n >= 1`: the whole value.", _SMALL, _LARGER
)
_no_suffix = _rule(
    "RNG-9", "a suffix of no bytes gives nothing", "`Suffix(0)`: empty or an error, never the whole value.", _SMALL, _LARGER
)
_empty_value = _rule(
    "RNG-10", "parts of the empty value are empty", "On an empty value every request gives empty or an error.", b""
)

_SENSELESS = (
    "RangeByteRequest(4, 2)",
    "RangeByteRequest(-4, -2)",
    "RangeByteRequest(2, -2)",
    "RangeByteRequest(-2, 4)",
    "OffsetByteRequest(-2)",
    "SuffixByteRequest(-2)",
)
"""Reversed and negative requests; zarr's classes can be made so."""
_SENSELESS_PAIRS = ("(-4, 2)", "(4, -2)")
"""The same in the form `(start, length)`, which a store need not take."""


async def _ask_senseless(trial: Trial, requests: tuple[str, ...], expectation: Expectation) -> None:
    store, key, value = await trial.storing(_SMALL)
    for request in requests:
        read = f"await {store.variable}.get($key, {trial.dialect.python_prototype()}, {request})"
        because = f"the value has {len(value):,} bytes"
        await trial.ask(trial.dialect.python_data(read), expectation, because, shown=f"get({key!r}, {request})", key=key)


@clause(
    "RNG-11",
    Level.MUST,
    "reversed and negative requests give no data",
    "Reversed or negative requests never give data.",
)
async def _no_data(trial: Trial) -> None:
    await _ask_senseless(trial, (*_SENSELESS, *_SENSELESS_PAIRS), gives(None) | gives(b"") | raises())


@clause(
    "RNG-11a",
    Level.SHOULD,
    "reversed and negative requests are refused",
    "Reversed or negative requests raise `ValueError`, when made or when used.",
)
async def _refused(trial: Trial) -> None:
    await _ask_senseless(trial, _SENSELESS, raises(ValueError))
    # A store that takes no pairs says so by TypeError (RNG-14).
    await _ask_senseless(trial, _SENSELESS_PAIRS, raises(ValueError, TypeError))


@clause("RNG-12", Level.MUST, "a part of a missing key is None", "A byte range on a missing key is None, never empty.")
async def _missing_key(trial: Trial) -> None:
    store, _ = await trial.stocked({trial.key(0): _SMALL})
    for request in (
        RangeByteRequest(0, 4),
        RangeByteRequest(0, 0),
        OffsetByteRequest(0),
        OffsetByteRequest(4),
        SuffixByteRequest(4),
        SuffixByteRequest(0),
    ):
        await store.expect(Get(trial.key(1), request), read_missing(request), "the key was never set")


def _across_blocks(size: int) -> Iterator[ByteRequest]:
    """Requests that end, begin and cross where a value of `size` bytes may be cut into blocks."""
    for block in _BLOCKS:
        for boundary in sorted({block, 2 * block, (size - 1) // block * block}):
            if 0 < boundary < size:
                starts = (boundary - block, boundary - 1, boundary)
                ends = (boundary, boundary + 1, min(boundary + block, size))
                yield from [RangeByteRequest(start, end) for start in starts for end in ends if start < end]
                if size - boundary <= block:
                    yield from (OffsetByteRequest(boundary - 1), OffsetByteRequest(boundary))
                    yield from (SuffixByteRequest(size - boundary), SuffixByteRequest(size - boundary + 1))
    yield from (RangeByteRequest(1, size - 1), OffsetByteRequest(1), SuffixByteRequest(size - 1))


@clause(
    "RNG-13",
    Level.MUST,
    "parts of large values",
    "A range read equals the slice of the whole read for large values, across every internal block.",
)
async def _large(trial: Trial) -> None:
    async for store, key, _ in _stores(trial, pattern(64 * _KIB), pattern(trial.profile.largest)):
        whole = await store.get(key)
        if not isinstance(whole, bytes):
            trial.fail(f"{Get(key)}: the value that was set", repr(whole))
        for request in _across_blocks(len(whole)):
            expected = whole[resolve(request, len(whole))]
            await store.expect(Get(key, request), gives(expected), f"the whole read gives {len(whole):,} bytes")


@clause(
    "RNG-14",
    Level.MUST,
    "what is no byte request is refused",
    "An object that is no byte request (a pair aside, which a store may take) raises `TypeError` or `ValueError`.",
)
async def _no_request(trial: Trial) -> None:
    store, key, _ = await trial.storing(_SMALL)
    for request in ("2", "'0-2'", "slice(0, 2)", "object()", "0"):
        read = f"await {store.variable}.get($key, {trial.dialect.python_prototype()}, {request})"
        because, shown = f"{request} is no byte request", f"get({key!r}, {request})"
        await trial.ask(trial.dialect.python_data(read), raises(TypeError, ValueError), because, shown=shown, key=key)


CLAUSES = (
    _inside,
    _past_the_end,
    _behind_the_end,
    _empty,
    _no_bytes,
    _offset,
    _suffix,
    _long_suffix,
    _no_suffix,
    _empty_value,
    _no_data,
    _refused,
    _missing_key,
    _large,
    _no_request,
)
