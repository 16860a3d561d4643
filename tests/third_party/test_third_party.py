"""Someone who writes a store adopts the kit: a package of its own, in an environment of its own, from the built wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
OURS = ("PYTEST", "PYTHON", "STOREPROTO", "COV")
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith(OURS)},
    "PIP_NO_BUILD_ISOLATION": "0",  # what it would fetch again for each build is there
    "PIP_NO_COMPILE": "1",  # most of it is never imported
}
CHAPTERS = [word for name in ("GET", "EXI", "LST") for word in ("--clause", name)]
"""What the author begins with: the whole contract would take longer, and show nothing more of how it is adopted."""
CHECK = ("storeproto", "check", "pebbles.conformance:subject", "--profile", "quick", "--operations", "3000", *CHAPTERS)


class ThirdParty:
    """A project, and the environment that its commands run in.

    Args:
        place: an empty directory.
    """

    def __init__(self, place: Path) -> None:
        self.project = place / "project"
        self.programs = place / "environment" / "bin"
        shutil.copytree(HERE / "pebbles", self.project, ignore=shutil.ignore_patterns("__pycache__"))
        subprocess.run([sys.executable, "-m", "venv", self.programs.parent], check=True)  # noqa: S603  # this interpreter
        self.pip("the package index is not reachable from here", "install", "hatchling")
        self.pip("", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", place / "dist", HERE.parents[1])
        (wheel,) = (place / "dist").glob("storeproto-*.whl")
        self.pip("a package is not to be had from the index here", "install", f"{wheel}[conformance]")
        self.pip("", "install", self.project)

    def run(self, *command: object) -> tuple[int, str]:
        """Run a command of the project; return its exit status, and what it said."""
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        environment = {**ENVIRONMENT, "PATH": path, "STOREPROTO_CACHE": str(self.programs.parent / "cache")}
        done = subprocess.run(  # noqa: S603  # the project's own commands
            [*map(str, command)],
            cwd=self.project,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def pip(self, otherwise: str, *arguments: object) -> None:
        """Run pip; where that fails, skip for the reason `otherwise`, or fail."""
        status, said = self.run("python", "-m", "pip", "--quiet", *arguments)
        if status and otherwise:
            pytest.skip(f"{otherwise}: {said.strip().splitlines()[-1]}")
        assert status == 0, said

    def ci(self) -> tuple[int, set[str]]:
        """Run the project's CI script; return its exit status, and the clauses that it complained of."""
        status, said = self.run("sh", "-e", "ci.sh")
        return status, set(re.findall(r"FAILED \S+::([A-Z]{3}-\d+a?)\b", said)) | _complaints(said)

    def expectations(self) -> dict[str, Any]:
        """The failures that the project knows."""
        known: dict[str, Any] = tomllib.loads((self.project / "expect.toml").read_text())["expect"]
        return known

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a file of the project."""
        path = self.project / name
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))


def _complaints(said: str) -> set[str]:
    return set(re.findall(r"^([A-Z]{3}-\d+a?)  (?:failed|unexpected-pass) ", said, re.MULTILINE))


def story(author: ThirdParty) -> dict[str, object]:
    """Go through it, and return what came of each step."""
    told: dict[str, object] = {}
    status, said = author.run(*CHECK, "--write-expectations", "expect.toml")
    told["the first run fails"] = status, _complaints(said) & {"EXI-3", "LST-3", "LST-7"}
    told["the failures are written down"] = {"EXI-3", "LST-3", "LST-7"} & {*author.expectations()}
    told["with the steps of what only the search found"] = {id_ for id_, entry in author.expectations().items() if "trace" in entry}
    told["with them CI is green"] = author.ci()
    author.edit("pebbles/__init__.py", "raise KeyError(", "raise FileNotFoundError(")
    told["a fault is mended, and its expectation fails"] = author.ci()
    line = next(line for line in (author.project / "expect.toml").read_text().splitlines(keepends=True) if "EXI-3" in line)
    author.edit("expect.toml", line, "")
    told["it is removed, and CI is green"] = author.ci()
    return told


def test_story(tmp_path):
    """First run, expectations, a fault mended, its strict expectation fails, it is removed, green: with the built wheel alone."""
    assert story(ThirdParty(tmp_path)) == {
        "the first run fails": (1, {"EXI-3", "LST-3", "LST-7"}),
        "the failures are written down": {"EXI-3", "LST-3", "LST-7"},
        "with the steps of what only the search found": {"EXI-5", "LST-7"},
        "with them CI is green": (0, set()),
        "a fault is mended, and its expectation fails": (1, {"EXI-3"}),
        "it is removed, and CI is green": (0, set()),
    }
