"""Benchmarks run only when they are asked for: `pytest tests/benchmarks --benchmark-only`."""

from pathlib import Path

import pytest


def pytest_collection_modifyitems(config, items):
    """Skip the benchmarks in a run of the tests."""
    if config.getoption("--benchmark-only", default=False):
        return
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="a benchmark: run it with --benchmark-only"))
