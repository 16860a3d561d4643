"""Measures what kills each broken store, and how soon: `PYTHONPATH=tests python tests/kill_table.py` writes docs/kill_table.md.

Each store is given to the clauses' examples, to the state machine and to the programs, one after the other; each stops at the
first thing that it finds. Time is of the processor, whatever else the machine does. Only stores that tests/kill_table.json does not
know yet are measured; `--again` measures all, which takes some minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
import warnings
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from broken_stores.subjects import stores, subject

from conformance import Result, Verdict, check
from conformance.contract import CONTRACT
from conformance.profile import PROFILES, Profile
from conformance.search.findings import StoreMaker
from conformance.search.machine_search import MachineSearch
from conformance.search.search import Search
from conformance.session import Session

MEASURED = Path(__file__).with_suffix(".json")
PAGE = Path(__file__).parents[1] / "docs" / "kill_table.md"
BROKEN = (Verdict.FAILED, Verdict.WARNED, Verdict.NOTED)
PATIENCE = 0.5
"""Seconds that the machine, and the programs, are given: a third of what the default profile gives the programs."""
UNSEEN = {"PRE", "TYP", "SAF"}
"""Chapters of which legal, sequential operations show nothing."""


@dataclass(frozen=True)
class Row:
    """What kills one store.

    Attributes:
        name: of its class.
        fault: in one sentence.
        source: the real store that had it.
        clause: whose example found it first.
        examples: seconds until then.
        machine: seconds until the state machine found something; None where it did not.
        programs: the same of the programs.
        operations: in the shortest trace.
    """

    name: str
    fault: str
    source: str
    clause: str
    examples: float
    machine: float | None
    programs: float | None
    operations: int

    @property
    def soonest(self) -> float:
        """Seconds until the first of the three found something."""
        return min(seconds for seconds in (self.examples, self.machine, self.programs) if seconds is not None)


class _FoundError(Exception):
    """Ends a run at its first finding."""


def sequential() -> list[type[Any]]:
    """The broken stores whose faults show without concurrent clients, and without a process that is killed."""
    return [store for store in stores() if any(clause[:3] not in ("CON", "DUR") for clause in store.breaks)]


def clock() -> float:
    """Seconds that the processor has worked, for this process and those that it started."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def fault(store: type[Any]) -> str:
    """What is wrong with a store, in one sentence."""
    return " ".join((store.__doc__ or "").partition("\n\n")[0].split())


def measure(store: type[Any]) -> Row:
    """Let the three at one store."""
    profile = PROFILES[getattr(store, "profile", "default")].with_deadline(getattr(store, "deadline", None))
    result, examples = by_examples(store, profile)
    machine, programs, shortest = None, None, None
    if any(clause[:3] not in UNSEEN for clause in store.breaks):
        machine, programs, shortest = by_search(store, profile)
    asked = sum(step["kind"] != "Opened" for step in result.trace)
    return Row(
        store.__name__,
        fault,
        store.source,
        result.clause.id,
        examples,
        machine,
        programs,
        min(filter(None, [shortest, asked or 1])),
    )


def by_examples(store: type[Any], profile: Profile) -> tuple[Result, float]:
    """The first broken clause of those that the store breaks, and the seconds that it took."""
    found: list[Result] = []
    started = clock()

    def progress(result: Result) -> None:
        nonlocal started
        if result.verdict in BROKEN and result.clause.id in store.breaks:
            found.append(result)
            raise _FoundError
        if result.clause.id not in store.breaks:  # chapter PRE, which comes first
            started = clock()

    clauses = [clause for clause in CONTRACT if clause.id in store.breaks]
    guard = getattr(store, "guarded", False)
    with suppress(_FoundError):
        check(subject(store), clauses=clauses, profile=profile, guard=guard, operations=0, progress=progress)
    if not found:
        raise SystemExit(f"{store.__name__} survives its clauses: {', '.join(store.breaks)}")
    return found[0], clock() - started


def by_search(store: type[Any], profile: Profile) -> tuple[float | None, float | None, int | None]:
    """The seconds until the state machine and the programs found something, and the operations in the minimal program."""
    judged = subject(store)
    with Session(judged, profile) as session:
        seen = session.survey()
        machine = MachineSearch(judged, session.watch, set(), deadline=profile.deadline)
        started = clock()
        while not (machine.diverged or machine.failures) and clock() - started < PATIENCE:
            try:
                machine.run(0.5)
            except Exception:  # noqa: BLE001  # the store blocks, or cannot be opened: a finding of its own
                break
        by_machine = clock() - started if machine.diverged or machine.failures else None
        search = Search(StoreMaker(judged, session.workspace), seen.dialect, seen.offers, judged.grammar, session.watch)

        async def run() -> None:
            while not search.findings and clock() - started < PATIENCE:
                await search.run(seconds=0, operations=search.coverage.operations + 50, deadline=profile.deadline)

        started = clock()
        try:
            session.worker.run(run)
        except Exception:  # noqa: BLE001  # as above
            return by_machine, None, None
        lengths = [len(finding.program) for finding in search.findings.values()]
        return by_machine, clock() - started if lengths else None, min(lengths, default=None)


_INTRODUCTION = """\
# Kill table

Each of these stores has one fault, in an otherwise correct store; where a real store had it, it is named. The kit is measured by
how many of them it catches, and how soon, in seconds of the processor: by the *examples* (what the first clause that catches it
takes), by the *state machine* and by the *programs* of the search, each of which is given half a second. *Operations* counts the
shortest trace that shows the fault, the question at its end included. What legal, sequential operations cannot show (illegal keys,
read-only handles, links, what another process does) is for the examples alone; faults that show only among concurrent clients, or
when a process is killed, are not in this table.
"""


def page(rows: list[Row]) -> str:
    """The page."""
    median = statistics.median(row.soonest for row in rows)
    lines = [
        _INTRODUCTION,
        "| | |",
        "|---|---|",
        f"| broken stores | {len(rows)} |",
        f"| killed by the examples | {sum(row.clause != '' for row in rows)} |",
        f"| killed by the state machine | {sum(row.machine is not None for row in rows)} |",
        f"| killed by the programs | {sum(row.programs is not None for row in rows)} |",
        f"| seconds to the first finding, median | {median:.3f} |",
        f"| seconds to the first finding, longest | {max(row.soonest for row in rows):.1f} |",
        f"| operations in the shortest trace, median | {statistics.median(row.operations for row in rows):g} |",
        "",
        "| store | fault | first clause | examples | state machine | programs | operations |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        fault = row.fault + (f" ({row.source})" if row.source else "")
        cells = [
            row.name,
            fault,
            row.clause,
            *[_seconds(each) for each in (row.examples, row.machine, row.programs)],
            row.operations,
        ]
        lines.append(f"| {' | '.join([str(cell).replace('|', chr(92) + '|') for cell in cells])} |")
    return "\n".join(lines) + "\n"


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.2f}"


def main() -> None:
    """Measure what is not known yet, and write both files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--again", action="store_true")
    given = parser.parse_args()
    known: dict[tuple[str, str], Row] = {}
    if not given.again:
        known = {(row["name"], row["fault"]): Row(**row) for row in json.loads(MEASURED.read_text(encoding="utf-8"))}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = [known.get((store.__name__, fault(store))) or measure(store) for store in sequential()]
    rows.sort(key=lambda row: (row.name, row.fault))
    MEASURED.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
