"""A process whose system calls are held up, as another one sees it: its memory, and what the paths that it gives name."""

# ruff: noqa: PTH115  # pathlib would drop the dots and slashes of what a store asked for
from __future__ import annotations

import errno
import os
import sys
from typing import Final

from conformance.guard.area import real_path
from conformance.guard.system_calls import Opening, Operand, SystemCall

_AT_SYMLINK_NOFOLLOW: Final = 0x100
_AT_SYMLINK_FOLLOW: Final = 0x400
_AT_EMPTY_PATH: Final = 0x1000
_RESOLVE_NO_SYMLINKS: Final = 0x04
_RESOLVE_BENEATH_OR_IN_ROOT: Final = 0x08 | 0x10
_LONGEST_PATH: Final = 4096


class Caller:
    """Looks into a process, until it is closed.

    Args:
        process: its id.

    Raises:
        OSError: its memory or its open files cannot be read from here.
    """

    def __init__(self, process: int) -> None:
        self.process: Final = process
        os.readlink(f"/proc/{process}/cwd")
        self._memory = os.open(f"/proc/{process}/mem", os.O_RDONLY | os.O_CLOEXEC)

    def close(self) -> None:
        """Look no more."""
        os.close(self._memory)

    def opening_flags(self, opening: Opening, arguments: list[int]) -> int:
        """The flags with which a call opens a file."""
        given = arguments[opening.flags]
        return int.from_bytes(self.read(8, given), sys.byteorder) if opening.structure else given

    def path(self, call: SystemCall, operand: Operand, arguments: list[int], thread: int, *, whole: bool = False) -> str:
        """The real path that the operand names.

        Args:
            call: the call.
            operand: one of its operands.
            arguments: what it was given.
            thread: who makes it.
            whole: name the file itself where the kernel keeps it below a directory; else that directory is enough.

        Raises:
            OSError: it names nothing.
        """
        start = "cwd" if operand.directory is None else _handle_name(arguments[operand.directory])
        given = 0 if operand.flags is None else arguments[operand.flags]
        follows = (operand.follows or bool(given & _AT_SYMLINK_FOLLOW)) and not given & _AT_SYMLINK_NOFOLLOW
        if operand.path is None or arguments[operand.path] == 0:
            path = ""  # the handle itself
        else:
            path = self._string(arguments[operand.path])
            if path == "" and not given & _AT_EMPTY_PATH:
                raise FileNotFoundError
        if call.opening is not None:
            flags = self.opening_flags(call.opening, arguments)
            follows = not (flags & os.O_NOFOLLOW or (flags & os.O_CREAT and flags & os.O_EXCL))
            if call.opening.structure:
                resolve = int.from_bytes(self.read(8, arguments[call.opening.flags] + 16), sys.byteorder)
                if resolve & _RESOLVE_BENEATH_OR_IN_ROOT and not whole:
                    path = ""  # the kernel lets it name only what is below the directory
                follows = follows and not resolve & _RESOLVE_NO_SYMLINKS
        for alias, meaning in (("/proc/self/", ""), ("/proc/thread-self/", f"task/{thread}/"), ("/dev/fd/", "fd/")):
            if path.startswith(alias):  # here they would mean this process's own
                path = f"/proc/{self.process}/{meaning}{path[len(alias) :]}"
        if path.startswith("/"):
            return real_path(path, follows=follows)
        base = os.readlink(f"/proc/{thread}/{start}")
        return base if path == "" or not base.startswith("/") else real_path(f"{base}/{path}", follows=follows)

    def read(self, size: int, address: int) -> bytes:
        """Read its memory.

        Raises:
            OSError: there is none at that address, or no more at all.
        """
        if address >= 1 << 63:
            raise OSError(errno.EFAULT, "the address is the kernel's")
        read = os.pread(self._memory, size, address)
        if not read:
            raise ProcessLookupError("the process is dead")
        return read

    def _string(self, address: int) -> str:
        """The string at `address`, read a page at a time since the next may be missing."""
        read = b""
        while b"\x00" not in read and len(read) < _LONGEST_PATH:
            at = address + len(read)
            read += self.read(4096 - at % 4096, at)
        return os.fsdecode(read.partition(b"\x00")[0])


def _handle_name(argument: int) -> str:
    handle = argument & 0xFFFFFFFF
    return "cwd" if handle >= 1 << 31 else f"fd/{handle}"  # AT_FDCWD is negative
