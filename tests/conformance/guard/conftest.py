"""What the tests of the guard share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conformance.guard import GuardResult, run_guarded


def run(job: str, payload: Any = None, *, deadline: float = 60, roots: int = 4) -> GuardResult:
    """Run a job of `guarded_jobs`."""
    return run_guarded(f"guarded_jobs:{job}", payload, deadline=deadline, roots=roots)


@pytest.fixture(scope="session")
def guarded() -> Iterator[Callable[..., GuardResult]]:
    """The function `run`, whose child finds the module of the jobs."""
    directory = str(Path(__file__).parent)
    sys.path.append(directory)
    yield run
    sys.path.remove(directory)


@pytest.fixture(scope="session")
def once(guarded: Callable[..., GuardResult]) -> Callable[..., GuardResult]:
    """The function `run` for jobs that several tests look at: each is run once with each payload."""
    return cache(guarded)
