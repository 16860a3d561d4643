"""What the command line calls a target: the name of a reference store, or what an import path leads to."""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from conformance.declaring import MARK, Declaration
from conformance.recipe import PLACEHOLDERS, Recipe, TargetError, load
from conformance.reference import SUBJECTS
from conformance.subject import Subject


def look_in(directory: Path) -> None:
    """Let targets be modules of `directory` that nothing installed, as `python -m` does; Python's `-P` leaves it out."""
    if not sys.flags.safe_path and not {"", str(directory)} & {*sys.path}:
        sys.path.insert(0, str(directory))


def resolve_target(target: str, arguments: Mapping[str, object], *, disposable: bool = False) -> Subject:
    """Return the subject that `target` stands for.

    Args:
        target: `memory` and the like, or `package.module:name`, where name is a Subject, a class, a class method, or a function
            that returns a store or a context manager of one; asynchronous or not.
        arguments: what it is called with, by name; strings may hold `{tmp_path}`, `{unique}` and `{read_only}`. A parameter
            `tmp_path` is filled by itself.
        disposable: the data may be deleted though the store was not shown to be empty.

    Raises:
        TargetError: there is no such target, or it takes no arguments.
    """
    found = _find(target)
    if isinstance(found, Subject):
        if arguments:
            raise TargetError(f"the target {target!r} is a subject, which takes no arguments")
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


def resolve_targets(targets: Sequence[str], arguments: Mapping[str, object]) -> list[Subject]:
    """Return the subjects that several targets stand for; each is given those of the arguments that it takes.

    Raises:
        TargetError: there is no such target, or an argument is for none of them.
    """
    taken = [{*_parameters(_find(target))} & {*arguments} for target in targets]
    if homeless := [name for name in arguments if not any(name in names for names in taken)]:
        raise TargetError(f"no target takes an argument {homeless[0]!r}: give it to one of {', '.join(targets)}")
    return [
        resolve_target(target, {name: arguments[name] for name in arguments if name in names})
        for target, names in zip(targets, taken, strict=True)
    ]


def _find(target: str) -> object:
    return SUBJECTS[target] if target in SUBJECTS else load(_known_form(target))


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


def parse_arguments(texts: Iterable[str]) -> dict[str, object]:
    """Return the arguments by name.

    Raises:
        TargetError: one of them is of neither form, its JSON cannot be read, or a name comes twice.
    """
    found: dict[str, object] = {}
    for text in texts:
        name, value = _parse_argument(text)
        if name in found:
            raise TargetError(f"the argument {text!r}: {name!r} was given before; give each argument once")
        found[name] = value
    return found


def _parse_argument(text: str) -> tuple[str, object]:
    """The name and value of `NAME=VALUE`, a string, or `NAME:=JSON`."""
    name, equals, value = text.partition("=")
    if not equals or not name.rstrip(":").isidentifier():
        raise TargetError(
            f"the argument {text!r} is not allowed: give NAME=VALUE, or NAME:=JSON; values may hold {', '.join(PLACEHOLDERS)}"
        )
    words: list[str] = re.findall(r"\{\w*\}", value)
    for word in words:
        if word not in PLACEHOLDERS and (meant := get_close_matches(word, PLACEHOLDERS, 1)):
            raise TargetError(
                f"the argument {text!r}: there is no {word}; values may hold {', '.join(PLACEHOLDERS)}: is it {meant[0]}?"
            )
    if not name.endswith(":"):
        return name, value
    try:
        return name[:-1], json.loads(value)
    except ValueError as error:
        raise TargetError(f"the argument {text!r}: {value!r} is not JSON: {error}") from None
