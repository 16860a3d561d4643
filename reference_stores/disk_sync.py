"""Bringing what was written to the disk."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def sync(handle: int) -> None:
    """Return when the contents of an open file, or the names in an open directory, would survive a power cut.

    Raises:
        OSError: the disk could not take them.
    """
    if sys.platform == "darwin":
        import fcntl  # not on every system

        fcntl.fcntl(handle, fcntl.F_FULLFSYNC)  # fsync leaves them in the disk's own cache
    else:
        os.fsync(handle)


def sync_names(directory: Path) -> None:
    """Return when the names in a directory would survive a power cut, where the system has handles of directories.

    Raises:
        OSError: the disk could not take them.
    """
    if os.open not in os.supports_dir_fd:  # Windows
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        sync(handle)
    finally:
        os.close(handle)
