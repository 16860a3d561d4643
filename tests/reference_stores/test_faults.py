"""A store that fails on a plan."""

import asyncio

import pytest

from reference_stores import MemoryStore
from reference_stores.faults import Delay, Fail, Fault, FaultyStore, LoseAcknowledgement, Shorten, Tear
from storeproto import BytesPrototype, Store, is_store


def store(*plan: Fault) -> FaultyStore:
    """A store with a plan, on an empty one."""
    return FaultyStore(MemoryStore(), plan)


async def test_without_a_plan():
    """Without a plan it is the store in it."""
    one = store()
    await one.set("a/b", b"value")
    assert [key async for key in one.list_prefix("a")] == ["a/b"]


def test_is_a_store():
    """It is a store by its shape."""
    faulty: Store = store()
    assert is_store(faulty)


async def test_fail():
    """A call that fails does nothing."""
    one = store(Fail(method="set"))
    with pytest.raises(ConnectionError):
        await one.set("a", b"value")
    assert not await one.exists("a")


async def test_fails_as_often_as_planned():
    """A fault happens to the calls after the first few, and to no more than planned."""
    one = store(Fail(method="exists", after=1, times=2))
    seen = [await asyncio.gather(one.exists("a"), return_exceptions=True) for _ in range(4)]
    assert [isinstance(found[0], ConnectionError) for found in seen] == [False, True, True, False]


async def test_fails_for_ever():
    """A fault without an end happens to every call."""
    one = store(Fail(method="exists", times=None, error=OSError))
    seen = await asyncio.gather(*[one.exists("a") for _ in range(3)], return_exceptions=True)
    assert [type(found) for found in seen] == [OSError] * 3


async def test_of_one_key():
    """A fault of one key leaves others alone."""
    one = store(Fail(method="get", key="a"))
    assert await one.get("b") is None


async def test_lose_acknowledgement():
    """A lost acknowledgement is that of a call that did its work."""
    one = store(LoseAcknowledgement(method="set"))
    with pytest.raises(TimeoutError):
        await one.set("a", b"value")
    assert await one.get("a") == b"value"


async def test_shorten():
    """A shortened value is the beginning of what is stored."""
    one = store(Shorten(method="get", size=2))
    await one.set("a", b"value")
    assert await one.get("a") == b"va"


async def test_shorten_a_buffer():
    """A shortened value is of the prototype's class."""
    one = store(Shorten(method="get", size=2))
    await one.set("a", b"value")
    assert await one.get("a", BytesPrototype()) == b"va"


async def test_shorten_nothing():
    """What is missing is not shortened."""
    assert await store(Shorten(method="get", size=2)).get("a") is None


@pytest.mark.parametrize("method", ["set", "set_if_not_exists"])
async def test_tear(method):
    """A torn write leaves the beginning of the value and raises."""
    one = store(Tear(method=method, size=2))
    with pytest.raises(ConnectionError):
        await getattr(one, method)("a", b"value")
    assert await one.get("a") == b"va"


async def test_delay():
    """A call that is delayed lets the others go first."""
    one = store(Delay(method="set", key="slow"))
    await asyncio.gather(one.set("slow", b"1"), one.set("fast", b"2"))
    assert [key async for key in one.list()] == ["fast", "slow"]


async def test_order_of_delayed_writes():
    """Of two writes to a key the delayed one is the last."""
    one = store(Delay(method="set", times=1))
    await asyncio.gather(one.set("a", b"first"), one.set("a", b"second"))
    assert await one.get("a") == b"first"


async def test_failing_listing():
    """A listing fails when it is consumed."""
    with pytest.raises(ConnectionError):
        [key async for key in store(Fail(method="list")).list()]


async def test_listing_that_breaks_off():
    """A listing that loses its acknowledgement gives what there is before it raises."""
    one, seen = store(LoseAcknowledgement(method="list_dir")), []
    await one.set("a", b"value")
    found = one.list_dir("")
    seen.append(await anext(found))
    with pytest.raises(TimeoutError):
        await anext(found)
    assert seen == ["a"]


async def test_partial_values():
    """What takes several keys fails for all of them."""
    with pytest.raises(ConnectionError):
        await store(Fail(method="get_partial_values")).get_partial_values(None, [("a", None)])


def test_plan_is_code():
    """The plan prints as the code that makes it."""
    fault = Tear(method="set", key="a", size=2, error=OSError)
    assert eval(repr(fault)) == fault  # noqa: S307  # our own text


async def test_plan_says_what_happened():
    """The store prints how often each fault happened."""
    one = store(Fail(method="exists"))
    await asyncio.gather(one.exists("a"), return_exceptions=True)
    assert "happened 1 times" in str(one)


def test_pending():
    """What has not happened is told."""
    assert store(Fail(method="get")).pending == (Fail(method="get"),)


def test_add():
    """A plan can be lengthened."""
    one = store()
    one.add(Fail(method="get"))
    assert one.plan == (Fail(method="get"),)


@pytest.mark.parametrize(
    "make", [lambda: Fail(method="close"), lambda: Tear(method="get", size=1), lambda: Fail(method="get", times=0)], ids="123"
)
def test_impossible_plan(make):
    """A fault that cannot happen is refused when it is written down."""
    with pytest.raises(ValueError, match=r"happen|times"):
        make()


def test_equal():
    """Two are equal where their stores are."""
    inner = MemoryStore()
    assert FaultyStore(inner) == FaultyStore(inner, [Fail(method="get")])


def test_read_only():
    """A read-only handle has the same plan."""
    handle = store(Fail(method="get")).with_read_only(True)  # noqa: FBT003
    assert (handle.read_only, handle.plan) == (True, (Fail(method="get"),))


def test_close():
    """Closing closes the store in it."""
    inner = MemoryStore()
    with FaultyStore(inner):
        pass
    with pytest.raises(ValueError, match="closed"):
        inner.set_sync("a", b"")
