"""Stepped threads: one runs at a time, from one system call to the next, as the schedule says; what cannot be stepped is known.

Hooks of the interpreter stay for as long as its process, so that each question is asked in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from broken_stores import con

from conformance import Factory, Recipe, Subject, Verdict, check
from conformance.concurrency.lock_waits import tells_of_locks
from conformance.concurrency.program import Record, Stop
from conformance.concurrency.timeline import timeline
from conformance.contract import select
from conformance.expectation import Returned
from conformance.operations import Get, Set
from conformance.profile import QUICK

TESTS = Path(__file__).parents[2]
PROCESSES = 2
BEGINNING = f"""
import sys
sys.path[:0] = [{str(TESTS)!r}, {str(TESTS.parent)!r}]
import asyncio, json, os, pathlib, queue, socket, tempfile, threading, time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from conformance.concurrency.loop import CLIENT, StuckError
from conformance.concurrency.stepped_threads import Crew
from conformance.concurrency.stepping_loop import new_stepping_loop

class LastFirst:
    def choose(self, ready): return ready[-1]
    def stepped(self, client): pass

class InTurn:
    last = -1
    def choose(self, ready):
        self.last = next((client for client in ready if client > self.last), ready[0])
        return self.last
    def stepped(self, client): pass

crew = Crew()
crew.install()
folder = pathlib.Path(tempfile.mkdtemp(dir=sys.argv[1]))
said = []

async def clients(*calls):
    tasks = []
    for number, call in enumerate(calls):
        context = copy_context()
        context.run(CLIENT.set, number)
        tasks.append(asyncio.get_running_loop().create_task(call(number), context=context))
    await asyncio.wait(tasks)
    return tasks

def write(number):
    for place in range(2):
        said.append(number)
        (folder / f"{{number}} {{place}}").write_bytes(b"v")

async def in_thread(number): await asyncio.to_thread(write, number)
loop = new_stepping_loop(crew, LastFirst())
"""


def told_by(source: str, directory: Path) -> Any:
    """What a program in a process of its own says in the end."""
    code = f"{BEGINNING}{source}\nprint(json.dumps(told))"
    found = subprocess.run(  # noqa: S603  # this interpreter, and a program that is written above
        [sys.executable, "-c", code, str(directory)], capture_output=True, text=True, check=False, timeout=60
    )
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


def test_schedule_says_whose_thread_goes_on(tmp_path: Path):
    """The threads of a client that the schedule prefers make all of their steps first."""
    assert told_by("loop.run(clients(in_thread, in_thread)); told = said", tmp_path) == [1, 1, 0, 0]


def test_threads_switch_between_system_calls(tmp_path: Path):
    """Two threads that take turns go on from one system call to the next."""
    source = "loop = new_stepping_loop(crew, InTurn()); loop.run(clients(in_thread, in_thread)); told = said"
    assert told_by(source, tmp_path) == [0, 1, 0, 1]


CALLS = {
    "write and rename": (
        "target.write_bytes(b'v'); target.rename(folder / 'other')",
        ["open to write", "file.write", "os.rename"],
    ),
    "look and read": ("target.exists(); os.listdir(folder)", ["os.stat", "os.listdir"]),
    "by handles": (
        "handle = os.open(target, os.O_CREAT | os.O_WRONLY); os.write(handle, b'v'); os.fsync(handle); os.close(handle)",
        ["open to write", "os.write", "os.fsync"],
    ),
    "in memory": ("import io; io.BytesIO(b'v').read(); [].append(1)", []),
}


@pytest.mark.parametrize("name", CALLS)
def test_stands_before_system_calls(name: str, tmp_path: Path):
    """A thread stands before each system call on files, and before no other call."""
    calls, expected = CALLS[name]
    source = f"""
target = folder / "value"
def work(): {calls}
loop.came_to = lambda client, call: said.append(call)
async def call(number): await asyncio.to_thread(work)
loop.run(clients(call))
told = said
"""
    assert told_by(source, tmp_path) == expected


def test_imports_are_one_step(tmp_path: Path):
    """A module that is imported in a thread is imported in one step: once, and under a lock of the interpreter's."""
    source = """
def work(): import wave
loop.came_to = lambda client, call: said.append(call)
async def call(number): await asyncio.to_thread(work)
loop.run(clients(call))
told = said
"""
    assert told_by(source, tmp_path) == []


CANCELLING = """
class FirstFirst(LastFirst):
    def choose(self, ready): return ready[0]
loop = new_stepping_loop(crew, FirstFirst())
async def call(number):
    work = asyncio.ensure_future(asyncio.to_thread(write, 7))
    for _ in range(STEPS): await asyncio.sleep(0)
    work.cancel()
    await asyncio.wait([work])
    said.append("on")
loop.run(clients(call))
loop.settle()
told = said
"""


def test_cancelled_work_that_has_begun_goes_on_late(tmp_path: Path):
    """What runs in a thread goes on when its waiter is cancelled, after what its client does next."""
    assert told_by(CANCELLING.replace("STEPS", "2"), tmp_path) == [7, "on", 7]


def test_cancelled_work_that_has_not_begun_never_begins(tmp_path: Path):
    """What no thread has taken up yet is cancelled with its waiter, as an executor does it."""
    source = """
async def call(number):
    loop.submit(lambda: said.append("done")).cancel()
loop.run(clients(call))
loop.settle()
told = said
"""
    assert told_by(source, tmp_path) == []


def test_own_executors_are_stepped(tmp_path: Path):
    """What is submitted to an executor of the store's own is stepped, and brings its result back to the loop."""
    source = """
pool = ThreadPoolExecutor(2)
async def call(number): await asyncio.wrap_future(pool.submit(write, number))
loop.run(clients(call, call))
told = [said, loop.left]
"""
    assert told_by(source, tmp_path) == [[1, 1, 0, 0], ""]


def test_calls_from_stepped_threads_stay_in_the_loop(tmp_path: Path):
    """A stepped thread that calls the loop back does not leave it."""
    source = """
async def call(number):
    future = loop.create_future()
    await asyncio.gather(asyncio.to_thread(loop.call_soon_threadsafe, future.set_result, None), future)
loop.run(clients(call))
told = loop.left
"""
    assert told_by(source, tmp_path) == ""


LOCKED = """
lock = threading.Lock()
def work(number):
    with lock:
        write(number)
async def call(number): await asyncio.to_thread(work, number)
loop = new_stepping_loop(crew, InTurn())
loop.run(clients(call, call))
told = [said, loop.left]
"""

needs_locks_told = pytest.mark.skipif(not tells_of_locks(), reason="this system does not say what its threads wait for")


@needs_locks_told
def test_a_thread_that_waits_for_a_lock_lets_its_holder_go_on(tmp_path: Path):
    """A thread that waits for a lock whose holder stands still is passed over until it has it."""
    assert told_by(LOCKED, tmp_path) == [[0, 0, 1, 1], ""]


@needs_locks_told
def test_the_loop_waits_for_a_lock_that_a_thread_holds(tmp_path: Path):
    """Where the loop's own thread waits for a lock, the threads that stand still go on until it has it."""
    source = """
lock = threading.Lock()
def work():
    with lock: write(0)
async def first(number): await asyncio.to_thread(work)
async def second(number):
    while not said: await asyncio.sleep(0)
    with lock: said.append("loop")
loop = new_stepping_loop(crew, InTurn())
loop.run(clients(first, second))
told = [said, loop.left]
"""
    assert told_by(source, tmp_path) == [[0, 0, "loop"], ""]


STUCK = """
import conformance.concurrency.stepping_loop as module
module.PATIENCE = 0.2
lock = threading.Lock()
lock.acquire()
async def call(number): await asyncio.to_thread(lock.acquire)
try: loop.run(clients(call))
except StuckError: pass
told = loop.left
"""


@needs_locks_told
def test_a_lock_that_nobody_lets_go_is_known(tmp_path: Path):
    """Where a thread waits for a lock that no other lets go of, it is said, and not waited for without end."""
    assert told_by(STUCK, tmp_path).startswith("threads wait for locks that none of them lets go of")


def test_without_word_of_locks_the_clock_ends_it(tmp_path: Path):
    """Where the system does not say what a thread waits for, one that is away for long ends the search."""
    source = """
import conformance.concurrency.stepped_threads as module
module._BLIND_PATIENCE = 0.2
crew._tells = False
""" + LOCKED.replace("loop.run(clients(call, call))", "try: loop.run(clients(call, call))\nexcept StuckError: pass").replace(
        "told = [said, loop.left]", "told = loop.left"
    )
    assert told_by(source, tmp_path).startswith("a thread was away for too long")


LEAVING = {
    "socket": ("socket.create_connection(('localhost', 9), 0.01)", "it looked up a host"),
    "process": ("os.system('true')", "it started a process"),
    "thread": ("threading.Thread(target=write, args=(3,)).start()", "it started a thread of its own"),
}


@pytest.mark.parametrize("name", LEAVING)
def test_leaving_python_is_known(name: str, tmp_path: Path):
    """Sockets, processes and threads of their own, in a stepped thread, are not stepped, and are known."""
    call, left = LEAVING[name]
    source = f"""
def work():
    try: {call}
    except OSError: pass
async def call(number): await asyncio.to_thread(work)
try: loop.run(clients(call))
except StuckError: pass
told = loop.left
"""
    assert told_by(source, tmp_path) == left


def test_executors_of_processes_leave_the_loop(tmp_path: Path):
    """Work for an executor of processes is not stepped, and it is known."""
    source = """
from concurrent.futures import ProcessPoolExecutor
async def call(number): await loop.run_in_executor(ProcessPoolExecutor(1), os.getpid)
loop.run(clients(call))
told = loop.left
"""
    assert told_by(source, tmp_path) == "it gave work to an executor that is none of threads"


def test_a_thread_of_the_stores_own_that_calls_back_is_known(tmp_path: Path):
    """A callback from a thread that is not stepped leaves the loop."""
    source = """
calls, answers = queue.SimpleQueue(), queue.SimpleQueue()
def serve():
    calls.get()
    loop.call_soon_threadsafe(said.append, 1)
    answers.put(None)
threading.Thread(target=serve, daemon=True).start()
async def call(number):
    calls.put(None)
    answers.get()
try: loop.run(clients(call))
except StuckError: pass
told = loop.left
"""
    assert told_by(source, tmp_path) == "another thread called it back"


def test_other_threads_are_not_followed(tmp_path: Path):
    """A thread that is not of the crew runs freely, whatever it calls."""
    source = """
thread = threading.Thread(target=write, args=(3,))
thread.start()
thread.join()
told = said
"""
    assert told_by(source, tmp_path) == [3, 3]


def result_of(subject: Subject, clause: str) -> Any:
    """The result of one clause."""
    report = check(subject, clauses=select([clause]), profile=QUICK.with_deadline(60.0), operations=0, guard=False)
    return next(result for result in report.results if result.clause.id == clause)


def subject_of(store: type[Any]) -> Subject:
    """A store on files, as a subject with a recipe."""
    return Subject(
        name="store", opening=Recipe(f"{store.__module__}:{store.__qualname__}", {"root": "{tmp_path}"}), on_host_files=True
    )


def test_same_seed_same_smallest_program_in_every_process():
    """Searches in several processes end with one program, one schedule, one time line and one script."""
    results = [result_of(subject_of(con.ReadsWhatItMeasured), "CON-2") for _ in range(PROCESSES)]
    assert len({(result.because, result.timeline, result.script, result.actual) for result in results}) == 1


@pytest.mark.parametrize(
    ("store", "clause", "call"),
    [
        (con.LeavesThreadsBehind, "CON-8", "open to write"),
        (con.SharesATemporaryFile, "CON-3", "file.write"),
        (con.LooksThenCreates, "NEW-4", "open to write"),
    ],
    ids=["late", "shared", "created"],
)
def test_finding_says_where_the_thread_stood(store: type[Any], clause: str, call: str):
    """The time line of a finding between system calls says before which one a thread stood, and its script holds it there."""
    result = result_of(subject_of(store), clause)
    assert (f"~ stands: {call}" in result.timeline, "failed when it was run" in result.because) == (True, True), str(result)


def test_sound_store_is_stepped_and_asked_with_real_concurrency():
    """A sound store that works in threads passes, and the verdict says how many programs were tried in which way."""
    result = result_of(subject_of(con.WorksInThreads), "CON-1")
    assert (result.verdict, "beside 40 with threads stepped" in result.because) == (Verdict.PASSED, True), str(result)


def test_without_recipe_concurrency_is_real():
    """Without a recipe no other process can step the threads, and the verdict says so."""
    subject = Subject(name="store", opening=Factory(con.WorksInThreads), on_host_files=True)
    assert "its threads were not stepped: the subject has no recipe" in result_of(subject, "CON-3").because


def test_time_line_of_stops_fits():
    """Where a thread stands takes a line of its column, and three clients fit into 74 columns."""
    records = [Record(number, Set("k", b"v"), number, 9 + number, Returned(None)) for number in range(2)]
    records.append(Record(2, Get("k"), 3, 4, Returned(b"v")))
    drawn = timeline(records, [Stop(0, "open to write", audited=True, number=1, since=2, until=5)])
    assert (drawn.count("~ stands: open to write"), max(map(len, drawn.splitlines())) <= 74) == (1, True), drawn
