"""Known failures."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance import Result, Verdict
from conformance.contract import select
from conformance.expectations import ExpectationError, KnownFailure, check_expectations, read_known_failures, settle

(GET_1,) = select(["GET-1"])


@pytest.fixture
def file(tmp_path) -> Path:
    """A file of expectations."""
    return tmp_path / "expect.toml"


def test_read(file: Path):
    """A file gives its reasons by clause."""
    file.write_text('[expect]\n"GET-1" = "it is known"\n')
    assert read_known_failures(file) == {"GET-1": KnownFailure("it is known")}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[expect", "is no TOML"),
        ("\x00", "is no TOML"),
        ("", "has no table"),
        ("expect = 1", "has no table"),
        ('[expect]\n"GET-1" = 1', "give its reason as a string"),
        ('[expect]\n"GET-99" = "why"', "'GET-99', which is no clause"),
        ('[expect]\n"get-1" = "why"', "'get-1', which is no clause"),
        ('[expect]\n"GET-1" = " "', "has no reason"),
    ],
)
def test_unusable_file(file: Path, text: str, words: str):
    """A file that cannot be used is refused, with what is wrong about it."""
    file.write_text(text)
    with pytest.raises(ExpectationError, match=words):
        read_known_failures(file)


def test_missing_file(file: Path):
    """A file that is not there is refused."""
    with pytest.raises(ExpectationError, match="cannot read the expectations file"):
        read_known_failures(file)


def test_no_text(file: Path):
    """A file that is no text is refused."""
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ExpectationError, match="is no TOML"):
        read_known_failures(file)


def test_usable_expectations():
    """An expectation names a clause, and says why."""
    check_expectations({"GET-1": "it is known"})


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (Verdict.FAILED, Verdict.EXPECTED_FAILURE),
        (Verdict.WARNED, Verdict.EXPECTED_FAILURE),
        (Verdict.NOTED, Verdict.EXPECTED_FAILURE),
        (Verdict.PASSED, Verdict.UNEXPECTED_PASS),
        (Verdict.NOT_APPLICABLE, Verdict.NOT_APPLICABLE),
        (Verdict.NOT_DECIDED, Verdict.NOT_DECIDED),
        (Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
        (Verdict.ERROR, Verdict.ERROR),
    ],
)
def test_settled(verdict: Verdict, expected: Verdict):
    """A failure that was expected is one, a pass that was not is a failure, and what was not decided stays so."""
    assert settle([Result(GET_1, verdict)], {"GET-1": "why"})[0].verdict is expected


def test_without_expectation():
    """What is not expected is left as it is."""
    assert settle([Result(GET_1, Verdict.FAILED)], {})[0].verdict is Verdict.FAILED
