"""What is done to a store in another process for chapter CON; each job is called with what the parent gives, and its line to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from random import Random
from typing import Any, Self

from conformance.concurrency.values import checked, sized
from conformance.durability.jobs import Visitor, opened
from conformance.durability.limits import open_handles, soft_limit
from conformance.durability.line import Line
from conformance.operations import Delete, Get, Operation, Set
from conformance.rendering import brief, brief_error

_LOOK = 0.0005
"""Seconds between two looks at whether to go."""
MORE = 256
"""Files that may be opened beyond those that are open."""


@dataclass(frozen=True)
class Reads:
    """What came of many reads at once.

    Attributes:
        raised: how many raised.
        error: the first error.
        wrong: how many gave something else than what is stored.
        answer: the first of these answers.
    """

    raised: int
    error: str
    wrong: int
    answer: str

    @classmethod
    def of(cls, answers: Sequence[object], stored: Sequence[bytes]) -> Self:
        """Compare answers, errors among them, with what is stored."""
        raised = [answer for answer in answers if isinstance(answer, BaseException)]
        pairs = zip(answers, stored, strict=True)
        wrong = [answer for answer, right in pairs if not isinstance(answer, BaseException) and answer != right]
        return cls(len(raised), brief_error(raised[0]) if raised else "", len(wrong), brief(wrong[0]) if wrong else "")


def read_with_few_handles(given: dict[str, Any], line: Line) -> None:
    """Read many times at once while few more files can be opened, and say what came of it."""
    asyncio.run(_read_with_few_handles(given, line))


async def _read_with_few_handles(given: dict[str, Any], line: Line) -> None:
    import resource

    async with opened(given) as visitor:
        values = {key: text.encode("latin-1") for key, text in given["values"].items()}
        if given["stocks"]:
            for key, value in values.items():
                await visitor.perform(Set(key, value))
        keys = [*values]
        await visitor.perform(Get(keys[0]))
        reads = [keys[number % len(keys)] for number in range(given["count"])]
        with soft_limit(resource.RLIMIT_NOFILE, max(open_handles()) + 1 + MORE):
            answers = await asyncio.gather(*[_read(visitor, key, line) for key in reads], return_exceptions=True)
        if given["removes"]:
            for key in keys:
                await visitor.perform(Delete(key))
        line.send("read", astuple(Reads.of(answers, [values[key] for key in reads])))


async def _read(visitor: Visitor, key: str, line: Line) -> Any:
    try:
        return await visitor.perform(Get(key))
    finally:
        line.send("progress")  # who waits has patience for each, and not for all


def race(given: dict[str, Any], line: Line) -> None:
    """Set, get and delete keys that another process sets, gets and deletes too, and say what each operation gave."""
    asyncio.run(_race(given, line))


async def _race(given: dict[str, Any], line: Line) -> None:
    async with opened(given) as visitor:
        line.send("ready")
        go = Path(given["go"])
        while not go.exists():  # noqa: ASYNC110, ASYNC240  # the other process has no event to set
            await asyncio.sleep(_LOOK)
        tasks = [_client(visitor, given, number, line) for number in range(given["tasks"])]
        await asyncio.gather(*tasks)
        line.send("raced")


async def _client(visitor: Visitor, given: dict[str, Any], task: int, line: Line) -> None:
    client = given["first"] + task
    draw = Random(client)  # noqa: S311  # no secret
    for step in range(given["steps"]):
        key = given["keys"][step * len(given["keys"]) // given["steps"]]
        number = client * 100_000 + step
        size = draw.choice(given["sizes"])
        kind = draw.choice(given["kinds"])
        operation: Operation = Set(key, sized(number, size)) if kind == "set" else Delete(key) if kind == "delete" else Get(key)
        called = time.monotonic_ns()
        try:
            found = await visitor.perform(operation)
        except Exception as error:  # noqa: BLE001  # for the parent to judge
            line.send("operation", [client, kind, key, number, called, None, brief_error(error)[:500]])
            continue
        returned = time.monotonic_ns()
        line.send("operation", [client, kind, key, checked(found) if kind == "get" else number, called, returned, ""])
