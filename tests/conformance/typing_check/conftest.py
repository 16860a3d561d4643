"""Many classes judged by one run of a type checker."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.dialect import Native
from conformance.typing_check import CAPABILITIES, CHECKERS, Candidate, find, script_of

ROOT = Path(__file__).parents[3]
EVERYTHING = dict.fromkeys(CAPABILITIES, True)


@pytest.fixture(scope="session")
def mypy_cache(tmp_path_factory):
    """What mypy keeps from one run of these tests to the next."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def candidate():
    """Make a candidate of a class whose flags are all True, or those that are given."""

    def made(store, dialect=None, **flags: bool):
        return Candidate.of(store, {**EVERYTHING, **flags}, dialect or Native())

    return made


@pytest.fixture(scope="session")
def judge(mypy_cache):
    """Ask a type checker once about candidates with labels; return what it says of each, by its label."""

    def judged(candidates, checker="mypy"):
        found = find(candidates.values(), CHECKERS[checker], mypy_cache)
        return {label: found[one] for label, one in candidates.items()}

    return judged


@pytest.fixture
def run_script(tmp_path, mypy_cache):
    """Run the script of a finding of mypy's as a program of its own; return what it writes to standard error."""

    def run(finding):
        script = tmp_path / "script.py"
        script.write_text(script_of(finding, CHECKERS["mypy"]))
        paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
        environment = os.environ | {"MYPYPATH": paths, "PYTHONPATH": paths, "MYPY_CACHE_DIR": str(mypy_cache / "mypy")}
        command = [sys.executable, str(script)]
        return subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True).stderr  # noqa: S603

    return run
