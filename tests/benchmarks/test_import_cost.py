"""What `import storeproto` costs beside `import zarr.abc.store`, each in fresh interpreters, above one that imports nothing."""

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[2]
ROUNDS = 9
STATEMENTS = ["pass", "import storeproto", "import zarr.abc.store"]


def seconds(statement):
    """How long a fresh interpreter takes for a statement."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], cwd=ROOT, check=True)  # noqa: S603  # our own command
    return time.perf_counter() - begin


def cost_ratio():
    """The ratio of the two costs: of the medians of interleaved rounds, less what an empty interpreter takes."""
    rounds = [[seconds(statement) for statement in STATEMENTS] for _ in range(ROUNDS)]
    empty, ours, theirs = (median(column) for column in zip(*rounds, strict=True))
    return (ours - empty) / (theirs - empty)


@pytest.mark.benchmark(group="import")
def test_the_import_is_cheap(benchmark, capsys):
    """`import storeproto` costs at most 0.15 of what `import zarr.abc.store` costs in the same run."""
    ratio = benchmark.pedantic(cost_ratio, rounds=1)
    with capsys.disabled():
        print(f"\nimport storeproto / import zarr.abc.store: {ratio:.3f}")  # noqa: T201  # the ratio is what the run is for
    assert ratio <= 0.15
