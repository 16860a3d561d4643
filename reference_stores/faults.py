"""FaultyStore: a store that does on a plan what real ones do at the worst moment."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, fields
from types import TracebackType
from typing import Any, ClassVar, Self, overload

from reference_stores.inner_store import OverInnerStore
from reference_stores.reading import B, KeyRange, Request
from storeproto import BufferPrototype, BytesPrototype, as_bytes

_READS = ("get",)
_WRITES = ("set", "set_if_not_exists")
_METHODS = (
    *_READS, *_WRITES, "get_partial_values", "exists", "getsize", "set_partial_values", "delete", "delete_dir", "clear",
    "list", "list_prefix", "list_dir", "is_empty", "getsize_prefix",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, repr=False)
class Fault:
    """One entry of a plan: its class says what happens, the rest when. Its `repr` is what the plan is written with.

    Attributes:
        method: the method that it happens to.
        key: the key or prefix that it happens to; any for None.
        after: how many such calls go well first.
        times: how many calls it then happens to; every one for None.
    """

    method: str
    key: str | None = None
    after: int = 0
    times: int | None = 1

    methods: ClassVar[tuple[str, ...]] = _METHODS
    """What this fault can happen to."""

    def __post_init__(self) -> None:
        if self.method not in self.methods:
            name = type(self).__name__
            raise ValueError(f"{name} cannot happen to {self.method!r}; it can happen to {', '.join(self.methods)}")
        if self.after < 0 or (self.times is not None and self.times < 1):
            raise ValueError(f"{self!r}: after must be 0 or more, and times 1 or more, or None")

    def __repr__(self) -> str:
        """The code that makes it, without what is left as it is by default."""
        given = [(each.name, getattr(self, each.name)) for each in fields(self) if getattr(self, each.name) != each.default]
        shown = [f"{name}={value.__name__ if isinstance(value, type) else repr(value)}" for name, value in given]
        return f"{type(self).__name__}({', '.join(shown)})"

    def due(self, calls: int) -> bool:
        """Whether it happens to the call that `calls` such calls came before."""
        return calls >= self.after and (self.times is None or calls < self.after + self.times)


@dataclass(frozen=True, kw_only=True, repr=False)
class Delay(Fault):
    """The call begins later; 0 seconds let every other task that is ready go first."""

    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True, repr=False)
class Fail(Fault):
    """The call raises `error`, and does nothing."""

    error: type[Exception] = ConnectionError


@dataclass(frozen=True, kw_only=True, repr=False)
class LoseAcknowledgement(Fault):
    """The call does its work, and raises `error` all the same."""

    error: type[Exception] = TimeoutError


@dataclass(frozen=True, kw_only=True, repr=False)
class Shorten(Fault):
    """The first `size` bytes come back, as if they were all."""

    size: int
    methods: ClassVar[tuple[str, ...]] = _READS


@dataclass(frozen=True, kw_only=True, repr=False)
class Tear(Fault):
    """The first `size` bytes are stored, and then the call raises `error`."""

    size: int
    error: type[Exception] = ConnectionError
    methods: ClassVar[tuple[str, ...]] = _WRITES


@dataclass
class _Planned:
    fault: Fault
    calls: int = 0
    happened: int = 0

    def is_due(self, method: str, key: str | None) -> bool:
        if self.fault.method != method or self.fault.key not in (None, key):
            return False
        due = self.fault.due(self.calls)
        self.calls += 1
        self.happened += due
        return due


class FaultyStore(OverInnerStore):
    """A store with faults on a plan; without one it is the store in it.

    The plan is code, and prints itself as code with what came of it, so that a failing test shows what it was up against.

    Args:
        store: does what is asked.
        plan: the faults; each counts its own calls, and those that are due at once happen in the plan's order. A `Tear` or
            `Shorten` takes the place of the call.

    Example:
        >>> store = FaultyStore(MemoryStore(), [Fail(method="get", times=1), Tear(method="set", key="a", size=2)])
    """

    def __init__(self, store: Any, plan: Iterable[Fault] = ()) -> None:
        self._store = store
        self._planned = [_Planned(fault) for fault in plan]

    def add(self, *faults: Fault) -> None:
        """Lengthen the plan; the calls until now are not counted for these."""
        self._planned.extend([_Planned(fault) for fault in faults])

    @property
    def plan(self) -> Sequence[Fault]:
        """The faults, in order."""
        return tuple([planned.fault for planned in self._planned])

    @property
    def pending(self) -> Sequence[Fault]:
        """The faults that have not happened at all: what a test meant to go through and did not."""
        return tuple([planned.fault for planned in self._planned if not planned.happened])

    def __str__(self) -> str:
        """The plan as code, with how often each fault happened."""
        lines = [f"    {planned.fault!r},  # happened {planned.happened} times" for planned in self._planned]
        return "\n".join([f"FaultyStore({self._store!r}, [", *lines, "])"])

    def __repr__(self) -> str:
        return f"FaultyStore({self._store!r}, {[*self.plan]!r})"

    def _due(self, method: str, key: str | None) -> list[Fault]:
        return [planned.fault for planned in self._planned if planned.is_due(method, key)]

    async def _before(self, faults: Iterable[Fault], method: str) -> None:
        for fault in faults:
            match fault:
                case Delay():
                    await asyncio.sleep(fault.seconds)
                case Fail():
                    raise fault.error(f"{method}: a fault of the plan: {fault!r}")
                case _:
                    pass

    def _after(self, faults: Iterable[Fault], method: str) -> None:
        for fault in faults:
            if isinstance(fault, (LoseAcknowledgement, Tear)):
                raise fault.error(f"{method}: a fault of the plan: {fault!r}")

    async def _call(self, method: str, key: str | None, call: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        faults = self._due(method, key)
        await self._before(faults, method)
        found = await call()
        self._after(faults, method)
        return found

    # What every store has

    def with_read_only(self, read_only: bool = False) -> Self:
        """Return the handle of the inner store, with the same plan from its beginning."""
        return type(self)(self._store.with_read_only(read_only), self.plan)

    def close(self) -> None:
        """Close the inner store."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @overload
    async def get(self, key: str, prototype: BufferPrototype[bytes] | None = None, byte_range: Request = None) -> bytes | None: ...
    @overload
    async def get(self, key: str, prototype: BufferPrototype[B], byte_range: Request = None) -> B | None: ...
    async def get(self, key: str, prototype: BufferPrototype[Any] | None = None, byte_range: Request = None) -> Any:
        """Return what the inner store's `get` returns, or the beginning of it."""
        faults = self._due("get", key)
        await self._before(faults, "get")
        sizes = [fault.size for fault in faults if isinstance(fault, Shorten)]
        if sizes:
            value = await self._store.get(key, None, byte_range)
            found = None if value is None else (prototype or BytesPrototype()).buffer.from_bytes(as_bytes(value)[: min(sizes)])
        else:
            found = await self._store.get(key, prototype, byte_range)
        self._after(faults, "get")
        return found

    @overload
    async def get_partial_values(
        self, prototype: BufferPrototype[bytes] | None, key_ranges: Iterable[KeyRange]
    ) -> builtins.list[bytes | None]: ...
    @overload
    async def get_partial_values(
        self, prototype: BufferPrototype[B], key_ranges: Iterable[KeyRange]
    ) -> builtins.list[B | None]: ...
    async def get_partial_values(
        self, prototype: BufferPrototype[Any] | None, key_ranges: Iterable[KeyRange]
    ) -> builtins.list[Any]:
        """Return what the inner store's `get_partial_values` returns."""
        found: builtins.list[Any] = await self._call(
            "get_partial_values", None, lambda: self._store.get_partial_values(prototype, key_ranges)
        )
        return found

    async def exists(self, key: str) -> bool:
        """Return what the inner store's `exists` returns."""
        return bool(await self._call("exists", key, lambda: self._store.exists(key)))

    async def getsize(self, key: str) -> int:
        """Return what the inner store's `getsize` returns."""
        return int(await self._call("getsize", key, lambda: self._store.getsize(key)))

    async def _write(self, method: str, key: str, value: Any, *more: Any) -> None:
        faults = self._due(method, key)
        await self._before(faults, method)
        sizes = [fault.size for fault in faults if isinstance(fault, Tear)]
        if sizes:
            value = as_bytes(value)[: min(sizes)]
        await getattr(self._store, method)(key, value, *more)
        self._after(faults, method)

    async def set(self, key: str, value: Any, byte_range: Any = None) -> None:
        """Do what the inner store's `set` does, or part of it."""
        await self._write("set", key, value, *([] if byte_range is None else [byte_range]))

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        """Do what the inner store's `set_if_not_exists` does, or part of it."""
        await self._write("set_if_not_exists", key, value)

    async def set_partial_values(self, key_start_values: Iterable[Any]) -> None:
        """Do what the inner store's `set_partial_values` does."""
        await self._call("set_partial_values", None, lambda: self._store.set_partial_values(key_start_values))

    async def delete(self, key: str) -> None:
        """Do what the inner store's `delete` does."""
        await self._call("delete", key, lambda: self._store.delete(key))

    async def delete_dir(self, prefix: str) -> None:
        """Do what the inner store's `delete_dir` does."""
        await self._call("delete_dir", prefix, lambda: self._store.delete_dir(prefix))

    async def clear(self) -> None:
        """Do what the inner store's `clear` does."""
        await self._call("clear", None, self._store.clear)

    async def is_empty(self, prefix: str = "") -> bool:
        """Return what the inner store's `is_empty` returns."""
        return bool(await self._call("is_empty", prefix, lambda: self._store.is_empty(prefix)))

    async def getsize_prefix(self, prefix: str = "") -> int:
        """Return what the inner store's `getsize_prefix` returns."""
        return int(await self._call("getsize_prefix", prefix, lambda: self._store.getsize_prefix(prefix)))

    async def _listing(self, method: str, prefix: str | None, begin: Callable[[], AsyncIterator[str]]) -> AsyncIterator[str]:
        faults = self._due(method, prefix)
        await self._before(faults, method)
        async for item in begin():
            yield item
        self._after(faults, method)

    def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Give what the inner store's `list_prefix` gives."""
        return self._listing("list_prefix", prefix, lambda: self._store.list_prefix(prefix))

    def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Give what the inner store's `list_dir` gives."""
        return self._listing("list_dir", prefix, lambda: self._store.list_dir(prefix))

    def list(self) -> AsyncIterator[str]:
        """Give what the inner store's `list` gives."""
        return self._listing("list", None, self._store.list)

    def __eq__(self, other: object) -> bool:
        """Whether both are on equal stores; a plan is no part of what is stored."""
        return bool(self._store == other._store) if isinstance(other, FaultyStore) else NotImplemented

    def __hash__(self) -> int:
        return hash((FaultyStore, self._store))
