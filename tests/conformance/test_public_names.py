"""What can be imported from `conformance`."""

from __future__ import annotations

import builtins
import inspect
import re
import typing
from collections.abc import Iterator
from typing import Any

import pytest

import conformance


def ours(hint: Any) -> Iterator[str]:
    """The names of the kit's classes in a type."""
    if isinstance(hint, type) and hint.__module__.startswith("conformance."):
        yield hint.__name__
    for part in hint if isinstance(hint, list) else typing.get_args(hint):
        yield from ours(part)


def functions(name: str) -> list[Any]:
    """A public function, or the public methods of a class and the class, whose fields are its parameters."""
    found = getattr(conformance, name)
    members = vars(found).items() if isinstance(found, type) else ()
    return [found, *[member for name, member in members if inspect.isfunction(member) and not name.startswith("_")]]


@pytest.mark.parametrize("name", conformance.__all__)
def test_each_name_is_there(name: str):
    """Each name that the package offers leads to something."""
    assert getattr(conformance, name) is not None


@pytest.mark.parametrize("name", ["check", "subject", "Subject", "Recipe", "Factory", "Report", "Result", "Opening"])
def test_what_is_taken_can_be_imported(name: str):
    """The classes of the kit in the signatures of what it offers can be imported from the package too."""
    named = {each for function in functions(name) for hint in typing.get_type_hints(function).values() for each in ours(hint)}
    assert named <= {*conformance.__all__}


@pytest.mark.parametrize("name", ["check", "subject", "select", "read_known_failures", "Opening", "Recipe"])
def test_what_is_raised_can_be_imported(name: str):
    """The kit's errors that the documentation of what it offers names can be imported from the package too."""
    text = "".join([inspect.getdoc(function) or "" for function in functions(name)])
    raised: set[str] = {*re.findall(r"^ *(\w+Error): ", text, re.MULTILINE)}
    assert {error for error in raised if not hasattr(builtins, error)} <= {*conformance.__all__}
