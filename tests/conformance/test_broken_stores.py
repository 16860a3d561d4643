"""Each clause catches the fault that breaks it, and no clause cries wolf."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import tempfile
from typing import Any

import broken_stores
import pytest
from broken_stores.sound import SoundStore

from conformance import Recipe, Subject, Verdict, check
from conformance.profile import PROFILES

BROKEN = (Verdict.FAILED, Verdict.WARNED, Verdict.NOTED)


def stores() -> list[type[Any]]:
    """Every class of the package that declares what it breaks."""
    modules = [importlib.import_module(f"broken_stores.{found.name}") for found in pkgutil.iter_modules(broken_stores.__path__)]
    classes = [found for module in modules for _, found in inspect.getmembers(module, inspect.isclass)]
    return sorted({found for found in classes if "breaks" in vars(found)}, key=lambda found: found.__qualname__)


def subject(store: type[Any]) -> Subject:
    """The store as a subject: as it says itself, or opened without arguments."""
    recipe = Recipe(f"{store.__module__}:{store.__qualname__}", getattr(store, "arguments", {}))
    return Subject(
        name=store.__name__,
        opening=recipe,
        reopening=recipe if getattr(store, "reopens", False) else None,
        disposable=getattr(store, "disposable", False),
        contents=getattr(store, "contents", None),
        on_host_files=getattr(store, "on_host_files", False),
        pure_python=True,
    )


@pytest.fixture
def files_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the stores' files in memory, where the system has a place for that: how fast the disk is, is no part of the question."""
    if os.access("/dev/shm", os.W_OK):  # noqa: S108  # not a fixed name in it
        monkeypatch.setattr(tempfile, "tempdir", "/dev/shm")  # noqa: S108  # as above


@pytest.mark.usefixtures("files_in_memory")
@pytest.mark.parametrize("store", stores(), ids=lambda store: store.__name__)
def test_breaks_what_it_says(store: type[Any]):
    """A broken store breaks just the clauses that it declares."""
    profile = PROFILES[getattr(store, "profile", "default")].with_deadline(getattr(store, "deadline", None))
    profile = profile.with_type_checkers(*getattr(store, "type_checkers", ()))
    report = check(subject(store), profile=profile, guard=getattr(store, "guarded", False), operations=0)
    assert {result.clause.id for result in report.with_verdict(*BROKEN)} == set(store.breaks), [
        str(result) for result in report.with_verdict(*BROKEN, Verdict.ERROR)
    ]


@pytest.mark.parametrize("store", stores(), ids=lambda store: store.__name__)
def test_parent_is_sound_or_broken_itself(store: type[Any]):
    """A broken store's faults are its own: its parent is a sound store, or another that declares its faults."""
    assert issubclass(store, SoundStore)
