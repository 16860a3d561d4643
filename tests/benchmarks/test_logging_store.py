"""What logging costs a call, beside zarr's logging store, over one store in memory each.

What counts is what a call takes more than the same call of the store within.
"""

import logging
from typing import Any

import pytest
import zarr.storage
from benchmarks.contestants import OURS, ZARR
from benchmarks.operations import Bound
from zarr.core.buffer import default_buffer_prototype

from reference_stores import LoggingStore, MemoryStore

PROTOTYPE = default_buffer_prototype()
OUR_INNER, THEIR_INNER = "our inner store", "zarr's inner store"


async def _get(store: Any, prototype: Any) -> Any:
    return await store.get("key", prototype)


async def _exists(store: Any, _: Any) -> Any:
    return await store.exists("key")


async def _list(store: Any, _: Any) -> Any:
    return [key async for key in store.list()]


CALLS = {"get": _get, "exists": _exists, "list": _list}


@pytest.mark.parametrize(("level", "most"), [("off", 0.05), ("on", 0.1)])
@pytest.mark.parametrize("name", CALLS)
def test_a_call(runner, compared, level: str, most: float, name: str):
    """A call costs a small part more of what zarr's logging store makes it cost, whether its records are heard or not."""
    their_inner, our_inner = zarr.storage.MemoryStore(), MemoryStore()
    runner.run(their_inner.set("key", PROTOTYPE.buffer.from_bytes(b"value")))
    runner.run(our_inner.set("key", b"value"))
    call = CALLS[name]
    # Zarr's store makes records of the level INFO, and its level is the least that is heard.
    theirs = zarr.storage.LoggingStore(their_inner, "DEBUG" if level == "on" else "ERROR", logging.NullHandler())
    ours = LoggingStore(our_inner, "DEBUG", logging.NullHandler() if level == "on" else None)
    calls = {
        OURS: lambda: call(ours, None),
        ZARR: lambda: call(theirs, PROTOTYPE),
        OUR_INNER: lambda: call(our_inner, None),
        THEIR_INNER: lambda: call(their_inner, PROTOTYPE),
    }
    bound = Bound(most, less={OURS: OUR_INNER, ZARR: THEIR_INNER})
    assert not compared("logging, less what the inner store takes", f"{name}, logging {level}", calls, (bound,)).above
