"""Where a stepped thread stands still: before each system call on a file, as Python's audit events and profiler tell of it.

Hooks of audit events stay for as long as the process does: they are set in a process that is made for it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from inspect import currentframe
from types import FrameType
from typing import Any

_AUDITED = frozenset({
    "open", "os.chflags", "os.chmod", "os.chown", "os.link", "os.listdir", "os.listxattr", "os.lockf", "os.mkdir", "os.remove",
    "os.removexattr", "os.rename", "os.rmdir", "os.scandir", "os.setxattr", "os.symlink", "os.truncate", "os.utime",
    "fcntl.flock", "fcntl.lockf",
})  # fmt: skip
"""The audit events of system calls that read or change files."""

_LEAVING = {
    "os.exec": "it started a process",
    "os.fork": "it started a process",
    "os.forkpty": "it started a process",
    "os.posix_spawn": "it started a process",
    "os.spawn": "it started a process",
    "os.system": "it started a process",
    "subprocess.Popen": "it started a process",
    "socket.bind": "it opened a socket",
    "socket.connect": "it opened a socket",
    "socket.getaddrinfo": "it looked up a host",
    "sqlite3.connect": "it works in native code",
}
"""The audit events of what is done where no thread can be stepped, and what a store that does it does."""

_SILENT = frozenset([
    getattr(os, name)
    for name in (
        "access", "copy_file_range", "fdatasync", "fstat", "fsync", "ftruncate", "lstat", "posix_fallocate", "pread", "preadv",
        "pwrite", "pwritev", "read", "readlink", "readv", "sendfile", "stat", "write", "writev",
    )
    if hasattr(os, name)
])  # fmt: skip
"""The functions of system calls on files that raise no audit event."""
_OF_FILES = frozenset({
    "close", "flush", "read", "read1", "readall", "readinto", "readline", "readlines", "truncate", "write", "writelines",
})  # fmt: skip
"""The methods of open files that may come to a system call."""


class Hooks:
    """Says of the threads that it is asked to follow where they stand, and how they leave Python.

    Args:
        stand: called in a thread that is about to make a system call, with the name of the call, and whether it is audited.
        leave: called in a thread that leaves Python, with what it does.
        follows: whether the calls of the thread that asks are of interest.
    """

    def __init__(self, stand: Callable[[str, bool], None], leave: Callable[[str], None], follows: Callable[[], bool]) -> None:
        self._stand = stand
        self._leave = leave
        self._follows = follows

    def install(self) -> None:
        """Set the hook of audit events, for as long as this process is."""
        sys.addaudithook(self._audit)

    def profile(self, frame: FrameType, event: str, called: Any) -> None:  # noqa: ARG002  # as the interpreter calls it
        """Take note of a call of C code in this thread: a function for `sys.setprofile`."""
        if event != "c_call" or not self._follows():
            return
        if called in _SILENT:
            self._come_to(f"os.{called.__name__}", audited=False)
        elif called.__name__ in _OF_FILES and _is_file(called.__self__):
            self._come_to(f"file.{called.__name__}", audited=False)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _AUDITED:
            if self._follows():
                self._come_to(_opened(arguments) if event == "open" else event, audited=True)
        elif event in _LEAVING and self._follows():
            self._leave(_LEAVING[event])

    def _come_to(self, name: str, *, audited: bool) -> None:
        if not _imports(currentframe()):
            self._stand(name, audited)


def _opened(arguments: tuple[Any, ...]) -> str:
    flags = arguments[2] if len(arguments) > 2 and isinstance(arguments[2], int) else 0
    return "open to write" if flags & (os.O_WRONLY | os.O_RDWR) else "open"


def _is_file(owner: object) -> bool:
    """Whether this is an open file, and none of those that are in memory, or of what is printed."""
    kind = type(owner)
    if kind.__module__ != "_io" or kind.__name__ in ("BytesIO", "StringIO"):
        return False
    return owner is not sys.stdout and owner is not sys.stderr


def _imports(frame: FrameType | None) -> bool:
    """Whether a module is being imported: once, under a lock of the interpreter's."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
