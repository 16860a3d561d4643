"""Faults in chapter CON: each store is right as long as one operation comes after the other."""

from __future__ import annotations

import asyncio
import builtins
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from broken_stores.sound import SoundStore
from broken_stores.sound_files import SoundFileStore
from storeproto import ByteRequest
from storeproto.keys import check_key


class CreatesInOneStep(SoundStore):
    """Sound: creates a key in one step, however many its set takes."""

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        self.check_writable()
        self.values.setdefault(check_key(key), memoryview(value).tobytes())


class CachesWhatWasInvalidated(CreatesInOneStep):
    """Puts into its cache what it read before another task wrote."""

    breaks: ClassVar = frozenset({"CON-1"})

    def __init__(self, values: dict[str, bytes] | None = None, *, read_only: bool = False) -> None:
        super().__init__(values, read_only=read_only)
        self.cache: dict[str, bytes | None] = {}

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        if byte_range is not None or prototype is not None:
            return await super().get(key, prototype, byte_range)
        if check_key(key) not in self.cache:
            found = self.values.get(key)
            await asyncio.sleep(0)
            self.cache[key] = found
        return self.cache[key]

    def forget(self) -> None:
        self.cache.clear()

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, value)
        self.forget()

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        await super().set_if_not_exists(key, value)
        self.forget()

    async def set_partial_values(self, key_start_values: Iterable[tuple[str, int, Any]]) -> None:
        await super().set_partial_values(key_start_values)
        self.forget()

    async def delete(self, key: str) -> None:
        await super().delete(key)
        self.forget()

    async def delete_dir(self, prefix: str) -> None:
        await super().delete_dir(prefix)
        self.forget()

    async def clear(self) -> None:
        await super().clear()
        self.forget()

    def with_read_only(self, read_only: bool = False) -> Any:
        other = super().with_read_only(read_only)
        other.cache = self.cache
        return other


class AsksBeforeItWrites(CreatesInOneStep):
    """Looks whether a key is there to be deleted, and deletes it later."""

    breaks: ClassVar = frozenset({"CON-4"})
    profile: ClassVar = "default"

    async def delete(self, key: str) -> None:
        self.check_writable()
        if check_key(key) in self.values:
            await asyncio.sleep(0)
            del self.values[key]


class TriesAgainWhatLanded(CreatesInOneStep):
    """Sets a second time, as one does who takes a lost answer for a lost request: others may have set the key in between."""

    breaks: ClassVar = frozenset({"CON-1"})

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, value)
        await asyncio.sleep(0)  # no answer came
        await super().set(key, value)


class WritesInTwoSteps(CreatesInOneStep):
    """Sets one half of a value, and then the other."""

    breaks: ClassVar = frozenset({"CON-1", "CON-2", "CON-7"})
    source: ClassVar = "fsspec 2026.9.0 LocalFileSystem"

    async def set(self, key: str, value: Any) -> None:
        self.check_writable()
        whole = memoryview(value).tobytes()
        self.values[check_key(key)] = whole[: len(whole) // 2]
        await asyncio.sleep(0)
        self.values[key] = whole


class RemovesBeforeItWrites(CreatesInOneStep):
    """Removes the old value before it has the new one."""

    breaks: ClassVar = frozenset({"CON-1", "CON-2", "CON-7"})

    async def set(self, key: str, value: Any) -> None:
        self.check_writable()
        new = memoryview(value).tobytes()
        self.values.pop(check_key(key), None)
        await asyncio.sleep(0)
        self.values[key] = new


class ReadsInTwoParts(CreatesInOneStep):
    """Reads a long value in two parts, which may be of two versions."""

    breaks: ClassVar = frozenset({"CON-2"})

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        first = await super().get(key, prototype, byte_range)
        if first is None or byte_range is not None or prototype is not None or len(first) < 1_000:
            return first
        await asyncio.sleep(0)
        return first[:500] + self.values.get(key, first)[500:]


class SharesOneBuffer(CreatesInOneStep):
    """Has one place in memory for the value that is being set, whoever sets it."""

    breaks: ClassVar = frozenset({"CON-1", "CON-3"})
    profile: ClassVar = "default"

    async def set(self, key: str, value: Any) -> None:
        self.check_writable()
        self.buffer = memoryview(value).tobytes()
        await asyncio.sleep(0)
        self.values[check_key(key)] = self.buffer


class SharesATemporaryName(CreatesInOneStep):
    """Writes under one temporary name, which it renames: two writers at once have it both."""

    breaks: ClassVar = frozenset({"CON-3", "LST-13"})

    def __init__(self, values: dict[str, bytes] | None = None, *, read_only: bool = False) -> None:
        super().__init__(values, read_only=read_only)
        self.temporary: dict[str, bytes] = {}

    async def set(self, key: str, value: Any) -> None:
        self.check_writable()
        directory = check_key(key).rpartition("/")[0]
        self.temporary[directory] = memoryview(value).tobytes()
        await asyncio.sleep(0)
        if directory not in self.temporary:
            raise FileNotFoundError("the temporary file is gone")
        self.values[key] = self.temporary.pop(directory)


class PrunesWhatIsNeeded(CreatesInOneStep):
    """Removes a directory that has become empty while another task makes a value for it."""

    breaks: ClassVar = frozenset({"CON-4"})
    source: ClassVar = "zarr 3.1.6 LocalStore"

    def __init__(self, values: dict[str, bytes] | None = None, *, read_only: bool = False) -> None:
        super().__init__(values, read_only=read_only)
        self.directories: builtins.set[str] = set()

    async def set(self, key: str, value: Any) -> None:
        self.check_writable()
        directory = check_key(key).rpartition("/")[0]
        if "/" not in key:
            return await super().set(key, value)
        self.directories.add(directory)
        await asyncio.sleep(0)
        if directory not in self.directories:
            raise FileNotFoundError(f"there is no directory {directory!r}")
        return await super().set(key, value)

    async def delete(self, key: str) -> None:
        await super().delete(key)
        self.directories.discard(key.rpartition("/")[0])


class WritesBackWhatItRead(CreatesInOneStep):
    """Deletes by writing back all that it had read but the key."""

    breaks: ClassVar = frozenset({"CON-4"})

    async def delete(self, key: str) -> None:
        self.check_writable()
        left = {other: value for other, value in self.values.items() if other != check_key(key)}
        await asyncio.sleep(0)
        self.values.clear()
        self.values.update(left)


class KeepsALockWhenCancelled(CreatesInOneStep):
    """Does not let go of its lock where a set is cancelled."""

    breaks: ClassVar = frozenset({"CON-7"})

    async def set(self, key: str, value: Any) -> None:
        self.check_writable()
        check_key(key)
        new = memoryview(value).tobytes()
        lock = self.__dict__.setdefault("lock", asyncio.Lock())
        await lock.acquire()
        await asyncio.sleep(0)
        self.values[key] = new
        lock.release()


class ListsWhatIsBeingWritten(CreatesInOneStep):
    """Lists a temporary name that a cancelled set leaves behind."""

    breaks: ClassVar = frozenset({"CON-4", "CON-7", "LST-13"})

    async def set(self, key: str, value: Any) -> None:
        self.check_writable()
        if check_key(key) not in self.values:
            return await super().set(key, value)
        self.values[f"{key}.partial"] = b""
        await asyncio.sleep(0)
        del self.values[f"{key}.partial"]
        return await super().set(key, value)


class CancelsOthers(CreatesInOneStep):
    """Lets tasks that read one key at once share a request, which the first of them cancels for all."""

    breaks: ClassVar = frozenset({"CON-7"})

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        if byte_range is not None or prototype is not None:
            return await super().get(key, prototype, byte_range)
        shared: dict[str, asyncio.Future[Any]] = self.__dict__.setdefault("shared", {})
        if check_key(key) in shared and not shared[key].done():
            return await shared[key]
        shared[key] = asyncio.get_running_loop().create_future()
        try:
            await asyncio.sleep(0)
            shared[key].set_result(await super().get(key))
        except asyncio.CancelledError:
            shared[key].cancel()
            raise
        return await shared.pop(key)


class LandsLate(SoundFileStore):
    """Goes on with a set that was cancelled."""

    breaks: ClassVar = frozenset({"CON-8"})
    source: ClassVar = "zarr 3.1.6 LocalStore"

    async def set(self, key: str, value: Any) -> None:
        self.check_writable()
        check_key(key)
        await asyncio.shield(asyncio.ensure_future(self.write(key, memoryview(value).tobytes())))

    async def write(self, key: str, value: bytes) -> None:
        for _ in range(3):
            await asyncio.sleep(0)
        self.values[key] = value


class WorksInThreads(SoundFileStore):
    """Sound: reads and writes whole values in threads, and does not leave one behind that was cancelled."""

    reopens: ClassVar = False  # a fault that shows between system calls shows in CON-5 by chance

    async def in_thread(self, job: Callable[..., Any], *arguments: Any) -> Any:
        work = asyncio.get_running_loop().run_in_executor(None, job, *arguments)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait([work])
            raise

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        if byte_range is not None or prototype is not None:
            return await super().get(key, prototype, byte_range)
        return await self.in_thread(self.read, check_key(key))

    def read(self, key: str) -> bytes | None:
        return self.values.get(key)

    async def get_partial_values(self, prototype: Any, key_ranges: Iterable[tuple[str, ByteRequest | None]]) -> builtins.list[Any]:
        asked = [(check_key(key), byte_range) for key, byte_range in key_ranges]
        held = {key: self.values.get(key) for key, _ in asked}  # each once, so that its parts are of one version
        return [None if (value := held[key]) is None else self.part(value, byte_range) for key, byte_range in asked]

    async def set(self, key: str, value: Any) -> None:
        self.check_writable()
        await self.in_thread(self.write, check_key(key), memoryview(value).tobytes())

    def write(self, key: str, value: bytes) -> None:
        self.values[key] = value

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        self.check_writable()
        await self.in_thread(self.create, check_key(key), memoryview(value).tobytes())

    def create(self, key: str, value: bytes) -> None:
        self.values.create(key, value)


class LeavesThreadsBehind(WorksInThreads):
    """Goes on in a thread with a set that was cancelled."""

    breaks: ClassVar = frozenset({"CON-8"})
    source: ClassVar = "zarr 3.1.6 LocalStore"

    async def in_thread(self, job: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.to_thread(job, *arguments)


class LooksThenCreates(WorksInThreads):
    """Looks in a thread whether a key is there, and creates it with what replaces the key of another."""

    breaks: ClassVar = frozenset({"NEW-4"})

    def create(self, key: str, value: bytes) -> None:
        if key not in self.values:
            self.values[key] = value


class SharesATemporaryFile(WorksInThreads):
    """Has one temporary file for all short values that it writes in threads; of each key one thread at a time writes."""

    breaks: ClassVar = frozenset({"CON-3"})

    def __init__(self, root: str | os.PathLike[str], *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.locks: dict[str, threading.Lock] = {}

    def write(self, key: str, value: bytes) -> None:
        if not 1 < len(value) < 100:  # which those that are set when it is killed are not
            return super().write(key, value)
        with self.locks.setdefault(key, threading.Lock()):
            temporary = Path(self.values.path(self.values.RESERVED)) / "temporary"
            temporary.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(value)
            return self.values.put(str(temporary), key, os.replace)


class ReadsWhatItMeasured(WorksInThreads):
    """Reads as many bytes as there were when it looked, of a file that may be much longer or shorter by then."""

    breaks: ClassVar = frozenset({"CON-2"})

    def read(self, key: str) -> bytes | None:
        if key not in self.values:
            return None
        size = Path(self.values.real_path(key)).stat().st_size
        value = self.values.get(key)
        return value if value is None or abs(len(value) - size) < 1_000 else value[:size].ljust(size, b"\0")


class WritesPartByPart(SoundFileStore):
    """Writes over the file of a value, part by part."""

    breaks: ClassVar = frozenset({"CON-5", "DUR-1"})
    source: ClassVar = "fsspec 2026.9.0 LocalFileSystem"

    async def set(self, key: str, value: Any) -> None:
        if key not in self.values:
            return await super().set(key, value)
        self.check_writable()
        whole = memoryview(value).tobytes()
        with Path(self.values.real_path(key)).open("r+b") as file:  # noqa: ASYNC230  # as its parent does
            file.truncate(len(whole) // 2)
            file.write(whole[: len(whole) // 2])
            file.flush()
            time.sleep(0.0005)  # noqa: ASYNC251  # so that the other half is sure to be seen missing
            file.write(whole[len(whole) // 2 :])
        return None


class OpensAFileForEachRead(SoundFileStore):
    """Has a file open for each read that waits."""

    breaks: ClassVar = frozenset({"CON-6", "CON-10"})
    source: ClassVar = "obstore 0.12.1 LocalStore"

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        try:
            handle = os.open(self.values.path(check_key(key)), os.O_RDONLY)
        except (FileNotFoundError, NotADirectoryError):
            return await super().get(key, prototype, byte_range)
        try:
            await asyncio.sleep(0)
            return await super().get(key, prototype, byte_range)
        finally:
            os.close(handle)


class TakesTooManyFilesForMissing(OpensAFileForEachRead):
    """Gives None where no more files can be opened."""

    breaks: ClassVar = frozenset({"CON-6a", "CON-10", "DUR-5"})

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        try:
            return await super().get(key, prototype, byte_range)
        except OSError:
            return None


class SleepsInTheLoop(CreatesInOneStep):
    """Blocks the event loop while it sets a large value."""

    breaks: ClassVar = frozenset({"CON-9"})

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, value)
        if len(memoryview(value)) >= 1 << 20:
            time.sleep(0.2)  # noqa: ASYNC251  # the fault


class ListsInOneGo(CreatesInOneStep):
    """Blocks the event loop while it lists many keys."""

    breaks: ClassVar = frozenset({"CON-9"})

    async def list(self) -> AsyncIterator[str]:
        if len(self.values) > 400:
            time.sleep(0.2)  # noqa: ASYNC251  # the fault
        for key in [*self.values]:
            yield key


class ReadsPartByPart(CreatesInOneStep):
    """Reads the parts of a value one after the other, between which others may write."""

    breaks: ClassVar = frozenset({"CON-10"})

    async def get_partial_values(self, prototype: Any, key_ranges: Iterable[tuple[str, ByteRequest | None]]) -> builtins.list[Any]:
        parts: builtins.list[Any] = []
        for key, byte_range in key_ranges:
            parts.append(await self.get(key, prototype, byte_range))
            await asyncio.sleep(0)
        return parts
