"""Limits of this process: how many files are open, and may be."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager


def open_handles() -> list[int]:
    """The numbers of the files that are open in this process.

    Raises:
        OSError: the system does not say.
    """
    return [int(name) for name in os.listdir("/proc/self/fd" if sys.platform == "linux" else "/dev/fd")]  # noqa: PTH208  # their names alone


@contextmanager
def soft_limit(kind: int, most: int) -> Generator[None]:
    """Let this process have at most so much of a resource, one of the constants of the module `resource`."""
    import resource

    soft, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(kind, (soft, hard))
