"""The system calls of Linux that change files or start processes, and which of their arguments name what they change."""

from __future__ import annotations

from typing import Final, NamedTuple

AUDIT_ARCHITECTURE: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""The machines that the watch knows, and what the kernel's audit calls them."""

SECCOMP: Final = {"x86_64": 317, "aarch64": 277}
"""The number of the system call `seccomp`."""


class Operand(NamedTuple):
    """Arguments that together name one file, by their positions.

    Args:
        path: the path; None where `directory` is itself the handle of what is changed.
        directory: the handle that a relative path begins at; None for the working directory.
        follows: whether a symbolic link at the end of the path is followed.
        flags: the flags with AT_SYMLINK_NOFOLLOW and its like, where there are any.
    """

    path: int | None = None
    directory: int | None = None
    follows: bool = False
    flags: int | None = None


class Opening(NamedTuple):
    """Arguments of a call that opens a file: it changes something only with the flags to write or make.

    Args:
        flags: the position of the flags.
        structure: whether that is a pointer to `struct open_how`, which the filter cannot look into.
    """

    flags: int
    structure: bool = False


class SystemCall(NamedTuple):
    """One system call.

    Args:
        name: its name.
        x86_64: its number there; None where there is none.
        aarch64: its number there; None where there is none.
        operands: what it changes.
        opening: set for a call that opens a file.
        starts_process: whether it starts a process, which is refused whatever it is.
    """

    name: str
    x86_64: int | None
    aarch64: int | None
    operands: tuple[Operand, ...] = ()
    opening: Opening | None = None
    starts_process: bool = False

    def number(self, machine: str) -> int | None:
        """Its number on `machine`."""
        return self.x86_64 if machine == "x86_64" else self.aarch64


_FIRST = (Operand(0),)
_FIRST_FOLLOWED = (Operand(0, follows=True),)
_HANDLE = (Operand(directory=0),)
_AT = (Operand(1, 0),)
_AT_FOLLOWED = (Operand(1, 0, follows=True),)

CLONE: Final = SystemCall("clone", 56, 220, starts_process=True)
"""Starts a process unless its first argument says CLONE_THREAD."""

WATCHED: Final = (
    CLONE,
    SystemCall("open", 2, None, _FIRST_FOLLOWED, Opening(1)),
    SystemCall("openat", 257, 56, _AT_FOLLOWED, Opening(2)),
    SystemCall("openat2", 437, 437, _AT_FOLLOWED, Opening(2, structure=True)),
    SystemCall("creat", 85, None, _FIRST_FOLLOWED),
    SystemCall("truncate", 76, 45, _FIRST_FOLLOWED),
    SystemCall("mkdir", 83, None, _FIRST),
    SystemCall("mkdirat", 258, 34, _AT),
    SystemCall("mknod", 133, None, _FIRST),
    SystemCall("mknodat", 259, 33, _AT),
    SystemCall("rename", 82, None, (Operand(0), Operand(1))),
    SystemCall("renameat", 264, 38, (Operand(1, 0), Operand(3, 2))),
    SystemCall("renameat2", 316, 276, (Operand(1, 0), Operand(3, 2))),
    SystemCall("link", 86, None, (Operand(0), Operand(1))),
    SystemCall("linkat", 265, 37, (Operand(1, 0, flags=4), Operand(3, 2))),
    SystemCall("symlink", 88, None, (Operand(1),)),
    SystemCall("symlinkat", 266, 36, (Operand(2, 1),)),
    SystemCall("unlink", 87, None, _FIRST),
    SystemCall("unlinkat", 263, 35, _AT),
    SystemCall("rmdir", 84, None, _FIRST),
    SystemCall("chmod", 90, None, _FIRST_FOLLOWED),
    SystemCall("fchmod", 91, 52, _HANDLE),
    SystemCall("fchmodat", 268, 53, _AT_FOLLOWED),
    SystemCall("fchmodat2", 452, 452, (Operand(1, 0, follows=True, flags=3),)),
    SystemCall("chown", 92, None, _FIRST_FOLLOWED),
    SystemCall("fchown", 93, 55, _HANDLE),
    SystemCall("lchown", 94, None, _FIRST),
    SystemCall("fchownat", 260, 54, (Operand(1, 0, follows=True, flags=4),)),
    SystemCall("utime", 132, None, _FIRST_FOLLOWED),
    SystemCall("utimes", 235, None, _FIRST_FOLLOWED),
    SystemCall("futimesat", 261, None, _AT_FOLLOWED),
    SystemCall("utimensat", 280, 88, (Operand(1, 0, follows=True, flags=3),)),
    SystemCall("setxattr", 188, 5, _FIRST_FOLLOWED),
    SystemCall("lsetxattr", 189, 6, _FIRST),
    SystemCall("fsetxattr", 190, 7, _HANDLE),
    SystemCall("setxattrat", 463, 463, (Operand(1, 0, follows=True, flags=2),)),
    SystemCall("removexattr", 197, 14, _FIRST_FOLLOWED),
    SystemCall("lremovexattr", 198, 15, _FIRST),
    SystemCall("fremovexattr", 199, 16, _HANDLE),
    SystemCall("removexattrat", 466, 466, (Operand(1, 0, follows=True, flags=2),)),
    SystemCall("file_setattr", 469, 469, (Operand(1, 0, follows=True, flags=4),)),
    SystemCall("execve", 59, 221, _FIRST_FOLLOWED, starts_process=True),
    SystemCall("execveat", 322, 281, (Operand(1, 0, follows=True, flags=4),), starts_process=True),
    SystemCall("fork", 57, None, starts_process=True),
    SystemCall("vfork", 58, None, starts_process=True),
)
"""What is shown to the watch."""

HIDDEN: Final = (
    SystemCall("clone3", 435, 435),
    SystemCall("io_uring_setup", 425, 425),
    SystemCall("open_by_handle_at", 304, 265),
)
"""What the filter could not look into: the process is told that the kernel has no such call, and takes another."""

BY_NAME: Final = {call.name: call for call in (*WATCHED, *HIDDEN)}
"""All of these, by name."""
