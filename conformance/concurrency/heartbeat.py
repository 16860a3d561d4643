"""Whether the event loop's heart beats on while an operation runs (CON-9)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from conformance.clause import ClauseFailure, Need
from conformance.operations import Get, ListAll, Operation, Set
from conformance.rendering import pattern

if TYPE_CHECKING:
    from conformance.trial import Handle, Trial

_ATTEMPTS = 5
_MOST = 0.05
"""Seconds between two beats that are always allowed."""
_TIMES = 10
"""How much longer than an idle loop's they may be beyond that."""
_BEAT = 0.001
_IDLE = 0.01
_MOST_KEYS = 10_000


async def demand_heartbeat(trial: Trial) -> None:
    """Demand that neither large values nor long listings hold up the event loop.

    Raises:
        ClauseFailure: each of five attempts did.
    """
    profile = trial.profile
    handle = await trial.open()
    operations: list[Operation] = []
    if trial.offers(Need.WRITES):
        key, value = trial.key(), trial.legal_value(pattern(profile.largest))
        operations += [Set(key, value), Get(key)]
    if trial.offers(Need.LISTING):
        operations.append(ListAll())
    for operation in operations:
        if operation.method in trial.watch.overdue:
            continue
        if isinstance(operation, ListAll) and trial.offers(Need.WRITES):
            await _stock(trial, handle)
        await _demand(handle, operation)


async def _stock(trial: Trial, handle: Handle) -> None:
    """Set as many keys as the profile lists."""
    count = _MOST_KEYS if trial.profile.name == "thorough" else trial.profile.many
    value = trial.legal_value(b"v")
    until = time.monotonic() + trial.profile.search
    for number in range(count):
        key = trial.key(number, trial.directory(number % 10))
        await trial.perform(handle, Set(key, value))
        if time.monotonic() > until:
            return


async def _demand(handle: Handle, operation: Operation) -> None:
    seen: list[float] = []
    allowed = 0.0
    for _ in range(_ATTEMPTS):
        idle = await _longest_gap(lambda: asyncio.sleep(_IDLE))
        allowed = _MOST + _TIMES * idle
        seen.append(await _longest_gap(lambda: handle.do(operation)))
        if seen[-1] <= allowed:
            return
    raise ClauseFailure(
        f"{operation.method} holds the event loop up for at most {allowed * 1000:.0f} ms",
        f"{min(seen) * 1000:.0f} to {max(seen) * 1000:.0f} ms, in each of {_ATTEMPTS} attempts",
        "measured by a heartbeat beside it; what is allowed is 50 ms and ten times what an idle loop shows",
    )


async def _longest_gap(call: Callable[[], Awaitable[object]]) -> float:
    """Return the longest time between two beats of a heart while `call` runs."""
    loop = asyncio.get_running_loop()
    longest = 0.0
    last = loop.time()
    beat: asyncio.TimerHandle | None = None

    def strike() -> None:
        nonlocal longest, last, beat
        now = loop.time()
        longest, last = max(longest, now - last - _BEAT), now
        beat = loop.call_later(_BEAT, strike)

    beat = loop.call_later(_BEAT, strike)
    try:
        await call()
    finally:
        beat.cancel()
    return max(longest, loop.time() - last - _BEAT)
