"""Benchmarks run only when they are asked for: `pytest tests/benchmarks --benchmark-only`, which ends in a table of ratios."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

HERE = Path(__file__).parent
SECONDS_PER_TURN = 0.002
MOST_CALLS = 200
SECONDS_PER_ROW = 2.0
SECONDS_PER_SMALL_ROW = 0.5
LEAST_ROUNDS = 3
MOST_ROUNDS = 25
MOST_SMALL_ROUNDS = 5
TURNS_TO_WARM_UP = 3

_ROWS = pytest.StashKey[list[Any]]()


def pytest_addoption(parser):
    """Add what the benchmarks can be told."""
    group = parser.getgroup("benchmarks")
    group.addoption("--small", action="store_true", help="benchmarks: fewer rounds, and listings of up to 10,000 keys")
    group.addoption("--ratio-table", metavar="FILE", help="benchmarks: write the page with the table of ratios, as Markdown")


def pytest_configure(config):
    """Begin the table."""
    config.stash[_ROWS] = []


def pytest_collection_modifyitems(config, items):
    """Skip the benchmarks in a run of the tests; else run them in the order of the table, which shares what is filled.

    Listings come before what adds keys.
    """
    if config.getoption("--benchmark-only", default=False):
        items.sort(key=_place)
        return
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="a benchmark: run it with --benchmark-only"))


def _place(item) -> tuple[bool, str, str, list[int]]:
    """Where a test comes: one file after the other, one function after the other, and its cases as they are written."""
    if item.path.parent != HERE:
        return False, str(item.path), "", []
    return True, str(item.path), item.originalname, [*item.callspec.indices.values()] if hasattr(item, "callspec") else []


def pytest_terminal_summary(terminalreporter, config):
    """Show the table, and write its page where that is asked for."""
    rows = config.stash[_ROWS]
    if not rows:
        return
    from benchmarks.ratio_table import page

    text = page(rows, is_small=config.getoption("--small"))
    terminalreporter.write(text)
    terminalreporter.section("rows above their bounds")
    above = [line for row in rows for line in row.above]
    terminalreporter.write_line("\n".join(above) or "none")
    target = config.getoption("--ratio-table")
    if target:
        Path(target).write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def is_small(pytestconfig) -> bool:
    """Whether a quick run was asked for."""
    return pytestconfig.getoption("--small")


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for all."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="session")
def contestants(runner, request) -> Iterator[Callable[[str, bool], list[Any]]]:
    """Gives the contestants of a medium, to read or to write; opened and filled once."""
    from benchmarks import media

    opened: dict[tuple[str, bool], list[Any]] = {}
    with ExitStack() as stack:

        def contestants_of(medium: str, writes: bool) -> list[Any]:
            writes = writes and medium in media.APART
            if (medium, writes) not in opened:
                if medium == "remote":
                    opening = partial(media.remote, s3_options=request.getfixturevalue("s3_options"))
                else:
                    opening = media.MEDIA[medium]
                opened[medium, writes] = stack.enter_context(opening(runner, writes=writes))
            return opened[medium, writes]

        yield contestants_of


@pytest.fixture
def measured(benchmark, runner, is_small) -> Callable[[dict[str, Callable[[], Awaitable[Any]]]], dict[str, float]]:
    """Lets contestants take turns, and returns the median of the seconds that each takes for a call."""

    def measure(calls: dict[str, Callable[[], Awaitable[Any]]]) -> dict[str, float]:
        seconds: dict[str, list[float]] = {name: [] for name in calls}
        numbers = dict.fromkeys(calls, 1)

        async def turn(name: str) -> None:
            call, number = calls[name], numbers[name]
            started = perf_counter()
            for _ in range(number):
                await call()
            seconds[name].append((perf_counter() - started) / number)

        def take_turns(names: list[str]) -> None:
            for name in names:
                runner.run(turn(name))

        for turns in range(TURNS_TO_WARM_UP):
            if turns == 0 or sum([found[-1] for found in seconds.values()]) < SECONDS_PER_SMALL_ROW:
                take_turns([*calls])
        once = 0.0
        for name, found in seconds.items():
            least = min(found)  # one turn that something else held up would make all the others too short
            numbers[name] = max(1, min(MOST_CALLS, int(SECONDS_PER_TURN / least)))
            found.clear()
            once += numbers[name] * least
        first, *others = calls
        seconds_per_row = SECONDS_PER_SMALL_ROW if is_small else SECONDS_PER_ROW
        rounds = max(LEAST_ROUNDS, min(MOST_SMALL_ROUNDS if is_small else MOST_ROUNDS, int(seconds_per_row / once)))
        benchmark.pedantic(lambda: take_turns([first]), setup=lambda: take_turns(others), rounds=rounds)
        return {name: statistics.median(found) for name, found in seconds.items()}

    return measure


@pytest.fixture
def compared(benchmark, measured, pytestconfig) -> Callable[[str, str, dict[str, Callable[[], Awaitable[Any]]], Any], Any]:
    """Measures one row of the table, and returns it."""
    from benchmarks.ratio_table import Row

    def compare(medium: str, operation: str, calls: dict[str, Callable[[], Awaitable[Any]]], bounds: Any) -> Any:
        row = Row(medium, operation, measured(calls), bounds)
        pytestconfig.stash[_ROWS].append(row)
        benchmark.extra_info["ratio"] = row.ratio(row.bound.one, row.bound.other)
        return row

    return compare
