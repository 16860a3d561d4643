"""`@conformance.subject(...)`: a function that opens a store, declared to be a subject."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, TypeVar

from conformance.dialect import Dialect
from conformance.expectations import check_expectations
from conformance.recipe import Factory, Opening, Recipe, as_factory
from conformance.subject import Grammar, Subject

F = TypeVar("F", bound=Callable[..., Any])

MARK = "__storeproto_subject__"
"""The attribute of a function that was declared."""
_FILLED = {"tmp_path": "{tmp_path}", "read_only": "{read_only}"}
"""The parameters that the kit fills, differently for each opening."""


@dataclass(frozen=True)
class Declaration:
    """What was declared of a function.

    Attributes:
        function: opens a store.
        fields: of the subject, by name.
    """

    function: Callable[..., Any]
    fields: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What reports call the subject."""
        return str(self.fields.get("name", getattr(self.function, "__name__", "subject")))

    @property
    def fixtures(self) -> tuple[str, ...]:
        """The parameters that the kit does not fill: a pytest fixture each."""
        return tuple(
            [
                parameter.name
                for parameter in inspect.signature(self.function).parameters.values()
                if parameter.name not in _FILLED and parameter.default is parameter.empty
            ]
        )

    def make(self, values: Mapping[str, Any]) -> Subject:
        """Return the subject.

        Args:
            values: of the parameters that the kit does not fill, by name; it is looked at whenever a store is opened.
        """
        filled = {name: text for name, text in _FILLED.items() if name in inspect.signature(self.function).parameters}
        if self.fixtures or not _is_importable(self.function):
            opening: Opening = Factory(_opener(self.function, filled, values), takes_read_only="read_only" in filled)
        else:
            opening = Recipe(f"{self.function.__module__}:{self.function.__name__}", filled)
        # What lives in a directory can perhaps be opened there again: a run finds out.
        reopening = opening if "tmp_path" in filled else None
        inferred = Subject(
            name=self.name,
            opening=opening,
            reopening=reopening,
            reopening_inferred=reopening is not None and "reopening" not in self.fields,
            on_host_files="tmp_path" in filled,
        )
        return replace(inferred, **self.fields)


def _opener(function: Callable[..., Any], filled: Collection[str], values: Mapping[str, Any]) -> Callable[..., Any]:
    """Return a function of the directory that calls `function` with what the kit fills and with the values of fixtures."""

    def open_store(path: Path, *, read_only: bool = False) -> Any:
        given = {"tmp_path": path, "read_only": read_only}
        return as_factory(function)(**{name: given[name] for name in filled}, **values)

    open_store.__qualname__ = getattr(function, "__qualname__", "subject")
    return open_store


def subject(
    *,
    name: str | None = None,
    reopening: Opening | None = None,
    publish: Callable[[Any], Awaitable[None] | None] | None = None,
    grammar: Grammar | None = None,
    dialect: Dialect | None = None,
    disposable: bool = False,
    contents: Mapping[str, bytes] | None = None,
    on_host_files: bool | None = None,
    pure_python: bool | None = None,
    durable: bool | None = None,
    expect: Mapping[str, str] | None = None,
) -> Callable[[F], F]:
    """Declare the function below to open a new, empty store: pytest then judges the store, clause by clause.

    The function may be asynchronous, a generator or an asynchronous generator. Its parameter `tmp_path` receives a directory of
    its own at each opening, `read_only` whether a read-only handle is asked for, and any other the pytest fixture of its name, or
    what `pytest.mark.parametrize` gives: a subject for each set of parameters.

    Args:
        name: what reports call the subject; the function's name by default.
        reopening: as those below, an attribute of `conformance.Subject`; found out where the function takes `tmp_path`.
        publish: runs before a re-opening.
        grammar: the keys and values that the store takes.
        dialect: how it takes values.
        disposable: its data may be deleted though an opening was not shown to be empty.
        contents: what a store that cannot be written to holds.
        on_host_files: it lives on a host file system; by default where the function takes `tmp_path`.
        pure_python: it calls no native code but the standard library's.
        durable: whether it promises that what it acknowledged survives a power cut.
        expect: the clauses that are known to fail, each with its reason.

    Raises:
        ExpectationError: an expectation names no clause, or has no reason.
    """
    given = {
        "name": name,
        "reopening": reopening,
        "publish": publish,
        "grammar": grammar,
        "dialect": dialect,
        "disposable": disposable or None,
        "contents": contents,
        "on_host_files": on_host_files,
        "pure_python": pure_python,
        "durable": durable,
        "expect": expect,
    }
    fields = {field: value for field, value in given.items() if value is not None}
    check_expectations(expect or {})

    def declared(function: F) -> F:
        setattr(function, MARK, Declaration(function, fields))
        return function

    return declared


def _is_importable(function: Callable[..., Any]) -> bool:
    """Whether another process with the same search path finds the function by its module and name."""
    module = sys.modules.get(function.__module__)
    if module is None or getattr(module, function.__name__, None) is not function:
        return False
    path: list[str] | None = None
    spec = None
    parts = module.__name__.split(".")
    for number in range(len(parts)):
        spec = PathFinder.find_spec(".".join(parts[: number + 1]), path)
        if spec is None:
            return False
        path = list(spec.submodule_search_locations or [])
    return spec is not None and spec.origin == getattr(module, "__file__", None)
