"""The Hypothesis state machine over the kit's operations and model."""

import re
from typing import Any

import pytest
from broken_stores.get import MissingKeyIsEmpty
from documented_examples import ROOT, blocks
from hypothesis.stateful import rule, run_state_machine_as_test
from machine_settings import machine_settings

import conformance
import storeproto
from conformance import machine, operations
from conformance.clause import ClauseFailure
from conformance.machine import StoreStateMachine, keys
from conformance.operations import Delete, Get, GetSize, Set
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


def failure_of(machine: type[StoreStateMachine]) -> str:
    """What is printed of the failure of a machine."""
    with pytest.raises(ClauseFailure) as failure:
        run_state_machine_as_test(machine, settings=machine_settings(examples=1_000, steps=50))
    return "\n".join(failure.value.__notes__)


def script_in(printed: str) -> str:
    """The script in it."""
    return printed[printed.index("import asyncio") : printed.index("asyncio.run(main())") + len("asyncio.run(main())")]


@pytest.fixture(scope="module")
def printed() -> str:
    """What is printed of a store that shows its fault after three deletes."""
    return failure_of(conformance.state_machine(subject("unruly_stores:TiresOfDeletes")))


def test_steps_are_printed_as_they_are_made(printed):
    """Each step is printed as one that can be made."""
    steps = re.findall(r"step=(.*)\)$", printed, re.MULTILINE)
    assert [eval(step, vars(operations) | vars(machine) | vars(storeproto)) for step in steps]  # noqa: S307  # what the kit printed


def test_minimal_script_is_printed(printed):
    """The steps are made minimal: three keys are set and deleted, a fourth is set and asked for."""
    assert script_in(printed).count("await") == 8


def test_script_shows_the_fault(printed):
    """The script, without the kit, shows the fault."""
    with pytest.raises(AssertionError, match="False"):
        exec(script_in(printed), {})  # noqa: S102  # what the kit printed


@pytest.mark.parametrize(
    ("name", "taken", "shown"),
    [
        ("lif:DeletedKeysComeBack", [Set("a", b"v"), Delete("a"), Set("b", b"v"), machine.Reopen(), Get("a")], "store.close()"),
        ("lif:PicklesElsewhere", [Set("b", b"v"), Set("a", b"v"), machine.Unpickle()], "pickle.loads"),
        ("rdo:RefusesByPermission", [Get("b"), Set("a", b"v"), machine.OnReader(Delete("a"))], "reader = "),
    ],
)
def test_other_steps_are_in_the_script(name, taken, shown):
    """A re-opening, a pickled handle and a read-only one are steps of the script, where they have to do with the fault."""
    opened = {"root": "{tmp_path}", "read_only": "{read_only}"} if name.startswith("lif") else {}
    made = conformance.state_machine(subject(f"broken_stores.{name}", **opened))()
    try:
        for step in taken[:-1]:
            made.take(step)
        with pytest.raises(ClauseFailure):
            made.take(taken[-1])
        trace = made.explained()
        assert trace is not None
        assert shown in trace.script(made.subject, made.survey.dialect)
    finally:
        made.teardown()


def phases(machine: type[StoreStateMachine]) -> set[str]:
    """The phases of Hypothesis's that the test of a machine has."""
    return {phase.name for phase in machine.TestCase.settings.phases}


def test_hypothesis_does_not_shrink():
    """Hypothesis's own shrinking is off, since the trace is made minimal faster."""
    assert "shrink" not in phases(conformance.state_machine(subject("reference_stores:MemoryStore")))


class AuthorsMachine(StoreStateMachine):
    """A machine with a rule of an author's own."""

    subject = subject("unruly_stores:SizesAreOneTooLarge")

    @rule(key=keys())
    def size_of_a_key(self, key: str) -> None:
        self.perform(GetSize(key))


def test_hypothesis_shrinks_an_authors_rules():
    """What rules of an author's own do is for Hypothesis to shrink."""
    assert "shrink" in phases(AuthorsMachine)


def test_authors_rule_is_judged():
    """What an author's rule performs is judged, and is in the script."""
    assert "store.getsize" in script_in(failure_of(AuthorsMachine))


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
