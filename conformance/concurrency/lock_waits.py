"""Whether a thread of this process sleeps until another lets go of a lock, as the operating system says (Linux)."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import TypeAlias

_CALLS = {"x86_64": {"202", "73", "72"}, "aarch64": {"98", "32", "25"}}
"""The numbers of the system calls in which a thread waits for a lock, by machine: futex, flock, fcntl."""

Sleep: TypeAlias = tuple[str, str]
"""One sleep of a thread: the processor's time that it had before, and how often it had been put on a processor."""


def tells_of_locks() -> bool:
    """Whether this system says what its threads wait for."""
    return sys.platform == "linux" and platform.machine() in _CALLS and Path("/proc/thread-self/syscall").exists()


def sleep_for_lock(thread: int) -> Sleep | None:
    """Return which sleep a thread is in, if it waits for a lock (of Python's or of a file); None where it does anything else.

    A thread for which the same sleep is returned twice has not run in between. One that waits for the disk, or for a processor,
    does not sleep in this sense. The interpreter's own lock is waited for like any other: who asks gives it free between the two
    times.

    Args:
        thread: its number, as the system gives it (`threading.Thread.native_id`).
    """
    folder = f"/proc/self/task/{thread}"
    try:
        ran = Path(f"{folder}/schedstat").read_text(encoding="ascii").split()
        state = Path(f"{folder}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
        call = Path(f"{folder}/syscall").read_text(encoding="ascii").split()[0]
    except (OSError, IndexError):
        return None
    return (ran[0], ran[2]) if state == "S" and call in _CALLS.get(platform.machine(), ()) else None
