"""The same seed gives the same run, in any process."""

import os
import subprocess
import sys

import pytest

RUN = """
import asyncio
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from broken_stores.sound import SoundStore
from conformance import Recipe, Subject, check, program_test, state_machine
from conformance.clause import ClauseFailure
from conformance.contract import select
from conformance.profile import QUICK
from conformance.survey import survey
from conformance.search.search import Search
from conformance.trial import Watch

subject = Subject(name="tiring", opening=Recipe("unruly_stores:TiresOfDeletes"))

async def open_store(stack):
    return await subject.opening.open(None, stack)

seen = survey(subject, SoundStore())
search = Search(open_store, seen.dialect, seen.offers, subject.grammar, Watch(), seed=5)
asyncio.run(search.run(seconds=0, operations=3_000))
for finding in search.findings.values():
    print(finding.clause, finding.program, finding.divergence.outcome)
print(sorted(search.coverage.pairs), search.coverage.live)

chosen = settings(
    max_examples=200, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
for run in (
    lambda: run_state_machine_as_test(seed(7)(state_machine(subject)), settings=chosen),
    seed(7)(program_test(subject, settings=chosen)),
):
    try:
        run()
    except ClauseFailure as failure:
        print(failure, *failure.__notes__)

report = check(subject, clauses=select(["GET", "DEL", "EXI", "LST-1"]), profile=QUICK, guard=False, seed=5, operations=1_000)
for clause in report.to_json()["clauses"]:
    print({**clause, "seconds": 0})
print({**report.search, "seconds": 0})
"""


@pytest.fixture(scope="module")
def outputs() -> list[str]:
    """What the same run says in two processes, whose strings have different hashes."""
    environments = [{**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONHASHSEED": n} for n in "12"]
    runs = [
        subprocess.run([sys.executable, "-c", RUN], capture_output=True, text=True, env=environment)  # noqa: S603, PLW1510
        for environment in environments
    ]
    return [run.stdout or run.stderr for run in runs]


def test_same_run_in_any_process(outputs):
    """Neither the process nor the hash seed changes what a seed gives."""
    assert outputs[0] == outputs[1]


def test_run_finds_something(outputs):
    """The run that is compared finds a fault, by its programs, by the state machine, by binary programs, and in its report."""
    assert outputs[0].count("EXI-1") >= 4
