"""The Hypothesis state machine over the kit's operations and model."""

import pytest
from broken_stores.get import MissingKeyIsEmpty
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import rule, run_state_machine_as_test

import conformance
from conformance.clause import ClauseFailure
from conformance.machine import StoreStateMachine

SETTINGS = settings(
    max_examples=20,
    stateful_step_count=30,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


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
