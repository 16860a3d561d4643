"""The watch: the parent's answer to each system call of the child that might change a file, whoever made it.

The kernel holds up the call until the watch has looked at its arguments: inside the writable area it goes on, elsewhere it fails
with EACCES and is kept as an attempt. That names what native code, threads and their like try to do. It is not what stops a
hostile process, which could change an argument after it was looked at: Landlock is.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
from collections.abc import Callable
from contextlib import closing
from typing import Final

from conformance.guard.area import WritableArea
from conformance.guard.caller import Caller
from conformance.guard.linux import LIBC, permitted_capabilities, set_capabilities
from conformance.guard.notices import Notice
from conformance.guard.seccomp_filter import WRITING
from conformance.guard.system_calls import WATCHED, SystemCall
from conformance.guard.values import Attempt

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
        self._calls = {number: call for call in WATCHED if (number := call.number(machine)) is not None}

    def run(self) -> None:
        """Serve the child until it ends; in a thread of its own, whose identity towards the file system becomes the child's."""
        with self._connection:
            greeting = self._connection.recv(READY.size)
            if len(greeting) < READY.size:
                return
            caller = self._seen(*READY.unpack(greeting))
            if caller is None:
                self._connection.send(NOT_WATCHING)
                return
            with closing(caller):
                self._connection.send(WATCHING)
                _, handles, _, _ = socket.recv_fds(self._connection, 1, 1)
                if handles:
                    with os.fdopen(handles[0], "rb"):
                        self._serve(handles[0], caller)

    def _seen(self, process: int, proof: int) -> Caller | None:
        """The child, if its memory and its open files can be read from here."""
        try:
            if self._user is not None:
                _look_as(self._user)
            caller = Caller(process)
        except OSError:
            return None
        try:
            if caller.read(len(PROOF), proof) == PROOF:
                return caller
        except OSError:
            pass
        caller.close()
        return None

    def _serve(self, listener: int, caller: Caller) -> None:
        area = WritableArea(self._directories, caller.process)
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        poll.register(self._connection, select.POLLIN)  # the child holds the other end: it closes when the child is dead
        while True:
            ready = dict(poll.poll())
            if ready.get(listener, 0) & select.POLLIN:
                self._answer_one(listener, caller, area)
            elif ready:
                return

    def _answer_one(self, listener: int, caller: Caller, area: WritableArea) -> None:
        notice = Notice.receive(listener)
        if notice is None:
            return
        try:
            refused = self._judge(self._calls[notice.number], notice, caller, area)
        except OSError:  # the thread is gone, or gave a pointer to nothing: the kernel says so itself
            refused = False
        if refused:
            notice.refuse(listener, errno.EACCES)
        else:
            notice.let_go_on(listener)

    def _judge(self, call: SystemCall, notice: Notice, caller: Caller, area: WritableArea) -> bool:
        """Whether the call is to be refused; if so it is recorded."""
        if call.opening is not None and not caller.opening_flags(call.opening, notice.arguments) & WRITING:
            return False
        paths = [caller.path(call, operand, notice.arguments, notice.thread) for operand in call.operands]
        if call.starts_process:
            outside = paths or [""]
        elif call.name in {"mkdir", "mkdirat"} and os.path.lexists(paths[0]):
            outside = []  # the kernel says that it exists
        else:
            outside = [path for path in paths if not area.contains(path)]
        for path in outside:
            self._record(Attempt(call.name, path, "native"))
        return bool(outside)


def _look_as(user: int) -> None:
    """Let this thread see the files of `user`'s processes, which root alone cannot where its capabilities are cut (in containers).

    The change of the file system's user takes some capabilities away, and the kernel wants them all in the one that looks.
    """
    LIBC.setfsgid(user)
    LIBC.setfsuid(user)
    permitted = permitted_capabilities()
    set_capabilities(permitted, permitted)
