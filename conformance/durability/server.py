"""The server process: it has imported the store, and starts each job in a fork of itself, or is the job where it cannot."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from conformance.durability.line import Line


def main() -> NoReturn:
    """Take orders from standard input, one a line, until it ends."""
    orders, answers = _take_standard_streams()
    settings = json.loads(_read_line(orders))
    sys.path[:] = settings["path"]
    _end_with_the_parent()
    said = Line(answers, 0)
    try:
        for module in settings["modules"]:
            import_module(module)
    except BaseException as error:  # noqa: BLE001  # whatever it is, the parent reports it
        said.send_text("unusable", f"{type(error).__name__}: {error}")
        os._exit(1)
    if not _can_fork():
        said.send("ready", "single")
        order = json.loads(_read_line(orders) or b"null")
        if order is not None:
            _perform(order, answers)
        os._exit(0)
    said.send("ready", "forks")
    _Nursery(orders, answers).serve()


class _Nursery:
    """Forks a process for each job, and says when one has ended."""

    def __init__(self, orders: int, answers: int) -> None:
        self._orders = orders
        self._answers = answers
        self._running: dict[int, int] = {}
        ears, mouth = os.pipe()
        os.set_blocking(mouth, False)
        self._deaths = ears
        signal.signal(signal.SIGCHLD, _wake_up)
        signal.set_wakeup_fd(mouth, warn_on_full_buffer=False)

    def serve(self) -> NoReturn:
        while True:
            ready, _, _ = select.select([self._orders, self._deaths], [], [])
            if self._deaths in ready:
                os.read(self._deaths, 4096)
                self._announce_deaths()
            if self._orders in ready:
                line = _read_line(self._orders)
                if not line:
                    os._exit(0)
                order = json.loads(line)
                if "reap" in order:
                    os.waitpid(order["reap"], 0)
                else:
                    self._start(order)

    def _start(self, order: dict[str, Any]) -> None:
        process = os.fork()
        if process == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(self._orders)
            _end_with_the_parent()
            Line(self._answers, order["job"]).send("started", os.getpid())
            _perform(order, self._answers)
        self._running[order["job"]] = process

    def _announce_deaths(self) -> None:
        """Say which processes have ended, and leave their ids taken until the parent gives them up."""
        for job, process in list(self._running.items()):
            found = os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if found is not None:
                del self._running[job]
                Line(self._answers, job).send("ended", found.si_status)


def _wake_up(number: int, frame: object) -> None:
    """Let the signal interrupt what is waited for; the wake-up handle says the rest."""


def _perform(order: dict[str, Any], answers: int) -> NoReturn:
    line = Line(answers, order["job"])
    try:
        module, _, name = order["function"].partition(":")
        getattr(import_module(module), name)(order["given"], line)
        line.send("returned")
    except SystemExit:
        line.send("returned")
        raise
    except BaseException as error:  # noqa: BLE001  # a native panic too
        line.send_text("raised", f"{type(error).__name__}: {error}")
    os._exit(0)  # no store's thread or exit handler keeps the process alive


def _take_standard_streams() -> tuple[int, int]:
    """Take standard input and output for orders and answers; what a store prints is lost."""
    orders, answers = os.dup(0), os.dup(1)
    with Path(os.devnull).open("r+b") as nothing:
        for stream in range(3):
            os.dup2(nothing.fileno(), stream)
    return orders, answers


def _read_line(handle: int) -> bytes:
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(handle, 1)):
        line += byte
    return line


def _can_fork() -> bool:
    """Whether a fork of this process is sure to work: nothing but this thread, on a system where that can be known."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return False
    return len(list(Path("/proc/self/task").iterdir())) == 1


def _end_with_the_parent() -> None:
    if sys.platform == "linux":
        from conformance.guard.linux import PR_SET_PDEATHSIG, control_process

        control_process(PR_SET_PDEATHSIG, signal.SIGKILL)
