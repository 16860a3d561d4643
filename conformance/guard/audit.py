"""The audit hook: what the standard library is about to change outside the writable area is refused, and recorded."""

# ruff: noqa: PTH109, PTH115, PTH117  # pathlib would drop the dots and slashes of what a store asked for
from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from typing import Any, Final, NamedTuple, cast

from conformance.guard.area import WritableArea, real_path
from conformance.guard.values import Attempt

_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)


class _Operand(NamedTuple):
    """The positions of an event's arguments that together name one file."""

    path: int
    directory: int | None = None
    follows: bool = False


_CHANGES: Final[dict[str, tuple[_Operand, ...]]] = {
    "os.chflags": (_Operand(0, follows=True),),
    "os.chmod": (_Operand(0, 2, follows=True),),
    "os.chown": (_Operand(0, 3, follows=True),),
    "os.link": (_Operand(0, 2), _Operand(1, 3)),
    "os.mkdir": (_Operand(0, 2),),
    "os.remove": (_Operand(0, 1),),
    "os.removexattr": (_Operand(0, follows=True),),
    "os.rename": (_Operand(0, 2), _Operand(1, 3)),
    "os.rmdir": (_Operand(0, 1),),
    "os.setxattr": (_Operand(0, follows=True),),
    "os.symlink": (_Operand(1, 2),),
    "os.truncate": (_Operand(0, follows=True),),
    "os.utime": (_Operand(0, 3, follows=True),),
    # Before it removes anything: told to ignore errors, it would walk through the whole machine.
    "shutil.rmtree": (_Operand(0, 1),),
}

# The argument that says what is to be run.
_PROCESSES: Final[dict[str, int | None]] = {
    "os.exec": 0,
    "os.fork": None,
    "os.forkpty": None,
    "os.posix_spawn": 0,
    "os.spawn": 1,
    "os.startfile": 0,
    "os.startfile/2": 0,
    "os.system": 0,
    "subprocess.Popen": 0,
}


def install_hook(area: WritableArea, record: Callable[[Attempt], None], *, watched: bool) -> None:
    """Refuse changes outside `area` and the start of processes, from now on and for good.

    Args:
        area: what may be changed.
        record: is told of each attempt.
        watched: whether the watch looks at the system calls too. It knows what some events do not tell: the directory that the
            path of an opened file begins at, and whether a link is followed. What depends on these is left to it; without it a
            relative path to open is refused if it climbs, and links are taken to be followed.
    """

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            outside = _opened(arguments, area, watched=watched)
        elif event in _CHANGES:
            outside = _changed(event, arguments, area, watched=watched)
        elif event in _PROCESSES:
            position = _PROCESSES[event]
            outside = ["" if position is None else _text(arguments[position])]
        else:
            return
        for path in outside:
            record(Attempt(event, path, "python"))
        if outside:
            raise PermissionError(errno.EACCES, f"{event} is refused outside the store's root", outside[0])

    sys.addaudithook(hook)


def _opened(arguments: tuple[Any, ...], area: WritableArea, *, watched: bool) -> list[str]:
    path, _, flags = arguments
    if isinstance(path, int) or not flags & _WRITING:
        return []
    text = _text(path)
    if not os.path.isabs(text) and (watched or not os.path.normpath(text).startswith(os.pardir)):
        return []
    follows = not (flags & _NO_FOLLOW or (flags & os.O_CREAT and flags & os.O_EXCL))
    real = real_path(_absolute(text), follows=follows)
    return [] if area.contains(real) else [real]


def _changed(event: str, arguments: tuple[Any, ...], area: WritableArea, *, watched: bool) -> list[str]:
    paths = [_named(operand, arguments, follows=operand.follows and not watched) for operand in _CHANGES[event]]
    if event == "os.mkdir" and paths[0] is not None and os.path.lexists(paths[0]):
        return []  # the system says that it exists
    return [path for path in paths if path is not None and not area.contains(path)]


def _named(operand: _Operand, arguments: tuple[Any, ...], *, follows: bool) -> str | None:
    """The real path that the operand names; None where this system does not tell the path of a handle."""
    given = arguments[operand.path]
    if isinstance(given, int):
        return _path_of(given)
    path = _text(given)
    handle = -1 if operand.directory is None or len(arguments) <= operand.directory else arguments[operand.directory]
    if os.path.isabs(path) or handle is None or handle == -1:
        return real_path(_absolute(path), follows=follows)
    directory = _path_of(handle)
    return None if directory is None else real_path(f"{directory}{os.sep}{path}", follows=follows)


def _absolute(path: str) -> str:
    """The path from the root on, with its `..` kept: behind a symbolic link they lead elsewhere than they seem to."""
    return path if os.path.isabs(path) else f"{os.getcwd()}{os.sep}{path}"


def _path_of(handle: int) -> str | None:
    try:
        return os.readlink(f"/proc/self/fd/{handle}")
    except OSError:
        return None


def _text(given: object) -> str:
    if isinstance(given, str | bytes | os.PathLike):
        return os.fsdecode(cast("str | bytes | os.PathLike[str]", given))
    return str(given)
