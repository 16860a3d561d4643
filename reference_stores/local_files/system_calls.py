"""System calls of Linux that Python has no function for, each with a way to tell whether this system has it."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, Final

_AT_FDCWD: Final = -100
_OPENAT2: Final = 437  # one number on every architecture: calls that came after 2019 share their numbers
_RENAME_NOREPLACE: Final = 1

RESOLVE_NO_MAGICLINKS: Final = 0x02
RESOLVE_NO_SYMLINKS: Final = 0x04
RESOLVE_BENEATH: Final = 0x08
RESOLVE_CACHED: Final = 0x20

Opener = Callable[[int, bytes], int]
"""Opens a path below a directory handle, and returns a file handle."""


class _OpenHow(ctypes.Structure):
    _fields_ = [("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64)]


@cache
def _library(*, keeps_lock: bool = False) -> Any:
    """The C library, with its foreign functions declared; calls keep Python's lock, or let other threads run meanwhile."""
    library = (ctypes.PyDLL if keeps_lock else ctypes.CDLL)(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    library.syscall.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t]
    if hasattr(library, "renameat2"):
        library.renameat2.restype = ctypes.c_int
        library.renameat2.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    return library


def _last_error(path: bytes) -> OSError:
    """The error of the call that has just failed in this thread, of the class that its number stands for."""
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), os.fsdecode(path))


def openat2_opener(flags: int, resolve: int) -> Opener:
    """Return a function that opens with openat2, these flags and these limits on how the path is resolved."""
    how = _OpenHow(flags, 0, resolve)
    # What does not wait for a disk is over before another thread could have started.
    call = _library(keeps_lock=bool(resolve & RESOLVE_CACHED)).syscall
    how_reference, how_size = ctypes.byref(how), ctypes.sizeof(how)

    def open_below(directory: int, path: bytes) -> int:
        handle: int = call(_OPENAT2, directory, path, how_reference, how_size)
        if handle < 0:
            raise _last_error(path)
        return handle

    return open_below


@cache
def has_openat2(resolve: int) -> bool:
    """Whether the kernel (and what confines this process in it) has openat2 with these limits."""
    if sys.platform != "linux":
        return False
    try:
        os.close(openat2_opener(os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC, resolve)(_AT_FDCWD, b"."))
    except BlockingIOError:  # known, and not in the cache just now
        return True
    except OSError:
        return False
    return True


def has_renameat2() -> bool:
    """Whether the C library has renameat2; a file system may still refuse its flags."""
    return sys.platform == "linux" and hasattr(_library(), "renameat2")


def rename_exclusively(source: bytes, target: bytes, *, source_directory: int, target_directory: int) -> None:
    """Rename, unless something of the new name is there.

    Raises:
        FileExistsError: something of the new name is there.
        OSError: the renaming failed; with EINVAL, the file system does not offer it.
    """
    if _library().renameat2(source_directory, source, target_directory, target, _RENAME_NOREPLACE) != 0:
        raise _last_error(target)
