"""What the guard says of itself, and what its import costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conformance.guard.values import Attempt, Disturbance, binds_native


@pytest.mark.parametrize(
    ("enforcement", "expected"),
    [
        ({"landlock", "seccomp-notify"}, True),
        ({"landlock", "unprivileged-user"}, True),
        ({"landlock", "audit-hook", "rlimits"}, False),
        ({"seccomp-notify", "unprivileged-user", "audit-hook"}, False),
        (set(), False),
    ],
)
def test_native_code_is_bound_where_the_system_binds_it(enforcement, expected):
    """The guard claims to bind native code only with Landlock, and something that holds beside a root too."""
    assert binds_native(frozenset(enforcement)) is expected


def test_attempt_reads_as_a_call():
    """An attempt names the operation, the path with nothing in it that could forge a line, and who asked."""
    assert str(Attempt("unlink", "/a\n", "native")) == r"unlink('/a\n') [native]"


def test_disturbance_says_what_happened():
    """A disturbance names the path and what was done to it."""
    assert str(Disturbance("/a", "removed")) == "/a was removed"


@pytest.mark.parametrize("module", ["process", "world", "child"])
def test_import_is_cheap(module):
    """The guard imports nothing but the standard library's light parts, in the parent and in the child."""
    program = f"import sys, conformance.guard.{module}; print(*sys.modules)"
    finished = subprocess.run(  # noqa: S603  # this interpreter, and a program of ours
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    )
    heavy = {"asyncio", "hypothesis", "pytest", "rich", "storeproto", "typing_extensions", "zarr", "numpy", "dataclasses"}
    assert heavy & set(finished.stdout.split()) == set()
