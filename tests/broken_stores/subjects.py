"""The broken stores, found, and as subjects."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import Any

import broken_stores
from conformance import Recipe, Subject


def stores() -> list[type[Any]]:
    """Every class of the package that declares what it breaks, by name."""
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
        durable=getattr(store, "durable", False),
    )
