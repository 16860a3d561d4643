"""The watch: the parent's answer to each system call of the child that might change a file, whoever made it.

The kernel holds up the call until the watch has looked at its arguments: inside the writable area it goes on, elsewhere it fails
with EACCES and is kept as an attempt. That names what native code, threads and their like try to do. It is not what stops a
hostile process, which could change an argument after it was looked at: Landlock is.
"""

# ruff: noqa: PTH115  # pathlib would drop the dots and slashes of what a store asked for
from __future__ import annotations

import errno
import fcntl
import os
import select
import socket
import struct
import sys
from collections.abc import Callable
from typing import Final

from conformance.guard.area import WritableArea, real_path
from conformance.guard.linux import LIBC, permitted_capabilities, set_capabilities
from conformance.guard.seccomp_filter import WRITING
from conformance.guard.system_calls import WATCHED, Opening, Operand, SystemCall
from conformance.guard.values import Attempt

# struct seccomp_notif: id, process, flags; then number, architecture, instruction pointer and six arguments of the call.
_NOTICE: Final = struct.Struct("=QIIiIQ6Q")
# struct seccomp_notif_resp: id, value, error, flags.
_ANSWER: Final = struct.Struct("=QqiI")
_RECEIVE: Final = 0xC0502100
_SEND: Final = 0xC0182101
_CONTINUE: Final = 1

_AT_SYMLINK_NOFOLLOW: Final = 0x100
_AT_SYMLINK_FOLLOW: Final = 0x400
_AT_EMPTY_PATH: Final = 0x1000
_RESOLVE_NO_SYMLINKS: Final = 0x04
_RESOLVE_BENEATH_OR_IN_ROOT: Final = 0x08 | 0x10
_LONGEST_PATH: Final = 4096

READY: Final = struct.Struct("=iQ")
"""What the child sends first: its process id, and where in its memory the bytes of PROOF lie."""
PROOF: Final = b"storeproto watch"
WATCHING, NOT_WATCHING = b"y", b"n"


class Watch:
    """The parent's side of the watch, for one child.

    Args:
        connection: the socket to the child.
        directories: what the child may change.
        user: the child's user, where it is not this process's own.
        record: is told of each attempt before the call that made it fails.
    """

    def __init__(
        self, connection: socket.socket, directories: tuple[str, ...], user: int | None, record: Callable[[Attempt], None]
    ) -> None:
        self._connection = connection
        self._directories = directories
        self._user = user
        self._record = record
        machine = os.uname().machine
        self._process = 0
        self._memory = -1
        self._calls = {number: call for call in WATCHED if (number := call.number(machine)) is not None}

    def run(self) -> None:
        """Serve the child until it ends; in a thread of its own, whose identity towards the file system becomes the child's."""
        with self._connection:
            greeting = self._connection.recv(READY.size)
            if len(greeting) < READY.size:
                return
            self._process, proof = READY.unpack(greeting)
            if not self._can_see(proof):
                self._connection.send(NOT_WATCHING)
                return
            with os.fdopen(self._memory, "rb"):
                self._connection.send(WATCHING)
                _, handles, _, _ = socket.recv_fds(self._connection, 1, 1)
                if handles:
                    with os.fdopen(handles[0], "rb"):
                        self._serve(handles[0], WritableArea(self._directories, self._process))

    def _can_see(self, proof: int) -> bool:
        """Open the child's memory; return whether that and its open files can be read from here."""
        try:
            if self._user is not None:
                _look_as(self._user)
            os.readlink(f"/proc/{self._process}/cwd")
            self._memory = os.open(f"/proc/{self._process}/mem", os.O_RDONLY | os.O_CLOEXEC)
            return self._read(len(PROOF), proof) == PROOF
        except OSError:
            return False

    def _serve(self, listener: int, area: WritableArea) -> None:
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        poll.register(self._connection, select.POLLIN)  # the child holds the other end: it closes when the child is dead
        while True:
            ready = dict(poll.poll())
            if ready.get(listener, 0) & select.POLLIN:
                self._answer_one(listener, area)
            elif ready:
                return

    def _answer_one(self, listener: int, area: WritableArea) -> None:
        notice = bytearray(_NOTICE.size)
        try:
            fcntl.ioctl(listener, _RECEIVE, notice)
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.EINTR}:  # the caller died, or was interrupted
                return
            raise
        number_of_notice, thread, _, number, _, _, *arguments = _NOTICE.unpack(notice)
        try:
            refused = self._judge(self._calls[number], arguments, thread, area)
        except OSError:  # the thread is gone, or gave a pointer to nothing: the kernel says so itself
            refused = False
        answer = _ANSWER.pack(number_of_notice, 0, -errno.EACCES, 0) if refused else _ANSWER.pack(number_of_notice, 0, 0, _CONTINUE)
        try:
            fcntl.ioctl(listener, _SEND, answer)
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise

    def _judge(self, call: SystemCall, arguments: list[int], thread: int, area: WritableArea) -> bool:
        """Whether the call is to be refused; if so it is recorded."""
        if call.opening is not None and not self._writes(call.opening, arguments):
            return False
        paths = [self._path(call, operand, arguments, thread) for operand in call.operands]
        if call.starts_process:
            outside = paths or [""]
        elif call.name in {"mkdir", "mkdirat"} and os.path.lexists(paths[0]):
            outside = []  # the kernel says that it exists
        else:
            outside = [path for path in paths if not area.contains(path)]
        for path in outside:
            self._record(Attempt(call.name, path, "native"))
        return bool(outside)

    def _writes(self, opening: Opening, arguments: list[int]) -> bool:
        return bool(self._opening_flags(opening, arguments) & WRITING)

    def _opening_flags(self, opening: Opening, arguments: list[int]) -> int:
        given = arguments[opening.flags]
        return int.from_bytes(self._read(8, given), sys.byteorder) if opening.structure else given

    def _path(self, call: SystemCall, operand: Operand, arguments: list[int], thread: int) -> str:
        """The real path that the operand names.

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
            flags = self._opening_flags(call.opening, arguments)
            follows = not (flags & os.O_NOFOLLOW or (flags & os.O_CREAT and flags & os.O_EXCL))
            if call.opening.structure:
                resolve = int.from_bytes(self._read(8, arguments[call.opening.flags] + 16), sys.byteorder)
                if resolve & _RESOLVE_BENEATH_OR_IN_ROOT:
                    path = ""  # the kernel lets it name only what is below the directory
                follows = follows and not resolve & _RESOLVE_NO_SYMLINKS
        for alias, meaning in (("/proc/self/", ""), ("/proc/thread-self/", f"task/{thread}/"), ("/dev/fd/", "fd/")):
            if path.startswith(alias):  # here they would mean this process's own
                path = f"/proc/{self._process}/{meaning}{path[len(alias) :]}"
        if path.startswith("/"):
            return real_path(path, follows=follows)
        base = os.readlink(f"/proc/{thread}/{start}")
        return base if path == "" or not base.startswith("/") else real_path(f"{base}/{path}", follows=follows)

    def _string(self, address: int) -> str:
        """The string at `address` in the child's memory, read a page at a time since the next may be missing."""
        read = b""
        while b"\x00" not in read and len(read) < _LONGEST_PATH:
            at = address + len(read)
            read += self._read(4096 - at % 4096, at)
        return os.fsdecode(read.partition(b"\x00")[0])

    def _read(self, size: int, address: int) -> bytes:
        """Read the child's memory.

        Raises:
            OSError: there is none at that address, or no more at all.
        """
        if address >= 1 << 63:
            raise OSError(errno.EFAULT, "the address is the kernel's")
        read = os.pread(self._memory, size, address)
        if not read:
            raise ProcessLookupError("the process is dead")
        return read


def _handle_name(argument: int) -> str:
    handle = argument & 0xFFFFFFFF
    return "cwd" if handle >= 1 << 31 else f"fd/{handle}"  # AT_FDCWD is negative


def _look_as(user: int) -> None:
    """Let this thread see the files of `user`'s processes, which root alone cannot where its capabilities are cut (in containers).

    The change of the file system's user takes some capabilities away, and the kernel wants them all in the one that looks.
    """
    LIBC.setfsgid(user)
    LIBC.setfsuid(user)
    permitted = permitted_capabilities()
    set_capabilities(permitted, permitted)
