"""Measures what kills each broken store, and how soon: `PYTHONPATH=tests python tests/kill_table.py` writes docs/kill_table.md.

Each store is given to a whole run with the default profile, as `storeproto check` does it, and then to each of the ways of the kit
on its own: the clauses' examples, the state machine, binary programs, seeded programs. Each stops at the first thing that it finds.
Only what tests/kill_table.json does not know yet is measured; `--again` measures all, which takes the processor a quarter of an
hour. What tests/false_alarms.json knows is on the page too.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from broken_stores.subjects import stores, subject
from false_alarms import MEASURED as ALARMS

from conformance import Result, Verdict, check
from conformance.contract import CONTRACT
from conformance.profile import PROFILES, Profile
from conformance.search.batches import Batches
from conformance.search.binary_programs import BinaryPrograms
from conformance.search.findings import StoreMaker
from conformance.search.machine_search import MachineSearch
from conformance.search.search import Search
from conformance.session import Session

MEASURED = Path(__file__).with_suffix(".json")
PAGE = Path(__file__).parents[1] / "docs" / "kill_table.md"
BROKEN = (Verdict.FAILED, Verdict.WARNED, Verdict.NOTED)
PATIENCE = 0.5
"""Seconds that the machine, and the programs of each kind, are given: a third of what the default profile gives the programs."""
UNSEEN = {"PRE", "TYP", "SAF"}
"""Chapters of which legal, sequential operations show nothing."""
_SAVED_EACH = 10
"""Stores after which what was measured is saved."""

Row = dict[str, Any]
"""What is known of one store: its name, its fault, the real store that had it, and what the measures add."""


class _FoundError(Exception):
    """Ends a run at its first finding."""


def sequential() -> list[type[Any]]:
    """The broken stores whose faults show without concurrent clients, and without a process that is killed."""
    return [store for store in stores() if any(clause[:3] not in ("CON", "DUR") for clause in store.breaks)]


def clock() -> float:
    """Seconds that the processor has worked, for this process and those that it started and has seen the end of."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def fault(store: type[Any]) -> str:
    """What is wrong with a store, in one sentence."""
    return " ".join((store.__doc__ or "").partition("\n\n")[0].split())


def profile_of(store: type[Any], name: str = "") -> Profile:
    """The profile of that name, or of the store's own choice, with the deadline that its calls are to have."""
    return PROFILES[name or getattr(store, "profile", "default")].with_deadline(getattr(store, "deadline", None))


def by_run(store: type[Any]) -> Row:
    """The seconds from the start of a whole run to the first clause that sees the fault: of the wall clock, of the processor."""
    found: Row = {}
    started, worked = time.monotonic(), clock()

    def progress(result: Result) -> None:
        if result.verdict in BROKEN and result.clause.id in store.breaks:
            found.update(run=time.monotonic() - started, run_processor=clock() - worked)
            raise _FoundError

    with suppress(_FoundError):
        check(subject(store), profile=profile_of(store, "default"), progress=progress, cache=Path(_kept().name))
    return found or {"run": None, "run_processor": None}


@cache
def _kept() -> tempfile.TemporaryDirectory[str]:
    """What one run keeps for the next, as a user's do: what the type checker read."""
    return tempfile.TemporaryDirectory(prefix="storeproto-", ignore_cleanup_errors=True)


def by_examples(store: type[Any]) -> Row:
    """The first broken clause of those that the store breaks, the seconds that it took, and the operations in its trace."""
    found: Row = {}
    started = clock()

    def progress(result: Result) -> None:
        nonlocal started
        if result.verdict in BROKEN and result.clause.id in store.breaks:
            asked = sum(step["kind"] != "Opened" for step in result.trace)
            found.update(clause=result.clause.id, examples=clock() - started, asked=asked or 1)
            raise _FoundError
        if result.clause.id not in store.breaks:  # chapter PRE, which comes first
            started = clock()

    clauses = [clause for clause in CONTRACT if clause.id in store.breaks]
    guard = getattr(store, "guarded", False)
    with suppress(_FoundError):
        check(subject(store), clauses=clauses, profile=profile_of(store), guard=guard, operations=0, progress=progress)
    if not found:
        raise SystemExit(f"{store.__name__} survives its clauses: {', '.join(store.breaks)}")
    return found


def by_machine(store: type[Any]) -> Row:
    """The seconds until the state machine found something; None where it did not."""
    return {
        "machine": _by_batches(
            store, lambda session, deadline: MachineSearch(session.subject, session.watch, set(), deadline=deadline)
        )
    }


def by_binary(store: type[Any]) -> Row:
    """The same of binary programs."""

    def make(session: Session, deadline: float) -> Batches:
        return BinaryPrograms(session.subject, session.watch, set(), _search(session), deadline=deadline)

    return {"binary": _by_batches(store, make)}


def _by_batches(store: type[Any], make: Callable[[Session, float], Batches]) -> float | None:
    profile = profile_of(store)
    if not _shows(store):
        return None
    with Session(subject(store), profile) as session:
        batches = make(session, profile.deadline)
        started = clock()
        while not (batches.diverged or batches.failures) and clock() - started < PATIENCE:
            try:
                batches.run(PATIENCE)
            except Exception:  # noqa: BLE001  # the store blocks, or cannot be opened: a finding of its own
                break
        return clock() - started if batches.diverged or batches.failures else None


def by_programs(store: type[Any]) -> Row:
    """The same of seeded programs, and the operations in the minimal one."""
    profile = profile_of(store)
    missed: Row = {"programs": None, "shortest": None}
    if not _shows(store):
        return missed
    with Session(subject(store), profile) as session:
        search = _search(session)
        started = clock()

        async def run() -> None:
            while not search.findings and clock() - started < PATIENCE:
                await search.run(seconds=0, operations=search.coverage.operations + 50, deadline=profile.deadline)

        try:
            session.worker.run(run)
        except Exception:  # noqa: BLE001  # as above
            return missed
        lengths = [len(finding.program) for finding in search.findings.values()]
        return {"programs": clock() - started, "shortest": min(lengths)} if lengths else missed


def _shows(store: type[Any]) -> bool:
    """Whether legal, sequential operations may show the fault."""
    return any(clause[:3] not in UNSEEN for clause in store.breaks)


def _search(session: Session) -> Search:
    seen, judged = session.survey(), session.subject
    return Search(StoreMaker(judged, session.workspace), seen.dialect, seen.offers, judged.grammar, session.watch)


MEASURES: dict[str, Callable[[type[Any]], Row]] = {
    "run": by_run, "examples": by_examples, "machine": by_machine, "binary": by_binary, "programs": by_programs,
}  # fmt: skip
"""What is measured, by the field that says whether it was."""

_INTRODUCTION = """\
# Kill table

Each of these stores has one fault, in an otherwise correct store; where a real store had it, it is named. The kit is measured by
how many of them it catches, and how soon. *Run* is a whole run with the default profile, from its start to the first clause that
sees the fault, with the guard's child process and the type checker beside it: in seconds of the wall clock, and of the processor,
since the machine did other work meanwhile. The other columns are the ways of the kit, each on its own, in seconds of the processor:
*examples* (what the first clause that catches the fault takes), the *state machine*, *binary* programs and *seeded* programs, each
of which is given half a second. *Operations* counts the shortest trace that shows the fault, the question at its end included.
What legal, sequential operations cannot show (illegal keys, links, what another process does) is for the examples alone; faults
that show only among concurrent clients, or when a process is killed, are not in this table.
"""


def page(rows: list[Row], alarms: dict[str, Row]) -> str:
    """The page."""
    soonest = [min(row[way] for way in ("examples", "machine", "binary", "programs") if row[way] is not None) for row in rows]
    operations = [_operations(row) for row in rows]
    lines = [
        _INTRODUCTION,
        "| | |",
        "|---|---|",
        f"| broken stores | {len(rows)} |",
        f"| of which real stores had the fault | {sum(bool(row['source']) for row in rows)} |",
        f"| killed by a whole run | {_killed(rows, 'run')} |",
        f"| killed by the examples | {_killed(rows, 'examples')} |",
        f"| killed by the state machine | {_killed(rows, 'machine')} |",
        f"| killed by binary programs | {_killed(rows, 'binary')} |",
        f"| killed by seeded programs | {_killed(rows, 'programs')} |",
        f"| killed by any of these three | {sum(any(row[way] for way in ('machine', 'binary', 'programs')) for row in rows)} |",
        f"| seconds of a run to the first finding, of the wall clock: median, longest | {_middle_and_most(rows, 'run')} |",
        f"| seconds of a run to the first finding, of the processor: median, longest | {_middle_and_most(rows, 'run_processor')} |",
        f"| seconds of the processor, by the soonest way: median, longest | {statistics.median(soonest):.3f}, {max(soonest):.1f} |",
        f"| operations in the shortest trace: median | {statistics.median(operations):g} |",
        "",
        "| store | fault | first clause | run | of the processor | examples | state machine | binary | seeded | operations |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row, length in zip(rows, operations, strict=True):
        words = row["fault"] + (f" ({row['source']})" if row["source"] else "")
        times = [_seconds(row[each]) for each in ("run", "run_processor", "examples", "machine", "binary", "programs")]
        cells = [str(cell).replace("|", "\\|") for cell in (row["name"], words, row["clause"], *times, length)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", *_silence(alarms)]) + "\n"


def _silence(alarms: dict[str, Row]) -> Iterable[str]:
    """The other way: what the search says of stores that are correct."""
    yield "## No false alarm"
    yield ""
    yield "Seeded programs on correct stores of different build, which `tests/false_alarms.py` runs. A pair is two kinds of"
    yield "operation, one after the other. A key is live where it is set when an operation meets it."
    yield ""
    yield "| store | operations | alarms | pairs of operations | live keys |"
    yield "|---|---|---|---|---|"
    for name, found in alarms.items():
        pairs = f"{found['pairs']} of {found['pairs_possible']}"
        yield f"| {name} | {found['operations']:,} | {found['alarms']} | {pairs} | {found['live_keys']:.0%} |"


def _killed(rows: list[Row], way: str) -> int:
    return sum(row[way] is not None for row in rows)


def _middle_and_most(rows: list[Row], way: str) -> str:
    seconds = [row[way] for row in rows if row[way] is not None]
    return f"{statistics.median(seconds):.1f}, {max(seconds):.1f}"


def _operations(row: Row) -> int:
    asked: int = row["asked"]
    return min(asked, row["shortest"] or asked)


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.2f}"


def main() -> None:
    """Measure what is not known yet, and write both files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--again", action="store_true")
    given = parser.parse_args()
    known: dict[tuple[str, str], Row] = {}
    if not given.again:
        known = {(row["name"], row["fault"]): row for row in json.loads(MEASURED.read_text(encoding="utf-8"))}
    rows: list[Row] = []
    measured = sequential()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, store in enumerate(measured):
            name, words = store.__name__, fault(store)
            row = {**known.get((name, words), {}), "name": name, "fault": words, "source": store.source}
            for field, measure in MEASURES.items():
                if field not in row:
                    row |= {key: round(value, 4) if isinstance(value, float) else value for key, value in measure(store).items()}
            known[name, words] = row
            rows.append(row)
            if number % _SAVED_EACH == 0:
                MEASURED.write_text(json.dumps([*known.values()], indent=1) + "\n", encoding="utf-8")
    rows.sort(key=lambda row: (row["name"], row["fault"]))
    MEASURED.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(rows, json.loads(ALARMS.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
