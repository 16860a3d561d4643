"""Calls into the C library of Linux that the standard library does not offer."""

from __future__ import annotations

import ctypes
import os
from typing import Final

LIBC: Final = ctypes.CDLL(None, use_errno=True)

PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
PR_SET_KEEPCAPS: Final = 8
PR_SET_NO_NEW_PRIVS: Final = 38
PR_SET_PTRACER: Final = 0x59616D61


def _checked(result: int, what: str) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def system_call(number: int, *arguments: int | bytes | None) -> int:
    """Make the system call `number`; `bytes` are passed as a pointer to them.

    Raises:
        OSError: the kernel refused it.
    """
    # Bare integers would be passed as C ints and lose their upper half.
    converted = [ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments]
    return _checked(LIBC.syscall(ctypes.c_long(number), *converted), f"system call {number}")


def control_process(option: int, value: int) -> None:
    """Make the call `prctl(option, value)`.

    Raises:
        OSError: the kernel refused it.
    """
    zero = ctypes.c_ulong(0)
    _checked(LIBC.prctl(option, ctypes.c_ulong(value), zero, zero, zero), f"prctl {option}")


def set_capabilities(effective: int, permitted: int) -> None:
    """Set the capabilities of this thread, as bit masks; none are passed on to what it executes.

    Raises:
        OSError: they are not permitted.
    """
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    words = [(effective, permitted), (effective >> 32, permitted >> 32)]
    data = (ctypes.c_uint32 * 6)(*[part & 0xFFFFFFFF for pair in words for part in (*pair, 0)])
    _checked(LIBC.capset(header, data), "capset")


def permitted_capabilities() -> int:
    """Return the capabilities that this thread may make effective, as a bit mask."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    data = (ctypes.c_uint32 * 6)()
    _checked(LIBC.capget(header, data), "capget")
    return int(data[1]) | int(data[4]) << 32
