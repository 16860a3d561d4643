"""Whether a thread of this process sleeps until another lets go of a lock, as the operating system says (Linux)."""

from __future__ import annotations

import ctypes
import platform
import sys
from functools import cache
from pathlib import Path
from typing import TypeAlias

_FUTEX = {"x86_64": "202", "aarch64": "98"}
"""The number of the system call in which a thread waits for a lock in memory, by machine."""
_FILE_LOCKS = {"x86_64": ("72", "73"), "aarch64": ("25", "32")}
"""Those in which it waits for the lock of a file: fcntl and flock."""

Sleep: TypeAlias = tuple[str, str]
"""One sleep of a thread: the processor's time that it had before, and how often it had been put on a processor."""


@cache
def tells_of_locks() -> bool:
    """Whether this system says what its threads wait for."""
    return sys.platform == "linux" and platform.machine() in _FUTEX and Path("/proc/thread-self/syscall").exists()


def sleep_for_lock(thread: int) -> Sleep | None:
    """Return which sleep a thread is in, if it waits for a lock (of Python's or of a file); None where it does anything else.

    A thread for which the same sleep is returned twice has not run in between. One that waits for the disk, for a processor, or
    for the interpreter itself, does not sleep in this sense.

    Args:
        thread: its number, as the system gives it (`threading.Thread.native_id`).
    """
    folder = f"/proc/self/task/{thread}"
    try:
        ran = Path(f"{folder}/schedstat").read_text(encoding="ascii").split()
        state = Path(f"{folder}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
        call = Path(f"{folder}/syscall").read_text(encoding="ascii").split()
    except (OSError, IndexError):
        return None
    return (ran[0], ran[2]) if state == "S" and _is_for_lock(call) else None


def _is_for_lock(call: list[str]) -> bool:
    """Whether this is the wait for a lock: the number of a system call, and its arguments."""
    machine = platform.machine()
    if call[0] in _FILE_LOCKS.get(machine, ()):
        return True
    if call[0] != _FUTEX.get(machine) or len(call) < 2:
        return False
    first, end = _interpreter()
    return not first <= int(call[1], 16) < end


@cache
def _interpreter() -> tuple[int, int]:
    """From where to where the interpreter's own variables are, its lock among them."""
    try:
        variable = ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, "_PyRuntime"))
    except (ValueError, AttributeError):
        return 0, 0
    first = end = 0
    for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines():
        span, *_, name = [*line.split(maxsplit=5), ""][:6]
        start, stop = [int(place, 16) for place in span.split("-")]
        if start <= variable < stop:
            first, end = start, stop
        elif end and start == end and not name.strip():
            end = stop  # what is zero at the beginning has no name, and follows
    return first, end
