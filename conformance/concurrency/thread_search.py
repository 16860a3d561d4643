"""The search for interleavings of threads, which a process of its own makes: the job there, and what it says to its parent."""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import pickle
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Any

from conformance.concurrency.program import Pace, Record, Run
from conformance.concurrency.scenario import Flaw, Names, Scenario
from conformance.concurrency.script import holding_source_of, source_of
from conformance.concurrency.search import Found, Search
from conformance.concurrency.stepped_threads import Crew
from conformance.concurrency.thread_stage import ThreadStage
from conformance.concurrency.timeline import timeline
from conformance.dialect import Dialect
from conformance.durability.jobs import opened
from conformance.durability.line import Line
from conformance.recipe import Place, Recipe
from conformance.subject import Subject

_PIECE = 2_000
"""Characters of a message's text: a piece of what is sent must not be longer than a line takes, with what JSON adds to it."""
_SIGN = 0.2
"""Seconds between two signs of life."""
_COLLECTED = 200
"""Programs between two collections."""
_HELD = 3
"""Threads that are held in turn, by scripts of which one is kept that shows the flaw."""
_DRAWN = 14
"""Operations up to which a run is drawn whole."""


@dataclass(frozen=True)
class ThreadFinding:
    """A flaw that was found with stepped threads, in plain words.

    Attributes:
        expected: what the contract allows.
        actual: what came.
        timeline: what the clients did, drawn.
        order: the clients, the most urgent first.
        preemptions: at which decisions the most urgent one stepped back.
        cancellations: a client, and after how many of its steps it was cancelled.
        holding: the system calls before which threads of one client stood meanwhile, each with a script that holds the thread
            there; none where threads of several clients stood.
        script: a script that does the same and orders nothing.
    """

    expected: str
    actual: str
    timeline: str
    order: tuple[int, ...]
    preemptions: tuple[int, ...]
    cancellations: tuple[tuple[int, int], ...]
    holding: tuple[tuple[str, str], ...]
    script: str


@dataclass(frozen=True)
class ThreadSearch:
    """What came of a search with stepped threads.

    Attributes:
        tried: how many programs were performed.
        left: how the store left what can be stepped; empty where it did not.
        found: the flaw; None where there is none.
    """

    tried: int = 0
    left: str = ""
    found: ThreadFinding | None = None

    def to_json(self) -> str:
        """What `from_json` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ThreadSearch:
        """Read what `to_json` wrote."""
        told: dict[str, Any] = json.loads(text)
        found = told.pop("found")
        return cls(**told, found=None if found is None else ThreadFinding(**found))


def given_for(scenario: Scenario) -> str:
    """A scenario, as the job takes it."""
    return base64.b64encode(pickle.dumps(scenario)).decode("ascii")


def search_threads(given: dict[str, Any], line: Line) -> None:
    """Search for a flaw with stepped threads, and send what came of it, in pieces."""
    opening = Recipe(**given["opening"])
    dialect = asyncio.run(_dialect(given))
    crew = Crew()
    crew.install()
    gc.freeze()
    gc.disable()  # what is collected runs code of the store in whichever thread it is
    stage = ThreadStage(opening, _places(given), dialect, given["clears"], given["removes"], crew)
    scenario: Scenario = pickle.loads(base64.b64decode(given["scenario"]))  # noqa: S301  # from the parent, who made it
    names = _names(Subject.from_json(given["subject"]))
    search = Search(stage, scenario, names, given["programs"], given["seconds"], given["seconds"], progress=_signs(line))
    search.run()
    found = None if search.found is None else finding_of(search.found, dialect)
    text = ThreadSearch(search.tried, search.left, found).to_json()
    for start in range(0, len(text), _PIECE):
        line.send("piece", text[start : start + _PIECE])
    line.send("searched")


async def _dialect(given: dict[str, Any]) -> Dialect:
    """Open a store once, without stepping anything: what is imported then is imported."""
    async with opened(given) as visitor:
        await visitor.close()
        return visitor.dialect


def _places(given: dict[str, Any]) -> Callable[[], Place]:
    folder, numbers = Path(given["path"]), count()

    def place() -> Place:
        number = next(numbers)
        path = folder / f"place{number}"
        path.mkdir()
        return Place(path, f"{given['unique']}x{number}")

    return place


def _names(subject: Subject) -> Names:
    def key(number: int, below: str) -> str:
        name = subject.grammar.name(number)
        return f"{below}/{name}" if below else name

    return Names(key, subject.grammar.directory)


def _signs(line: Line) -> Callable[[], None]:
    """What is to be called between two programs: it gives signs of life, and collects what nobody refers to any more."""
    last, numbers = time.monotonic(), count(1)

    def progress() -> None:
        nonlocal last
        if next(numbers) % _COLLECTED == 0:
            gc.collect()
        if time.monotonic() > last + _SIGN:
            last = time.monotonic()
            line.send("progress")

    return progress


def finding_of(found: Found, dialect: Dialect) -> ThreadFinding:
    """Say in plain words what was found."""
    run, program = found.run, found.run.program
    stops = run.stops if len({stop.client for stop in run.stops}) == 1 else ()
    return ThreadFinding(
        found.flaw.expected,
        found.flaw.actual,
        timeline(shown(run, found.flaw), run.stops),
        program.order,
        program.preemptions,
        program.cancellations,
        tuple([(stop.at, holding_source_of(run, stop, dialect)) for stop in reversed(stops[:_HELD])]),
        source_of(run, Pace(), dialect),
    )


def shown(run: Run, flaw: Flaw) -> list[Record]:
    """The records to draw: those that show the flaw, and of a small run all."""
    return [*run.records] if len(run.records) <= _DRAWN else [*flaw.records]


def run_script(given: dict[str, Any], line: Line) -> None:
    """Run a script, and send the name of the error that it ends with."""
    tempfile.tempdir = given["path"]
    try:
        exec(compile(given["script"], "script", "exec"), {"__name__": "__main__"})  # noqa: S102  # what the kit wrote
    except BaseException as error:  # noqa: BLE001  # whatever it is
        line.send("error", type(error).__name__)
    else:
        line.send("error", "")
