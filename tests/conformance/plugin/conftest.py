"""Runs of pytest on suites of their own, with the plugin."""

from pathlib import Path

import pytest

SUITE = """
import conformance
import pytest
from reference_stores import LocalStore, MemoryStore

class BlindStore(MemoryStore):
    async def exists(self, key):
        return False

@pytest.fixture
def kind():
    return BlindStore

@conformance.subject()
def good():
    return MemoryStore()

@conformance.subject(name="no eyes")
async def blind(kind):
    return kind()

@conformance.subject()
async def local(tmp_path):
    store = LocalStore(tmp_path)
    yield store
    store.close()

@conformance.subject()
def generated():
    yield MemoryStore()
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """A suite of four subjects, and how to run it: with the plugin alone, and few clauses; in a process of its own if need be."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(test_stores=SUITE)

    def run(*arguments: str, clauses: str = "GET-1,EXI-1,SET-1", apart: bool = False) -> pytest.RunResult:
        start = pytester.runpytest_subprocess if apart else pytester.runpytest_inprocess
        return start("-p", "conformance.pytest_plugin", "--storeproto-operations=0", f"--storeproto-clauses={clauses}", *arguments)

    return run


@pytest.fixture
def python_path(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let modules that a test writes be imported."""
    monkeypatch.setenv("PYTHONPATH", f"{Path(__file__).parents[3]}:{pytester.path}")
