"""How a store is opened: an import path and plain arguments, so that another process and a script can do it too."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, cast

from conformance.awaiting import awaited
from conformance.secret_values import is_secret

PLACEHOLDERS = ("{tmp_path}", "{unique}", "{read_only}")
"""What stands for a fresh directory, a word that no other opening has, and whether a read-only handle is asked for."""


class TargetError(Exception):
    """A target or its arguments cannot be used; the message is one line that says what, and how to mend it."""


@dataclass(frozen=True)
class Place:
    """Where one store lives.

    Attributes:
        path: a directory of its own, which may not exist yet.
        unique: a word that no other place has.
    """

    path: Path
    unique: str


class Opening(Protocol):
    """A way to open a store."""

    @property
    def scratch(self) -> bool:
        """Whether all that the store keeps goes with the directory that it was given, or with this process."""
        ...

    @property
    def takes_path(self) -> bool:
        """Whether the store is given the path of its place."""
        ...

    @property
    def takes_read_only(self) -> bool:
        """Whether it can be told to open a read-only handle."""
        ...

    def __str__(self) -> str:
        """What is called, for people."""
        ...

    async def open(self, place: Place, stack: AsyncExitStack, *, read_only: bool = False) -> Any:
        """Return the store at `place`; `stack` closes what was opened around it.

        Raises:
            TargetError: what came is no store.
        """
        ...

    def python(self, place: str, *, read_only: bool = False) -> tuple[Mapping[str, str], str]:
        """Return the imports by name, and an expression that opens the store in the directory named by the variable `place`."""
        ...


def load(target: str) -> Any:
    """Return the object that `package.module:name` names; the name may be dotted.

    Raises:
        TargetError: there is no such module or name, or importing it fails.
    """
    module_name, colon, name = target.partition(":")
    if not (colon and module_name and name):
        raise TargetError(f"the target {target!r} is neither a reference store nor of the form package.module:name")
    try:
        found = import_module(module_name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a script that exits, and a native panic, too
        raise TargetError(
            f"cannot import {module_name!r} of the target {target!r}: {_import_failure(error, module_name)}"
        ) from error
    where, path = f"the module {module_name!r}", module_name + ":"
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise TargetError(f"the target {target!r}: there is no {part!r} in {where}") from None
        except Exception as error:
            raise TargetError(f"the target {target!r}: {part!r} of {where} raised {type(error).__name__}: {error}") from error
        path += part
        where, path = repr(path), path + "."
    return found


def _import_failure(error: BaseException, module_name: str) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name is not None and module_name.startswith(error.name):
        if module_name.endswith(".py"):
            return f"a module is named without its file's ending: give {module_name.removesuffix('.py').replace('/', '.')}"
        return f"there is no module {error.name!r}; is its package installed here?"
    if isinstance(error, SystemExit):
        return f"it ends the program (SystemExit: {error}): what runs it belongs under if __name__ == '__main__'"
    return f"{type(error).__name__}: {error}"


def looks_like_a_store(found: object) -> bool:
    """Whether `found` can be judged at all: TYP-1 and TYP-2 say what a store that has this much lacks."""
    return all(callable(getattr(found, name, None)) for name in ("get", "exists")) and not isinstance(found, (type, Mapping))


async def enter(found: Any, what: str, stack: AsyncExitStack) -> Any:
    """Return the store that a factory's result leads to: itself, awaited, or entered as a context manager.

    Raises:
        TargetError: there is no store behind it.
    """
    found = await awaited(found)
    if looks_like_a_store(found):
        return found
    if hasattr(found, "__aenter__"):
        found = await stack.enter_async_context(found)
    elif hasattr(found, "__enter__"):
        found = stack.enter_context(found)
    if not looks_like_a_store(found):
        raise TargetError(
            f"{what} gave {_article(type(found).__name__)}, which is no store: it has no get() and exists(); "
            "give a class or a function that returns a store"
        )
    return found


def _article(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def as_factory(found: Callable[..., Any]) -> Callable[..., Any]:
    """Return `found` as a function whose result `enter` understands: generator functions become context managers."""
    if inspect.isasyncgenfunction(found):
        return asynccontextmanager(found)
    if inspect.isgeneratorfunction(found):
        return contextmanager(found)
    return found


def fill(argument: object, place: Place, *, read_only: bool) -> object:
    """Return `argument` with the placeholders in its strings filled in."""
    match argument:
        case "{read_only}":
            return read_only
        case str():
            return argument.replace("{tmp_path}", str(place.path)).replace("{unique}", place.unique)
        case list():
            return [fill(item, place, read_only=read_only) for item in cast("list[object]", argument)]
        case dict():
            items = cast("dict[str, object]", argument).items()
            return {name: fill(item, place, read_only=read_only) for name, item in items}
        case _:
            return argument


def _given(name: str, argument: object, place: Place, *, read_only: bool) -> object:
    """What the parameter `name` is given: one called `tmp_path` a path, as pytest's fixture of that name is one."""
    return place.path if _is_directory(name, argument) else fill(argument, place, read_only=read_only)


def _is_directory(name: str, argument: object) -> bool:
    return name == "tmp_path" and argument == "{tmp_path}"


@dataclass(frozen=True)
class Recipe:
    """Opens a store by calling what `target` names.

    Attributes:
        target: `package.module:name`; the name may be dotted: a class, a class method, or a function, asynchronous or not, that
            returns a store or a context manager of one.
        arguments: by name; JSON values, whose strings may hold the placeholders `{tmp_path}`, `{unique}` and `{read_only}`. A
            parameter that is itself called `tmp_path` receives the directory as a `pathlib.Path`, any other as a string.
    """

    target: str
    arguments: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    def __str__(self) -> str:
        return f"{self.target}({', '.join([f'{name}={_shown(name, value)}' for name, value in self.arguments.items()])})"

    @property
    def scratch(self) -> bool:
        """Whether an argument puts the store into a directory of the kit's."""
        return self.takes_path

    @property
    def takes_path(self) -> bool:
        """Whether an argument holds `{tmp_path}`."""
        return "{tmp_path}" in json.dumps(dict(self.arguments))

    @property
    def takes_read_only(self) -> bool:
        """Whether an argument is `{read_only}`."""
        return "{read_only}" in json.dumps(dict(self.arguments))

    async def open(self, place: Place, stack: AsyncExitStack, *, read_only: bool = False) -> Any:
        """Return the store at `place`."""
        found = load(self.target)
        if not callable(found):
            raise TargetError(
                f"the target {self.target!r} is {_article(type(found).__name__)}; "
                "give a Subject, a class, or a function that opens a store"
            )
        given = {name: _given(name, argument, place, read_only=read_only) for name, argument in self.arguments.items()}
        factory = as_factory(found)
        try:
            inspect.signature(found).bind(**given)
        except TypeError as error:
            raise TargetError(f"the target {self.target!r} cannot be called so: {error}; {_parameters(found)}") from None
        except ValueError:
            pass  # native code that shows no signature
        return await enter(factory(**given), f"the target {self.target!r}", stack)

    def python(self, place: str, *, read_only: bool = False) -> tuple[Mapping[str, str], str]:
        """The import of the target, and the call."""
        module, _, name = self.target.partition(":")
        first = name.partition(".")[0]
        arguments = ", ".join(
            [f"{key}={_written(key, value, place, read_only=read_only)}" for key, value in self.arguments.items()]
        )
        call = f"{name}({arguments})"
        imports = {first: f"from {module} import {first}"}
        try:
            found = load(self.target)
        except TargetError:
            found = None
        if inspect.isasyncgenfunction(found):
            return imports, f"await anext({call})"
        if inspect.isgeneratorfunction(found):
            return imports, f"next({call})"
        return imports, f"await {call}" if inspect.iscoroutinefunction(found) else call


def _parameters(found: Callable[..., Any]) -> str:
    """What may be given by name, for people."""
    names = [
        f"**{name}" if parameter.kind is parameter.VAR_KEYWORD else name
        for name, parameter in inspect.signature(found).parameters.items()
        if parameter.kind not in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL)
    ]
    return f"its arguments are {', '.join(names)}: --arg NAME=VALUE" if names else "no argument of it can be given by name"


def _written(name: str, value: object, place: str, *, read_only: bool) -> str:
    """The argument as a script has it; a script is passed on, so that a credential comes from the environment."""
    match value:
        case "{tmp_path}":
            return f"pathlib.Path({place})" if _is_directory(name, value) else place
        case "{read_only}":
            return repr(read_only)
        case str() if is_secret(name, value):
            return f"os.environ[{re.sub('[^A-Z0-9]', '_', name.upper())!r}]"
        case str() if "{tmp_path}" in value:
            return "f" + repr(value.replace("{tmp_path}", "{" + place + "}").replace("{unique}", _word(place)))
        case str():
            return repr(value.replace("{unique}", _word(place)))
        case dict():
            items = cast("dict[str, object]", value).items()
            members = [f"{inner!r}: {_written(inner, item, place, read_only=read_only)}" for inner, item in items]
            return f"{{{', '.join(members)}}}"
        case list():
            return f"[{', '.join([_written(name, item, place, read_only=read_only) for item in cast('list[object]', value)])}]"
        case _:
            return repr(value)


def _shown(name: str, value: object) -> str:
    """The argument, for people: without credentials."""
    match value:
        case dict():
            items = cast("dict[str, object]", value).items()
            return f"{{{', '.join([f'{inner!r}: {_shown(inner, item)}' for inner, item in items])}}}"
        case list():
            return f"[{', '.join([_shown(name, item) for item in cast('list[object]', value)])}]"
        case _:
            return "'***'" if is_secret(name, value) else repr(value)


def _word(place: str) -> str:
    """A word for the place, in a script: one made of its variable, where it has one."""
    return f"of_{place}" if place.isidentifier() else "example"


@dataclass(frozen=True)
class Factory:
    """Opens a store by calling a function of this process: no other process, and no script, can do the same.

    Attributes:
        function: takes the directory, and with `takes_read_only` the keyword `read_only`.
        takes_read_only: whether it does.
    """

    function: Callable[..., Any]
    takes_read_only: bool = False

    def __str__(self) -> str:
        return f"{getattr(self.function, '__qualname__', self.function)!s}(...)"

    @property
    def scratch(self) -> bool:
        """Nothing is known of where the store keeps what it is given."""
        return False

    @property
    def takes_path(self) -> bool:
        """The function is given the path."""
        return True

    async def open(self, place: Place, stack: AsyncExitStack, *, read_only: bool = False) -> Any:
        """Return the store at `place`."""
        given = {"read_only": read_only} if self.takes_read_only else {}
        name = getattr(self.function, "__qualname__", repr(self.function))
        return await enter(as_factory(self.function)(place.path, **given), f"the factory {name!r}", stack)

    def python(self, place: str, *, read_only: bool = False) -> tuple[Mapping[str, str], str]:  # noqa: ARG002  # as in the protocol
        """A place for the reader to fill."""
        return {}, f"...  # the store, as {getattr(self.function, '__qualname__', 'your factory')} opens it"
