"""The type checkers, each run in a child process on a directory of probe files."""

from __future__ import annotations

import atexit
import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

DEADLINE = 120.0
"""Seconds that a checker may take; it reads what the store's module imports, the first time."""


class CheckerError(Exception):
    """A type checker came to no answer; the message is its own."""


@dataclass(frozen=True)
class Remark:
    """What a type checker says of a line.

    Attributes:
        file: the name of the file.
        line: its number, from 1.
        error: whether it is an error, and not a note.
        code: the checker's name of the rule.
        text: its words.
        hint: more of them.
    """

    file: str
    line: int
    error: bool
    code: str
    text: str
    hint: str = ""


class Checker(Protocol):
    """A type checker."""

    name: str

    def __str__(self) -> str:
        """Its name and version."""
        ...

    def installed(self) -> bool:
        """Whether it is."""
        ...

    def remarks(self, files: Mapping[str, str], roots: Iterable[Path], cache: Path | None) -> list[Remark]:
        """Return what it says of the files, given by their names.

        Args:
            files: their texts.
            roots: directories from which modules are imported, beside those of this process.
            cache: the folder of what helps the next run; without one, what helps is kept as long as this process lives.

        Raises:
            CheckerError: it came to no answer.
        """
        ...


def _named(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return name


class Mypy:
    """mypy, by its strict rules, without a configuration of anyone's."""

    name = "mypy"
    # A class that is generic is right for any argument: Any stands for it. Old versions take a memoryview for bytes, unless told.
    shown_rules = ("--strict", "--allow-any-generics")
    rules = (
        *shown_rules,
        "--config-file=",
        "--disable-bytearray-promotion",
        "--disable-memoryview-promotion",
        "--follow-imports=silent",
        "--no-error-summary",
        "--output=json",
    )

    def __str__(self) -> str:
        """Its name and version."""
        return _named(self.name)

    def installed(self) -> bool:
        """Whether it can be imported here: it must see what is installed here."""
        return find_spec("mypy") is not None

    def remarks(self, files: Mapping[str, str], roots: Iterable[Path], cache: Path | None) -> list[Remark]:
        """Ask once; and once more without a cache where mypy itself fails, since the cache may be what is broken."""
        done = self._ask(files, roots, str((cache or _own_cache()) / "mypy"))
        if done.returncode not in (0, 1) and not done.stdout:
            done = self._ask(files, roots, os.devnull)
        found = list(_from_mypy(done.stdout))
        if done.returncode not in (0, 1):  # a file that cannot be parsed ends it
            said = "\n".join([f"{one.file}:{one.line}: {one.text}" for one in found])
            raise CheckerError(_line(said or done.stdout + done.stderr))
        return found

    def _ask(self, files: Mapping[str, str], roots: Iterable[Path], cache: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MYPY")}
        environment["MYPYPATH"] = os.pathsep.join(search_path(roots))
        return _run(["mypy", *self.rules, f"--cache-dir={cache}", *files], files, environment)


@lru_cache(maxsize=1)
def _own_cache() -> Path:
    """A directory that goes when this process ends."""
    directory = tempfile.TemporaryDirectory(prefix="storeproto-cache-", ignore_cleanup_errors=True)
    atexit.register(directory.cleanup)  # by name: what goes by itself warns of that
    return Path(directory.name)


def _from_mypy(output: str) -> Iterator[Remark]:
    for line in output.splitlines():
        if line.startswith("{"):
            one = json.loads(line)
            yield Remark(
                Path(one["file"]).name,
                one["line"],
                one["severity"] == "error",
                one["code"] or "",
                one["message"],
                one["hint"] or "",
            )


class Pyright:
    """pyright, by its standard rules."""

    name = "pyright"

    def __str__(self) -> str:
        """Its name and version."""
        return _named(self.name)

    def installed(self) -> bool:
        """Whether it can be imported here: the package that pip installs, which brings the program."""
        return find_spec("pyright") is not None

    def remarks(self, files: Mapping[str, str], roots: Iterable[Path], cache: Path | None) -> list[Remark]:  # noqa: ARG002  # it keeps none
        """Ask once."""
        settings = {"include": list(files), "extraPaths": search_path(roots), "typeCheckingMode": "standard"}
        written = {**files, "pyrightconfig.json": json.dumps(settings)}
        environment = {**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
        done = _run(["pyright", "--outputjson", "--pythonpath", sys.executable], written, environment)
        if done.returncode not in (0, 1) or "{" not in done.stdout:
            raise CheckerError(_line(done.stderr or done.stdout))
        return list(_from_pyright(json.loads(done.stdout[done.stdout.index("{") :])))


def _from_pyright(report: Mapping[str, Any]) -> Iterator[Remark]:
    for one in report["generalDiagnostics"]:
        text, _, hint = one["message"].partition("\n")
        line = one["range"]["start"]["line"] + 1
        yield Remark(Path(one["file"]).name, line, one["severity"] == "error", one.get("rule", ""), text, hint)


CHECKERS: Mapping[str, Checker] = MappingProxyType({checker.name: checker for checker in (Mypy(), Pyright())})
"""By name."""


def _run(arguments: list[str], files: Mapping[str, str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a module of Python's in a directory with the files."""
    with tempfile.TemporaryDirectory(prefix="storeproto-types-", ignore_cleanup_errors=True) as directory:
        for name, text in files.items():
            Path(directory, name).write_text(text, encoding="utf-8")
        try:
            return subprocess.run(  # noqa: S603  # the interpreter that runs this, and a module of its own
                [sys.executable, "-m", *arguments], cwd=directory, env=dict(environment), check=False, capture_output=True,
                text=True, encoding="utf-8", errors="replace", timeout=DEADLINE,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise CheckerError(f"{arguments[0]} had not ended after {DEADLINE:g} s") from None


def search_path(roots: Iterable[Path]) -> list[str]:
    """Where a checker is to look for modules, beside what is installed and the standard library, which it finds by itself."""
    found_by_itself = {Path(path).resolve() for path in sysconfig.get_paths().values()}
    found_by_itself |= {path / "lib-dynload" for path in found_by_itself}
    given = [*map(Path, roots), *[Path(entry) if entry else Path.cwd() for entry in sys.path]]
    places = dict.fromkeys([path.resolve() for path in given if path.is_dir()])
    return [str(path) for path in places if path not in found_by_itself and not _is_installed(path)]


def _is_installed(path: Path) -> bool:
    return re.search(r"[/\\](site|dist)-packages([/\\]|$)", str(path)) is not None


def _line(text: str) -> str:
    return " ".join(text.split())[:500] or "no message"
