"""The unprivileged user that the child becomes where its parent is root, and the capabilities that it gives up."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

# systemd gives users out of this range to services for as long as they run; it is within what containers map.
_FIRST, _LAST = 61184, 65519

_CAP_CHOWN: Final = 1 << 0
_CAP_DAC_READ_SEARCH: Final = 1 << 2
_CAP_SETGID: Final = 1 << 6
_CAP_SETUID: Final = 1 << 7
_NEEDED: Final = _CAP_CHOWN | _CAP_SETGID | _CAP_SETUID


def spare_user(paths: Iterable[str]) -> int | None:
    """Return a user id that is nobody's, for one child; None where this process cannot start a child as another user.

    Args:
        paths: what that user must be able to read.
    """
    if sys.platform != "linux" or os.geteuid() != 0:
        return None
    import pwd

    from conformance.guard.linux import permitted_capabilities

    permitted = permitted_capabilities()
    if permitted & _NEEDED != _NEEDED or not all(map(_maps_them, ("/proc/self/uid_map", "/proc/self/gid_map"))):
        return None
    if not permitted & _CAP_DAC_READ_SEARCH and not all(map(_readable_by_all, paths)):
        return None
    taken = {entry.pw_uid for entry in pwd.getpwall()}
    count = _LAST - _FIRST + 1
    start = int.from_bytes(os.urandom(4)) % count  # so that runs at the same time take different ones
    return next(user for offset in range(count) if (user := _FIRST + (start + offset) % count) not in taken)


def _maps_them(table: str) -> bool:
    """Whether the user namespace of this process has the ids of the range."""
    with Path(table).open(encoding="ascii") as lines:
        ranges = [tuple(map(int, line.split())) for line in lines]
    return any(first <= _FIRST and first + count > _LAST for first, _, count in ranges)


def _readable_by_all(path: str) -> bool:
    """Whether another user can read the file or directory, as far as its mode and those above it tell."""
    place = Path(path).resolve()
    if not place.exists():
        return True
    needed = stat.S_IROTH | stat.S_IXOTH if place.is_dir() else stat.S_IROTH
    return place.stat().st_mode & needed == needed and all(parent.stat().st_mode & stat.S_IXOTH for parent in place.parents)


def become(user: int) -> None:
    """Become `user` for good; `drop_capabilities` is to follow.

    Raises:
        OSError: the system does not allow it.
    """
    if sys.platform != "linux":
        raise OSError("only Linux lets a process keep the one capability to read")
    from conformance.guard.linux import PR_SET_KEEPCAPS, control_process

    control_process(PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def drop_capabilities() -> None:
    """Give up every capability but, where there is one, that to read and search every directory.

    Without that one, another user could not import the modules of an interpreter in a home of mode 700.

    Raises:
        OSError: the system does not allow it.
    """
    from conformance.guard.linux import PR_SET_DUMPABLE, control_process, permitted_capabilities, set_capabilities

    kept = permitted_capabilities() & _CAP_DAC_READ_SEARCH
    set_capabilities(kept, kept)
    control_process(PR_SET_DUMPABLE, 1)  # a change of user clears it, and the watch could not read this process's memory
