"""A finding as a program that shows it without the kit: it asks the type checker again, of the one question."""

from __future__ import annotations

from conformance.typing_check.checkers import Checker, Mypy
from conformance.typing_check.findings import Finding

_MYPY = """\
from mypy import api
{probe}
found, errors, status = api.run([{rules}, "-c", probe])
assert {right}, found + errors
"""

_OTHER = """\
import pathlib, subprocess, sys, tempfile
{probe}
(file := pathlib.Path(tempfile.mkdtemp(), "probe.py")).write_text(probe)
found = subprocess.run([sys.executable, "-m", "{name}", str(file)], capture_output=True, text=True).stdout
assert {right}, found
"""


def script_of(finding: Finding, checker: Checker) -> str:
    """Return statements that raise AssertionError, with the checker's words, where the finding is there."""
    lines = "\n".join([f"    {line!r}" for line in finding.excerpt.splitlines(keepends=True)])
    probe = f"probe = (\n{lines}\n)"
    if isinstance(checker, Mypy):
        right = f"{finding.shown!r} not in found" if finding.shown else "status == 0"
        rules = ", ".join([f'"{rule}"' for rule in checker.shown_rules])
        return _MYPY.format(probe=probe, rules=rules, right=right).rstrip()
    right = f"{finding.shown!r} not in found" if finding.shown else "' error: ' not in found"
    return _OTHER.format(probe=probe, name=checker.name, right=right).rstrip()
