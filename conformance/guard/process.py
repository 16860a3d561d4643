"""The parent's side of the guard: start the child, watch it, end it, and say what it did."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Event, Thread, Timer
from typing import IO, NamedTuple, cast

from conformance.guard.scratch import ScratchTree, disturbances, make_decoys, scratch_tree
from conformance.guard.system_calls import AUDIT_ARCHITECTURE
from conformance.guard.unprivileged import spare_user
from conformance.guard.values import JSON, Attempt, Disturbance, Measure, binds_native

_BOOTSTRAP = "import sys; sys.path.append(sys.argv[1]); from conformance.guard.child import main; main()"
_MOST_STDERR = 8192
_LAST_WORDS = 10.0
"""Seconds for what a dead child wrote to arrive: all of them pass only if something that escaped holds its pipes."""


class GuardResult(NamedTuple):
    """What came of a job.

    Args:
        messages: what it sent, in order.
        attempts: what it tried to change or start and was refused, in order.
        disturbances: what outside the roots was changed all the same.
        enforcement: the means by which it was confined; empty where it died before it was.
        returned: whether it returned.
        error: the traceback of the exception that it raised instead.
        timed_out: whether it was killed at its deadline.
        exit_status: the process's exit status, or minus the number of the signal that ended it.
        stderr: the end of what it wrote to standard error and standard output.
    """

    messages: list[JSON]
    attempts: list[Attempt]
    disturbances: tuple[Disturbance, ...]
    enforcement: frozenset[Measure]
    returned: bool
    error: str | None
    timed_out: bool
    exit_status: int
    stderr: str

    @property
    def binds_native(self) -> bool:
        """Whether the operating system held back native code and subprocesses too."""
        return binds_native(self.enforcement)


def run_guarded(job: str, payload: JSON, *, deadline: float, roots: int = 128) -> GuardResult:
    """Run a job in a child process that can change nothing but the roots of stores in a scratch tree.

    The child is a fresh interpreter with this process's search path and environment, but for its home, its working directory and
    its temporary directory, which lie in the scratch tree. The tree is removed in the end.

    Args:
        job: `module:function`; it is called with `payload` and a `GuardedWorld`.
        payload: any JSON.
        deadline: the seconds until the child and all that it started are killed.
        roots: for how many stores the scratch tree has room.
    """
    path = [str(Path.cwd() / entry) for entry in sys.path]
    user = spare_user([sys.base_prefix, sys.prefix, *path])
    with scratch_tree(roots, user) as tree:
        order = {"job": job, "payload": payload, "deadline": deadline, "path": path, "tree": tree._asdict(), "user": user}
        heard = _Heard(tree)
        exit_status, timed_out = _run(tree, user, order, deadline, heard)
        return GuardResult(
            messages=heard.messages,
            attempts=heard.attempts,
            disturbances=disturbances(heard.before, tree.survey()),
            enforcement=frozenset(heard.enforcement),
            returned=heard.returned,
            error=heard.error,
            timed_out=timed_out,
            exit_status=exit_status,
            stderr=heard.stderr.decode(errors="replace"),
        )


class _Heard:
    """What the child, and the watch over it, have said so far."""

    def __init__(self, tree: ScratchTree) -> None:
        self.before = tree.survey()
        self._tree = tree
        self.messages: list[JSON] = []
        self.attempts: list[Attempt] = []
        self.enforcement: list[Measure] = []
        self.returned = False
        self.error: str | None = None
        self.stderr = b""

    def listen(self, lines: IO[bytes], answers: int) -> None:
        """Hear the child out, and answer what it asks."""
        for line in lines:
            if not line.endswith(b"\n"):
                return  # it died in the middle
            kind, value = json.loads(line)
            match kind:
                case "message":
                    self.messages.append(value)
                case "attempt":
                    self.attempts.append(Attempt(*value))
                case "attempts":
                    _send(answers, self.attempts[value:])
                case "decoys":
                    slot = self._tree.slots[int(value)]
                    decoys = make_decoys(Path(slot), "neighbour")
                    self.before |= self._tree.survey(slot)
                    _send(answers, decoys)
                case "enforcement":
                    self.enforcement = value
                case "error":
                    self.error = value
                case _:
                    self.returned = True

    def read(self, output: IO[bytes]) -> None:
        """Keep the end of what the child writes to standard error."""
        for line in output:
            self.stderr = (self.stderr + line)[-_MOST_STDERR:]


def _send(handle: int, value: JSON) -> None:
    line = memoryview(json.dumps(value).encode() + b"\n")
    with suppress(BrokenPipeError):  # it is dead: how, its exit status says
        while line:
            line = line[os.write(handle, line) :]


def _run(tree: ScratchTree, user: int | None, order: dict[str, JSON], deadline: float, heard: _Heard) -> tuple[int, bool]:
    """Let a child live; return its exit status and whether it was killed at the deadline."""
    threads: list[Thread] = []
    with ExitStack() as stack:
        connection = None
        if sys.platform == "linux" and os.uname().machine in AUDIT_ARCHITECTURE:
            import socket

            from conformance.guard.watch import Watch

            ours, theirs = socket.socketpair()
            connection = stack.enter_context(theirs).fileno()  # only the child is to hold it: when it dies, the watch ends
            watch = Watch(ours, (*tree.roots, tree.temporary), user, heard.attempts.append)
            threads.append(_thread(watch.run))
        process = _start(tree, connection)
    orders, lines, output = (cast("IO[bytes]", stream) for stream in (process.stdin, process.stdout, process.stderr))
    with process:
        try:
            threads += [_thread(heard.listen, lines, orders.fileno()), _thread(heard.read, output)]
            timed_out = _wait(process, {**order, "watch": connection}, deadline)
        finally:
            _kill(process)
            process.wait()
            for thread in threads:
                thread.join(_LAST_WORDS)
    return process.returncode, timed_out


def _thread(target: Callable[..., None], *arguments: object) -> Thread:
    thread = Thread(target=target, args=arguments, daemon=True)
    thread.start()
    return thread


def _start(tree: ScratchTree, connection: int | None) -> subprocess.Popen[bytes]:
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        **dict.fromkeys(("HOME", "USERPROFILE"), tree.home),
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP", "XDG_CACHE_HOME"), tree.temporary),
        "PYTHONDONTWRITEBYTECODE": "1",  # it would be an attempt
        "PYTHONFAULTHANDLER": "1",
    }
    return subprocess.Popen(  # noqa: S603  # this interpreter, and a program that is a constant
        [sys.executable, "-S", "-P", "-c", _BOOTSTRAP, str(Path(__file__).parents[2])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tree.working,
        env=environment,
        pass_fds=() if connection is None else (connection,),
        start_new_session=True,
    )


def _wait(process: subprocess.Popen[bytes], order: dict[str, JSON], deadline: float) -> bool:
    """Give the order and wait until the child is dead; return whether it had to be killed."""
    late = Event()

    def stop() -> None:
        late.set()
        _kill(process)

    timer = Timer(deadline, stop)
    timer.daemon = True
    timer.start()
    try:
        _send(cast("IO[bytes]", process.stdin).fileno(), order)
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # leaves its id taken, so that its group can be killed
        else:
            process.wait()
    finally:
        timer.cancel()
        timer.join()
    return late.is_set()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the child and all of its process group, unless its id may already be another's."""
    if process.returncode is not None:
        return
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError, PermissionError):  # the group is dead
            os.killpg(process.pid, signal.SIGKILL)
