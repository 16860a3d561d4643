"""The conformance kit: judges asynchronous key-value stores by a numbered contract.

`check(subject)` returns a report; `storeproto check TARGET` prints one. `select` picks clauses of `CONTRACT`, `PROFILES` says by
name how much is asked, and `read_known_failures` reads the file of known failures that the command takes.

Importing this package imports nothing of the kit until a name is used, since pytest loads it in every run.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.clause import Clause, Level, Verdict
    from conformance.contract import CONTRACT, UnknownClauseError, select
    from conformance.declaring import subject
    from conformance.dialect import Dialect
    from conformance.expectations import ExpectationError, KnownFailure, read_known_failures
    from conformance.machine import StoreStateMachine, state_machine
    from conformance.profile import PROFILES, Profile
    from conformance.program_testing import program_test
    from conformance.recipe import Factory, Opening, Place, Recipe, TargetError
    from conformance.report.report import Report, Result
    from conformance.runner import check
    from conformance.subject import AnyKey, Grammar, Subject
    from conformance.versions import UnknownVersionError

_HOMES = {
    "AnyKey": "conformance.subject",
    "CONTRACT": "conformance.contract",
    "Clause": "conformance.clause",
    "Dialect": "conformance.dialect",
    "ExpectationError": "conformance.expectations",
    "Factory": "conformance.recipe",
    "Grammar": "conformance.subject",
    "KnownFailure": "conformance.expectations",
    "Level": "conformance.clause",
    "Opening": "conformance.recipe",
    "PROFILES": "conformance.profile",
    "Place": "conformance.recipe",
    "Profile": "conformance.profile",
    "Recipe": "conformance.recipe",
    "Report": "conformance.report.report",
    "Result": "conformance.report.report",
    "StoreStateMachine": "conformance.machine",
    "Subject": "conformance.subject",
    "TargetError": "conformance.recipe",
    "UnknownClauseError": "conformance.contract",
    "UnknownVersionError": "conformance.versions",
    "Verdict": "conformance.clause",
    "check": "conformance.runner",
    "program_test": "conformance.program_testing",
    "read_known_failures": "conformance.expectations",
    "select": "conformance.contract",
    "state_machine": "conformance.machine",
}

__all__ = [
    "CONTRACT",
    "PROFILES",
    "AnyKey",
    "Clause",
    "Dialect",
    "ExpectationError",
    "Factory",
    "Grammar",
    "KnownFailure",
    "Level",
    "Opening",
    "Place",
    "Profile",
    "Recipe",
    "Report",
    "Result",
    "StoreStateMachine",
    "Subject",
    "TargetError",
    "UnknownClauseError",
    "UnknownVersionError",
    "Verdict",
    "check",
    "program_test",
    "read_known_failures",
    "select",
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
