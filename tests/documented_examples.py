"""The examples of the documentation: the fenced blocks of its pages, and what performing them shows.

A page is a story: its blocks are performed in order, in one folder.

- `python`: a module. One that begins with the comment `# name.py` is that file of the folder, to be imported by later blocks; a
  `test_*.py` is run with those of all pages, by `run_shown_tests`. Any other shares its names with the page's other blocks.
- `pycon`: a session of `python -m asyncio`, with what it prints.
- `console`: commands behind `$`, with what they print. Numbers of a run's summary are compared as numbers, not as values.
- `diff`: changes of a file of the folder; each begins with `--- name.py`, and what it changes must be there once.
- `sh`: commands to paste; those of `storeproto` must be ones that it takes.
- `toml`: is read.

In what is printed, `...` stands for anything.
"""

from __future__ import annotations

import ast
import asyncio
import doctest
import importlib
import inspect
import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
import traceback
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

from conformance.cli import main, make_parser

ROOT = Path(__file__).parents[1]
STAND_INS = Path(__file__).parent / "docs" / "stand_ins"
"""Holds `my_package`, which the pages speak of as the reader's own."""

LANGUAGES = frozenset({"python", "pycon", "console", "diff", "sh", "toml", "text"})

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# ([\w/]+\.py)\n")
_SUMMARY = re.compile(r"^(search: |\d[\d,]* passed|.* clauses passed$)")
_NUMBER = re.compile(r"\d[\d,.]*")
_FLAGS = doctest.ELLIPSIS | doctest.DONT_ACCEPT_TRUE_FOR_1


class Block(NamedTuple):
    """A fenced block."""

    page: Path
    line: int
    language: str
    text: str

    @property
    def file(self) -> str:
        """The name of the file that it is; empty where it is none."""
        found = _FILE.match(self.text)
        return found[1] if found and self.language == "python" else ""

    @property
    def is_test(self) -> bool:
        """Whether it is a file for pytest."""
        return Path(self.file).name.startswith("test_")

    def write(self, folder: Path) -> None:
        """Put the file into a folder."""
        path = folder / self.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.text, encoding="utf-8")


def pages() -> list[Path]:
    """The pages that have examples."""
    return [page for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))] if blocks(page)]


def blocks(page: Path) -> list[Block]:
    """The blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [Block(page, text.count("\n", 0, found.start(2)), found[1], found[2]) for found in _FENCE.finditer(text)]


def run_shown_tests(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the tests of all pages in one process, beside the files that the pages show; few clauses are asked."""
    files = [block for page in pages() for block in blocks(page) if block.file]
    for block in files:
        block.write(folder)
    few = ["--storeproto-profile=quick", "--storeproto-operations=0", "--storeproto-clauses=GET-1"]
    given = ["-q", "-c", str(STAND_INS / "pytest.ini"), "--rootdir=.", *few, *[block.file for block in files if block.is_test]]
    return run([sys.executable, "-m", "pytest", *given], folder)


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with what the pages' readers are taken to have."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join([str(folder), str(STAND_INS)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # of all plugins that are installed here this one is looked for
        "PYTEST_PLUGINS": "conformance.pytest_plugin",
    }
    return subprocess.run(  # noqa: S603  # our own page
        command, cwd=folder, env=environment, check=False, capture_output=True, text=True
    )


class Performance:
    """The examples of one page, performed in a folder that is the current directory and on the search path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[str, Any] = {"__name__": "__main__"}
        self._imported: set[str] = set()
        self._runner = asyncio.Runner()

    def perform(self, shown: list[Block]) -> list[str]:
        """Perform blocks; return what is not as they say."""
        try:
            return [difference for block in shown for difference in self._perform(block)]
        finally:
            self._runner.close()
            for name in self._imported:
                sys.modules.pop(name, None)

    def _perform(self, block: Block) -> Iterator[str]:
        match block.language:
            case "python" if block.file:
                self._keep(block)
            case "python":
                # The lines are those of the page, for the traceback.
                exec(compile("\n" * block.line + block.text, str(block.page), "exec"), self._names)  # noqa: S102  # our own page
            case "pycon":
                yield from self._converse(block)
            case "console":
                yield from self._run_commands(block)
            case "diff":
                self._change(block.text)
            case "sh":
                _check_commands(block.text)
            case "toml":
                tomllib.loads(block.text)
            case _:
                pass

    def _keep(self, block: Block) -> None:
        block.write(self._folder)
        if not block.is_test:
            name = block.file.removesuffix(".py").replace("/", ".")
            sys.modules.pop(name, None)
            importlib.invalidate_caches()
            importlib.import_module(name)
            self._imported.add(name)

    def _change(self, text: str) -> None:
        for change in text.split("--- ")[1:]:
            name, *lines = change.splitlines()
            path = self._folder / name
            old, new = ["".join([line[1:] + "\n" for line in lines if line[0] != sign]) for sign in "+-"]
            whole = path.read_text(encoding="utf-8")
            assert whole.count(old) == 1, f"{name} does not hold once:\n{old}"
            path.write_text(whole.replace(old, new), encoding="utf-8")

    def _converse(self, block: Block) -> Iterator[str]:
        printed = io.StringIO()  # one for all: an example may keep it, as a handler of log records does
        for example in doctest.DocTestParser().get_examples(block.text):
            printed.seek(0)
            printed.truncate()
            try:
                code = compile(example.source, str(block.page), "single", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
                with redirect_stdout(printed):
                    found = FunctionType(code, self._names)()
                    if inspect.iscoroutine(found):
                        self._runner.run(found)
            except Exception as error:
                if example.exc_msg is None:
                    raise
                yield from _difference(block, example.source, example.exc_msg, traceback.format_exception_only(error)[-1])
            else:
                yield from _difference(block, example.source, example.want, printed.getvalue())

    def _run_commands(self, block: Block) -> Iterator[str]:
        for one in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            command, _, wanted = one.partition("\n")
            yield from _difference(block, command, _numberless(wanted), _numberless(self._said(command)))

    def _said(self, command: str) -> str:
        """Run a command of the kit here, which is quicker than in a process of its own, or any other; return what it prints."""
        kit = command.removeprefix("storeproto ")
        if kit == command:
            done = run(["sh", "-c", command], self._folder)
            return done.stdout + done.stderr
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", "")).startswith(str(self._folder)):
                del sys.modules[name]  # a new process would read the file as it is now
        printed = io.StringIO()
        with redirect_stdout(printed), redirect_stderr(printed):
            main(shlex.split(kit))
        return printed.getvalue()


def _difference(block: Block, source: str, wanted: str, got: str) -> Iterator[str]:
    if not doctest.OutputChecker().check_output(wanted, got, _FLAGS):
        yield f"{block.page.name}, the block of line {block.line}, {source.strip()}\nwanted:\n{wanted}\ngot:\n{got}"


def _numberless(text: str) -> str:
    """The text, with the numbers of a run's summary taken out: they change with the machine, and with the contract."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return "".join([(_NUMBER.sub("0", line) if _SUMMARY.match(line) else line) + "\n" for line in lines])


def _check_commands(text: str) -> None:
    """Refuse a command of `storeproto` that it would refuse."""
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["storeproto"]:
            make_parser().parse_args(words[1:])
