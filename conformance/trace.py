"""What was done to a store, and the check that failed: saved as JSON, and printed as a script without the kit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from conformance.dialect import Dialect
from conformance.expectation import Expectation
from conformance.operations import Operation
from conformance.subject import Subject

_STANDARD_IMPORTS = {
    name: f"import {name}"
    for name in (
        "asyncio", "contextlib", "copy", "gc", "inspect", "io", "itertools", "logging", "os", "pathlib", "pickle", "random",
        "resource", "storeproto", "subprocess", "sys", "tempfile", "textwrap", "threading", "time", "types",
    )
}  # fmt: skip


DEEP = "/a/b/c/d/e/f/g/root"
"""Where in a scratch tree a script puts a store that may climb: no key climbs as high as the tree."""

_DIRECTORY = "tempfile.mkdtemp()"


@dataclass(frozen=True)
class Opened:
    """A store was opened: a new one, the data of an earlier place again, or a place where nothing was made, which may raise.

    One that is given keys which could lead out of it lies several levels deep in a scratch tree.
    """

    variable: str
    place: str
    again: bool = False
    read_only: bool = False
    unmade: bool = False
    deep: bool = False


@dataclass(frozen=True)
class Performed:
    """An operation was performed; what it came to was not the question."""

    variable: str
    operation: Operation
    raised: bool = False


@dataclass(frozen=True)
class Executed:
    """A Python statement was executed, with the handles as its variables.

    The lines `from module import name` among `imports` bring what it names beside these and the standard library.
    """

    source: str
    imports: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """The check at the end: an operation, or an expression where `operation` is None, and what it was expected to come to.

    It did not return `within` so many seconds, where that is not None.
    """

    variable: str
    operation: Operation | None
    source: str
    expectation: Expectation
    within: float | None = None


Step: TypeAlias = Opened | Performed | Executed | Asked


@dataclass
class Trace:
    """The steps since the store was opened.

    Attributes:
        steps: what was done, and at the end what was asked.
        minimal: whether the fault does not show without any of them; where it is not known, a read whose answer was right is
            taken to be needless.
    """

    steps: list[Step] = field(default_factory=list[Step])
    minimal: bool = False

    def opened(self, step: Opened) -> None:
        """Add an opening; a new store under a name that is taken begins a new trace."""
        if not step.again and any(isinstance(old, Opened) and old.variable == step.variable for old in self.steps):
            self.steps.clear()
        self.steps.append(step)

    def essential(self) -> list[Step]:
        """The steps that are needed."""
        if self.minimal:
            return [*self.steps]
        return [
            step
            for number, step in enumerate(self.steps)
            if (not isinstance(step, Asked) and not (isinstance(step, Performed) and not step.operation.changes))
            or number == len(self.steps) - 1
        ]

    def script(self, subject: Subject, dialect: Dialect) -> str:
        """The steps as a program that needs the store and asyncio alone; it ends with an error where the fault is there.

        It is empty where there are none.
        """
        body: list[str] = []
        imports: dict[str, str] = {**dialect.imports, **_STANDARD_IMPORTS}
        places: set[str] = set()
        for step in self.essential():
            body.extend(_lines(step, subject, dialect, imports, places))
        if not body:
            return ""
        body = _with_short_places(body, places)
        text = "\n".join(body)
        used = {line for name, line in imports.items() if name == "asyncio" or re.search(rf"(?<![\w.'\"/]){name}\b", text)}
        return "\n".join([*_merged(used), "async def main():", *[f"    {line}" for line in body], "asyncio.run(main())"]) + "\n"


def has_statements(trace: Trace) -> bool:
    """Whether there is Python in it, which nobody executes who got it from a file."""
    return any(isinstance(step, Executed) or (isinstance(step, Asked) and step.operation is None) for step in trace.steps)


def _with_short_places(body: list[str], places: Iterable[str]) -> list[str]:
    """The lines without variables for directories that are named once."""
    text = "\n".join(body)
    for place in places:
        making = f"{place} = {_DIRECTORY}\n"
        if making in text and len(re.findall(rf"\b{place}\b", text)) == 2:
            text = re.sub(rf"\b{place}\b", _DIRECTORY, text.replace(making, ""))
    return text.split("\n")


def _merged(lines: Iterable[str]) -> list[str]:
    """The import lines, as few as possible: a script should fit on a screen."""
    modules: list[str] = []
    names: dict[str, list[str]] = {}
    for line in sorted(lines):
        if match := re.fullmatch(r"from (\S+) import (\S+)", line):
            names.setdefault(match[1], []).append(match[2])
        else:
            modules.append(line.removeprefix("import "))
    return [f"import {', '.join(modules)}", *[f"from {module} import {', '.join(found)}" for module, found in names.items()]]


def _lines(step: Step, subject: Subject, dialect: Dialect, imports: dict[str, str], places: set[str]) -> list[str]:
    match step:
        case Opened():
            opening = (subject.reopening if step.again or step.unmade else None) or subject.opening
            found, expression = opening.python(step.place, read_only=step.read_only)
            imports.update(found)
            line = f"{step.variable} = {expression}"
            if step.unmade:
                line = f"with contextlib.suppress(Exception): {line}"
            if step.place in places or not re.search(rf"\b{step.place}\b", expression):
                return [line]
            places.add(step.place)
            if step.deep:
                return [f"os.makedirs({step.place} := tempfile.mkdtemp() + {DEEP!r})", line]
            below = " + '/unmade'" if step.unmade else ""
            return [f"{step.place} = {_DIRECTORY}{below}", line]
        case Performed():
            call = step.operation.call(step.variable, dialect)
            return [f"with contextlib.suppress(Exception): {call}" if step.raised else call]
        case Executed():
            imports.update({line.rpartition(" ")[2]: line for line in step.imports})
            return step.source.splitlines()
        case Asked():
            return _question(step, dialect)


def _question(step: Asked, dialect: Dialect) -> list[str]:
    source = step.source if step.operation is None else step.operation.question(step.variable, dialect)
    lines = [f"got = {source}"]
    if step.expectation.admits_errors:
        lines = ["try:", *[f"    {line}" for line in lines], "except Exception as error:", "    got = error"]
    if step.within is not None:
        return limited(lines, step.within)
    return [*lines, f"assert {step.expectation.python()}, repr(got)[:200]"]


def limited(lines: Iterable[str], seconds: float) -> list[str]:
    """Return statements that raise TimeoutError where these take longer."""
    return [f"async with asyncio.timeout({seconds:g}):", *[f"    {line}" for line in lines]]


def namespace(source: str, dialect: Dialect) -> dict[str, Any]:
    """Return the modules and classes that `source` names, imported as the script would."""
    found: dict[str, Any] = {}
    for name, line in {**dialect.imports, **_STANDARD_IMPORTS}.items():
        if re.search(rf"(?<![\w.'\"/]){name}\b", source):
            exec(line, found)  # noqa: S102  # a line of the tables above
    return found
