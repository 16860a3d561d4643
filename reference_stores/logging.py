"""LoggingStore: another store, each call to which is logged and counted."""

from __future__ import annotations

import builtins
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from functools import cache
from time import perf_counter
from types import TracebackType
from typing import Any, Final, Self, cast, overload

from reference_stores.inner_store import OverInnerStore
from reference_stores.reading import B, KeyRange, Request
from storeproto import BufferLike, BufferPrototype, ByteRangePair, ByteRequest, PrototypeStore, RangeByteRequest

_Tell = Callable[[str, object, float, BaseException | None], None]

_LOGGER: Final = logging.getLogger(__name__)

# What a store may have or not, and LoggingStore has where the store in it does. The first are part of the documented class.
_DOCUMENTED: Final = (
    *("set", "set_if_not_exists", "set_partial_values", "delete", "delete_dir", "clear"),
    *("list", "list_prefix", "list_dir", "is_empty", "getsize_prefix"),
    *("__enter__", "__exit__", "__aenter__", "__aexit__"),
)
_FURTHER: Final = ("get_sync", "set_sync", "delete_sync", "get_ranges", "list_pages")


class LoggingStore(OverInnerStore):
    """A store in a store: does what the inner one does, and tells of it.

    Each call of an operation is counted, and logged when it has ended, with the key or prefix and the time it took; a call that
    failed is logged with the class of its error. A listing counts as one call, and is logged when it has been consumed or left.
    Neither a value nor the text of an error is in a record, and a key is written as `repr` does, so that none can forge a line.
    Flags, `read_only` and comparisons are not logged.

    *Transparent.* Flags, errors, results and protocols are those of the inner store. A call that it does not have is not there:
    neither `hasattr` nor `isinstance` sees it. What type checkers know of a LoggingStore is the documented class, with flags that
    are `bool`: the `supports_*` functions narrow it.

    *Where to.* Records go to the logger of this module, `reference_stores.logging`, as records of the level `log_level`; so they
    show where that logger, or one above it, is set up to show them. A `log_handler` gets the records of this store, and of no
    other, whatever the logger is set to; it is let go with `close`.

    Args:
        store: the inner store.
        log_level: the level of the records.
        log_handler: takes the records of this store.

    Attributes:
        counter: how often each operation was called, by its name.

    Raises:
        ValueError: there is no such level.
    """

    def __new__(cls, store: PrototypeStore[Any, Any, Any], *_: Any, **__: Any) -> Self:
        """Make a store with the calls that `store` has, and no others."""
        lacking = frozenset(name for name in _DOCUMENTED if not hasattr(store, name))
        further = frozenset(name for name in _FURTHER if hasattr(store, name))
        kind: type[Self] = _class_with(cast("Any", cls), lacking, further)
        return object.__new__(kind)

    def __init__(
        self, store: PrototypeStore[Any, Any, Any], log_level: str = "DEBUG", log_handler: logging.Handler | None = None
    ) -> None:
        levels = logging.getLevelNamesMapping()
        if log_level not in levels:
            raise ValueError(f"the log level {log_level!r} is not allowed: give one of {', '.join(levels)}")
        self._store: Any = store
        self._level = levels[log_level]
        self._label = type(store).__name__
        self.counter: defaultdict[str, int] = defaultdict(int)
        self.log_level = log_level
        self.log_handler = log_handler

    # Telling

    def _is_heard(self) -> bool:
        if _LOGGER.isEnabledFor(self._level):
            return True
        handler = self.log_handler
        return handler is not None and self._level >= handler.level and self._level > _LOGGER.manager.disable

    def _call(self, operation: str, subject: object = None) -> _Call | _Unheard:
        """Count a call, and return what to enter for it; `subject` is the key, or what stands for it."""
        self.counter[operation] += 1
        return _Call(self._tell, operation, subject) if self._is_heard() else _UNHEARD

    def _tell(self, operation: str, subject: object, seconds: float, error: BaseException | None) -> None:
        named = str.__repr__(subject) if isinstance(subject, str) else "" if subject is None else repr(_Subject(subject))
        ended = "" if error is None else f" raised {type(error).__name__}"
        record = _LOGGER.makeRecord(
            __name__, self._level, "", 0, "%s.%s(%s)%s [%.6f s]", (self._label, operation, named, ended, seconds), None
        )
        if _LOGGER.isEnabledFor(self._level):
            _LOGGER.handle(record)
        handler = self.log_handler
        if handler is not None and self._level >= handler.level:
            handler.handle(record)

    @contextmanager
    def log(self, hint: Any = "") -> Generator[None, None, None]:
        """Log and count what is done within as one call of `log`, with `hint` in the place of a key."""
        with self._call("log", str(hint)):
            yield

    # What every store has

    def with_read_only(self, read_only: bool = False) -> Self:
        """Return a LoggingStore, with a counter of its own, of the handle that the inner store returns."""
        with self._call("with_read_only"):
            inner = self._store.with_read_only(read_only)
        return self._kind()(inner, self.log_level, self.log_handler)

    def close(self) -> None:
        """Close the inner store, and let the handler go."""
        with self._call("close"):
            self._store.close()
        self.log_handler = None

    def __enter__(self) -> Self:
        self._store.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        await self._store.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @overload
    async def get(
        self,
        key: str,
        prototype: BufferPrototype[bytes] | None = None,
        byte_range: Request = None,
    ) -> bytes | None: ...
    @overload
    async def get(self, key: str, prototype: BufferPrototype[B], byte_range: Request = None) -> B | None: ...
    async def get(
        self,
        key: str,
        prototype: BufferPrototype[Any] | None = None,
        byte_range: Request = None,
    ) -> Any:
        """Return what the inner store's `get` returns."""
        with self._call("get", key):
            if byte_range is not None:
                return await self._store.get(key, prototype, byte_range)
            # A store that requires a prototype says so itself.
            return await (self._store.get(key) if prototype is None else self._store.get(key, prototype))

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
        """Return what the inner store's `get_partial_values` returns; the record has the keys."""
        asked: builtins.list[KeyRange] = []
        with self._call("get_partial_values", asked):
            asked.extend(key_ranges)  # once: it may be a one-shot iterator
            return cast("builtins.list[Any]", await self._store.get_partial_values(prototype, asked))

    async def exists(self, key: str) -> bool:
        """Return what the inner store's `exists` returns."""
        with self._call("exists", key):
            return cast("bool", await self._store.exists(key))

    async def getsize(self, key: str) -> int:
        """Return what the inner store's `getsize` returns."""
        with self._call("getsize", key):
            return cast("int", await self._store.getsize(key))

    # What the documented class has; hidden where the inner store has it not

    async def set(self, key: str, value: BufferLike, byte_range: RangeByteRequest | ByteRangePair | None = None) -> None:
        """Do what the inner store's `set` does."""
        with self._call("set", key):
            await (self._store.set(key, value) if byte_range is None else self._store.set(key, value, byte_range))

    async def set_if_not_exists(self, key: str, value: BufferLike) -> None:
        """Do what the inner store's `set_if_not_exists` does."""
        with self._call("set_if_not_exists", key):
            await self._store.set_if_not_exists(key, value)

    async def set_partial_values(self, key_start_values: Iterable[tuple[str, int, BufferLike]]) -> None:
        """Do what the inner store's `set_partial_values` does; the record has the keys."""
        asked: builtins.list[tuple[str, int, BufferLike]] = []
        with self._call("set_partial_values", asked):
            asked.extend(key_start_values)
            await self._store.set_partial_values(asked)

    async def delete(self, key: str) -> None:
        """Do what the inner store's `delete` does."""
        with self._call("delete", key):
            await self._store.delete(key)

    async def delete_dir(self, prefix: str) -> None:
        """Do what the inner store's `delete_dir` does."""
        with self._call("delete_dir", prefix):
            await self._store.delete_dir(prefix)

    async def clear(self) -> None:
        """Do what the inner store's `clear` does."""
        with self._call("clear"):
            await self._store.clear()

    async def is_empty(self, prefix: str = "") -> bool:
        """Return what the inner store's `is_empty` returns."""
        with self._call("is_empty", prefix):
            return cast("bool", await self._store.is_empty(prefix))

    async def getsize_prefix(self, prefix: str = "") -> int:
        """Return what the inner store's `getsize_prefix` returns."""
        with self._call("getsize_prefix", prefix):
            return cast("int", await self._store.getsize_prefix(prefix))

    async def _listing(self, operation: str, subject: str | None, begin: Callable[[], AsyncIterator[B]]) -> AsyncIterator[B]:
        with self._call(operation, subject):
            found = begin()
            try:
                async for item in found:
                    yield item
            finally:
                if isinstance(found, AsyncGenerator):  # left early, it ends now, and not when it is collected
                    await cast("AsyncGenerator[B]", found).aclose()

    def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Give what the inner store's `list_prefix` gives."""
        return self._listing("list_prefix", prefix, lambda: self._store.list_prefix(prefix))

    def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Give what the inner store's `list_dir` gives."""
        return self._listing("list_dir", prefix, lambda: self._store.list_dir(prefix))

    def list(self) -> AsyncIterator[str]:
        """Give what the inner store's `list` gives."""
        return self._listing("list", None, self._store.list)

    # Identity

    def __str__(self) -> str:
        return f"logging-{self._store}"

    def __repr__(self) -> str:
        return f"LoggingStore({self._store!r}, log_level={self.log_level!r})"

    def __eq__(self, other: object) -> bool:
        """Whether both log equal stores."""
        if not isinstance(other, LoggingStore):
            return NotImplemented
        return bool(self._store == other._store)

    def __hash__(self) -> int:
        return hash((LoggingStore, self._store))

    def _kind(self) -> type[Self]:
        """The class that was called to make this store."""
        return cast("type[Self]", getattr(type(self), "_called", type(self)))

    def __reduce__(self) -> tuple[Callable[..., LoggingStore], tuple[object, ...]]:
        """Pickle the inner store and the level; a handler stays in its process, and a count begins anew."""
        return self._kind(), (self._store, self.log_level)


class _Further(LoggingStore):
    """What a LoggingStore has besides where the inner store has it: never made, its methods are taken one by one."""

    def get_sync(self, key: str, *, prototype: BufferPrototype[Any] | None = None, byte_range: Request = None) -> Any:
        """Return what the inner store's `get_sync` returns."""
        with self._call("get_sync", key):
            return self._store.get_sync(key, prototype=prototype, byte_range=byte_range)

    def set_sync(self, key: str, value: BufferLike) -> None:
        """Do what the inner store's `set_sync` does."""
        with self._call("set_sync", key):
            self._store.set_sync(key, value)

    def delete_sync(self, key: str) -> None:
        """Do what the inner store's `delete_sync` does."""
        with self._call("delete_sync", key):
            self._store.delete_sync(key)

    def get_ranges(
        self, key: str, byte_ranges: Sequence[ByteRequest | None], *, prototype: BufferPrototype[B]
    ) -> AsyncIterator[Sequence[tuple[int, B | None]]]:
        """Give what the inner store's `get_ranges` gives."""
        return self._listing("get_ranges", key, lambda: self._store.get_ranges(key, byte_ranges, prototype=prototype))

    def list_pages(self, prefix: str = "") -> AsyncIterator[builtins.list[str]]:
        """Give what the inner store's `list_pages` gives."""
        return self._listing("list_pages", prefix, lambda: self._store.list_pages(prefix))


@cache
def _class_with(kind: type[LoggingStore], lacking: frozenset[str], further: frozenset[str]) -> type[Any]:
    """Return `kind` without the calls in `lacking`, and with those in `further`."""
    members: dict[str, object] = {name: vars(_Further)[name] for name in further}
    members |= dict.fromkeys(lacking)  # a member that is None is none of a protocol
    if lacking:
        members["__getattribute__"] = _hiding(lacking)
    members |= {"__module__": kind.__module__, "__qualname__": kind.__qualname__, "__doc__": kind.__doc__, "_called": kind}
    made: type[Any] = type(kind.__name__, (kind,), members)
    return made


def _hiding(names: frozenset[str]) -> Callable[[object, str], object]:
    """Return a `__getattribute__` that does not find `names`."""

    def find(self: object, name: str) -> object:
        if name in names:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}: the store in it does not offer it")
        return object.__getattribute__(self, name)

    return find


class _Call:
    """One call that is heard: told of when it ends."""

    __slots__ = ("_begun", "_operation", "_subject", "_tell")

    def __init__(self, tell: _Tell, operation: str, subject: object) -> None:
        self._tell = tell
        self._operation = operation
        self._subject = subject

    def __enter__(self) -> None:
        self._begun = perf_counter()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        # A listing that is left early ends by GeneratorExit, which is no failure.
        failure = None if isinstance(error, GeneratorExit) else error
        self._tell(self._operation, self._subject, perf_counter() - self._begun, failure)


class _Unheard:
    """A call that nobody hears."""

    __slots__ = ()

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None: ...


_UNHEARD: Final = _Unheard()


class _Subject:
    """What a call was of, where it was not one key: several keys; or something else, of which only the class is told."""

    __slots__ = ("_subject",)

    def __init__(self, subject: object) -> None:
        self._subject = subject

    def __repr__(self) -> str:
        subject = self._subject
        if not isinstance(subject, list):
            return f"<{type(subject).__name__}>"
        asked = cast("list[object]", subject)
        keys = [cast("tuple[object, ...]", item)[0] for item in asked if isinstance(item, tuple) and item]
        return ", ".join([str.__repr__(key) if isinstance(key, str) else f"<{type(key).__name__}>" for key in keys])
