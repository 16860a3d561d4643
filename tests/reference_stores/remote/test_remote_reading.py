"""get, get_partial_values, exists, getsize: the right bytes for each request, and None for what is not a key."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from reference_stores import RemoteStore
from storeproto import ByteRequest, OffsetByteRequest, RangeByteRequest, SuffixByteRequest, resolve

VALUE = bytes(range(10))

REQUESTS: list[ByteRequest] = [
    *(RangeByteRequest(0, 1), RangeByteRequest(2, 4), RangeByteRequest(9, 10), RangeByteRequest(0, 10)),
    *(RangeByteRequest(8, 20), RangeByteRequest(10, 20), RangeByteRequest(30, 40), RangeByteRequest(3, 3), RangeByteRequest(0, 0)),
    *(OffsetByteRequest(0), OffsetByteRequest(3), OffsetByteRequest(9), OffsetByteRequest(10), OffsetByteRequest(30)),
    *(SuffixByteRequest(0), SuffixByteRequest(1), SuffixByteRequest(10), SuffixByteRequest(30)),
]


@pytest.fixture
async def filled(store: RemoteStore) -> AsyncIterator[RemoteStore]:
    """A store with the keys d/value and d/empty."""
    await store.set("d/value", VALUE)
    await store.set("d/empty", b"")
    return store


async def answers(store: RemoteStore, key: str) -> dict[str, bytes | None]:
    """What the store gives for each request."""
    values = await store.get_partial_values(None, [(key, request) for request in REQUESTS])
    return dict(zip(map(repr, REQUESTS), values, strict=True))


@pytest.mark.parametrize(("key", "value"), [("d/value", VALUE), ("d/empty", b"")])
async def test_a_range_of_a_value(filled: RemoteStore, key: str, value: bytes):
    """Each request gives the bytes that it names, and none where it names none."""
    assert await answers(filled, key) == {repr(request): value[resolve(request, len(value))] for request in REQUESTS}


@pytest.mark.parametrize("key", ["missing", "d", "d/value/below"])
async def test_a_range_of_no_key(filled: RemoteStore, key: str):
    """Each request of a missing key, of a name that is only a prefix, and of one below a key gives None."""
    assert await answers(filled, key) == {repr(request): None for request in REQUESTS}


@pytest.mark.parametrize("key", ["missing", "d", "d/value/below"])
async def test_get_of_no_key(filled: RemoteStore, key: str):
    """A missing key, a name that is only a prefix, and one below a key read None."""
    assert await filled.get(key) is None


@pytest.mark.parametrize(("pair", "expected"), [((2, 3), VALUE[2:5]), ((None, 3), VALUE[:3]), ((3, None), VALUE[3:])])
async def test_the_older_pairs(filled: RemoteStore, pair: tuple[int | None, int | None], expected: bytes):
    """A byte range may be the pair (start, length)."""
    assert await filled.get("d/value", None, pair) == expected


async def test_what_is_no_byte_request_is_refused(filled: RemoteStore):
    """An object that is no byte request raises TypeError."""
    no_request: Any = "0-3"
    with pytest.raises(TypeError, match="byte range"):
        await filled.get("d/value", None, no_request)


async def test_a_large_value(store: RemoteStore):
    """A range of a value of 5 MiB is the slice of it."""
    value = bytes(range(256)) * (5 * 2**12)
    await store.set("large", value)
    assert await store.get("large", None, RangeByteRequest(2**20 - 1, 2**22 + 1)) == value[2**20 - 1 : 2**22 + 1]


async def test_partial_values(filled: RemoteStore):
    """One result comes for each request of a one-shot iterator, in order, None for a missing key."""
    requests = iter([("d/value", SuffixByteRequest(2)), ("missing", None), ("d/value", None), ("d/value", RangeByteRequest(1, 2))])
    assert await filled.get_partial_values(None, requests) == [VALUE[-2:], None, VALUE, VALUE[1:2]]


async def test_no_partial_values(store: RemoteStore):
    """No request at all gives an empty list."""
    assert await store.get_partial_values(None, []) == []


async def test_many_partial_values(filled: RemoteStore):
    """More requests than may be under way at once are all answered."""
    assert await filled.get_partial_values(None, [("d/value", RangeByteRequest(i % 10, 10)) for i in range(150)]) == [
        VALUE[i % 10 :] for i in range(150)
    ]


async def test_the_class_of_a_value(filled: RemoteStore):
    """A value comes in the class that the prototype names."""
    from zarr.core.buffer import Buffer, default_buffer_prototype

    assert isinstance(await filled.get("d/value", default_buffer_prototype()), Buffer)


@pytest.mark.parametrize(
    ("key", "expected"), [("d/value", True), ("d/empty", True), ("d", False), ("missing", False), ("d/value/b", False)]
)
async def test_exists(filled: RemoteStore, key: str, expected: bool):
    """A key exists exactly where it is set: a prefix does not."""
    assert await filled.exists(key) is expected


@pytest.mark.parametrize(("key", "size"), [("d/value", 10), ("d/empty", 0)])
async def test_getsize(filled: RemoteStore, key: str, size: int):
    """The size is the number of bytes."""
    assert await filled.getsize(key) == size


@pytest.mark.parametrize("key", ["d", "missing", "d/value/b"])
async def test_getsize_of_no_key(filled: RemoteStore, key: str):
    """The size of what is not a key raises FileNotFoundError."""
    with pytest.raises(FileNotFoundError, match=f"'{key}'"):
        await filled.getsize(key)
