"""Bringing what was written to the disk."""

from __future__ import annotations

import os


def sync(handle: int) -> None:
    """Return when the contents of an open file, or the names in an open directory, would survive a power cut.

    Raises:
        OSError: the disk could not take them.
    """
    import fcntl  # not on every system

    full_sync: int | None = getattr(fcntl, "F_FULLFSYNC", None)
    if full_sync is None:
        os.fsync(handle)
    else:  # macOS: fsync leaves them in the disk's own cache
        fcntl.fcntl(handle, full_sync)
