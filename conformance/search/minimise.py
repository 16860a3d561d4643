"""Delta debugging: the shortest program that still shows the same."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from conformance.operations import GetPartialValues, Set, SetIfNotExists, SetPartialValues

S = TypeVar("S")
T = TypeVar("T")

_PLAIN_VALUES = (b"v", b"vw", b"value")


async def minimise(
    program: Sequence[S], shows: Callable[[tuple[S, ...]], Awaitable[bool]], budget: int = 2_000, *, seconds: float = 30.0
) -> tuple[S, ...]:
    """Return a program from which no operation can be taken, and none made plainer, without `shows` becoming False.

    Args:
        program: operations, or steps of other kinds too, for which `shows` is True.
        shows: runs a program, and says whether it still shows the same.
        budget: how many programs may be run; where it runs out, the shortest so far is returned.
        seconds: after so many no further program is run: a store may be slow.
    """
    best = tuple(program)
    left = [budget]
    until = time.monotonic() + seconds

    async def improve(candidates: Iterator[tuple[S, ...]]) -> tuple[S, ...] | None:
        for candidate in candidates:
            if left[0] <= 0 or time.monotonic() > until:
                return None
            left[0] -= 1
            if await shows(candidate):
                return candidate
        return None

    size = max(1, len(best) // 2)
    while size:
        shorter = await improve(_without(best, size))
        if shorter is not None:
            best = shorter
        elif size > 1:
            size //= 2
        else:
            plainer = await improve(_plainer(best))
            if plainer is None:
                break
            best = plainer
    return best


def _without(program: tuple[S, ...], size: int) -> Iterator[tuple[S, ...]]:
    """The programs without one run of `size` operations; the last operation stays, since it shows the fault."""
    for start in range(0, len(program) - 1, size):
        yield program[:start] + program[min(start + size, len(program) - 1) :]


def _plainer(program: tuple[S, ...]) -> Iterator[tuple[S, ...]]:
    """The programs with one operation made plainer."""
    for place, operation in enumerate(program):
        for plainer in _plainer_operations(operation):
            yield (*program[:place], plainer, *program[place + 1 :])


def _plainer_operations(operation: S) -> Iterator[S]:
    """The operations of the same kind with one part left out, or one value made plainer."""
    match operation:
        case Set(value=value) | SetIfNotExists(value=value):
            yield from [replace(operation, value=plain) for plain in _plainer_values(value)]
        case GetPartialValues(key_ranges=parts):
            yield from [replace(operation, key_ranges=fewer) for fewer in _without_one(parts)]
            for place, (key, request) in enumerate(parts):
                if request is not None:
                    yield replace(operation, key_ranges=(*parts[:place], (key, None), *parts[place + 1 :]))
        case SetPartialValues(key_start_values=parts):
            yield from [replace(operation, key_start_values=fewer) for fewer in _without_one(parts)]
            for place, (key, start, value) in enumerate(parts):
                for plain in _plainer_values(value):
                    yield replace(operation, key_start_values=(*parts[:place], (key, start, plain), *parts[place + 1 :]))
        case _:
            pass


def _plainer_values(value: bytes) -> list[bytes]:
    return [] if value in _PLAIN_VALUES else [plain for plain in _PLAIN_VALUES if len(plain) <= max(1, len(value))]


def _without_one(parts: tuple[T, ...]) -> list[tuple[T, ...]]:
    """The parts without one of them; the last of them stays."""
    return [parts[:place] + parts[place + 1 :] for place in range(len(parts))] if len(parts) > 1 else []
