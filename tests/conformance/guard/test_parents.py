"""The guard under parents of other privileges than those that the tests are run with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0,
    reason="only root can take on the privileges of others; the other tests show its own",
)

HERE = Path(__file__).parent


@pytest.fixture(scope="module", params=["user", "container", "bare container"])
def found(request):
    """What a murderous store came to under a parent of the kind."""
    paths = [str(HERE), str(HERE.parents[1]), str(HERE.parents[2])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    finished = subprocess.run(  # noqa: S603  # this interpreter, and a program of ours
        [sys.executable, str(HERE / "other_parent.py"), request.param],
        env=environment,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr.decode()
    return request.param, json.loads(finished.stdout)


def test_measures_are_those_that_the_parent_can_take(found):
    """A parent that cannot make another user of its child takes all other measures."""
    kind, result = found
    others = {"unprivileged-user"} if kind == "container" else set()
    assert set(result["enforcement"]) == {"audit-hook", "landlock", "rlimits", "seccomp-notify"} | others


def test_no_decoy_is_touched(found):
    """The decoys are safe under each kind of parent."""
    assert found[1]["disturbances"] == []


def test_attempts_of_native_code_are_named(found):
    """The watch sees the system calls under each kind of parent."""
    assert {"unlink", "rename"} <= {name.removesuffix("at") for name in found[1]["operations"]}
