"""What a store or a subject gives that may have to be awaited: methods of both kinds are allowed."""

from __future__ import annotations

import asyncio
import inspect
from functools import cache
from typing import Any


async def awaited(found: Any) -> Any:
    """Return `found`, or what it comes to where it must be awaited."""
    return await found if inspect.isawaitable(found) else found


async def close_store(store: Any) -> None:
    """Close a store, if it can be closed."""
    if hasattr(store, "close"):
        await awaited(store.close())


@cache
def kept_loop() -> asyncio.AbstractEventLoop:
    """The loop of all that Hypothesis runs: a store may be bound to it, and a new one for each call costs more than the call."""
    return asyncio.new_event_loop()
