"""Correct stores of different build, on which the kit is silent; tests/false_alarms.py asks the same a million times."""

import os
import tempfile
from collections.abc import Iterator

import pytest
from false_alarms import STORES, search, subject
from hypothesis.stateful import run_state_machine_as_test
from machine_settings import machine_settings

from conformance import Verdict, check, state_machine
from conformance.profile import QUICK

OPERATIONS = 20_000


@pytest.fixture(scope="module", autouse=True)
def files_in_memory() -> Iterator[None]:
    """Keep the stores' files in memory, where the system has a place for that: how fast the disk is, is no part of the question."""
    with pytest.MonkeyPatch.context() as patch:
        if os.access("/dev/shm", os.W_OK):  # noqa: S108  # not a fixed name in it
            patch.setattr(tempfile, "tempdir", "/dev/shm")  # noqa: S108  # as above
        yield


@pytest.fixture(scope="module", params=STORES)
def searched(request, files_in_memory):
    """The search of one of the stores."""
    return search(request.param, OPERATIONS)


def test_no_alarm(searched):
    """A store that keeps the contract diverges nowhere."""
    assert searched.findings == {}


def test_every_pair_of_operations(searched):
    """Every kind of operation came after every other."""
    assert len(searched.coverage.pairs) == searched.coverage.possible


@pytest.mark.parametrize("name", ["sorted map", "SQLite", "log"])  # the others are among the broken stores' parents
def test_conforms(name):
    """A store that keeps the contract breaks no clause."""
    report = check(subject(name), profile=QUICK, guard=False, operations=0)
    assert report.with_verdict(Verdict.FAILED, Verdict.WARNED, Verdict.ERROR) == []


@pytest.mark.parametrize("name", STORES)
def test_machine_is_silent(name):
    """The state machine runs through."""
    quick = machine_settings(examples=10, steps=30)
    assert run_state_machine_as_test(state_machine(subject(name)), settings=quick) is None
