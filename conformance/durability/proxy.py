"""A proxy on loopback between a store and its backend, which disturbs what comes back on a plan."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_BLANK = b"\r\n\r\n"
_BETWEEN = (b"connection:", b"expect:")
"""Header fields that are between the store and the proxy alone."""


@dataclass(frozen=True, kw_only=True)
class Disturbance:
    """One entry of a plan: its class says what happens, the rest when.

    Attributes:
        after: how many requests go well first.
        times: how many requests it then happens to; every one for None.
    """

    after: int = 0
    times: int | None = None

    def due(self, requests: int) -> bool:
        """Whether it happens to the request that `requests` others came before."""
        return requests >= self.after and (self.times is None or requests < self.after + self.times)


@dataclass(frozen=True, kw_only=True)
class Delayed(Disturbance):
    """The answer comes later."""

    seconds: float

    def __str__(self) -> str:
        return f"the backend took {self.seconds:g} s for each answer"


@dataclass(frozen=True, kw_only=True)
class Answered(Disturbance):
    """The backend is not asked; the answer is this status."""

    status: HTTPStatus

    def __str__(self) -> str:
        return f"the backend answered {self.status.value}"


@dataclass(frozen=True, kw_only=True)
class Cut(Disturbance):
    """The connection ends without an answer."""

    def __str__(self) -> str:
        return "the connection to the backend was cut before the answer"


@dataclass(frozen=True, kw_only=True)
class Shortened(Disturbance):
    """Half of the answer's body comes, and the connection ends."""

    def __str__(self) -> str:
        return "the connection to the backend was cut in the middle of the answer"


class Proxy:
    """Passes requests on to a backend, from a thread of its own, until the end of a `with` block.

    Args:
        backend: its URL, `http://host:port`.

    Raises:
        ValueError: it is no such URL.
    """

    def __init__(self, backend: str) -> None:
        parts = urlsplit(backend)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"the backend {backend!r} cannot be reached through a proxy: give a URL http://host:port on loopback")
        self._backend = parts.hostname, parts.port or 80
        self._plan: tuple[Disturbance, ...] = ()
        self._requests = 0
        self._ready = threading.Event()
        self._loop = asyncio.SelectorEventLoop()
        self._thread = threading.Thread(target=self._run, name="conformance-proxy", daemon=True)
        self._ended = asyncio.Event()
        self._serving: set[asyncio.Task[None]] = set()
        self._port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    def follow(self, *plan: Disturbance) -> None:
        """Follow another plan; requests are counted from here. Without one, all goes well."""
        self._plan, self._requests = plan, 0

    def close(self) -> None:
        """Listen no more: whoever connects is refused."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._listen())

    async def _listen(self) -> None:
        # Not asyncio's server: one that is closed while it accepts leaves a connection open.
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.settimeout(0)
            self._port = listening.getsockname()[1]
            self._loop.add_reader(listening, self._accept, listening)
            self._ready.set()
            await self._ended.wait()
            self._loop.remove_reader(listening)
        for task in self._serving:
            task.cancel()
        if self._serving:
            await asyncio.wait(self._serving)
        await asyncio.sleep(0)  # for connections that are closed to be gone

    def _accept(self, listening: socket.socket) -> None:
        try:
            connection, _ = listening.accept()
        except OSError:
            return  # who came has gone
        connection.settimeout(0)
        task = self._loop.create_task(self._serve(connection))
        self._serving.add(task)

        def end(_: asyncio.Task[None]) -> None:
            self._serving.discard(task)
            connection.close()  # where the task was cancelled before its first step, too

        task.add_done_callback(end)

    async def _serve(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=connection)
        try:
            with suppress(OSError, EOFError, asyncio.LimitOverrunError):  # one of the two has gone
                await self._answer(reader, writer)
                writer.close()
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(_BLANK)
        if _field(head, b"expect"):
            writer.write(b"HTTP/1.1 100 Continue" + _BLANK)
        body = await _body(head, reader)
        due = [entry for entry in self._plan if entry.due(self._requests)]
        self._requests += 1
        shortened = False
        for entry in due:
            match entry:
                case Delayed():
                    await asyncio.sleep(entry.seconds)
                case Cut():
                    return
                case Answered():
                    status = entry.status
                    head = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Length: 0\r\nConnection: close".encode()
                    writer.write(head + _BLANK)
                    await writer.drain()
                    return
                case _:
                    shortened = True
        answer = await self._ask(head, body)
        if shortened:
            begin = answer.index(_BLANK) + len(_BLANK)
            answer = answer[: begin + (len(answer) - begin) // 2]
        writer.write(answer)
        await writer.drain()

    async def _ask(self, head: bytes, body: bytes) -> bytes:
        """Return the backend's whole answer."""
        reader, writer = await asyncio.open_connection(*self._backend)
        try:
            lines = [line for line in head[: -len(_BLANK)].split(b"\r\n") if not line.lower().startswith(_BETWEEN)]
            writer.write(b"\r\n".join([*lines, b"Connection: close"]) + _BLANK + body)
            await writer.drain()
            return await reader.read()
        finally:
            writer.close()


def _field(head: bytes, name: bytes) -> bytes:
    """A header field of a request; empty where there is none."""
    for line in head.split(b"\r\n"):
        found, colon, value = line.partition(b":")
        if colon and found.strip().lower() == name:
            return value.strip()
    return b""


async def _body(head: bytes, reader: asyncio.StreamReader) -> bytes:
    """The body of a request, as it was sent."""
    if b"chunked" not in _field(head, b"transfer-encoding").lower():
        return await reader.readexactly(int(_field(head, b"content-length") or 0))
    parts: list[bytes] = []
    while True:
        size = await reader.readuntil(b"\r\n")
        chunk = await reader.readexactly(int(size.partition(b";")[0], 16) + 2)
        parts += [size, chunk]
        if chunk == b"\r\n":
            return b"".join(parts)
