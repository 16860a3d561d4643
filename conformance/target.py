"""What the command line calls a target: the name of a reference store, or what an import path leads to."""

from __future__ import annotations

import inspect
import json
from collections.abc import Collection, Mapping
from dataclasses import replace

from conformance.declaring import MARK, Declaration
from conformance.recipe import PLACEHOLDERS, Recipe, TargetError, load
from conformance.reference import SUBJECTS
from conformance.subject import Subject


def resolve_target(target: str, arguments: Mapping[str, object], *, disposable: bool = False, lenient: bool = False) -> Subject:
    """Return the subject that `target` stands for.

    Args:
        target: `memory` and the like, or `package.module:name`, where name is a Subject, a class, a class method, or a function
            that returns a store or a context manager of one; asynchronous or not.
        arguments: what it is called with, by name; strings may hold `{tmp_path}`, `{unique}` and `{read_only}`. A parameter
            `tmp_path` is filled by itself.
        disposable: the data may be deleted though the store was not shown to be empty.
        lenient: leave out the arguments that the target does not take: they are another target's.

    Raises:
        TargetError: there is no such target, or it takes no arguments.
    """
    found = SUBJECTS[target] if target in SUBJECTS else load(_known_form(target))
    if lenient:
        arguments = {name: value for name, value in arguments.items() if name in _parameters(found)}
    if isinstance(found, Subject):
        if arguments:
            raise TargetError(f"the target {target!r} is a subject, which takes no --arg")
        return replace(found, disposable=found.disposable or disposable)
    declaration = getattr(found, MARK, None)
    if isinstance(declaration, Declaration) and not arguments and not declaration.fixtures:
        return declaration.make({})
    given = {**_implied(found), **arguments}
    recipe = Recipe(target, given)
    # What lives in a directory can perhaps be opened there again: a run finds out.
    reopening = recipe if recipe.scratch else None
    return Subject(
        name=target,
        opening=recipe,
        reopening=reopening,
        reopening_inferred=reopening is not None,
        on_host_files=recipe.scratch,
        disposable=disposable,
    )


def _known_form(target: str) -> str:
    if ":" not in target:
        raise TargetError(
            f"there is no target {target!r}: give one of {', '.join(SUBJECTS)}, or package.module:name (storeproto check --help)"
        )
    return target


def _implied(found: object) -> dict[str, object]:
    """The argument `tmp_path`, where `found` has a parameter of that name."""
    return {"tmp_path": "{tmp_path}"} if "tmp_path" in _parameters(found) else {}


def _parameters(found: object) -> Collection[str]:
    """The names of the parameters of `found`; none where it is not called, or does not show them."""
    if not callable(found):
        return ()
    try:
        return inspect.signature(found).parameters
    except (TypeError, ValueError):
        return ()


def parse_argument(text: str) -> tuple[str, object]:
    """Return the name and value of `NAME=VALUE`, a string, or `NAME:=JSON`.

    Raises:
        TargetError: it is of neither form, or the JSON cannot be read.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.rstrip(":").isidentifier():
        raise TargetError(
            f"--arg {text!r} is not allowed: give NAME=VALUE, or NAME:=JSON; values may hold {', '.join(PLACEHOLDERS)}"
        )
    if not name.endswith(":"):
        return name, value
    try:
        return name[:-1], json.loads(value)
    except ValueError as error:
        raise TargetError(f"--arg {text!r}: {value!r} is not JSON: {error}") from None
