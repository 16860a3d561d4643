"""The parent's side: jobs in other processes, heard and killed from this one."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, TypeAlias, cast

_BOOTSTRAP = "import sys; sys.path.append(sys.argv[1]); from conformance.durability.server import main; main()"
_JOBS = ["conformance.durability.jobs", "conformance.durability.faults", "conformance.concurrency.thread_search"]
_ONE_THREAD = dict.fromkeys(("BLOSC_NTHREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
"""Numerical libraries start threads when they are imported, unless they are told to do without: a server could not be forked."""
_STARTING = 60.0
"""Seconds for the server to import a store."""
_LAST_WORDS = 5.0

Message: TypeAlias = tuple[str, Any]
_Inbox: TypeAlias = "queue.SimpleQueue[Message]"


class UnusableError(Exception):
    """Another process cannot import what it needs; the message says why."""


class SilentError(Exception):
    """A job said nothing for longer than it was given."""


class Processes:
    """Starts jobs in other processes of this interpreter, all of them dead at the latest when it is closed.

    A server is started with the first job. Each job is a fork of it, so that the store is imported once; where the server has
    more than one thread once it has imported the store, or the system is not Linux, each job is a server of its own.

    Args:
        modules: what the server imports, by name.
    """

    def __init__(self, modules: list[str]) -> None:
        self._modules = [*_JOBS, *modules]
        self._server: _Server | None = None
        self._used: list[_Server] = []
        self._jobs = 0
        self.remembered: dict[str, Any] = {}
        """What clauses that need the same jobs leave for each other."""

    def forks(self) -> bool:
        """Whether jobs are forks of one server."""
        return self._ready().forking

    def start(self, job: str, given: Any) -> Process:
        """Start the job `module:function`, which is called with `given`, any JSON, and its `Line`.

        Raises:
            UnusableError: the other process cannot import the store.
        """
        server = self._ready()
        self._jobs += 1
        process = Process(server, self._jobs)
        server.send({"job": self._jobs, "function": job, "given": given})
        if server.forking:
            process.begin()
        else:
            self._used.append(server)
            self._server = None
        return process

    def close(self) -> None:
        """Kill what still runs."""
        for server in [*self._used, *([self._server] if self._server else [])]:
            server.close()
        self._used, self._server = [], None

    def _ready(self) -> _Server:
        if self._server is None:
            self._server = _Server(self._modules)
        return self._server


class _Server:
    def __init__(self, modules: list[str]) -> None:
        self._lock = threading.Lock()
        self._inboxes: dict[int, _Inbox] = {}
        self.process = subprocess.Popen(  # noqa: S603  # this interpreter, and a program that is a constant
            [sys.executable, "-c", _BOOTSTRAP, str(Path(__file__).parents[2])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_ONE_THREAD},
            start_new_session=True,
        )
        said = self.inbox(0)
        self._reader = threading.Thread(target=self._read, name="conformance-processes", daemon=True)
        self._reader.start()
        self.send({"path": [str(Path.cwd() / entry) for entry in sys.path], "modules": modules})
        try:
            kind, value = said.get(timeout=_STARTING)
        except queue.Empty:
            kind, value = "unusable", f"it had not imported {', '.join(modules)} after {_STARTING:g} s"
        if kind != "ready":
            self.close()
            raise UnusableError(str(value))
        self.forking: bool = value == "forks"

    def inbox(self, job: int) -> _Inbox:
        """Where the messages of a job come to."""
        with self._lock:
            return self._inboxes.setdefault(job, queue.SimpleQueue())

    def send(self, order: Any) -> None:
        """Give an order; a server that is dead takes none."""
        orders = cast("IO[bytes]", self.process.stdin)
        if orders.closed:
            return
        with suppress(BrokenPipeError):
            orders.write(json.dumps(order).encode() + b"\n")
            orders.flush()

    def close(self) -> None:
        """Kill it, and all that it started."""
        if sys.platform == "win32":
            self.process.kill()
        elif self.process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):  # the group is dead
                os.killpg(self.process.pid, signal.SIGKILL)
        with suppress(BrokenPipeError):
            cast("IO[bytes]", self.process.stdin).close()
        self.process.wait()
        self._reader.join(_LAST_WORDS)
        cast("IO[bytes]", self.process.stdout).close()

    def _read(self) -> None:
        for line in cast("IO[bytes]", self.process.stdout):
            job, kind, value = json.loads(line)
            self.inbox(job).put((kind, value))
        self.process.wait()
        with self._lock:
            inboxes = list(self._inboxes.values())
        for inbox in inboxes:
            inbox.put(("ended", self.process.returncode))


class Process:
    """One job in another process."""

    def __init__(self, server: _Server, job: int) -> None:
        self._server = server
        self._inbox = server.inbox(job)
        self._id = server.process.pid
        self.ended = False
        """Whether nothing more will come."""

    def begin(self) -> None:
        """Wait until the fork says which process it is."""
        kind, value = self._inbox.get(timeout=_STARTING)
        if kind == "started":
            self._id = value
        else:
            self.ended = True

    def receive(self, seconds: float) -> Message:
        """Return the next message: its kind and value; of kind `ended` once the process is dead.

        Raises:
            SilentError: none came in time.
        """
        if self.ended:
            return "ended", None
        try:
            kind, value = self._inbox.get(timeout=seconds)
        except queue.Empty:
            raise SilentError from None
        if kind == "ended":
            self.ended = True
            if self._server.forking:
                self._server.send({"reap": self._id})
        return kind, value

    def kill(self, seconds: float) -> list[Message]:
        """Kill the process, and return what it had said that was not received yet."""
        if not self.ended and sys.platform != "win32" and self._server.forking:
            with suppress(ProcessLookupError):
                os.kill(self._id, signal.SIGKILL)
        elif not self.ended:
            self._server.process.kill()
        left: list[Message] = []
        while not self.ended:
            message = self.receive(seconds)
            if message[0] != "ended":
                left.append(message)
        return left
