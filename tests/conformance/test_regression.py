"""Saved traces as tests to paste."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.cli import main

TARGET = "broken_stores.get:MissingKeyIsEmpty"
FILES = "broken_stores.sound_files:SoundFileStore"


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    """A report with failures, of the clauses' examples and of the search."""
    path = tmp_path_factory.mktemp("report") / "report.json"
    main(["check", TARGET, "--profile", "quick", "--clause", "GET", "--clause", "PAR", "--operations", "0", "--json", str(path)])
    return path


@pytest.fixture
def pasted(report, tmp_path, capsys):
    """What pytest says of the tests for a target, in a process of its own: how many passed and failed."""

    def paste(target: str, *arguments: str) -> dict[str, int]:
        main(["replay", str(report), target, "--as", "pytest", *arguments])
        path = tmp_path / "test_pasted.py"
        path.write_text(capsys.readouterr().out)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", path.name]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)  # noqa: S603, PLW1510
        return {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error)", done.stdout.splitlines()[-1])}

    return paste


def test_each_fails_on_the_store(report, pasted):
    """Each test fails as long as the store has the fault."""
    failures = [entry for entry in json.loads(report.read_text())["clauses"] if entry["trace"]]
    assert pasted(TARGET) == {"failed": len(failures)}


def test_each_passes_without_the_fault(pasted):
    """On a store without the fault they all pass."""
    assert pasted("broken_stores.sound:SoundStore").keys() == {"passed"}


def test_place_of_files(pasted):
    """A store that lives in a directory is opened in one of its own."""
    assert pasted(FILES, "--arg", "root={tmp_path}").keys() == {"passed"}


def test_one_clause(pasted):
    """--clause leaves the others out."""
    assert pasted(TARGET, "--clause", "GET-1") == {"failed": 1}


def test_clause_without_a_trace(report, capsys):
    """A clause that did not fail in the report is refused, in one line that says so."""
    status = main(["replay", str(report), TARGET, "--clause", "LST"])
    assert (status, "holds no trace of LST" in capsys.readouterr().err) == (2, True)


def test_names_its_requirement(report, capsys):
    """A test says the requirement in its docstring."""
    main(["replay", str(report), TARGET, "--as", "pytest", "--clause", "GET-1"])
    assert '    """GET-1: A missing key' in capsys.readouterr().out
