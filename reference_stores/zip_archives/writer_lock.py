"""One writer of a file at a time: between the threads of a process, and between processes."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Final


def _module(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ImportError:
        return None


_fcntl: Final = _module("fcntl")
_msvcrt: Final = _module("msvcrt")
_FAR_BEHIND_THE_END: Final = 1 << 43
_NOT_OFFERED: Final = frozenset({errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL, errno.ENOLCK})

_held: Final[dict[tuple[int, int], WriterLock]] = {}
_changing = Lock()


class WriterLock:
    """Holds the right to write to one file, until `release` or the end of the process, however that comes.

    Within this process it always holds. Between processes it is an advisory lock of the system, `flock` or on Windows a locked byte
    far behind the end of the file; a file system that offers neither leaves other processes unchecked.

    Args:
        path: an existing file.

    Raises:
        BlockingIOError: another writer has it.
        FileNotFoundError: there is no such file.
    """

    __slots__ = ("_descriptor", "identity")

    def __init__(self, path: Path) -> None:
        # A descriptor of its own: a forked child closes its copy, and with that lets go of the lock, without losing the file.
        self._descriptor = os.open(path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
        status = os.fstat(self._descriptor)
        self.identity: Final = (status.st_dev, status.st_ino)
        with _changing:
            if self.identity in _held:
                os.close(self._descriptor)
                raise _refusal(path)
            try:
                _lock(self._descriptor)
            except OSError as error:
                os.close(self._descriptor)
                if error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK):
                    raise _refusal(path) from error
                raise
            _held[self.identity] = self

    def release(self) -> None:
        """Let the next writer in; a second call does nothing."""
        with _changing:
            if self._descriptor < 0:
                return
            # Unlocked, not only closed: a child that was forked without Python's doing may still have the descriptor.
            if _fcntl is not None:
                with suppress(OSError):  # not offered by this file system
                    _fcntl.flock(self._descriptor, _fcntl.LOCK_UN)
            self._close()
            del _held[self.identity]

    def _close(self) -> None:
        os.close(self._descriptor)
        self._descriptor = -1

    @staticmethod
    def after_fork() -> None:
        """In a forked child: close this process's copies of the locks, which the parent goes on to hold."""
        global _changing  # noqa: PLW0603  # another thread of the parent may have held it
        _changing = Lock()
        for lock in _held.values():
            lock._close()
        _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=WriterLock.after_fork)


def _lock(descriptor: int) -> None:
    if _fcntl is not None:
        try:
            _fcntl.flock(descriptor, _fcntl.LOCK_EX | _fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _NOT_OFFERED:
                raise
    elif _msvcrt is not None:
        os.lseek(descriptor, _FAR_BEHIND_THE_END, os.SEEK_SET)
        _msvcrt.locking(descriptor, _msvcrt.LK_NBLCK, 1)


def _refusal(path: Path) -> BlockingIOError:
    problem = "another writer has this file open; close it first, or open the file read-only"
    return BlockingIOError(errno.EWOULDBLOCK, problem, str(path))
