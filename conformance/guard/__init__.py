"""The guard: a confined child process for whatever a broken store could harm the machine with.

`run_guarded(job, payload, deadline=...)` runs a job there and returns a `GuardResult`; the job is given a `GuardedWorld`. The child
takes its own part of this package alone, so a name is imported when it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.guard.process import GuardResult, run_guarded
    from conformance.guard.scratch import Decoy
    from conformance.guard.values import Attempt, Disturbance
    from conformance.guard.world import GuardedWorld

_HOMES = {
    "Attempt": "values",
    "Decoy": "scratch",
    "Disturbance": "values",
    "GuardResult": "process",
    "GuardedWorld": "world",
    "run_guarded": "process",
}

__all__ = ["Attempt", "Decoy", "Disturbance", "GuardResult", "GuardedWorld", "run_guarded"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
