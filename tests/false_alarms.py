"""Looks for false alarms on the correct stores: `PYTHONPATH=tests python tests/false_alarms.py` searches each a million times.

What was found out is in tests/false_alarms.json, which tests/kill_table.py puts on its page. The tests do the same with fewer
operations.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from conformance import Recipe, Subject
from conformance.profile import DEFAULT
from conformance.search.findings import StoreMaker
from conformance.search.search import Search
from conformance.session import Session

MEASURED = Path(__file__).with_suffix(".json")
STORES = {
    "dictionary": Recipe("broken_stores.sound:SoundStore"),
    "sorted map": Recipe("correct_stores.sorted_map:SortedMapStore"),
    "files": Recipe("broken_stores.sound_files:SoundFileStore", {"root": "{tmp_path}"}),
    "SQLite": Recipe("correct_stores.sqlite:SQLiteStore"),
    "log": Recipe("correct_stores.log_structured:LogStructuredStore"),
}
"""Correct stores of different build."""


def subject(name: str) -> Subject:
    """One of them as a subject."""
    return Subject(name=name, opening=STORES[name])


def search(name: str, operations: int, seed: int = 0) -> Search:
    """The search of one of them, done."""
    with Session(subject(name), DEFAULT) as session:
        seen = session.survey()
        made = Search(
            StoreMaker(session.subject, session.workspace),
            seen.dialect,
            seen.offers,
            session.subject.grammar,
            session.watch,
            seed=seed,
        )
        session.worker.run(lambda: made.run(seconds=0, operations=operations))
        return made


def main() -> int:
    """Search each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("stores", nargs="*", choices=[*STORES, []])
    given = parser.parse_args()
    alarms = 0
    known = json.loads(MEASURED.read_text(encoding="utf-8"))
    for name in given.stores or STORES:
        done = search(name, given.operations, given.seed)
        found, coverage = done.findings, done.coverage
        alarms += len(found)
        known[name] = {**coverage.to_json(), "alarms": len(found)}
        sys.stdout.write(
            f"{name}: {len(found)} alarms in {coverage.operations:,} operations, {len(coverage.pairs)} of {coverage.possible} "
            f"pairs of operations, {coverage.live / coverage.keyed:.0%} of the keys live, {coverage.seconds:.0f} s\n"
        )
        for finding in found.values():
            sys.stdout.write(f"    {finding.clause}: {'; '.join([str(operation) for operation in finding.program])}\n")
    ordered = {name: known[name] for name in STORES if name in known}
    MEASURED.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")
    return 1 if alarms else 0


if __name__ == "__main__":
    sys.exit(main())
