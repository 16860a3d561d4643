"""Delta debugging: the shortest program that still shows the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace

from conformance.operations import Operation, Set, SetIfNotExists
from conformance.search.program import Program

_PLAIN_VALUES = (b"v", b"vw", b"value")


async def minimise(program: Sequence[Operation], shows: Callable[[Program], Awaitable[bool]], budget: int = 2_000) -> Program:
    """Return a program from which no operation can be taken, and no value made plainer, without `shows` becoming False.

    Args:
        program: one for which `shows` is True.
        shows: runs a program, and says whether it still shows the same.
        budget: how many programs may be run; where it runs out, the shortest so far is returned.
    """
    best = tuple(program)
    left = [budget]

    async def improve(candidates: Iterator[Program]) -> Program | None:
        for candidate in candidates:
            if left[0] <= 0:
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


def _without(program: Program, size: int) -> Iterator[Program]:
    """The programs without one run of `size` operations; the last operation stays, since it shows the fault."""
    for start in range(0, len(program) - 1, size):
        yield program[:start] + program[min(start + size, len(program) - 1) :]


def _plainer(program: Program) -> Iterator[Program]:
    """The programs with one value made plainer."""
    for place, operation in enumerate(program):
        if isinstance(operation, (Set, SetIfNotExists)) and operation.value not in _PLAIN_VALUES:
            for value in _PLAIN_VALUES:
                if len(value) <= max(1, len(operation.value)):
                    yield (*program[:place], replace(operation, value=value), *program[place + 1 :])
