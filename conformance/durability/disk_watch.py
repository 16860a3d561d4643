"""The process that watches another one bring its files to the disk, and keeps what a power cut would leave at each moment.

The kernel holds up the calls that synchronise, and those that change names, of native code too. Before each of them, and whenever
the watched process says that a change was acknowledged, the power might go: what it would leave is kept. Nothing is really
synchronised: the call is told that it is done, so that a disk costs no time. Nobody waits for a synchronisation who acknowledges
while one is held up.
"""

# what /proc says of a handle is no path to follow
from __future__ import annotations

import hashlib
import json
import os
import resource
import select
import signal
import socket
import stat
import time
import traceback
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn, Self

from conformance.durability.disk import FAULT, RECORD, Disk, TooMuchError, Tree, write_tree
from conformance.guard.caller import Caller
from conformance.guard.linux import PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG, PR_SET_PTRACER, control_process
from conformance.guard.notices import Notice
from conformance.guard.seccomp_filter import NO_SUCH_CALL, Rule, install_filter
from conformance.guard.system_calls import AUDIT_ARCHITECTURE, BY_NAME, SystemCall

_SECONDS_OF_A_DISK: Final = 0.005
"""How long a synchronisation is held up at least."""
_MOST_IMAGES: Final = 1000

_O_DSYNC: Final = 0o10000
_RWF_SYNC: Final = 0x2 | 0x4
_MS_SYNC: Final = 4

_SYNCHRONISING: Final = {
    call.name: call
    for call in (
        SystemCall("fsync", 74, 82),
        SystemCall("fdatasync", 75, 83),
        SystemCall("syncfs", 306, 267),
        SystemCall("sync", 162, 81),
        SystemCall("msync", 26, 227),
    )
}
_WRITING_THROUGH: Final = SystemCall("pwritev2", 328, 287)
_NAMING: Final = (
    "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat",
)  # fmt: skip
_OPENING: Final = ("open", "openat", "openat2")

_RULES: Final = (
    *[Rule(call) for call in _SYNCHRONISING.values()],
    *[Rule(BY_NAME[name]) for name in _NAMING],
    *[
        Rule(BY_NAME[name], argument=opening.flags, bits=0 if opening.structure else _O_DSYNC)
        for name in _OPENING
        if (opening := BY_NAME[name].opening) is not None
    ],
    Rule(_WRITING_THROUGH, argument=5, bits=_RWF_SYNC),
    Rule(BY_NAME["io_uring_setup"], NO_SUCH_CALL),
)

_ACKNOWLEDGED, _CLOSED, _DONE = b"a", b"c", b"d"
_SEEN, _UNSEEN = b"y", b"n"


class UnwatchedError(Exception):
    """Nobody can watch this process; the message says why."""


class DiskWatch:
    """The watch over this process, as this process sees it.

    Args:
        connection: the line to it.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    @classmethod
    def begin(cls, top: str, images: str) -> Self:
        """Be watched from now on.

        Args:
            top: the directory whose files count.
            images: an empty directory for what power cuts would leave of it, and a record of them, `record.json`.

        Raises:
            UnwatchedError: the system does not offer it.
        """
        if os.uname().machine not in AUDIT_ARCHITECTURE:
            raise UnwatchedError(f"the system calls of a machine {os.uname().machine!r} are not known")
        ours, theirs = socket.socketpair()
        watched = os.getpid()
        watch = os.fork()
        if watch == 0:
            ours.close()
            _watch(theirs, watched, Path(top), Path(images))
        theirs.close()
        with suppress(OSError):  # a kernel without Yama lets it look
            control_process(PR_SET_PTRACER, watch)
        try:
            ours.send(_SEEN)
            if ours.recv(1) != _SEEN:
                raise UnwatchedError("the memory or the files of another process cannot be read here")
            control_process(PR_SET_NO_NEW_PRIVS, 1)
            listener = install_filter(_RULES, every_thread=True)
        except OSError as error:
            ours.close()
            raise UnwatchedError(f"the system shows no other process its system calls: {error}") from None
        socket.send_fds(ours, [_SEEN], [listener])
        os.close(listener)
        return cls(ours)

    def acknowledged(self) -> None:
        """Say that the next change was acknowledged."""
        self._say(_ACKNOWLEDGED)

    def closed(self) -> None:
        """Say that the store was closed."""
        self._say(_CLOSED)

    def end(self) -> None:
        """Wait until all is recorded."""
        self._say(_DONE)

    def _say(self, message: bytes) -> None:
        self._connection.send(message)
        self._connection.recv(1)


def _watch(connection: socket.socket, watched: int, top: Path, images: Path) -> NoReturn:
    """Be the watch."""
    try:
        control_process(PR_SET_PDEATHSIG, signal.SIGKILL)
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        with ExitStack() as stack:
            connection.recv(1)
            try:
                caller = stack.enter_context(closing(Caller(watched)))
                disk = Disk(os.fspath(top))  # before the process goes on
            except (OSError, TooMuchError):
                connection.send(_UNSEEN)
                os._exit(0)
            connection.send(_SEEN)
            _, handles, _, _ = socket.recv_fds(connection, 1, 1)
            if handles:
                _Recorder(connection, handles[0], caller, disk, images).run()
    except Exception:  # noqa: BLE001  # whatever it is, who ordered it reports it
        (images / FAULT).write_text(traceback.format_exc(), errors="backslashreplace")
    finally:
        os._exit(0)


@dataclass
class _Record:
    """What is told of the images.

    Attributes:
        moments: each with the changes acknowledged until then, what it was, what was not synchronised, and its images: their
            numbers, and what survived in each, the first of them everything.
        unmade: why it ends early; empty where it does not.
    """

    moments: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    unmade: str = ""


class _Recorder:
    def __init__(self, connection: socket.socket, listener: int, caller: Caller, disk: Disk, images: Path) -> None:
        self._connection = connection
        self._listener = listener
        self._caller = caller
        self._images = images
        self._disk = disk
        machine = os.uname().machine
        self._calls = {rule.call.number(machine): rule.call for rule in _RULES}
        self._acknowledged = 0
        self._opened_through: list[str] = []
        self._through: list[int] = []
        self._numbers: dict[bytes, int] = {}
        self._record = _Record()
        self._kept = False

    def run(self) -> None:
        """Serve until the process ends."""
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        poll.register(self._connection, select.POLLIN)
        while True:
            ready = dict(poll.poll())
            if self._connection.fileno() in ready:
                if not self._listen():
                    break
            elif ready.get(self._listener, 0) & select.POLLIN:
                self._look_at_one()
            else:
                break
        self._keep_record()

    def _listen(self) -> bool:
        """Hear what the process says; return whether it goes on."""
        message = self._connection.recv(1)
        if message == _DONE:
            self._keep_record()
        elif message == _CLOSED:
            self._moment("closed")
        elif message == _ACKNOWLEDGED:
            self._acknowledged += 1
            self._moment("acknowledged")
        if message:
            with suppress(OSError):  # it has just been killed
                self._connection.send(_SEEN)
        return message != b""

    def _look_at_one(self) -> None:
        notice = Notice.receive(self._listener)
        if notice is None:
            return
        call = self._calls[notice.number]
        if call.name in _SYNCHRONISING:
            self._hold_up()
            self._moment("underway")
            done = False
            with suppress(OSError):  # no file, or the thread is gone: the kernel says so itself
                done = self._synchronise(call.name, notice)
            if done:
                notice.succeed(self._listener)
                return
        elif call.name in _NAMING:
            self._moment("underway")
        else:
            with suppress(OSError):  # it gave a pointer to nothing
                self._note_writing_through(call, notice)
        notice.let_go_on(self._listener)

    def _hold_up(self) -> None:
        """Take the time of a disk, and hear what is said meanwhile."""
        poll = select.poll()
        poll.register(self._connection, select.POLLIN)
        until = time.monotonic() + _SECONDS_OF_A_DISK
        while (left := until - time.monotonic()) > 0:
            if poll.poll(left * 1000) and not self._listen():
                return

    def _synchronise(self, name: str, notice: Notice) -> bool:
        """Bring to the disk what a call means to; return whether that was all, and the kernel need do no more."""
        try:
            match name:
                case "fsync" | "fdatasync":
                    return self._synchronise_path(_handle_path(notice))
                case "msync":
                    if notice.arguments[2] & _MS_SYNC:
                        for path in self._mapped(notice.arguments[0], notice.arguments[1]):
                            self._synchronise_path(path)
                    return False
                case _:
                    self._disk.synchronise_all()
                    return True
        except TooMuchError as error:
            self._record.unmade = str(error)
            return False

    def _synchronise_path(self, path: str) -> bool:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            return self._disk.synchronise(handle)
        finally:
            os.close(handle)

    def _mapped(self, address: int, length: int) -> set[str]:
        """The files in a part of the process's memory."""
        found: set[str] = set()
        for line in Path(f"/proc/{self._caller.process}/maps").read_text(errors="surrogateescape").splitlines():
            span, _, _, _, _, *path = line.split(maxsplit=5)
            begin, _, end = span.partition("-")
            if path and path[0].startswith("/") and int(begin, 16) < address + length and address < int(end, 16):
                found.add(path[0])
        return found

    def _note_writing_through(self, call: SystemCall, notice: Notice) -> None:
        """Note a file of which a write waits for the disk: whatever is in it at each later moment is taken to be there."""
        if call is _WRITING_THROUGH:
            self._through.append(os.open(_handle_path(notice), os.O_RDONLY))
        elif call.opening is not None and self._caller.opening_flags(call.opening, notice.arguments) & _O_DSYNC:
            self._opened_through.append(self._caller.path(call, call.operands[0], notice.arguments, notice.thread, whole=True))

    def _write_through(self) -> None:
        """Bring to the disk what needed no call for it."""
        waiting, self._opened_through = self._opened_through, []
        for path in waiting:
            try:
                handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            except OSError:  # it is about to be made
                self._opened_through.append(path)
                continue
            if stat.S_ISREG(os.fstat(handle).st_mode):  # and no directory, for a file without a name
                self._through.append(handle)
            else:
                os.close(handle)
        for handle in self._through:
            self._disk.synchronise(handle)

    def _moment(self, kind: str) -> None:
        """The power might go now."""
        if self._record.unmade:
            return
        try:
            self._write_through()
            images: dict[int, str] = {}
            for image in self._disk.images():
                images.setdefault(self._number(image.tree), image.survivors)
            unsynchronised = self._disk.unsynchronised()
        except TooMuchError as error:
            self._record.unmade = str(error)
            return
        self._record.moments.append(
            {"acknowledged": self._acknowledged, "kind": kind, "images": [*images.items()], "lost": unsynchronised}
        )

    def _number(self, tree: Tree) -> int:
        """The number of an image, which is written where it is a new one."""
        hashed = hashlib.sha256()
        for path, contents in sorted(tree.items()):
            kept = contents if isinstance(contents, bytes) else repr(contents).encode(errors="surrogateescape")
            hashed.update(f"{path!r} {type(contents).__name__} {len(kept)} ".encode(errors="surrogateescape") + kept)
        digest = hashed.digest()
        if digest not in self._numbers:
            if len(self._numbers) >= _MOST_IMAGES:
                raise TooMuchError("it changes too often")
            self._numbers[digest] = len(self._numbers)
            write_tree(tree, str(self._images / str(self._numbers[digest])))
        return self._numbers[digest]

    def _keep_record(self) -> None:
        """Write down what there is to tell, once: who ordered it reads it when the process has ended."""
        if self._kept:
            return
        self._kept = True
        record = {"moments": self._record.moments, "unmade": self._record.unmade}
        (self._images / RECORD).write_text(json.dumps(record), encoding="ascii")


def _handle_path(notice: Notice) -> str:
    """The path of the handle that is a call's first argument."""
    return f"/proc/{notice.thread}/fd/{notice.arguments[0] & 0xFFFFFFFF}"
