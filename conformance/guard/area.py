"""The writable area: what a guarded process may change, and what a path given to an operation really names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Final

# What has no name in a file system: pipes, sockets and memory, as /proc/PID/fd shows them.
_NAMELESS: Final = re.compile(r"(?:pipe|socket|anon_inode):|/memfd:|/dmabuf:")


def real_path(path: str, *, follows: bool) -> str:
    """Return the absolute path that `path` names once its symbolic links are resolved, the last one only if `follows`."""
    head, tail = os.path.split(path.rstrip("/") or "/")
    if follows or tail in {"", ".", ".."} or path.endswith("/"):
        return os.path.realpath(path)
    return f"{os.path.realpath(head).rstrip(os.sep)}{os.sep}{tail}"


class WritableArea:
    """The directories that a process may change, themselves and all below them.

    Args:
        directories: the directories.
        process: the process's id: what it writes to its own entries in /proc changes no file.
    """

    def __init__(self, directories: Iterable[str], process: int) -> None:
        self._directories = frozenset(os.path.realpath(directory) for directory in directories)
        own = (f"/proc/{process}/", "/proc/self/", "/proc/thread-self/")
        self._below = (*(directory + os.sep for directory in self._directories), *own)

    def contains(self, real: str) -> bool:
        """Whether the process may change what the real path `real` names."""
        return real.startswith(self._below) or real in self._directories or real == os.devnull or _NAMELESS.match(real) is not None
