"""MemoryStore: values in a dictionary."""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator, Container, Iterable, MutableMapping
from contextlib import suppress
from threading import RLock
from typing import Any, Literal, NoReturn, Self

from typing_extensions import override

from reference_stores.key_index import Index, KeyIndex, ScanIndex
from reference_stores.paging import pages
from reference_stores.partial_writes import Patches, apply_patches, plan_patches, plan_range
from reference_stores.reading import KeyRange, Request, SynchronousReadingHandle
from storeproto import (
    BufferLike,
    ByteRangePair,
    RangeByteRequest,
    as_bytes,
    resolve,
)
from storeproto.errors import closed_error, missing_key_error, read_only_error
from storeproto.keys import below, check_key, check_prefix, check_string_prefix


class _Contents:
    """What all handles on one set of keys share. The lock makes a change of values and index one step between threads.

    `with lock` takes longer than all else in a change of one key, which is why changes take the lock by `acquire` and `release`;
    `_interrupted` makes that safe, wherever an error or an interrupt comes: the lock is free after it, and the index true.
    """

    __slots__ = ("checked", "index", "lock", "values")

    def __init__(self, store_dict: MutableMapping[str, Any] | None) -> None:
        self.values: MutableMapping[str, Any]
        self.index: Index
        if store_dict is None:
            self.values = {}
            self.index = KeyIndex(self.values)
        else:  # it is changed outside too: an index of it could not be kept true
            self.values = store_dict
            self.index = ScanIndex(store_dict)
        self.lock = RLock()
        self.checked = "a"
        """A legal key, the last that was checked: who looks for a key in vain does so again and again, or sets it."""

    def _interrupted(self) -> None:
        """Let go of the lock if this thread has it, after a change of which no one knows how far it came."""
        if self.lock.acquire(blocking=False):  # it is this thread's already, or no one's
            self.index.forget()
            self.lock.release()
            with suppress(RuntimeError):  # raised where it was no one's: the change had not taken it yet, or had released it
                self.lock.release()

    def put(self, key: str, value: bytes) -> None:
        """Store `value` under `key`."""
        values, lock = self.values, self.lock
        if key not in values and key != self.checked:  # a key that is there is a legal one
            self.checked = check_key(key)
        try:
            lock.acquire()
            values[key] = value
            lock.release()
        except BaseException:
            self._interrupted()
            raise

    def put_new(self, key: str, value: bytes) -> None:
        """Store `value` under `key` if that is not there."""
        values, lock = self.values, self.lock
        if key != self.checked:
            self.checked = check_key(key)
        try:
            lock.acquire()
            if key not in values:
                values[key] = value
            lock.release()
        except BaseException:
            self._interrupted()
            raise

    def patch(self, plan: dict[str, Patches]) -> None:
        """Replace parts of values."""
        with self.lock:
            for key, patches in plan.items():
                self.values[key] = apply_patches(as_bytes(self.values.get(key, b"")), patches)

    def remove(self, key: str) -> None:
        """Remove `key`, if it is there."""
        lock = self.lock
        try:
            lock.acquire()
            found = self.values.pop(key, None)
            if found is not None:
                self.index.removed.append(key)
            lock.release()
        except BaseException:
            self._interrupted()
            raise
        if found is None and key != self.checked:
            self.checked = check_key(key)

    def remove_beginning_with(self, start: str) -> None:
        """Remove every key that begins with the string `start`."""
        try:
            self.lock.acquire()
            if start == "":
                self.values.clear()
                self.index.forget()
            else:
                for key in self.index.beginning_with(start):
                    self.values.pop(key, None)
                    self.index.removed.append(key)
            self.lock.release()
        except BaseException:
            self._interrupted()
            raise


class _KeysOfClosed:
    """What a closed handle has in place of keys, so that an open one need not ask itself whether it is."""

    __slots__ = ("_handle",)

    def __init__(self, handle: MemoryStore) -> None:
        self._handle = handle

    def __contains__(self, key: object) -> bool:
        raise closed_error(self._handle, "exists")


class MemoryStore(SynchronousReadingHandle):
    """A store in the memory of this process, for tests and for small data.

    Values are kept as `bytes`, so neither the buffer given to `set` nor the one that `get` returned reaches the store later.
    Handles may be used from many threads. A listing costs what it yields, and what has changed since the last one, not what the
    store holds, unless `store_dict` is given; `list_prefix` of a part of a name looks at the other names in that directory too.

    Args:
        store_dict: initial data, shared: what the store changes shows in it, and what others change in it shows in the store
            (at the price of listings that look at every key). A new dictionary by default.
        read_only: refuse every change.

    Raises:
        InvalidKeyError: a key of `store_dict` is not allowed.
        TypeError: a value of `store_dict` is no buffer.
    """

    supports_writes: Literal[True] = True
    supports_deletes: Literal[True] = True
    supports_partial_writes: Literal[True] = True
    supports_listing: Literal[True] = True

    def __init__(self, store_dict: MutableMapping[str, Any] | None = None, *, read_only: bool = False) -> None:
        for key, value in (store_dict or {}).items():
            check_key(key)
            as_bytes(value)
        self._take(_Contents(store_dict), read_only)

    def _take(self, contents: _Contents, read_only: bool) -> None:
        self._contents: _Contents | None = contents
        self._writable_contents = None if read_only else contents
        self._home = contents
        self._keys: Container[str] = contents.values
        self._read_only = read_only

    @property
    def read_only(self) -> bool:
        """Whether this handle refuses every change."""
        return self._read_only

    def with_read_only(self, read_only: bool = False) -> Self:
        """Return a new handle on the same data; this one keeps its mode."""
        handle = type(self).__new__(type(self))
        handle._take(self._readable("with_read_only"), read_only)
        return handle

    @override
    def close(self) -> None:
        """End the use of this handle; other handles on the same data go on."""
        self._contents = self._writable_contents = None
        self._keys = _KeysOfClosed(self)

    @override
    def _readable(self, operation: str) -> _Contents:
        """The contents, for reading."""
        if self._contents is None:
            raise closed_error(self, operation)
        return self._contents

    def _writable(self, operation: str) -> _Contents:
        """The contents, for a change."""
        if self._writable_contents is None:
            raise self._refusal(operation)
        return self._writable_contents

    def _refusal(self, operation: str) -> ValueError:
        """The error for a change that this handle does not make."""
        return closed_error(self, operation) if self._contents is None else read_only_error(self, operation)

    # Reading

    @override
    def _value_sync(self, key: str, byte_range: Request) -> bytes | None:
        contents = self._contents
        if contents is None:
            raise closed_error(self, "get")
        value = contents.values.get(key)
        if value is None:
            if key != contents.checked:  # only now: a key that is there is a legal one
                contents.checked = check_key(key)
            return None
        if type(value) is not bytes:
            value = as_bytes(value)
        return value if byte_range is None else value[resolve(byte_range, len(value))]

    _value_now = _value_sync

    @override
    async def _values(self, asked: builtins.list[KeyRange]) -> builtins.list[bytes | None]:
        value = self._value_sync
        return [value(key, byte_range) for key, byte_range in asked]

    async def exists(self, key: str) -> bool:
        """Whether `key` is set."""
        if key in self._keys:  # a key that is there is a legal one
            return True
        contents = self._home
        if key != contents.checked:
            contents.checked = check_key(key)
        return False

    async def getsize(self, key: str) -> int:
        """Return the number of bytes of the value of `key`.

        Raises:
            FileNotFoundError: `key` is not set.
        """
        value = self._value_sync(key, None)
        if value is None:
            raise missing_key_error(key)
        return len(value)

    # Writing

    def set_sync(self, key: str, value: BufferLike, byte_range: RangeByteRequest | ByteRangePair | None = None) -> None:
        """Do what `set` does, without an event loop."""
        contents = self._writable_contents
        if contents is None:
            raise self._refusal("set")
        if byte_range is None:
            contents.put(key, value if type(value) is bytes else as_bytes(value))
        else:
            contents.patch(plan_range(key, value, byte_range))

    async def set(self, key: str, value: BufferLike, byte_range: RangeByteRequest | ByteRangePair | None = None) -> None:
        """Store `value` under `key`; with a byte range, a RangeByteRequest or `(start, length)`, only those bytes of it.

        Raises:
            InvalidKeyError: `key` is not allowed.
            ReadOnlyStoreError: the handle is read-only.
            TypeError: `value` is no buffer.
            ValueError: the byte range is not as long as the value.
        """
        contents = self._writable_contents
        if contents is None or byte_range is not None:
            self.set_sync(key, value, byte_range)
        else:
            contents.put(key, value if type(value) is bytes else as_bytes(value))

    async def set_if_not_exists(self, key: str, value: BufferLike) -> None:
        """Store `value` under `key` if it is not set; of many callers, in any threads, one wins.

        Raises:
            InvalidKeyError: `key` is not allowed.
            ReadOnlyStoreError: the handle is read-only.
            TypeError: `value` is no buffer.
        """
        contents = self._writable_contents
        if contents is None:
            raise self._refusal("set_if_not_exists")
        new = value if type(value) is bytes else as_bytes(value)
        if key not in contents.values:
            contents.put_new(key, new)

    async def set_partial_values(self, key_start_values: Iterable[tuple[str, int, BufferLike]]) -> None:
        """Replace, for each `(key, start, value)`, the bytes from `start` on: all of them, or with an error none.

        A missing key is made, a value grows, and a gap is filled with zero bytes.

        Raises:
            InvalidKeyError: a key is not allowed.
            ReadOnlyStoreError: the handle is read-only.
            TypeError: a value is no buffer.
            ValueError: a start is negative, or ranges of one key overlap.
        """
        self._writable("set_partial_values").patch(plan_patches(key_start_values))

    # Deleting

    def delete_sync(self, key: str) -> None:
        """Do what `delete` does, without an event loop."""
        contents = self._writable_contents
        if contents is None:
            raise self._refusal("delete")
        contents.remove(key)

    async def delete(self, key: str) -> None:
        """Remove `key` alone; a missing key is no error.

        Raises:
            InvalidKeyError: `key` is not allowed.
            ReadOnlyStoreError: the handle is read-only.
        """
        contents = self._writable_contents
        if contents is None:
            raise self._refusal("delete")
        contents.remove(key)

    async def delete_dir(self, prefix: str) -> None:
        """Remove every key below the directory `prefix`; all of them for `""`.

        Raises:
            InvalidKeyError: `prefix` is not allowed.
            ReadOnlyStoreError: the handle is read-only.
        """
        contents = self._writable("delete_dir")
        contents.remove_beginning_with(below(check_prefix(prefix)))

    async def clear(self) -> None:
        """Remove every key.

        Raises:
            ReadOnlyStoreError: the handle is read-only.
        """
        self._writable("clear")
        await self.delete_dir("")

    # Listing: each listing is of the keys at the moment of its first step

    def _beginning_with(self, prefix: str, operation: str) -> builtins.list[str]:
        contents = self._readable(operation)
        with contents.lock:
            return contents.index.beginning_with(prefix)

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Give each key that begins with the string `prefix`.

        Raises:
            InvalidKeyError: no key can begin with `prefix`.
        """
        for key in self._beginning_with(check_string_prefix(prefix), "list_prefix"):
            yield key

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Give the name of each immediate child, key or prefix, of the directory `prefix`.

        Raises:
            InvalidKeyError: `prefix` is not allowed.
        """
        contents = self._readable("list_dir")
        directory = check_prefix(prefix)
        with contents.lock:
            children = contents.index.children(directory)
        for name in children:
            yield name

    async def list_pages(self, prefix: str = "") -> AsyncIterator[builtins.list[str]]:
        """Give the keys that begin with the string `prefix` in lists of at most 1,000, which costs less than one by one.

        Raises:
            InvalidKeyError: no key can begin with `prefix`.
        """
        for page in pages(self._beginning_with(check_string_prefix(prefix), "list_pages")):
            yield page

    async def is_empty(self, prefix: str = "") -> bool:
        """Whether no key is below the directory `prefix`.

        Raises:
            InvalidKeyError: `prefix` is not allowed.
        """
        contents = self._readable("is_empty")
        directory = check_prefix(prefix)
        with contents.lock:
            return not contents.index.has_below(directory)

    async def getsize_prefix(self, prefix: str = "") -> int:
        """Return the number of bytes of all values below the directory `prefix`.

        Raises:
            InvalidKeyError: `prefix` is not allowed.
        """
        contents = self._readable("getsize_prefix")
        start = below(check_prefix(prefix))
        with contents.lock:
            return sum([len(as_bytes(contents.values[key])) for key in contents.index.beginning_with(start)])

    async def list(self) -> AsyncIterator[str]:
        """Give each key."""
        for key in self._beginning_with("", "list"):
            yield key

    # Identity

    def __str__(self) -> str:
        return f"memory://{id(self._home.values)}"

    def __repr__(self) -> str:
        return f"MemoryStore('{self}')"

    def __eq__(self, other: object) -> bool:
        """Whether both are handles of one mode on the same dictionary."""
        if not isinstance(other, MemoryStore):
            return NotImplemented
        return self._home.values is other._home.values and self._read_only == other._read_only

    def __hash__(self) -> int:
        return hash((type(self), id(self._home.values), self._read_only))

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a MemoryStore cannot be pickled or copied: its data would not be shared; take store.with_read_only() for a handle"
        )
