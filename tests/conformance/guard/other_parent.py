"""A program that gives up privileges, then runs the guard, and prints what came of it.

Its argument is `user`, an ordinary user; `container`, root with the capabilities that container engines leave it and the one to
read; or `bare container`, root without a capability.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys

from conformance.guard import run_guarded
from conformance.guard.linux import LIBC, PR_SET_KEEPCAPS, control_process, set_capabilities

CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, KILL, SETGID, SETUID = (1 << bit for bit in (0, 1, 2, 3, 5, 6, 7))
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
PR_CAPBSET_DROP = 24


def become_a_user() -> None:
    """Become an ordinary user that can read and execute an interpreter in root's home, through `exec` too."""
    control_process(PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setresgid(60000, 60000, 60000)
    os.setresuid(60000, 60000, 60000)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    LIBC.capset(header, (ctypes.c_uint32 * 6)(DAC_READ_SEARCH, DAC_READ_SEARCH, DAC_READ_SEARCH, 0, 0, 0))
    LIBC.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, ctypes.c_ulong(2), ctypes.c_ulong(0), ctypes.c_ulong(0))


def keep_capabilities(kept: int) -> None:
    """Stay root, with these capabilities alone, in what it executes too."""
    for bit in range(41):
        if not kept & 1 << bit:
            control_process(PR_CAPBSET_DROP, bit)
    set_capabilities(kept, kept)


match sys.argv[1]:
    case "user":
        become_a_user()
    case "container":
        keep_capabilities(CHOWN | DAC_OVERRIDE | DAC_READ_SEARCH | FOWNER | KILL | SETGID | SETUID)
    case _:
        keep_capabilities(0)

result = run_guarded("guarded_jobs:murder", "native code", deadline=60, roots=2)
assert result.returned, result
print(  # noqa: T201  # for the test to read
    json.dumps(
        {
            "enforcement": sorted(result.enforcement),
            "disturbances": list(map(str, result.disturbances)),
            "operations": sorted({attempt.operation for attempt in result.attempts}),
        }
    )
)
