"""What verdicts look like in pytest."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from conformance import check, contract
from conformance.contract import select
from conformance.profile import QUICK
from conformance.target import resolve_target

ROOT = Path(__file__).parents[3]


def test_failure_reads_as_a_finding(suite):
    """A failure is the clause's text, expected, actual and script, without a traceback."""
    suite("-k", "blind and EXI-1").stdout.fnmatch_lines(
        [
            "EXI-1 failed: *",
            "requirement: *`exists` is True exactly*",
            "expected: *",
            "actual: *",
            "script:",
            "*asyncio.run(main())",
        ]
    )


def test_no_stack(suite):
    """The kit's own stack is not shown."""
    found = suite("-k", "blind and EXI-1")
    assert (found.parseoutcomes()["failed"], "Traceback" in found.stdout.str()) == (1, False)


def test_not_applicable_is_skipped(suite):
    """A clause that does not apply is skipped with its reason."""
    suite("-k", "good", "-rs", clauses="CAP-1").stdout.fnmatch_lines(["SKIPPED*supports_writes is True*"])


def expecting(pytester, text):
    """Write an expectations file, and return the option for it."""
    pytester.path.joinpath("expect.toml").write_text(f"[expect]\n{text}\n")
    return "--storeproto-expect=expect.toml"


def test_expected_failure(suite, pytester):
    """An expected failure is an xfail with its reason."""
    result = suite("-k", "blind and EXI-1", "-rx", expecting(pytester, '"EXI-1" = "it is blind"'))
    result.stdout.fnmatch_lines(["XFAIL*EXI-1: it is blind*"])


SHORT = """
import conformance
from reference_stores import MemoryStore

class KeepsShortKeys(MemoryStore):
    async def set(self, key, value):
        if len(key) > 1 or not await self.exists(key):
            await super().set(key, value)

@conformance.subject()
def short():
    return KeepsShortKeys()
"""
STEPS = """[
    {"kind": "Opened", "variable": "store", "place": "store_path"},
    {"kind": "Performed", "variable": "store", "operation": {"kind": "Set", "key": "a", "value": {"bytes": "YQ=="}}},
    {"kind": "Performed", "variable": "store", "operation": {"kind": "Set", "key": "a", "value": {"bytes": "Yg=="}}},
    {"kind": "Asked", "variable": "store", "operation": {"kind": "Get", "key": "a"}, "source": "",
        "expectation": {"kind": "Gives", "value": {"bytes": "Yg=="}}}
]"""


def test_recorded_failure(suite, pytester):
    """A failure that only a search finds is an xfail where its steps were recorded, and no search is run."""
    pytester.makepyfile(test_stores=SHORT)
    entry = f"\"SET-5\" = {{ reason = 'short keys', trace = '''{STEPS}''' }}"
    suite(expecting(pytester, entry), clauses="SET-5").assert_outcomes(xfailed=1)


def test_unexpected_pass(suite, pytester):
    """An expectation that does not hold is a failure."""
    suite("-k", "good and EXI-1", expecting(pytester, '"EXI-1" = "it is blind"')).assert_outcomes(failed=1, deselected=11)


def test_unknown_expectation(suite, pytester):
    """An expectation that names no clause is an error."""
    suite(expecting(pytester, '"EXI-99" = "why"')).stdout.fnmatch_lines(["*'EXI-99', which is no clause*"])


@pytest.mark.parametrize("how", ["option", "ini"])
def test_unknown_version(suite, pytester, how):
    """A version of the contract that there is not is an error that names those that there are."""
    pytester.makeini(f"[pytest]\nstoreproto_contract = {'0.9' * (how == 'ini')}\n")
    result = suite(*["--storeproto-contract=0.9"] * (how == "option"))
    result.stdout.fnmatch_lines(["*no version '0.9' of the contract; this kit decides 1.0*"])


NAMELESS = """
import conformance
from reference_stores import MemoryStore

class Nameless(MemoryStore):
    def __repr__(self):
        return "?"

@conformance.subject()
def nameless():
    return Nameless()
"""


def test_broken_should(suite, pytester):
    """A broken SHOULD is an xfail."""
    pytester.makepyfile(test_stores=NAMELESS)
    suite(clauses="LIF-10").assert_outcomes(xfailed=1)


@pytest.mark.parametrize("how", ["option", "ini"])
def test_strict(suite, pytester, how):
    """With strict a broken SHOULD is a failure."""
    pytester.makepyfile(test_stores=NAMELESS)
    pytester.makeini(f"[pytest]\nstoreproto_strict = {how == 'ini'}\n")
    suite(*["--storeproto-strict"] * (how == "option"), clauses="LIF-10").assert_outcomes(failed=1)


def test_unusable_subject(suite, pytester):
    """A factory that gives no store fails once, and the rest is not asked."""
    pytester.makepyfile(test_stores="import conformance\n\n@conformance.subject()\ndef nothing():\n    return 3\n")
    suite().assert_outcomes(failed=1, skipped=2)


def test_search_is_an_item(suite, pytester):
    """The program search is an item of its own."""
    suite("-k", "good and SEARCH", "--storeproto-operations=200").assert_outcomes(passed=1, deselected=15)


def test_guarded_clauses(suite):
    """Clauses of the guard are asked in one child process."""
    suite("--store", "memory", "-k", "memory", clauses="SAF-1,SAF-2").assert_outcomes(passed=2, deselected=8)


def test_factory_is_not_run_in_another_process_with_fixtures(suite):
    """A subject that is made of fixtures says that it has no recipe."""
    suite("-k", "blind", "-rs", clauses="SAF-1").stdout.fnmatch_lines(["SKIPPED*the subject has no recipe*"])


REFERENCE = ("memory", "local", "zip", "remote", "logging")
FOREIGN = ("foreign_stores:zarr_memory", "foreign_stores:zarr_local", "foreign_stores:zarr_object")
CHAPTERS = ("CAP", "GET", "RNG", "PAR", "PWR", "DEL", "EXI", "RDO")
if "STOREPROTO_WHOLE_CONTRACT" in os.environ:  # which takes some minutes
    CHAPTERS = tuple([chapter for chapter in contract.CHAPTERS if chapter != "PRE"])


@pytest.fixture
def targets(monkeypatch) -> tuple[str, ...]:
    """The reference stores, and those of others that are installed; other processes find them too."""
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{ROOT / 'tests'}")
    return (*REFERENCE, *(FOREIGN if find_spec("zarr") and find_spec("obstore") else ()))


def by_api(targets):
    """The verdicts of `conformance.check`, by target and clause."""
    clauses = select([*CHAPTERS])
    reports = {target: check(resolve_target(target, {}), clauses=clauses, profile=QUICK, operations=0) for target in targets}
    return {target: {result.clause.id: result.verdict.value for result in report.results} for target, report in reports.items()}


def by_command(targets):
    """The verdicts of `storeproto check`."""
    asked = [word for name in CHAPTERS for word in ("--clause", name)]
    command = [*targets, "--profile", "quick", "--operations", "0", "--json", "report.json", *asked]
    subprocess.run([sys.executable, "-m", "conformance", "check", *command], stdout=subprocess.DEVNULL, check=False)  # noqa: S603
    reports = json.loads(Path("report.json").read_text())["reports"]
    return {report["subject"]["name"]: {clause["id"]: clause["verdict"] for clause in report["clauses"]} for report in reports}


def by_plugin(targets, suite):
    """The verdicts of pytest."""
    stores = [f"--store={target}" for target in targets]
    suite(*stores, "-m", "storeproto", "--storeproto-profile=quick", "--junitxml=plugin.xml", clauses=",".join(["PRE", *CHAPTERS]))
    found = {}
    for case in ET.parse("plugin.xml").iter("testcase"):  # noqa: S314  # pytest's own
        of = {each.get("name"): each.get("value") for each in case.iter("property")}
        found.setdefault(of["store"], {})[of["clause"]] = of["verdict"]
    return found


def test_same_verdicts(suite, pytester, targets):
    """Command line, plugin and API say the same of the reference stores and of those of others."""
    pytester.path.joinpath("test_stores.py").unlink()
    assert by_api(targets) == by_command(targets) == by_plugin(targets, suite)
