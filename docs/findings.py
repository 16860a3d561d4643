"""Writes findings.md from reports that `storeproto check --json` wrote: `python docs/findings.py --confirm NAME=REPORT.json ...`.

A NAME is that of a section of findings.toml, which has the words. With `--confirm` each failure's script is run on its own, in the
guard, and a script that does not end with the error that it predicts is a fault of the kit: the page is not written. What has no
script, or need not show each time, is asked again by the section's command.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from conformance.guard import GuardedWorld, run_guarded

HERE = Path(__file__).parent
BROKEN = ("failed", "warned")
_TIMES = 12
"""How often a clause is asked again whose finding need not show each time."""


def run_script(script: str, world: GuardedWorld) -> None:
    """The job in the guard: run one script, and send the error that it ends with."""
    try:
        exec(compile(script, "script", "exec"), {"__name__": "__main__"})  # noqa: S102  # what the kit printed, confined
    except BaseException as error:  # noqa: BLE001  # whatever it is
        world.send("".join(traceback.format_exception_only(error)).strip())


def confirm(clause: dict[str, Any], command: str) -> str:
    """Run a failure's script in the guard; return the error that it ends with, or nothing."""
    if not clause["script"] or "need not show it each time" in clause["because"]:
        return ask_again(clause["id"], command)
    if "subprocess" in clause["script"] or "os.fork" in clause["script"]:
        return run_beside(clause["script"])
    found = run_guarded(f"{Path(__file__).stem}:run_script", clause["script"], deadline=120.0)
    return str(found.messages[0]) if found.messages else ""


def run_beside(script: str) -> str:
    """Run a script that starts processes, which the guard refuses: its keys are legal, and its store lives in a directory of it."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "TMPDIR": folder}
        words = [sys.executable, "-c", script]
        done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)  # noqa: S603  # what the kit printed
    return (done.stderr.strip().splitlines() or [""])[-1]


def ask_again(clause: str, command: str) -> str:
    """Ask of one clause again, a few times; return what is found wrong, or nothing."""
    for seed in range(1, 1 + _TIMES):
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.json"
            words = [sys.executable, "-m", "conformance", *shlex.split(command.replace("\\\n", " "))[1:], "--no-cache"]
            asked = [*words, "--clause", clause, "--seed", str(seed), "--json", str(report)]
            subprocess.run(asked, stdout=subprocess.DEVNULL, check=False)  # noqa: S603  # the section's own command
            found = [result for result in read(report)["clauses"] if result["verdict"] in BROKEN]
        if found:
            return f"found again: {found[0]['actual']}"
    return ""


def _is_predicted(error: str, clause: dict[str, Any]) -> bool:
    """Whether the script ended with the assertion at its end, with the error that was found, or cannot sort what was listed."""
    kind = error.partition(":")[0].rpartition(".")[2]
    return (
        kind == "AssertionError"
        or error.startswith("found again")
        or (bool(kind) and kind in clause["actual"])
        or "'<' not supported between" in error
    )


def read(path: Path) -> dict[str, Any]:
    """The report in a file."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def page(reports: dict[str, dict[str, Any]], words: dict[str, Any]) -> str:
    """The page."""
    lines = [
        words["introduction"].strip(),
        "",
        "| store | release | passed | failed | warned | not applicable |",
        "|---|---|---|---|---|---|",
    ]
    for name, report in reports.items():
        counts = report["summary"]
        lines.append(
            f"| [{words[name]['title']}](#{name}) | {words[name]['release']} | {counts['passed']} | {counts['failed']} "
            f"| {counts['warned']} | {counts['not_applicable']} |"
        )
    lines += ["", words["most_important"].strip()]
    for name, report in reports.items():
        lines += ["", f'<a id="{name}"></a>', "", f"## {words[name]['title']}", "", words[name]["about"].strip(), ""]
        lines += ["```sh", words[name]["command"].strip(), "```", ""]
        broken = [clause for clause in report["clauses"] if clause["verdict"] in BROKEN]
        lines += [_index(name, [(clause["id"], clause["level"]) for clause in broken]), ""]
        for clause in broken:
            lines += [_anchor(name, clause["id"]), "", *_finding(clause, words[name].get("notes", {}).get(clause["id"], ""))]
    return "\n".join([*lines, "", words["ending"].strip()]) + "\n"


def _anchor(name: str, clause: str) -> str:
    return f'<a id="{name}-{clause}"></a>'


def _index(name: str, broken: Sequence[tuple[str, str]]) -> str:
    """What is broken of a store, with a link to each, first what it must keep."""
    if not broken:
        return "No clause that was decided is broken."
    told: list[str] = []
    for level, words in (("MUST", "Failed"), ("SHOULD", "Warned")):
        links = [f"[{id_}](#{name}-{id_})" for id_, of in broken if of == level]
        if links:
            told.append(f"{words}: {', '.join(links)}.")
    return " ".join(told)


def _finding(clause: dict[str, Any], note: str) -> list[str]:
    """One finding: a line to read, and what opens below it."""
    told = {"expected": clause["expected"], "actual": clause["actual"], "because": clause["because"]}
    text = "\n".join([f"{name + ':':<10}{_without_places(value)}" for name, value in told.items() if value])
    lines = [f"**[{clause['id']}](contract.md#{clause['id']})** ({clause['level']}): {clause['title']}. {note}".rstrip(), ""]
    shown = f"{text}\n\n{_without_places(clause['script'])}".rstrip()
    return [
        *lines,
        f"<details><summary>What came, and the script</summary><pre><code>{html.escape(shown)}</code></pre></details>",
        "",
    ]


def _without_places(text: str) -> str:
    """The text without what differs from run to run."""
    return re.sub(r"[^\s'\"(`]*/storepr(oto-\w+|\w*$)", "...", text, flags=re.MULTILINE)


def main() -> int:
    """Confirm, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--confirm", action="store_true")
    parser.add_argument("reports", nargs="+", metavar="NAME=REPORT.json")
    given = parser.parse_args()
    words = tomllib.loads((HERE / "findings.toml").read_text(encoding="utf-8"))
    reports = {name: read(Path(path)) for name, _, path in (text.partition("=") for text in given.reports)}
    unconfirmed = 0
    if given.confirm:
        for name, report in reports.items():
            for clause in report["clauses"]:
                if clause["verdict"] in BROKEN:
                    error = confirm(clause, words[name]["command"])
                    predicted = _is_predicted(error, clause)
                    unconfirmed += not predicted
                    sys.stdout.write(f"{name} {clause['id']}: {'' if predicted else 'NOT CONFIRMED '}{error[:150]}\n")
    if not unconfirmed:
        (HERE / "findings.md").write_text(page(reports, words), encoding="utf-8")
    return 1 if unconfirmed else 0


if __name__ == "__main__":
    sys.exit(main())
