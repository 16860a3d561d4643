"""What it costs to ask mypy about a store's class: the first time, and with what it kept of that."""

import pytest

from conformance.dialect import Native
from conformance.typing_check import CAPABILITIES, CHECKERS, Candidate, find
from reference_stores import LocalStore

CANDIDATE = Candidate.of(LocalStore, dict.fromkeys(CAPABILITIES, True), Native())


@pytest.mark.benchmark(group="mypy about a store")
def test_without_a_cache(benchmark, tmp_path_factory):
    """Ask with an empty cache each time."""
    benchmark.pedantic(
        lambda cache: find([CANDIDATE], CHECKERS["mypy"], cache), setup=lambda: ((tmp_path_factory.mktemp("cache"),), {}), rounds=2
    )


@pytest.mark.benchmark(group="mypy about a store")
def test_with_a_cache(benchmark, tmp_path):
    """Ask with the cache of an earlier run."""
    benchmark.pedantic(find, ([CANDIDATE], CHECKERS["mypy"], tmp_path), rounds=5, warmup_rounds=1)
