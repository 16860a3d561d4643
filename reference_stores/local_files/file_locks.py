"""Locks between processes, which the system drops when the handle is closed or its process ends."""

from __future__ import annotations


def lock_file(handle: int, *, wait: bool) -> bool | None:
    """Lock an open file or directory; return False where another handle has it locked, None where there are no locks."""
    import fcntl  # not on every system

    try:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True
