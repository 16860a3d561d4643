"""fsspec file systems: made from a URL, made asynchronous, one for each event loop, so many requests at once.

fsspec has no types worth the name, so this module and the protocols of the calls that the media make are where they begin.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Mapping
from threading import Lock
from types import TracebackType
from typing import Any, Final, Generic, Protocol
from weakref import WeakKeyDictionary, finalize, ref

from typing_extensions import TypeVar

from reference_stores.credentials import Secrets, secrets_in_options, secrets_in_url

F = TypeVar("F")


class AsyncFileSystem(Protocol):
    """What a file system shows of itself; `fsspec.asyn.AsyncFileSystem` is such."""

    @property
    def async_impl(self) -> bool:
        """Whether it has asynchronous calls."""
        ...

    @property
    def asynchronous(self) -> bool:
        """Whether it was made to be used from within an event loop."""
        ...

    @property
    def protocol(self) -> Any:
        """The names of its protocol, `"s3"` for example."""
        ...


def require_fsspec(module: str = "fsspec") -> Any:
    """Return a module of fsspec.

    Raises:
        ImportError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "fsspec":
            raise
        raise ImportError("RemoteStore needs fsspec, which is not installed: pip install 'storeproto[remote]'") from error


def inner(fs: Any) -> Any:
    """Return the synchronous file system in a wrapper; any other as it is."""
    return getattr(fs, "sync_fs", fs)


def kind_of(fs: object) -> Any:
    """Return the class of `fs`."""
    return type(fs)


def open_url(url: str, storage_options: Mapping[str, Any] | None) -> tuple[AsyncFileSystem, str]:
    """Return a new asynchronous file system for `url`, and the path that `url` names in it.

    Raises:
        ImportError: fsspec, or the package that serves the URL's protocol, is not installed.
        ValueError: the protocol is not known, or the options do not fit it.
    """
    core = require_fsspec("fsspec.core")
    options = dict(storage_options or {})
    kind = core.get_filesystem_class(core.split_protocol(url)[0] if "::" not in url else url.partition("::")[0])
    if getattr(kind, "async_impl", False):
        options.setdefault("asynchronous", True)
    elif getattr(kind, "local_file", False):
        options.setdefault("auto_mkdir", True)
    # fsspec hands out the same object again where the options are the same, with connections that may belong to a loop that ended.
    fs, path = core.url_to_fs(url, skip_instance_cache=True, **options)
    return make_asynchronous(fs), path


def make_asynchronous(fs: Any) -> AsyncFileSystem:
    """Return `fs` where it is asynchronous, a copy made so where it can be, and a wrapper where it cannot."""
    if not fs.async_impl:
        wrapper = require_fsspec("fsspec.implementations.asyn_wrapper").AsyncFileSystemWrapper
        wrapped: AsyncFileSystem = wrapper(fs, asynchronous=True)
        return wrapped
    made: AsyncFileSystem = fs if fs.asynchronous else copy(fs)
    return made


def copy(fs: Any) -> Any:
    """Return a new asynchronous file system made as `fs` was, with no connections yet."""
    return make(kind_of(fs), fs.storage_args, fs.storage_options)


def make(kind: Callable[..., Any], arguments: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
    """Return a new asynchronous file system."""
    kept = {name: value for name, value in options.items() if name not in ("asynchronous", "loop", "skip_instance_cache")}
    return kind(*arguments, **kept, asynchronous=True, skip_instance_cache=True)


def recipe(fs: Any) -> tuple[object, ...]:
    """Return what `fs` was made from: equal for two that reach the same files in the same way."""
    fs = inner(fs)
    told: dict[str, Any] = {
        name: value for name, value in fs.storage_options.items() if name not in ("asynchronous", "loop", "skip_instance_cache")
    }
    return (kind_of(fs), fs.storage_args, told)


class Connection(Generic[F]):
    """The file system for one event loop. `async with` a request: so many at once, and no credential in the error of one."""

    __slots__ = ("_fs", "_places", "_secrets")

    def __init__(self, fs: F, requests: int, secrets: Secrets) -> None:
        self._fs = fs
        self._places = asyncio.Semaphore(requests)
        self._secrets = secrets

    async def __aenter__(self) -> F:
        await self._places.acquire()
        return self._fs

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._places.release()
        if isinstance(error, Exception):
            masked = self._secrets.masked(error)
            if masked is not None:
                raise masked from None


class FileSystems(Generic[F]):
    """The file system that a store was given, and the copies of it that serve further event loops.

    A file system's connections belong to the event loop in which they were opened. The one given serves the first loop; a wrapped
    synchronous one has no connections of that sort, and serves them all.

    Args:
        fs: the file system.
        path: the root, whose credentials are masked in errors.
        owned: its connections are closed with the store; those of copies always are.
        requests: how many requests of one event loop may be under way.
    """

    def __init__(self, fs: Any, path: str, *, owned: bool, requests: int) -> None:
        if requests < 1:
            raise ValueError(f"concurrent_requests={requests} is not allowed: at least one request must be possible")
        self.fs: Final = fs
        self.owned: Final = owned
        self.requests: Final = requests
        self.secrets: Final = Secrets(
            iter(
                [
                    *secrets_in_url(path),
                    *secrets_in_options(inner(fs).storage_options),
                    *secrets_in_options(inner(fs).storage_args),
                ]
            )
        )
        self._lock = Lock()
        self._handles = 1
        self._given = fs.asynchronous or inner(fs) is not fs
        self._connections: WeakKeyDictionary[asyncio.AbstractEventLoop, Connection[F]] = WeakKeyDictionary()
        self._ours: list[tuple[ref[asyncio.AbstractEventLoop], Any]] = []
        finalize(self, _disconnect, self._ours)

    def request(self) -> Connection[F]:
        """Return the connection for the running event loop, to be entered for each request."""
        loop = asyncio.get_running_loop()
        connection = self._connections.get(loop)
        return self._connect(loop) if connection is None else connection

    def _connect(self, loop: asyncio.AbstractEventLoop) -> Connection[F]:
        with self._lock:
            bound = inner(self.fs) is self.fs
            fs = self.fs if self._given or not bound else copy(self.fs)
            self._given = self._given and not bound
            if fs is not self.fs or (self.owned and not self._ours):
                self._ours.append((ref(loop), fs))
            connection: Connection[F] = Connection(fs, self.requests, self.secrets)
            self._connections[loop] = connection
            return connection

    def share(self) -> None:
        """Take note of one more handle."""
        with self._lock:
            self._handles += 1

    def close(self) -> None:
        """Take note that a handle has ended; with the last one, the connections end."""
        with self._lock:
            self._handles -= 1
            if self._handles == 0:
                self._connections.clear()
                _disconnect(self._ours)


def _disconnect(ours: list[tuple[ref[asyncio.AbstractEventLoop], Any]]) -> None:
    """Close the connections of file systems, without waiting for the servers' goodbyes."""
    while ours:
        loop_or_none, fs = ours.pop()
        loop = loop_or_none()
        for close in _closers(fs):
            if loop is not None and loop.is_running() and loop is not _running_loop():
                loop.call_soon_threadsafe(close)
            else:
                close()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _closers(fs: Any) -> list[Callable[[], object]]:
    """What closes the connections of a file system: webdav4's, those of aiohttp in fsspec's own and gcsfs, below s3fs and adlfs."""
    webdav_client: Any = getattr(getattr(inner(fs), "client", None), "http", None)
    s3_client: Any = getattr(getattr(getattr(fs, "_s3", None), "_endpoint", None), "http_session", None)
    sessions: dict[Any, Any] = getattr(s3_client, "_sessions", None) or {}
    azure_pipeline: Any = getattr(getattr(fs, "service_client", None), "_pipeline", None)
    azure_session: Any = getattr(getattr(azure_pipeline, "_transport", None), "session", None)
    every = [getattr(fs, "_session", None), azure_session, *sessions.values()]
    connectors = [getattr(session, "_connector", None) for session in every]
    # The way fsspec itself closes connectors where it cannot wait; there is no public one.
    found = [getattr(webdav_client, "close", None), *[getattr(connector, "_close", None) for connector in connectors]]
    return [close for close in found if close is not None]
