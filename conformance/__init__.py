"""The conformance kit: judges asynchronous key-value stores by a numbered contract.

`check(subject)` returns a report; `storeproto check TARGET` prints one. Importing this package imports nothing of the kit until a
name is used, since pytest loads it in every run.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.clause import Clause, Level, Verdict
    from conformance.declaring import subject
    from conformance.machine import StoreStateMachine, state_machine
    from conformance.profile import Profile
    from conformance.recipe import Factory, Recipe, TargetError
    from conformance.report.report import Report, Result
    from conformance.runner import check
    from conformance.subject import AnyKey, Grammar, Subject

_HOMES = {
    "AnyKey": "conformance.subject",
    "Clause": "conformance.clause",
    "Factory": "conformance.recipe",
    "Grammar": "conformance.subject",
    "Level": "conformance.clause",
    "Profile": "conformance.profile",
    "Recipe": "conformance.recipe",
    "Report": "conformance.report.report",
    "Result": "conformance.report.report",
    "StoreStateMachine": "conformance.machine",
    "Subject": "conformance.subject",
    "TargetError": "conformance.recipe",
    "Verdict": "conformance.clause",
    "check": "conformance.runner",
    "state_machine": "conformance.machine",
}

__all__ = [
    "AnyKey",
    "Clause",
    "Factory",
    "Grammar",
    "Level",
    "Profile",
    "Recipe",
    "Report",
    "Result",
    "StoreStateMachine",
    "Subject",
    "TargetError",
    "Verdict",
    "check",
    "state_machine",
    "subject",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


class _Package(ModuleType):
    """The package, in which `subject` is the decorator, also after the module of that name was imported."""

    @property
    def subject(self) -> Any:  # type: ignore[no-redef,unused-ignore]
        return import_module("conformance.declaring").subject

    @subject.setter
    def subject(self, module: ModuleType) -> None:
        """Let the import system's setting of the submodule be."""


sys.modules[__name__].__class__ = _Package
