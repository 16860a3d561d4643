"""The Hypothesis state machine over the kit's operations and model."""

from typing import Any

import pytest
from broken_stores.get import MissingKeyIsEmpty
from documented_examples import ROOT, blocks
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


def test_documented_module_is_an_entry_for_hypofuzz():
    """HypoFuzz takes the test that the guide shows for a state machine: it looks for this attribute of what pytest collects."""
    (shown,) = [block.text for block in blocks(ROOT / "docs" / "traces.md") if block.file == "tests/test_my_machine.py"]
    module: dict[str, Any] = {"__name__": "test_my_machine"}
    exec(shown.replace("my_package:MyStore", "broken_stores.sound:SoundStore"), module)  # noqa: S102  # from the guide
    test = module["TestMyStore"]("runTest").runTest
    assert test._hypothesis_state_machine_class is module["MyStoreMachine"]
