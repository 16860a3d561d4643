"""What the guard's two processes tell each other and their callers."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias

JSON: TypeAlias = Any
"""None, a bool, a number, a str, or a list or dict of them."""

Measure: TypeAlias = Literal["audit-hook", "landlock", "rlimits", "seccomp-notify", "unprivileged-user"]
"""A means by which the child process is confined."""


class Attempt(NamedTuple):
    """Something that the guard refused.

    Args:
        operation: the audit event (`os.remove`) or the system call (`unlinkat`).
        path: the real path that it would have changed; for a process, its executable, or "" where that is not known.
        origin: "python" where the standard library asked for it, "native" where the system call itself was caught.
    """

    operation: str
    path: str
    origin: Literal["python", "native"]

    def __str__(self) -> str:
        return f"{self.operation}({self.path!r}) [{self.origin}]"


class Disturbance(NamedTuple):
    """Something outside the stores' roots that is not as the guard made it."""

    path: str
    change: Literal["added", "removed", "replaced", "modified", "mode changed", "touched"]

    def __str__(self) -> str:
        return f"{self.path} was {self.change}"


def binds_native(enforcement: frozenset[Measure]) -> bool:
    """Whether the operating system itself keeps native code and subprocesses from changing anything outside the stores' roots.

    Landlock does for all but the directory that a root lies in, which a store must be able to change, since it may remove and
    make its root; there the decoys' owner is another user, or the watch answers each system call.
    """
    return "landlock" in enforcement and ("unprivileged-user" in enforcement or "seccomp-notify" in enforcement)
