"""Stores and factories that misbehave as no contract foresees: targets for the tests of the runner and of the command."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from broken_stores.del_ import ReadsWhatWasDeleted
from broken_stores.sound import SoundStore

import conformance
from conformance import Recipe, Subject


class NativePanicError(BaseException):
    """What native code raises when it panics: no Exception."""


class Hangs(SoundStore):
    """Never answers whether a key exists."""

    async def exists(self, key: str) -> bool:
        await asyncio.Event().wait()
        return await super().exists(key)


class Blocks(SoundStore):
    """Blocks the event loop when it is asked whether a key exists, until it is released."""

    released = threading.Event()

    async def exists(self, key: str) -> bool:
        self.released.wait()
        return await super().exists(key)


class TakesAnything(SoundStore):
    """Passes on whatever it is given, as wrappers do."""

    async def get(self, *arguments: Any, **options: Any) -> Any:
        return await super().get(*arguments, **options)

    async def delete(self, *arguments: Any, **options: Any) -> Any:
        return await super().delete(*arguments, **options)


class TakesPositions(SoundStore):
    """Passes on what it is given by position."""

    async def delete(self, *arguments: Any) -> None:
        await super().delete(*arguments)


class ForwardsAttributes:
    """Gives the members of another store for its own."""

    def __init__(self) -> None:
        self.inner = SoundStore()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class Panics(SoundStore):
    """Panics when it is asked for the size of a key."""

    async def getsize(self, key: str) -> int:
        raise NativePanicError("index out of range")


class PanicsAtTheEnd(SoundStore):
    """Panics when it is closed."""

    def close(self) -> None:
        raise NativePanicError("already freed")


class PanicsWhenOpened(SoundStore):
    """Panics when it is opened."""

    def __init__(self) -> None:
        raise NativePanicError("no driver")


class InterruptsItsProcess(SoundStore):
    """Sends its process what Ctrl-C sends, when the size of a key is asked."""

    async def getsize(self, key: str) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(3600)
        return await super().getsize(key)


class _Lazy:
    def __getattr__(self, name: str) -> Any:
        raise LookupError("no driver")


LazyModule = _Lazy()
"""What a name leads to that is made when it is asked for, and cannot be."""


class ModeIsAMethod(SoundStore):
    """Has a method where the mode should be."""

    def read_only(self) -> bool:  # type: ignore[override]
        return self._read_only


class WantsMore(SoundStore):
    """Deletes by position what callers name, and wants to know more."""

    async def delete(self, key: str, version: int) -> None:  # type: ignore[override]
        await super().delete(key)


class SizesAreOneTooLarge(SoundStore):
    """Counts one byte too many."""

    async def getsize(self, key: str) -> int:
        return await super().getsize(key) + 1


class TiresOfDeletes(SoundStore):
    """Knows no key any more after the third that it deleted: no example of a clause deletes three."""

    deleted = 0

    async def delete(self, key: str) -> None:
        self.deleted += key in self.values
        await super().delete(key)

    async def exists(self, key: str) -> bool:
        return self.deleted < 3 and await super().exists(key)


class Nameless(SoundStore):
    """Breaks a SHOULD: its repr says nothing."""

    def __repr__(self) -> str:
        return "<store>"


class NeedsAName(SoundStore):
    """Takes a name and a number."""

    def __init__(self, name: str, number: int = 0) -> None:
        super().__init__()
        assert name == "n"
        assert number == 7


class InADirectory(SoundStore):
    """Takes a directory, in which it keeps nothing."""

    def __init__(self, tmp_path: str) -> None:
        super().__init__()
        assert Path(tmp_path).is_dir()

    @classmethod
    def open(cls, root: str) -> SoundStore:
        """Open one by a class method."""
        return cls(root)


class KeepsShortKeys(SoundStore):
    """Keeps the old value where a key of one letter is set again: no example of a clause has such keys."""

    async def set(self, key: str, value: Any) -> None:
        if len(key) > 1 or key not in self.values:
            await super().set(key, value)


class BreaksAtAnIllegalKey(SoundStore):
    """Refuses an illegal key as it should, and forgets then what it is given."""

    broken = False

    async def set(self, key: str, value: Any) -> None:
        try:
            await super().set(key, value)
        except ValueError:
            self.broken = True
            raise
        if self.broken:
            del self.values[key]


def opens_at_home_alone() -> SoundStore:
    """Open no store in the guard's child process, whose directory for temporary files is another."""
    if "storeproto-" in os.environ.get("TMPDIR", ""):
        raise PermissionError(13, "cannot read", "secret/module.py")
    return SoundStore()


class BlocksInClose(SoundStore):
    """Blocks the event loop when it is closed after it was asked for a size, until it is let go."""

    released = threading.Event()
    asked = False

    async def getsize(self, key: str) -> int:
        self.asked = True
        return await super().getsize(key)

    def close(self) -> None:
        if self.asked:
            self.released.wait()


def below_a_path(tmp_path: Path) -> SoundStore:
    """Use the directory as a path."""
    return InADirectory(str((tmp_path / "below").parent))


async def hangs_when_opened() -> SoundStore:
    """Never return."""
    await asyncio.Event().wait()
    return SoundStore()


async def interrupts_when_opened() -> SoundStore:
    """Send the process what Ctrl-C sends."""
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.Event().wait()
    return SoundStore()


def raises() -> SoundStore:
    """Raise, on two lines."""
    raise RuntimeError("no server\nat this address")


def no_store() -> object:
    """Return what is no store."""
    return {"a": b"dictionary"}


async def coroutine() -> SoundStore:
    """Return a store when awaited."""
    return SoundStore()


def generator() -> Iterator[SoundStore]:
    """Yield a store, as a fixture does."""
    yield SoundStore()


async def asynchronous_generator() -> AsyncIterator[SoundStore]:
    """Yield a store, as an asynchronous fixture does."""
    yield SoundStore()


@contextlib.asynccontextmanager
async def context() -> AsyncIterator[SoundStore]:
    """Give a store for a context."""
    yield SoundStore()


@conformance.subject(name="declared", on_host_files=True)
def declared(tmp_path: Path) -> SoundStore:
    """Return a store; what else is to be known of it is declared."""
    return SoundStore()


subject = Subject(name="a subject", opening=Recipe("broken_stores.sound:SoundStore"))
"""A subject as a target."""

NUMBER = 7
"""What cannot be called."""


class ReadsSomeOfWhatWasDeleted(ReadsWhatWasDeleted):
    """Reads from a cache what was read before, of the keys that begin with an `a`: the contract's examples have none."""

    async def delete(self, key: str) -> None:
        await super().delete(key)
        if not key.startswith("a"):
            self.cache.pop(key, None)


class HangsInGet(SoundStore):
    """Never answers what a value is."""

    async def get(self, key: str, prototype: Any = None, byte_range: Any = None) -> Any:
        await asyncio.Event().wait()
