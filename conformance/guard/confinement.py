"""Confinement: everything that keeps the child process from harming the machine, as far as the system offers it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from conformance.guard.area import WritableArea
from conformance.guard.audit import install_hook
from conformance.guard.limits import limit_resources
from conformance.guard.scratch import ScratchTree
from conformance.guard.unprivileged import become, drop_capabilities
from conformance.guard.values import Attempt, Measure

if TYPE_CHECKING:
    import socket


def confine(
    tree: ScratchTree, user: int | None, deadline: float, connection: socket.socket | None, record: Callable[[Attempt], None]
) -> frozenset[Measure]:
    """Confine this process to the roots and the temporary directory of `tree`, for good; return what is in force.

    Args:
        tree: the scratch tree.
        user: whom to become; None to stay who it is.
        deadline: the seconds that the process may live.
        connection: the socket to the watch, where there is one.
        record: is told of each attempt that the audit hook refuses.
    """
    measures: list[Measure] = []
    with suppress(OSError):
        limit_resources(deadline, own_user=user is not None)
        measures.append("rlimits")
    if user is not None:
        with suppress(OSError):
            become(user)
            measures.append("unprivileged-user")
    if sys.platform == "linux":
        with suppress(OSError):
            _confine_on_linux(tree)
            measures.append("landlock")
        if connection is not None and _be_watched(connection):
            measures.append("seccomp-notify")
    area = WritableArea((*tree.roots, tree.temporary), os.getpid())
    install_hook(area, record, watched="seccomp-notify" in measures)
    measures.append("audit-hook")
    return frozenset(measures)


def _confine_on_linux(tree: ScratchTree) -> None:
    # First: until then the new user has not even the capability to read, and can import nothing that is not open to all.
    drop_capabilities()
    from conformance.guard import landlock
    from conformance.guard.linux import PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG, control_process

    control_process(PR_SET_PDEATHSIG, signal.SIGKILL)
    control_process(PR_SET_NO_NEW_PRIVS, 1)
    landlock.confine((*tree.slots, tree.temporary), devices=[os.devnull])


def _be_watched(connection: socket.socket) -> bool:
    """Ask the watch whether it can see this process, and put it in charge; return whether it is."""
    import ctypes
    from socket import send_fds

    from conformance.guard.seccomp_filter import install_filter
    from conformance.guard.watch import PROOF, READY, WATCHING

    proof = ctypes.create_string_buffer(PROOF)
    try:
        connection.send(READY.pack(os.getpid(), ctypes.addressof(proof)))
        if connection.recv(1) != WATCHING:
            return False
        listener = install_filter()
    except OSError:
        connection.close()
        return False
    send_fds(connection, [b"l"], [listener])
    os.close(listener)
    return True
