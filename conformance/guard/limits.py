"""The resource limits of the child process. They are fixed: a store that needs more than this for a few keys is broken."""

from __future__ import annotations

import math
import os
import sys
from typing import Final

ADDRESS_SPACE: Final = 16 << 30
"""Bytes of address space: generous, since thread stacks and arenas reserve much that they never use."""
FILE_SIZE: Final = 256 << 20
"""Bytes of one file."""
THREADS: Final = 1024
"""Threads of the child's own user; another user's are not only the child's, and stay as they are."""


def limit_resources(deadline: float, *, own_user: bool) -> None:
    """Set the limits on this process.

    Args:
        deadline: the seconds it may live: the limit of processor time is what it could use in them on all processors.
        own_user: whether the child has a user of its own.

    Raises:
        OSError: the system has no such limits, or refuses one.
    """
    if sys.platform == "win32":
        raise OSError("Windows has no resource limits")
    import resource

    limits = {
        resource.RLIMIT_AS: ADDRESS_SPACE,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: math.ceil(deadline) * (os.cpu_count() or 1) + 1,
        resource.RLIMIT_FSIZE: FILE_SIZE,
    }
    if own_user:
        limits[resource.RLIMIT_NPROC] = THREADS
    for limit, value in limits.items():
        hard = resource.getrlimit(limit)[1]
        lowest = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(limit, (lowest, lowest))
        except ValueError as error:
            raise OSError(f"the limit {limit} cannot be set to {lowest}: {error}") from error
