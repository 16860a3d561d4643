"""Faults in chapter LIF."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

from broken_stores.sound import SoundStore
from broken_stores.sound_files import Files, SoundFileStore
from storeproto import ByteRequest


class AddsUpOnceUsed(SoundStore):
    """Adds up the sizes of a directory with what other calls make ready."""

    breaks: ClassVar = frozenset({"LIF-1"})
    source: ClassVar = "zarr 3.1.6 ZipStore"

    async def exists(self, key: str) -> bool:
        self.ready = True
        return await super().exists(key)

    async def set(self, key: str, value: Any) -> None:
        self.ready = True
        await super().set(key, value)

    async def getsize_prefix(self, prefix: str = "") -> int:
        return await super().getsize_prefix(prefix) if self.ready else 0


class ClosesOnce(SoundStore):
    """Raises when it is closed a second time."""

    breaks: ClassVar = frozenset({"LIF-2"})

    open = True

    def close(self) -> None:
        if not self.open:
            raise ValueError("the store is closed already")
        self.open = False


class Closed(SoundStore):
    """A sound store that refuses everything after close, and closes with its context."""

    breaks: ClassVar[frozenset[str]] = frozenset()

    open = True

    def close(self) -> None:
        self.open = False

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> Any:
        self.close()

    def check_open(self) -> None:
        if not self.open:
            raise ValueError("the store is closed")

    def check_writable(self) -> None:
        self.check_open()
        super().check_writable()

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        self.check_open()
        return await super().get(key, prototype, byte_range)


class StaysOpenAfterAnError(Closed):
    """Does not close when its context is left by an exception."""

    breaks: ClassVar = frozenset({"LIF-2"})

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if error is None:
            self.close()


class SwallowsErrors(Closed):
    """Lets no exception out of its context."""

    breaks: ClassVar = frozenset({"LIF-2"})

    def __exit__(self, *error: object) -> bool:
        self.close()
        return True


class AsynchronousContextStaysOpen(Closed):
    """Closes with `with`, and not with `async with`."""

    breaks: ClassVar = frozenset({"LIF-2"})

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *error: object) -> None:
        pass


class LosesLateSets(SoundStore):
    """Acknowledges a set after close, and forgets it."""

    breaks: ClassVar = frozenset({"LIF-3"})

    closed = False

    def close(self) -> None:
        self.closed = True

    async def set(self, key: str, value: Any) -> None:
        if not self.closed:
            await super().set(key, value)


class MissingAfterClose(SoundStore):
    """Says of every key that it is missing, once it is closed."""

    breaks: ClassVar = frozenset({"LIF-3"})

    def close(self) -> None:
        self.values = {}


class LateSetsStayInMemory(SoundFileStore):
    """Keeps what is set after close to itself."""

    breaks: ClassVar = frozenset({"LIF-3"})

    late: dict[str, bytes] | None = None

    def close(self) -> None:
        self.late = {}

    async def set(self, key: str, value: Any) -> None:
        if self.late is None:
            await super().set(key, value)
        else:
            self.late[key] = memoryview(value).tobytes()

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        return (self.late or {}).get(key) or await super().get(key, prototype, byte_range)


class DeletedFilesStay(Files):
    """Notes what is deleted, and leaves the file."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.deleted: set[str] = set()

    def __getitem__(self, key: str) -> bytes:
        if key in self.deleted:
            raise KeyError(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        return key not in self.deleted and super().__contains__(key)

    def __setitem__(self, key: str, value: bytes) -> None:
        super().__setitem__(key, value)
        self.deleted.discard(key)

    def create(self, key: str, value: bytes) -> None:
        if key in self.deleted:
            self[key] = value
        else:
            super().create(key, value)

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        self.deleted.add(key)

    def below(self, directory: str) -> Iterator[str]:
        return iter([key for key in super().below(directory) if key not in self.deleted])


class DeletedKeysComeBack(SoundFileStore):
    """Forgets with the handle what was deleted."""

    breaks: ClassVar = frozenset({"LIF-4"})

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.values = DeletedFilesStay(root)


class ClosesTheOthers(Closed):
    """Closes every handle on the same data with the first."""

    breaks: ClassVar = frozenset({"LIF-7"})

    def with_read_only(self, read_only: bool = False) -> Any:
        made = super().with_read_only(read_only)
        made.made_of = self
        return made

    made_of: Any = None

    def check_open(self) -> None:
        super().check_open()
        if self.made_of is not None:
            self.made_of.check_open()


class PicklesWritable(SoundFileStore):
    """Forgets in a pickle that it is read-only."""

    breaks: ClassVar = frozenset({"LIF-5"})

    def __reduce__(self) -> Any:
        return type(self), (self.values.root,)


class PicklesElsewhere(SoundFileStore):
    """Unpickles to a store of its own."""

    breaks: ClassVar = frozenset({"LIF-5"})

    def __reduce__(self) -> Any:
        return type(self), (f"{self.values.root}/unpickled",)


class UnpicklingTruncates(SoundFileStore):
    """Begins anew in the place that it is unpickled to."""

    breaks: ClassVar = frozenset({"LIF-5"})
    source: ClassVar = "zarr 3.1.6 ZipStore in mode 'w'"

    def __reduce__(self) -> Any:
        return _made_anew, (type(self), self.values.root, self.read_only)


def _made_anew(kind: type[SoundFileStore], root: str, read_only: bool) -> SoundFileStore:
    store = kind(root, read_only=read_only)
    store.values.clear()
    return store


class EqualsEveryMode(SoundFileStore):
    """Compares the location alone."""

    breaks: ClassVar = frozenset({"LIF-6"})
    source: ClassVar = "zarr 3.1.6 LocalStore"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.values.root == self.values.root

    def __hash__(self) -> int:
        return hash(self.values.root)


class EqualsByContents(SoundStore):
    """Compares what is stored: two empty stores are equal."""

    breaks: ClassVar = frozenset({"LIF-6"})
    source: ClassVar = "zarr 3.1.6 MemoryStore"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.values == self.values and other.read_only == self.read_only

    __hash__ = None  # type: ignore[assignment]


class HashesByIdentity(SoundFileStore):
    """Has equal handles with different hashes."""

    breaks: ClassVar = frozenset({"LIF-6a"})

    def __hash__(self) -> int:
        return id(self)


class BoundToItsLoop(SoundStore):
    """Works in the event loop alone that it was made in."""

    breaks: ClassVar = frozenset({"CON-10", "LIF-8"})

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.loop = asyncio.get_running_loop()

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        made = self.loop.create_future()
        self.loop.call_soon(made.set_result, None)
        await made
        return await super().get(key, prototype, byte_range)


class OpenFile:
    """A file handle, closed with the last who knows of it."""

    def __init__(self) -> None:
        self.handle = os.open(os.devnull, os.O_RDONLY)

    def __del__(self) -> None:
        os.close(self.handle)


class LeavesFilesOpen(SoundStore):
    """Opens a file when it is closed, which stays open as long as the event loop is there."""

    breaks: ClassVar = frozenset({"LIF-9"})

    def close(self) -> None:
        vars(asyncio.get_event_loop()).setdefault("left open", []).append(OpenFile())


class LeavesTasks(SoundStore):
    """Starts a task with the first set, and does not end it."""

    breaks: ClassVar = frozenset({"LIF-9"})
    tasks: ClassVar[list[asyncio.Task[None]]] = []

    started = False

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, value)
        if not self.started:
            self.started = True
            self.tasks.append(asyncio.create_task(asyncio.sleep(3600)))


class RemembersEveryCall(SoundStore):
    """Keeps a record of what it was asked."""

    breaks: ClassVar = frozenset({"LIF-9"})

    def __init__(self, values: dict[str, bytes] | None = None, *, read_only: bool = False) -> None:
        super().__init__(values, read_only=read_only)
        self.asked: list[str] = []

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        self.asked += [f"get {key}", f"range {byte_range}"]
        return await super().get(key, prototype, byte_range)

    async def exists(self, key: str) -> bool:
        self.asked += [f"exists {key}", f"exists in {len(self.asked)}"]
        return await super().exists(key)


def finished(call: Coroutine[Any, Any, Any]) -> Any:
    """What a call comes to that waits for nothing; an event loop for each would cost more than the call."""
    try:
        call.send(None)
    except StopIteration as end:
        return end.value
    raise RuntimeError("it waits for something")


class AsksItsThread(SoundFileStore):
    """Reads in a thread that the process keeps for it, and that a forked child does not have."""

    breaks: ClassVar = frozenset({"LIF-11"})
    source: ClassVar = "obstore"
    pool: ClassVar = ThreadPoolExecutor(1)

    async def exists(self, key: str) -> bool:
        return await self.in_thread(super().exists, key)

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        return await self.in_thread(super().get, key, prototype, byte_range)

    async def in_thread(self, call: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.wrap_future(self.pool.submit(lambda: finished(call(*arguments))))


class AnswersWronglyInAFork(SoundFileStore):
    """Knows only in the process that made it where its files are."""

    breaks: ClassVar = frozenset({"LIF-11"})

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.process = os.getpid()

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        return await super().get(key, prototype, byte_range) if os.getpid() == self.process else None


class RemovesWhatItDoesNotKnow(SoundFileStore):
    """Removes, when it is closed, what it neither found nor set: leftovers, as it believes."""

    breaks: ClassVar = frozenset({"LIF-12"})

    def __init__(self, root: str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.known = {*self.values}

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, value)
        self.known.add(key)

    def close(self) -> None:
        if self.known and not self.read_only:
            for key in {*self.values} - self.known:
                self.values.pop(key, None)


class NamelessStore(SoundStore):
    """Says in `repr` only where it lives."""

    breaks: ClassVar = frozenset({"LIF-10"})

    def __repr__(self) -> str:
        return f"<store at {id(self.values)}>"


class HomelessStore(SoundFileStore):
    """Says in `repr` only what it is."""

    breaks: ClassVar = frozenset({"LIF-10"})

    def __repr__(self) -> str:
        return f"{type(self).__name__}(root={Path(self.values.root).anchor!r})"
