"""What the runner makes of stores, the unruly ones too."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import pytest
import unruly_stores
from broken_stores.sound import SoundStore

from conformance import Factory, Recipe, Report, Subject, TargetError, Verdict, check
from conformance.clause import Clause, Level, clause
from conformance.contract import CONTRACT, select
from conformance.expectations import ExpectationError
from conformance.profile import QUICK
from conformance.trial import Trial

FILES = {"root": "{tmp_path}", "read_only": "{read_only}"}


def judged(target: str, *clauses: str, deadline: float = 5, **options: object) -> Report:
    """The report on what `target` of the module `unruly_stores` opens."""
    subject = Subject(name=target, opening=Recipe(f"unruly_stores:{target}"))
    profile = QUICK.with_deadline(deadline)
    return check(subject, clauses=select([*clauses]), profile=profile, guard=False, operations=0, **options)  # type: ignore[arg-type]


def result(report: Report, id_: str):
    """What a report says of one clause."""
    return next(result for result in report.results if result.clause.id == id_)


def test_sound_store_conforms():
    """A sound store conforms to what it is asked."""
    report = check(Subject(name="sound", opening=Recipe("broken_stores.sound:SoundStore")), clauses=select(["GET"]), operations=0)
    assert report.conforms


def test_every_clause_has_a_result():
    """A run of the whole contract says something of each clause, in the contract's order."""
    report = check(
        Subject(name="sound", opening=Recipe("broken_stores.sound:SoundStore")), profile=QUICK, guard=False, operations=0
    )
    assert [result.clause for result in report.results] == list(CONTRACT)


def test_clause_without_a_check_is_not_decided():
    """A clause that the kit has no check of is told as such, and is neither passed nor failed."""
    subject = Subject(name="sound", opening=Recipe("broken_stores.sound:SoundStore"))
    report = check(subject, clauses=[Clause("GET-1", Level.MUST, "a title", "A rule.")], guard=False, operations=0)
    assert result(report, "GET-1").verdict is Verdict.NOT_DECIDED


def test_only_what_was_selected_is_asked():
    """Besides chapter PRE only the clauses that were given are asked."""
    report = judged("Nameless", "LIF-10")
    assert {result.clause.id for result in report.results if result.clause.chapter != "PRE"} == {"LIF-10"}


def test_hanging_call_is_a_finding():
    """A call that does not return within its deadline fails the clause, and is named."""
    assert "exists('k0') returns or raises within its deadline" in result(judged("Hangs", "EXI-1", deadline=1), "EXI-1").expected


def test_hanging_call_breaks_err_3():
    """A call that hung in one clause is what ERR-3 reports."""
    assert result(judged("Hangs", "EXI-1", "ERR-3", deadline=1), "ERR-3").verdict is Verdict.FAILED


@pytest.fixture
def blocked():
    """A report on a store that blocks the event loop; its thread is let go at the end."""
    unruly_stores.Blocks.released.clear()
    yield judged("Blocks", "EXI-1", "EXI-2", deadline=1)
    unruly_stores.Blocks.released.set()


def test_blocked_loop_is_a_finding(blocked: Report):
    """A call that blocks the event loop fails the clause, and is named."""
    assert "blocked the event loop" in result(blocked, "EXI-1").actual


def test_close_that_blocks():
    """A close that blocks the event loop is a finding, and not the end of the run."""
    unruly_stores.BlocksInClose.released.clear()
    try:
        found = judged("BlocksInClose", "EXI-2", deadline=1)
    finally:
        unruly_stores.BlocksInClose.released.set()
    assert "store.close() returns" in result(found, "EXI-2").expected


def test_run_goes_on_after_a_blocked_loop(blocked: Report):
    """The clauses behind one that blocked are asked in a new thread."""
    assert result(blocked, "EXI-2").verdict is Verdict.PASSED


def test_native_panic_is_a_failure():
    """An error that is no Exception fails the clause."""
    assert "which is no Exception" in result(judged("Panics", "EXI-2"), "EXI-2").actual


def test_native_panic_at_the_end_is_survived():
    """A store that panics when it is closed does not end the run."""
    assert result(judged("PanicsAtTheEnd", "EXI-2"), "EXI-2").verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("PanicsWhenOpened", "raised NativePanicError: no driver"),
        ("raises", "raised RuntimeError: no server at this address"),
        ("hangs_when_opened", "did not return within 1 s"),
        ("no_store", "gave a dict, which is no store"),
        ("NUMBER", "is an int; give a Subject, a class, or a function"),
        ("NeedsAName", "missing a required argument: 'name'; its arguments are name, number: --arg NAME=VALUE"),
    ],
)
def test_unusable_target(target: str, words: str):
    """What cannot be opened is refused in one line that says why."""
    with pytest.raises(TargetError, match=words):
        judged(target, deadline=1)


def test_failing_pre_clause_makes_unusable():
    """A subject whose stores are not empty is unusable, and the report says how to mend it."""
    report = check(Subject(name="full", opening=Recipe("broken_stores.pre:NotEmpty")), guard=False)
    assert "disposable=True" in report.unusable


def test_unusable_subject_is_asked_nothing_else():
    """After a failure of PRE-1 nothing more is asked of the store."""
    report = check(Subject(name="full", opening=Recipe("broken_stores.pre:NotEmpty")), guard=False)
    assert [result.clause.id for result in report.results] == ["PRE-1"]


def test_unusable_subject_is_not_changed():
    """What is not shown to be empty is neither written to nor deleted from."""
    precious = {"precious": b"data"}
    check(Subject(name="precious", opening=Factory(lambda path: SoundStore(precious))), guard=False)  # noqa: ARG005  # as called
    assert precious == {"precious": b"data"}


def test_disposable_data_is_cleared():
    """A store that is not empty is cleared, and judged, where the subject says that it may be."""
    report = check(
        Subject(name="rubbish", opening=Factory(lambda path: SoundStore({"old": b"data"})), disposable=True),  # noqa: ARG005
        clauses=select(["LST-1"]),
        guard=False,
        operations=0,
    )
    assert result(report, "LST-1").verdict is Verdict.PASSED


def test_inferred_reopening_that_holds():
    """A re-opening that was guessed, and leads to the same data, is used."""
    recipe = Recipe("broken_stores.sound_files:SoundFileStore", FILES)
    subject = Subject(name="files", opening=recipe, reopening=recipe, reopening_inferred=True)
    assert result(check(subject, clauses=select(["LIF-4"]), guard=False, operations=0), "LIF-4").verdict is Verdict.PASSED


def test_inferred_reopening_that_does_not_hold():
    """A re-opening that was guessed, and leads to other data, is dropped: what needs it is not applicable."""
    recipe = Recipe("broken_stores.pre:ReopensElsewhere", FILES)
    subject = Subject(name="files", opening=recipe, reopening=recipe, reopening_inferred=True)
    report = check(subject, clauses=select(["LIF-4"]), guard=False, operations=0)
    assert result(report, "LIF-4").verdict is Verdict.NOT_APPLICABLE


def test_given_reopening_that_does_not_hold():
    """A re-opening that the subject gives, and that leads to other data, makes it unusable."""
    recipe = Recipe("broken_stores.pre:ReopensElsewhere", FILES)
    assert "PRE-3" in check(Subject(name="files", opening=recipe, reopening=recipe), guard=False).unusable


@pytest.fixture
def interrupted() -> Report:
    """The report on a run that was interrupted in EXI-2."""
    return judged("InterruptsItsProcess", "EXI-1", "EXI-2", "EXI-3", deadline=1)


def test_interrupted_run_keeps_its_answers(interrupted: Report):
    """Ctrl-C leaves the report with what was answered until then."""
    assert result(interrupted, "EXI-1").verdict is Verdict.PASSED


def test_interrupted_run_is_inconclusive(interrupted: Report):
    """What was not asked any more is inconclusive."""
    assert result(interrupted, "EXI-3").verdict is Verdict.INCONCLUSIVE


def test_interrupted_run_does_not_conform(interrupted: Report):
    """An interrupted run does not pass for a good one."""
    assert interrupted.exit_status() == 3


def fault(text: str) -> Clause:
    """A clause whose check fails in itself."""

    @clause("EXI-1", Level.MUST, "a fault", text)
    async def check_it(trial: Trial) -> None:
        raise LookupError(trial.clause.text)

    return check_it


def test_fault_of_the_kit_is_an_error():
    """An exception that is a check's own is laid at the kit's door."""
    subject = Subject(name="sound", opening=Recipe("broken_stores.sound:SoundStore"))
    report = check(subject, clauses=[fault("of the kit")], guard=False, operations=0)
    assert (result(report, "EXI-1").verdict, report.exit_status()) == (Verdict.ERROR, 3)


def test_expected_failure():
    """A failure that was expected does not count."""
    assert judged("SizesAreOneTooLarge", "EXI-2", expect={"EXI-2": "it is known"}).conforms


def test_unexpected_pass():
    """An expectation that does not hold counts as a failure."""
    assert judged("SizesAreOneTooLarge", "EXI-1", expect={"EXI-1": "it is known"}).exit_status() == 1


def test_unknown_expectation():
    """An expectation for a clause that is none is refused before anything is opened."""
    with pytest.raises(ExpectationError, match="EXI-99"):
        judged("raises", expect={"EXI-99": "it is known"})


def test_broken_should_warns():
    """A broken SHOULD fails a strict run alone."""
    report = judged("Nameless", "LIF-10")
    assert (report.exit_status(), report.exit_status(strict=True)) == (0, 1)


def test_progress():
    """Each result is told as it comes."""
    told: list[str] = []
    judged("Nameless", "LIF-10", progress=lambda result: told.append(result.clause.id))
    assert told == ["PRE-1", "PRE-2", "PRE-3", "PRE-4", "LIF-10"]


def test_script_fails_on_its_own(tmp_path):
    """The script of a failing clause, run as a program without the kit, fails with the same finding."""
    script = tmp_path / "script.py"
    script.write_text(result(judged("SizesAreOneTooLarge", "EXI-2"), "EXI-2").script)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, env=environment)  # noqa: S603, PLW1510
    assert "AssertionError: 1" in done.stderr


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    """A run leaves no file in the directory for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    recipe = Recipe("broken_stores.sound_files:SoundFileStore", FILES)
    check(Subject(name="files", opening=recipe, reopening=recipe), clauses=select(["LIF"]), guard=False, operations=0)
    assert list(tmp_path.iterdir()) == []


def test_own_keys_are_deleted():
    """What the kit wrote to a place that outlives the store is deleted at the end."""
    places: list[dict[str, bytes]] = []

    def opened(path: object) -> SoundStore:  # as the kit calls it
        places.append({})
        return SoundStore(places[-1])

    check(Subject(name="sound", opening=Factory(opened)), clauses=select(["SET-1"]), guard=False, operations=0)
    assert not any(places)
