"""RemoteStore on S3: how many requests it makes, and what it makes of what others put into the bucket."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from reference_stores import RemoteStore
from storeproto import ByteRequest, OffsetByteRequest, RangeByteRequest, SuffixByteRequest, resolve

VALUE = bytes(range(10))


@pytest.fixture
def requests(s3_store: RemoteStore, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """The requests that the store makes, counted by their kind."""
    counted: Counter[str] = Counter()
    fs: Any = s3_store.fs
    call = fs._call_s3

    async def counting(method: str, *arguments: Any, **options: Any) -> Any:
        counted[method] += 1
        return await call(method, *arguments, **options)

    monkeypatch.setattr(fs, "_call_s3", counting)
    return counted


@pytest.mark.parametrize("request_", [None, RangeByteRequest(1, 3), OffsetByteRequest(3), SuffixByteRequest(30)], ids=repr)
async def test_a_get_is_one_request(s3_store: RemoteStore, requests: Counter[str], request_: ByteRequest | None):
    """A get, whole or in part, is one request."""
    await s3_store.set("k", VALUE)
    requests.clear()
    await s3_store.get("k", None, request_)
    assert requests == {"get_object": 1}


async def test_a_missing_key_is_one_request(s3_store: RemoteStore, requests: Counter[str]):
    """A get of a missing key is one request."""
    await s3_store.get("missing")
    assert requests == {"get_object": 1}


@pytest.mark.parametrize("operation", ["exists", "getsize"])
async def test_a_look_is_one_request(s3_store: RemoteStore, requests: Counter[str], operation: str):
    """Exists and getsize are one request each."""
    await s3_store.set("k", VALUE)
    requests.clear()
    await getattr(s3_store, operation)("k")
    assert requests == {"head_object": 1}


async def test_a_page_of_keys_is_deleted_at_once(s3_store: RemoteStore, requests: Counter[str]):
    """delete_dir deletes a page of keys with one request."""
    for number in range(20):
        await s3_store.set(f"d/{number}", b"")
    requests.clear()
    await s3_store.delete_dir("d")
    assert requests == {"list_objects_v2": 1, "delete_objects": 1}


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of ten keys."""
    monkeypatch.setattr("reference_stores.remote_media.s3_objects.PAGE_SIZE", 10)
    monkeypatch.setattr("reference_stores.remote_media.s3_objects._WORTH_A_PAGE", 2)


@pytest.mark.usefixtures("small_pages")
async def test_the_first_page_comes_before_the_second_is_asked_for(s3_store: RemoteStore, requests: Counter[str]):
    """A listing that is left after its first page has asked for one."""
    await fill(s3_store, [f"{number:02}" for number in range(15)])
    requests.clear()
    async for _ in s3_store.list_pages():
        break
    assert requests == {"list_objects_v2": 1}


async def fill(store: RemoteStore, keys: list[str]) -> None:
    """Set many keys at once."""
    await asyncio.gather(*[store.set(key, b"") for key in keys])


@pytest.mark.usefixtures("small_pages")
async def test_no_page_limit_shows(s3_store: RemoteStore):
    """Of more keys and directories than pages hold, all are listed."""
    keys = [f"k{number:02}" for number in range(25)] + [f"d{number:02}/k" for number in range(25)]
    await fill(s3_store, keys)
    listed = sorted([key async for key in s3_store.list()])
    children = sorted([name async for name in s3_store.list_dir("")])
    assert (listed, children) == (sorted(keys), sorted([key.partition("/")[0] for key in keys]))


async def test_a_small_directory_is_listed_with_one_request(s3_store: RemoteStore, requests: Counter[str]):
    """list_dir of a directory of less than a page is one request."""
    await fill(s3_store, ["d/a/k", "d/b/k", "d/k"])
    requests.clear()
    names = sorted([name async for name in s3_store.list_dir("d")])
    assert (names, requests) == (["a", "b", "k"], {"list_objects_v2": 1})


@pytest.mark.usefixtures("small_pages")
async def test_pages_of_directories_take_few_requests(s3_store: RemoteStore, requests: Counter[str]):
    """A listing of a directory of small directories does not ask for each."""
    await fill(s3_store, [f"d{number:02}/k" for number in range(25)])
    requests.clear()
    assert len([name async for name in s3_store.list_dir("")]) == 25
    assert requests["list_objects_v2"] <= 7


@pytest.mark.usefixtures("small_pages")
async def test_a_deletion_goes_page_by_page(s3_store: RemoteStore):
    """delete_dir deletes more keys than a page holds."""
    await fill(s3_store, [f"d/{number:02}" for number in range(25)])
    await s3_store.delete_dir("d")
    assert await s3_store.is_empty()


async def put(store: RemoteStore, key: str) -> None:
    """Put an object beside the store's back."""
    fs: Any = store.fs
    bucket, _, prefix = str(store).removeprefix("s3://").partition("/")
    await fs._call_s3("put_object", Bucket=bucket, Key=f"{prefix}/{key}", Body=b"")


@pytest.fixture
async def marked(s3_store: RemoteStore) -> AsyncIterator[RemoteStore]:
    """A store with a key, directories with nothing but a marker, and one with both."""
    await s3_store.set("a/k", b"v")
    for marker in ("", "a/", "b/", "b/c/", "d//e"):
        await put(s3_store, marker)
    return s3_store


async def test_markers_are_not_listed(marked: RemoteStore):
    """A directory marker, or another object whose name is no key, is not in a listing."""
    assert [key async for key in marked.list()] == ["a/k"]


async def test_directories_of_markers_are_not_listed(marked: RemoteStore):
    """A directory that holds nothing but markers is not in list_dir."""
    assert [name async for name in marked.list_dir("")] == ["a"]


@pytest.mark.usefixtures("small_pages")
async def test_many_directories_of_markers_are_not_listed(s3_store: RemoteStore):
    """Directories that hold nothing but markers are found among large ones."""
    await fill(s3_store, [f"{directory}/{number}" for directory in "bdf" for number in range(25)])
    for marker in "aceg":
        await put(s3_store, f"{marker}/")
    assert sorted([name async for name in s3_store.list_dir("")]) == ["b", "d", "f"]


@pytest.mark.usefixtures("small_pages")
async def test_a_page_may_end_anywhere(s3_store: RemoteStore):
    """Keys, directories and markers of names that begin alike are told apart wherever a page ends."""
    names = [f"n{number:02}{end}" for number in range(12) for end in ("", "-", "/", "//x", "/k", "0")]
    for name in names:
        await put(s3_store, name)
    expected = {name.partition("/")[0] for name in names if not name.endswith(("/", "//x"))}
    assert sorted([name async for name in s3_store.list_dir("")]) == sorted(expected)


@pytest.mark.usefixtures("small_pages")
async def test_a_page_may_end_in_a_directory_of_markers(s3_store: RemoteStore):
    """A directory whose first page holds no key is not taken for empty."""
    for name in ("a/k", *[f"b//{number:02}" for number in range(15)], "b/k", *[f"c//{number:02}" for number in range(15)], "d/k"):
        await put(s3_store, name)
    assert sorted([name async for name in s3_store.list_dir("")]) == ["a", "b", "d"]


async def test_a_directory_of_markers_is_empty(marked: RemoteStore):
    """A directory that holds nothing but markers is empty."""
    assert await marked.is_empty("b")


async def test_a_missing_bucket_lists_nothing(s3_options: dict[str, object]):
    """In a bucket that does not exist nothing is listed."""
    async with RemoteStore.from_url("s3://missing-bucket/root", dict(s3_options)) as store:
        assert [key async for key in store.list()] == []


async def test_a_missing_bucket_takes_nothing(s3_options: dict[str, object]):
    """In a bucket that does not exist nothing is stored, and set says so."""
    async with RemoteStore.from_url("s3://missing-bucket/root", dict(s3_options)) as store:
        with pytest.raises(FileNotFoundError, match="bucket"):
            await store.set("k", b"v")


async def test_a_large_value_goes_the_way_that_sends_parts(s3_store: RemoteStore, monkeypatch: pytest.MonkeyPatch):
    """A value that is large enough for it is given to s3fs to be sent in parts, under its own key."""
    monkeypatch.setattr("reference_stores.remote_media.s3_objects._IN_PARTS_FROM", 5)
    for key in ("d/a*", "d/a?versionId=3"):
        await s3_store.set(key, VALUE)
    assert sorted([key async for key in s3_store.list()]) == ["d/a*", "d/a?versionId=3"]


async def test_a_create_looks_before_it_sends(s3_store: RemoteStore, requests: Counter[str]):
    """set_if_not_exists of a present key sends no value: a server may not know conditions."""
    await s3_store.set("k", VALUE)
    requests.clear()
    await s3_store.set_if_not_exists("k", b"new")
    assert requests == {"head_object": 1}


@pytest.mark.parametrize(
    "request_",
    [
        None,
        RangeByteRequest(1, 3),
        RangeByteRequest(8, 20),
        RangeByteRequest(20, 30),
        OffsetByteRequest(3),
        SuffixByteRequest(3),
        SuffixByteRequest(30),
    ],
    ids=repr,
)
async def test_a_server_that_does_ranges_wrong(rangeless_s3_options: dict[str, object], request_: ByteRequest | None):
    """A server that sends a part with the checksum of the whole, and refuses long suffixes, gives the right bytes."""
    async with RemoteStore.from_url(f"s3://bucket/root-{uuid4().hex}", dict(rangeless_s3_options)) as store:
        await store.set("k", VALUE)
        assert await store.get("k", None, request_) == VALUE[resolve(request_, len(VALUE))]


async def test_keys_that_xml_cannot_carry_are_deleted(s3_store: RemoteStore):
    """delete_dir deletes keys that the request for many cannot name."""
    for key in ("d/a\x01", "d/b\rc", "d/\uffff", "d/plain"):
        await s3_store.set(key, b"v")
    await s3_store.delete_dir("d")
    assert [key async for key in s3_store.list()] == []
