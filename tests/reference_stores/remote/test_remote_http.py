"""RemoteStore on a plain web server."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from reference_stores import RemoteStore
from storeproto import (
    ByteRequest,
    OffsetByteRequest,
    RangeByteRequest,
    SuffixByteRequest,
    UnsupportedOperationError,
    resolve,
    supports_deletes,
    supports_listing,
    supports_writes,
)

VALUE = bytes(range(10))
REQUESTS: list[ByteRequest | None] = [
    *(None, RangeByteRequest(2, 4), RangeByteRequest(8, 20), RangeByteRequest(10, 20), RangeByteRequest(3, 3)),
    *(OffsetByteRequest(0), OffsetByteRequest(3), OffsetByteRequest(10), OffsetByteRequest(30)),
    *(SuffixByteRequest(0), SuffixByteRequest(3), SuffixByteRequest(30)),
]


@pytest.fixture
async def web_store(web_server) -> AsyncIterator[RemoteStore]:
    """A store on a web server, with the key d/k."""
    web_server.values["/root/d/k"] = VALUE
    async with RemoteStore.from_url(web_server.url + "/root") as store:
        yield store


@pytest.mark.parametrize("ranges", ["honoured", "ignored"])
@pytest.mark.parametrize("request_", REQUESTS, ids=repr)
async def test_a_range(web_server, web_store: RemoteStore, ranges: str, request_: ByteRequest | None):
    """Each request gives the right bytes, whether the server does ranges or not."""
    web_server.ranges = ranges
    assert await web_store.get("d/k", None, request_) == VALUE[resolve(request_, len(VALUE))]


@pytest.mark.parametrize("request_", [RangeByteRequest(4, 6), OffsetByteRequest(3), SuffixByteRequest(3)], ids=repr)
async def test_other_bytes_than_were_asked_for(web_server, web_store: RemoteStore, request_: ByteRequest):
    """A server that sends another part than it was asked for is an error."""
    web_server.ranges = "wrong"
    with pytest.raises(OSError, match="not the bytes asked for"):
        await web_store.get("d/k", None, request_)


@pytest.mark.parametrize("request_", [None, RangeByteRequest(1, 3), SuffixByteRequest(30)], ids=repr)
async def test_a_get_is_one_request(web_server, web_store: RemoteStore, request_: ByteRequest | None):
    """A get is one request."""
    await web_store.get("d/k", None, request_)
    assert [(method, path) for method, path, _ in web_server.asked] == [("GET", "/root/d/k")]


@pytest.mark.parametrize("key", ["missing", "d", "d/k/below"])
async def test_what_is_no_key(web_store: RemoteStore, key: str):
    """A missing key reads None; so does a directory, for which a server has a page."""
    assert (await web_store.get(key), await web_store.exists(key)) == (None, False)


@pytest.mark.parametrize("head", [True, False])
async def test_the_size(web_server, web_store: RemoteStore, head: bool):
    """The size is known, also from a server without HEAD requests."""
    web_server.head = head
    assert await web_store.getsize("d/k") == 10


@pytest.mark.parametrize(
    "key", ["a b", "a%41", "a%2Fb", "a?b", "a#b", "a;b", "a+b", "a*", "~", "\u00e9", "e\u0301", "a::b", "a\\b", "a\nb"]
)
async def test_a_key_names_itself(web_server, web_store: RemoteStore, key: str):
    """A key is sent so that the server reads it as it is."""
    web_server.values["/root/" + key] = b"v"
    assert await web_store.get(key) == b"v"


async def test_the_query_of_the_root_is_sent(web_server):
    """A signature in the root's URL goes with each key."""
    web_server.values["/root/k"] = b"v"
    async with RemoteStore.from_url(web_server.url + "/root?signature=s%2Bs") as store:
        await store.get("k")
    assert [path for _, path, _ in web_server.asked] == ["/root/k?signature=s%2Bs"]


async def test_headers_are_sent(web_server):
    """Headers among the storage options go with each request."""
    web_server.values["/k"] = b"v"
    async with RemoteStore.from_url(web_server.url, {"headers": {"X-Mark": "yes"}}) as store:
        await store.get("k", None, SuffixByteRequest(1))
    assert [headers["X-Mark"] for _, _, headers in web_server.asked] == ["yes"]


def test_the_flags_are_honest(web_store: RemoteStore):
    """A plain web server cannot be written to, deleted from or listed, and the flags say so."""
    flags = (supports_writes(web_store), supports_deletes(web_store), supports_listing(web_store))
    assert flags == (False, False, False)


CHANGES = {
    "set": lambda store: store.set("k", b"v"),
    "set_if_not_exists": lambda store: store.set_if_not_exists("k", b"v"),
    "delete": lambda store: store.delete("d/k"),
    "delete_dir": lambda store: store.delete_dir("d"),
    "clear": lambda store: store.clear(),
    "is_empty": lambda store: store.is_empty(""),
    "getsize_prefix": lambda store: store.getsize_prefix(""),
}


@pytest.mark.parametrize("call", CHANGES.values(), ids=CHANGES.keys())
async def test_what_the_flags_deny_is_refused(web_server, web_store: RemoteStore, call: Any):
    """What a flag denies raises UnsupportedOperationError, and sends nothing."""
    with pytest.raises(UnsupportedOperationError):
        await call(web_store)
    assert web_server.asked == []


@pytest.mark.parametrize("listing", ["list", "list_pages", "list_dir", "list_prefix"])
async def test_listings_are_refused(web_store: RemoteStore, listing: str):
    """A listing raises UnsupportedOperationError at its first item."""
    arguments = ("",) if listing in ("list_dir", "list_prefix") else ()
    with pytest.raises(UnsupportedOperationError, match=listing):
        await anext(getattr(web_store, listing)(*arguments))
