"""The search for interleavings: the same seed finds the same smallest program, which a script shows without the kit."""

import asyncio
import subprocess
import sys
import tempfile
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from broken_stores import con
from broken_stores.sound import SoundStore

from conformance import Recipe, Subject, Verdict, check
from conformance.concurrency.history import Kind
from conformance.concurrency.live import LiveSearch
from conformance.concurrency.scenario import Cancelled, Flaw, Names, Register, Scenario, WholeReads
from conformance.concurrency.search import Found, Search, Stage
from conformance.contract import select
from conformance.dialect import Native
from conformance.profile import QUICK
from conformance.recipe import Place

RUNS = 100
REGISTER = Register((Kind.SET, Kind.GET, Kind.EXISTS, Kind.DELETE))
CANCELLED = Cancelled((Kind.SET, Kind.GET), lists=True)


def names(first: int = 0) -> Names:
    """Plain keys."""
    return Names(lambda number, below: f"{below}/k{number}" if below else f"k{number}", lambda number: f"d{number}", first)


def stage(store: type[SoundStore], directory: Path) -> Stage:
    """Where programs are performed on a broken store."""
    numbers = count()
    recipe = Recipe(f"{store.__module__}:{store.__qualname__}")
    return Stage(recipe, lambda: Place(directory / f"{next(numbers)}", "word"), Native(), clears=False, removes=False)


def searched(store: type[SoundStore], scenario: Scenario, directory: Path, programs: int = 300) -> Search:
    """The search, at its end."""
    search = Search(stage(store, directory), scenario, names(), programs)
    search.run()
    return search


def smallest(store: type[SoundStore], scenario: Scenario, directory: Path) -> Found:
    """What the search finds."""
    found = searched(store, scenario, directory).found
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("store", "scenario"),
    [
        (con.WritesInTwoSteps, WholeReads()),
        (con.KeepsALockWhenCancelled, CANCELLED),
    ],
    ids=lambda found: getattr(found, "__name__", type(found).__name__),
)
def test_same_seed_same_smallest_program(store: type[SoundStore], scenario: Scenario, tmp_path: Path):
    """A hundred searches with one seed end with one program and one schedule."""
    found = [smallest(store, scenario, tmp_path) for _ in range(RUNS)]
    assert len({(each.program, repr(each.pace)) for each in found}) == 1


def test_smallest_program_is_small(tmp_path: Path):
    """A torn read takes one writer and one reader, with one operation each."""
    assert sorted(map(len, smallest(con.WritesInTwoSteps, WholeReads(), tmp_path).program.clients)) == [1, 1]


def test_sound_store_has_no_flaw(tmp_path: Path):
    """A sound store that waits in its operations shows nothing."""
    assert searched(Waits, REGISTER, tmp_path).found is None


class Waits(SoundStore):
    """Sound: lets others go on before and after each write."""

    async def set(self, key: str, value: Any) -> None:
        await asyncio.sleep(0)
        await super().set(key, value)
        await asyncio.sleep(0.1)


def test_nothing_to_interleave_is_known_soon(tmp_path: Path):
    """Where no operation waits, few programs are enough."""
    search = searched(SoundStore, REGISTER, tmp_path)
    assert (search.waits, search.tried < 20) == (False, True)


class UsesThreads(SoundStore):
    """Sound: reads in a thread."""

    async def exists(self, key: str) -> bool:
        return await asyncio.to_thread(self.values.__contains__, key)


def test_threads_leave_the_loop(tmp_path: Path):
    """A store that gives work to threads is known to leave the loop."""
    assert searched(UsesThreads, REGISTER, tmp_path).left == "it gave work to a thread"


class ForgetsWhatItSet(SoundStore):
    """Wrong without concurrency too."""

    async def set(self, key: str, value: Any) -> None:
        await asyncio.sleep(0)


def test_wrong_alone_is_no_finding(tmp_path: Path):
    """What is wrong when one operation comes after the other is left to other clauses."""
    assert searched(ForgetsWhatItSet, REGISTER, tmp_path).unsuitable


def report_of(store: type[SoundStore], clause: str) -> Any:
    """The result of one clause."""
    recipe = Recipe(f"{store.__module__}:{store.__qualname__}")
    report = check(Subject(name="store", opening=recipe), clauses=select([clause]), profile=QUICK, operations=0, guard=False)
    return next(result for result in report.results if result.clause.id == clause)


@pytest.mark.parametrize(
    ("store", "clause"),
    [(con.WritesInTwoSteps, "CON-2"), (con.KeepsALockWhenCancelled, "CON-7"), (con.PrunesWhatIsNeeded, "CON-4")],
    ids=["torn", "cancelled", "pruned"],
)
def test_script_fails_by_itself(store: type[SoundStore], clause: str, tmp_path: Path):
    """The script of a finding, run without the kit, fails."""
    script = tmp_path / "script.py"
    script.write_text(report_of(store, clause).script.replace("timeout(5)", "timeout(0.2)").replace("timeout=5", "timeout=0.2"))
    path = str(Path(__file__).parents[2])
    code = f"import sys; sys.path[:0] = [{path!r}, {str(Path(path).parent)!r}]; import runpy; runpy.run_path({str(script)!r})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 1  # noqa: S603  # as above


def test_time_line_fits():
    """The time line of a finding has at most 74 columns, so that 80 hold it with its margin."""
    assert max(map(len, report_of(con.SharesOneBuffer, "CON-3").timeline.splitlines())) <= 74


def test_passing_clause_says_how():
    """A clause that holds says that there was nothing to interleave."""
    assert "nothing to interleave" in report_of(SoundStore, "CON-3").because


class LooksUpHosts(SoundStore):
    """Sound: looks up a host before it says whether a key is there."""

    async def exists(self, key: str) -> bool:
        await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 9)
        return await super().exists(key)


def test_passing_clause_says_that_concurrency_was_real():
    """A store that leaves the loop for what cannot be stepped is asked with real concurrency, and the verdict says so."""
    assert "real concurrency, since the store leaves the event loop" in report_of(LooksUpHosts, "CON-1").because


class TearsInAThread(SoundStore):
    """Sets a value in two steps, with a thread between them."""

    async def set(self, key: str, value: Any) -> None:
        whole = memoryview(value).tobytes()
        self.values[key] = whole[: len(whole) // 2]
        await asyncio.to_thread(tempfile.gettempdir)
        self.values[key] = whole


def test_real_concurrency_finds_a_torn_read():
    """A fault of a store that leaves the loop is found with real tasks."""
    assert report_of(TearsInAThread, "CON-2").verdict is Verdict.FAILED


async def test_live_search_cries_no_wolf():
    """A sound store that uses threads shows nothing under real concurrency."""
    search = LiveSearch(UsesThreads(), Native(), REGISTER, partial(names))
    await search.run(20, 5.0)
    assert (search.found, search.unsuitable, search.tried) == (None, False, 20)


def test_a_program_that_hangs_is_a_flaw(tmp_path: Path):
    """A lock that is never let go after a cancellation is found as an operation that never returns."""
    flaw = smallest(con.KeepsALockWhenCancelled, CANCELLED, tmp_path).flaw
    assert isinstance(flaw, Flaw)
    assert flaw.actual.startswith("it never returned")
