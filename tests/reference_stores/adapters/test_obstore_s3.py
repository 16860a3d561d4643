"""A bucket, through obstore, as a store of bytes."""

from uuid import uuid4

import obstore.store
import pytest

from reference_stores.adapters.obstore import ObstoreAdapter, from_obstore
from storeproto import OffsetByteRequest, RangeByteRequest, SuffixByteRequest


@pytest.fixture
def store(s3_options: dict[str, str]) -> ObstoreAdapter:
    """A store in a part of the bucket of its own."""
    inner = obstore.store.S3Store(
        "bucket",
        prefix=uuid4().hex,
        endpoint=s3_options["endpoint_url"],
        access_key_id=s3_options["key"],
        secret_access_key=s3_options["secret"],
        region="us-east-1",
        client_options={"allow_http": True},
    )
    return from_obstore(inner)


@pytest.mark.parametrize(
    ("request_", "part"),
    [
        (None, b"value"),
        (RangeByteRequest(1, 3), b"al"),
        (RangeByteRequest(3, 9), b"ue"),
        (RangeByteRequest(5, 9), b""),
        (RangeByteRequest(0, 0), b""),
        (OffsetByteRequest(4), b"e"),
        (OffsetByteRequest(7), b""),
        (SuffixByteRequest(2), b"ue"),
        (SuffixByteRequest(0), b""),
        (SuffixByteRequest(9), b"value"),
    ],
    ids=repr,
)
async def test_ranges(store: ObstoreAdapter, request_, part: bytes):
    """A range is the bytes it names, also where the server refuses it."""
    await store.set("k", b"value")
    assert await store.get("k", byte_range=request_) == part


@pytest.mark.parametrize("request_", [None, RangeByteRequest(0, 2), SuffixByteRequest(0)], ids=repr)
async def test_missing(store: ObstoreAdapter, request_):
    """A missing key is None, with and without a range."""
    assert await store.get("k", byte_range=request_) is None


@pytest.mark.parametrize("key", ["a%2Fb", "é", "a b/+?#", "~/&=;", "k<>\"'`{}|^", "a.b/..c"])
async def test_keys(store: ObstoreAdapter, key: str):
    """A key comes back from the server as it went there."""
    await store.set(key, b"value")
    assert [name async for name in store.list()] == [key]
    assert await store.get(key) == b"value"


async def test_set_if_not_exists(store: ObstoreAdapter):
    """The first value stays."""
    await store.set_if_not_exists("k", b"first")
    await store.set_if_not_exists("k", b"second")
    assert await store.get("k") == b"first"


async def test_listing_and_deleting(store: ObstoreAdapter):
    """A directory is listed, and goes with what is below it alone."""
    for key in ("a/b/c", "a/d", "a-x/e", "a"):
        await store.set(key, b"1")
    assert sorted([name async for name in store.list_dir("a")]) == ["b", "d"]
    await store.delete_dir("a")
    await store.delete("a/d")
    assert sorted([key async for key in store.list()]) == ["a", "a-x/e"]
