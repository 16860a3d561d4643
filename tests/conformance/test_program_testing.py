"""Binary programs as a Hypothesis test: for pytest, for plain Hypothesis and for HypoFuzz."""

import re
from dataclasses import replace

import pytest
from hypothesis import is_hypothesis_test, settings

import conformance
from conformance.clause import ClauseFailure

SETTINGS = settings(max_examples=200, database=None, derandomize=True)
TIRING = conformance.Subject(name="tiring", opening=conformance.Recipe("unruly_stores:TiresOfDeletes"))


@pytest.fixture(scope="module")
def failure() -> ClauseFailure:
    """What a test of a broken store ends with."""
    with pytest.raises(ClauseFailure) as found:
        conformance.program_test(TIRING, settings=SETTINGS)()
    return found.value


@pytest.mark.parametrize("target", ["reference_stores:MemoryStore", "broken_stores.sound:SoundStore"])
def test_sound_store_passes(target):
    """A store that keeps the contract passes."""
    subject = conformance.Subject(name=target, opening=conformance.Recipe(target))
    assert conformance.program_test(subject, settings=settings(SETTINGS, max_examples=20))() is None


def test_failure_names_its_clause(failure):
    """A broken store fails, with the clause that it breaks."""
    assert failure.because == "EXI-1"


def test_script_shows_the_fault(failure):
    """The note is a script without the kit, which shows the fault."""
    with pytest.raises(AssertionError, match="False"):
        exec(failure.__notes__[0], {})  # noqa: S102  # what the kit printed


def test_example_is_minimal(failure):
    """What Hypothesis prints is the minimal program: three keys are set and deleted, a fourth is set and asked for."""
    example = failure.__notes__[1]
    assert len(re.findall(r"(?:Set|SetIfNotExists|SetPartialValues|Delete|Exists)\(", example)) == 8


def test_known_failure_is_passed_over():
    """What the subject expects to fail is no failure."""
    known = replace(TIRING, expect={"EXI-1": "it tires"})
    assert conformance.program_test(known, settings=settings(SETTINGS, max_examples=30))() is None


def test_time_is_limited():
    """When the time is used up, further examples do nothing."""
    assert conformance.program_test(TIRING, settings=SETTINGS, seconds=0)() is None


def test_call_that_does_not_return():
    """A call that does not return within its deadline fails the test."""
    hangs = conformance.Subject(name="hangs", opening=conformance.Recipe("unruly_stores:Hangs"))
    with pytest.raises(TimeoutError):
        conformance.program_test(hangs, settings=SETTINGS, deadline=0.1)()


def test_subjects_have_tests_of_their_own():
    """Hypothesis keeps the examples of two subjects apart, by the names of their tests."""
    tests = [conformance.program_test(subject) for subject in (TIRING, replace(TIRING, name="another"))]
    assert len({test.__name__ for test in tests}) == 2


def test_hypothesis_does_not_shrink():
    """Hypothesis's own shrinking is off, since the trace is made minimal faster."""
    test = conformance.program_test(TIRING, settings=SETTINGS)
    assert "shrink" not in [phase.name for phase in test._hypothesis_internal_use_settings.phases]


def test_is_an_entry_for_hypofuzz():
    """HypoFuzz takes it for a test of Hypothesis's."""
    assert is_hypothesis_test(conformance.program_test(TIRING))
