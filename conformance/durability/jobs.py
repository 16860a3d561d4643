"""What is done to a store in another process; each job is called with what the parent gives, and its line to it."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from conformance.awaiting import awaited, close_store
from conformance.dialect import Dialect
from conformance.durability.line import Line
from conformance.durability.values import Change, Writer
from conformance.operations import Get, Operation, Set
from conformance.recipe import Place, Recipe
from conformance.rendering import brief, brief_error
from conformance.subject import Subject
from conformance.survey import survey

if TYPE_CHECKING:
    from conformance.durability.disk_watch import DiskWatch

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
        operation.admit()
        return await operation.apply(self.store, self.dialect)

    async def publish(self) -> None:
        """Publish what was set, as the subject does it."""
        await awaited(self.subject.publish(self.store))

    async def close(self) -> None:
        """Close the store."""
        await close_store(self.store)


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


def change_while_watched(given: dict[str, Any], line: Line) -> None:
    """Make changes one after the other, while another process keeps what a power cut would leave."""
    from conformance.durability.disk_watch import DiskWatch, UnwatchedError  # for Linux alone

    try:
        watch = DiskWatch.begin(given["path"], given["images"])
    except UnwatchedError as error:
        line.send_text("unmade", str(error))
        return
    asyncio.run(_change_while_watched(given, watch))
    watch.end()


async def _change_while_watched(given: dict[str, Any], watch: DiskWatch) -> None:
    async with opened(given) as visitor:
        for number, change in enumerate(given["changes"]):
            try:
                await visitor.perform(Change(*change).operation(given["largest"]))
                await visitor.publish()
            except Exception:
                if not given["publishes"] or number == 0:
                    raise
                return  # publishing is the end of a handle, as closing is
            watch.acknowledged()
        await visitor.close()
        watch.closed()


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


def create(given: dict[str, Any], line: Line) -> None:
    """Create each key at the same moment as other processes, and say whose value was then read."""
    asyncio.run(_create(given, line))


async def _create(given: dict[str, Any], line: Line) -> None:
    from conformance.durability.creators import Barrier, create_each, shared_memory

    async with opened(given) as visitor:
        me = given["creator"]
        barrier = Barrier(shared_memory(given["memory"]), me, given["seconds"])
        seen = await create_each(visitor.store, visitor.dialect, given["keys"], me, barrier.wait)
        for start in range(0, len(seen), 200):
            line.send("seen", seen[start : start + 200])


def use_in_a_fork(given: dict[str, Any], line: Line) -> None:
    """Use a store, fork, use it in the child, and then in the parent again; say what came of each."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        visitor = runner.run(stack.enter_async_context(opened(given)))
        runner.run(_use(visitor, given["key"], b"before"))
        child = os.fork()
        if child == 0:
            _use_in_child(visitor, given, line)
        until = time.monotonic() + given["seconds"]
        while not os.waitpid(child, os.WNOHANG)[0]:
            if time.monotonic() > until:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                line.send("child", f"they had not returned after {given['seconds']:g} s")
                break
            time.sleep(0.002)
        line.send("child", "the child died of it")  # the first word counts
        try:
            line.send("parent", runner.run(asyncio.wait_for(_use(visitor, given["key"], b"after"), given["seconds"])))
        except Exception as error:  # noqa: BLE001  # said to the parent
            line.send("parent", f"raised {brief_error(error)[:500]}")


def _use_in_child(visitor: Visitor, given: dict[str, Any], line: Line) -> NoReturn:
    try:
        line.send("child", asyncio.run(_use(visitor, given["other"], b"child", given["key"], b"before")))
    except BaseException as error:  # noqa: BLE001  # it may raise
        line.send("child", f"raised {brief_error(error)[:500]}")
    os._exit(0)


async def _use(visitor: Visitor, key: str, value: bytes, older: str = "", held: bytes = b"") -> str:
    """Set and get; return what was wrong, or nothing."""
    if older and (found := await visitor.perform(Get(older))) != held:
        return f"get({older!r}) gave {brief(found)}, where {held!r} was set before the fork"
    await visitor.perform(Set(key, value))
    found = await visitor.perform(Get(key))
    return "" if found == value else f"get({key!r}) gave {brief(found)}, where {value!r} was set just now"
