"""The Hypothesis state machine over the kit's operations and model."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from broken_stores.get import MissingKeyIsEmpty
from hypothesis.stateful import rule, run_state_machine_as_test
from machine_settings import machine_settings

import conformance
from conformance.clause import ClauseFailure
from conformance.machine import StoreStateMachine
from conformance.reference import SUBJECTS

SETTINGS = machine_settings(examples=20, steps=30)


def subject(target: str, **arguments: object) -> conformance.Subject:
    """A subject that opens `target`."""
    recipe = conformance.Recipe(target, arguments)
    return conformance.Subject(name=target, opening=recipe, reopening=recipe if arguments else None)


@pytest.mark.parametrize("target", ["reference_stores:MemoryStore", "broken_stores.sound:SoundStore"])
def test_sound_store_passes(target):
    """A store that keeps the contract runs through."""
    machine = conformance.state_machine(subject(target))
    assert run_state_machine_as_test(machine, settings=SETTINGS) is None


def test_files_pass_re_opened():
    """A store that keeps files runs through, closed and re-opened on the way."""
    machine = conformance.state_machine(subject("broken_stores.sound_files:SoundFileStore", root="{tmp_path}"))
    assert run_state_machine_as_test(machine, settings=SETTINGS) is None


def test_divergence_names_its_clause():
    """A broken store fails, with the clause that it breaks."""
    with pytest.raises(ClauseFailure) as failure:
        run_state_machine_as_test(
            conformance.state_machine(subject(f"{MissingKeyIsEmpty.__module__}:{MissingKeyIsEmpty.__name__}")), settings=SETTINGS
        )
    assert failure.value.because in MissingKeyIsEmpty.breaks | {"RNG-12", "PAR-2"}


def test_author_adds_rules():
    """A subclass runs its own rules among the kit's."""
    seen: list[str] = []

    class Mine(StoreStateMachine):
        subject = subject("reference_stores:MemoryStore")

        @rule()
        def look(self) -> None:
            seen.append(repr(self.store))

    run_state_machine_as_test(Mine, settings=SETTINGS)
    assert seen


@pytest.mark.parametrize("name", SUBJECTS)
@pytest.mark.filterwarnings("ignore")  # what a store warns of is no matter of the machine
def test_reference_store_passes(name):
    """Each reference store runs through, re-opened and pickled on the way where it can be."""
    assert run_state_machine_as_test(conformance.state_machine(SUBJECTS[name]), settings=SETTINGS) is None


@pytest.fixture(scope="module")
def documented() -> str:
    """The module that the guide shows, for a sound store."""
    guide = (Path(__file__).parents[2] / "docs" / "judging.md").read_text(encoding="utf-8")
    shown = re.search(r"```python\n(# tests/test_my_machine.py\n.*?)```", guide, re.DOTALL)
    assert shown
    return shown[1].replace("my_package:MyStore", "broken_stores.sound:SoundStore")


def test_documented_module_runs(documented, tmp_path):
    """What the guide shows is collected by pytest, and passes on a sound store."""
    (tmp_path / "test_my_machine.py").write_text(documented)
    few = "from hypothesis import settings\nsettings.register_profile('few', max_examples=5)\nsettings.load_profile('few')\n"
    (tmp_path / "conftest.py").write_text(few)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_my_machine.py"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)  # noqa: S603, PLW1510
    assert "1 passed" in done.stdout


def test_documented_module_is_an_entry_for_hypofuzz(documented):
    """HypoFuzz takes the test for a state machine: it looks for this attribute of what pytest collects."""
    module: dict[str, Any] = {"__name__": "test_my_machine"}
    exec(documented, module)  # noqa: S102  # from the guide
    test = module["TestMyStore"]("runTest").runTest
    assert test._hypothesis_state_machine_class is module["MyStoreMachine"]
