"""Notices of system calls that the kernel holds up, and the answers to them."""

from __future__ import annotations

import errno
import fcntl
import struct
from typing import Final, NamedTuple

# struct seccomp_notif: id, process, flags; then number, architecture, instruction pointer and six arguments of the call.
_NOTICE: Final = struct.Struct("=QIIiIQ6Q")
# struct seccomp_notif_resp: id, value, error, flags.
_ANSWER: Final = struct.Struct("=QqiI")
_RECEIVE: Final = 0xC0502100
_SEND: Final = 0xC0182101
_CONTINUE: Final = 1


class Notice(NamedTuple):
    """A system call that waits for an answer.

    Args:
        id: the kernel's number of the notice.
        thread: who makes the call.
        number: the call's number.
        arguments: its six arguments, as unsigned numbers.
    """

    id: int
    thread: int
    number: int
    arguments: list[int]

    @classmethod
    def receive(cls, listener: int) -> Notice | None:
        """Take the next notice; None where the caller died, or was interrupted."""
        notice = bytearray(_NOTICE.size)
        try:
            fcntl.ioctl(listener, _RECEIVE, notice)
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.EINTR}:
                return None
            raise
        id_, thread, _, number, _, _, *arguments = _NOTICE.unpack(notice)
        return cls(id_, thread, number, arguments)

    def let_go_on(self, listener: int) -> None:
        """Let the kernel do what was asked for."""
        self._answer(listener, 0, _CONTINUE)

    def succeed(self, listener: int) -> None:
        """Let the call return 0, with nothing done."""
        self._answer(listener, 0, 0)

    def refuse(self, listener: int, number: int) -> None:
        """Let the call fail with the error `number`."""
        self._answer(listener, -number, 0)

    def _answer(self, listener: int, error: int, flags: int) -> None:
        try:
            fcntl.ioctl(listener, _SEND, _ANSWER.pack(self.id, 0, error, flags))
        except OSError as failure:
            if failure.errno != errno.ENOENT:  # the caller is dead
                raise
