"""What is done to a store in another process; each job is called with what the parent gives, and its line to it."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.admission import admit
from conformance.dialect import Dialect
from conformance.durability.line import Line
from conformance.durability.values import Writer
from conformance.operations import Operation, Set
from conformance.recipe import Place, Recipe
from conformance.subject import Subject
from conformance.survey import survey

_FOREVER = 3600.0
"""Seconds that a process waits to be killed."""


@dataclass(frozen=True)
class Visitor:
    """A store, as another process opened it."""

    subject: Subject
    store: Any
    dialect: Dialect

    async def perform(self, operation: Operation) -> Any:
        """Perform `operation`: the one place where a key meets a store here."""
        for name in operation.names():
            admit(name, operation=operation.method, destructive=operation.changes, guarded=False)
        return await operation.apply(self.store, self.dialect)

    async def publish(self) -> None:
        """Publish what was set, as the subject does it."""
        published = self.subject.publish(self.store)
        if inspect.isawaitable(published):
            await published

    async def close(self) -> None:
        """Close the store."""
        closed = self.store.close()
        if inspect.isawaitable(closed):
            await closed


@asynccontextmanager
async def opened(given: dict[str, Any]) -> AsyncGenerator[Visitor]:
    """Open the store that the parent means."""
    subject = Subject.from_json(given["subject"])
    async with AsyncExitStack() as stack:
        place = Place(Path(given["path"]), given["unique"])
        store = await Recipe(**given["opening"]).open(place, stack)
        yield Visitor(subject, store, survey(subject, store).dialect)


def set_until_killed(given: dict[str, Any], line: Line) -> None:
    """Set values in several tasks at once, and say of each set that it returned."""
    asyncio.run(_set_until_killed(given, line))


async def _set_until_killed(given: dict[str, Any], line: Line) -> None:
    largest = given["largest"]
    async with opened(given) as visitor:
        writers = [Writer(keys, given["first"]) for keys in given["keys"]]
        if visitor.store.read_only:
            line.send("read-only")
            return
        for key, number in given["stock"].items():
            await visitor.perform(Set(key, Writer([key], number).value(0, largest)[1]))
        if given["stock"]:
            await visitor.publish()
        line.send("ready")

        async def write(task: int, writer: Writer) -> None:
            step = 0
            while True:
                key, value = writer.value(step, largest)
                try:
                    await visitor.perform(Set(key, value))
                except Exception:
                    if not given["publishes"] or step == 0 or step % 3:
                        raise
                    line.send("idle")  # publishing is the end of a handle, as closing is
                    await asyncio.sleep(_FOREVER)
                line.send("set", task)
                step += 1
                if given["publishes"] and step % 3 == 0:
                    await visitor.publish()
                    line.send("published", task)

        await asyncio.gather(*[write(task, writer) for task, writer in enumerate(writers)])


def set_and_close(given: dict[str, Any], line: Line) -> None:
    """Set each key, close the store, say so, and wait to be killed."""
    asyncio.run(_set_and_close(given, line))
    raise SystemExit  # in good order: what the store leaves to the end of the process is done


async def _set_and_close(given: dict[str, Any], line: Line) -> None:
    async with opened(given) as visitor:
        for key, number in given["stock"].items():
            await visitor.perform(Set(key, Writer([key], number).value(0, given["largest"])[1]))
        await visitor.publish()
        await visitor.close()
        line.send("closed")
        if given["waits"]:
            time.sleep(_FOREVER)  # noqa: ASYNC251  # nothing else is to run
