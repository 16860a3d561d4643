"""Whether the event loop's heart beats on while an operation runs (CON-9)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from conformance.clause import ClauseFailure, Need, NotApplicable
from conformance.operations import Get, ListAll, Operation, Set, SetEach
from conformance.rendering import pattern
from conformance.trace import Executed, Performed, Step

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
_DIRECTORIES = 10


async def demand_heartbeat(trial: Trial) -> None:
    """Demand that neither large values nor long listings hold up the event loop.

    Raises:
        ClauseFailure: each of five attempts did.
    """
    profile = trial.profile
    handle = await trial.open()
    opened = [*trial.trace.steps]
    operations: list[Operation] = []
    before: list[Step] = []
    if trial.offers(Need.WRITES):
        key, value = trial.key(), trial.legal_value(pattern(profile.largest))
        operations += [Set(key, value), Get(key)]
    if trial.offers(Need.LISTING):
        operations.append(ListAll())
    for operation in operations:
        if operation.method in trial.watch.overdue:
            continue
        if isinstance(operation, ListAll) and trial.offers(Need.WRITES):
            before = await _stock(trial, handle)
        try:
            await _demand(handle, operation)
        except _BlockedTooLong as failure:
            beating = Executed(_beating(operation.call(handle.variable, trial.dialect), failure.allowed))
            trial.trace.steps[:] = [*opened, *before, beating]
            raise
        if operation.changes:
            before = [Performed(handle.variable, operation)]


class _BlockedTooLong(ClauseFailure):
    """The heart stood still in each attempt.

    Attributes:
        allowed: for how many seconds it may.
    """

    def __init__(self, operation: Operation, allowed: float, seen: Sequence[float]) -> None:
        super().__init__(
            f"{operation.method} holds the event loop up for at most {allowed * 1000:.0f} ms",
            f"{min(seen) * 1000:.0f} to {max(seen) * 1000:.0f} ms, in each of {_ATTEMPTS} attempts",
            "measured by a heartbeat beside it; what is allowed is 50 ms and ten times what an idle loop shows",
        )
        self.allowed = allowed


async def _stock(trial: Trial, handle: Handle) -> list[Step]:
    """Set as many keys as the profile lists; return the steps of a script that does the same."""
    count = _MOST_KEYS if trial.profile.name == "thorough" else trial.profile.many
    value = trial.legal_value(b"v")
    until = time.monotonic() + trial.profile.search
    done = 0
    while done < count and time.monotonic() <= until:
        key = trial.key(done, trial.directory(done % _DIRECTORIES))
        await trial.perform(handle, Set(key, value))
        done += 1
    with suppress(NotApplicable):  # the subject's names show no numbers
        templates = [trial.template(trial.directory(number)) for number in range(_DIRECTORIES)]
        return [Performed(handle.variable, SetEach(template, -(-done // _DIRECTORIES), value)) for template in templates]
    return []


async def _demand(handle: Handle, operation: Operation) -> None:
    seen: list[float] = []
    allowed = 0.0
    for _ in range(_ATTEMPTS):
        idle = await _longest_gap(lambda: asyncio.sleep(_IDLE))
        allowed = _MOST + _TIMES * idle
        seen.append(await _longest_gap(lambda: handle.do(operation)))
        if seen[-1] <= allowed:
            return
    raise _BlockedTooLong(operation, allowed, seen)


def _beating(call: str, allowed: float) -> str:
    """Statements that make a call while a heart beats, until it beat on in one attempt."""
    return "\n".join([
        "gaps = []",
        "async def beat():",
        "    while True:",
        "        begun = time.perf_counter()",
        f"        await asyncio.sleep({_BEAT})",
        f"        gaps.append(time.perf_counter() - begun - {_BEAT})",
        "heart = asyncio.ensure_future(beat())",
        f"for _ in range({_ATTEMPTS}):",
        f"    await asyncio.sleep({_IDLE})",
        "    gaps.clear()",
        f"    {call}",
        f"    await asyncio.sleep({_IDLE})",
        f"    if max(gaps) <= {allowed:.3f}:",
        "        break",
        "else:",
        "    raise AssertionError(f'the event loop was held up for {max(gaps):.3f} s')",
        "heart.cancel()",
    ])  # fmt: skip


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
