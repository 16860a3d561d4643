"""Scripts that the kit prints, run as their readers run them."""

import os
import subprocess
import sys
from pathlib import Path


def run_script(source: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Run a script as a program of its own, which finds the stores of these tests; its files are made in `directory`."""
    path = directory / "script.py"
    path.write_text(source)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "TMPDIR": str(directory)}
    return subprocess.run([sys.executable, path], capture_output=True, text=True, env=environment, timeout=120)  # noqa: S603, PLW1510
