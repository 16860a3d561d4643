"""Jobs in other processes: started, heard and killed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.durability.processes import Process, Processes, SilentError, UnusableError

JOBS = """
import os, threading, time

def echo(given, line):
    line.send("echo", given)

def fail(given, line):
    raise RuntimeError("it fails")

def vanish(given, line):
    os._exit(3)

def wait(given, line):
    line.send("pid", os.getpid())
    line.send("waits")
    time.sleep(3600)

def say_much(given, line):
    line.send("much", "x" * 5000)
"""
SECONDS = 30.0


@pytest.fixture
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Processes]:
    """Processes that have imported a module of jobs."""
    (tmp_path / "jobs_to_try.py").write_text(JOBS)
    monkeypatch.syspath_prepend(tmp_path)
    made = Processes(["jobs_to_try"])
    yield made
    made.close()


@pytest.fixture
def threaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Processes]:
    """Processes whose module starts a thread when it is imported."""
    thread = "\nthreading.Thread(target=time.sleep, args=(3600,), daemon=True).start()\n"
    (tmp_path / "jobs_beside_a_thread.py").write_text(JOBS + thread)
    monkeypatch.syspath_prepend(tmp_path)
    made = Processes(["jobs_beside_a_thread"])
    yield made
    made.close()


def everything(process: Process) -> list[tuple[str, object]]:
    """All that a process says until it has ended."""
    said = []
    while not process.ended:
        said.append(process.receive(SECONDS))
    return said


def test_job_is_given_what_was_ordered(processes):
    """A job gets its argument, and its messages come in order, its end last."""
    process = processes.start("jobs_to_try:echo", {"key": [1, "ü"]})
    assert everything(process) == [("echo", {"key": [1, "ü"]}), ("returned", None), ("ended", 0)]


def test_error_is_told(processes):
    """What a job raises is told in words."""
    assert processes.start("jobs_to_try:fail", None).receive(SECONDS) == ("raised", "RuntimeError: it fails")


def test_sudden_end_is_told(processes):
    """A process that ends without a word has ended with its status."""
    assert everything(processes.start("jobs_to_try:vanish", None)) == [("ended", 3)]


def test_long_message_is_refused(processes):
    """A message that a pipe would not take in one piece is an error of the job."""
    assert processes.start("jobs_to_try:say_much", None).receive(SECONDS)[1].endswith("4096 are allowed")


def test_kill_keeps_what_was_said(processes):
    """What a process said before it was killed arrives, and the process is dead."""
    process = processes.start("jobs_to_try:wait", None)
    process.receive(SECONDS)
    assert process.kill(SECONDS) in ([("waits", None)], [])
    assert process.ended


def test_silence_is_told(processes):
    """A job that says nothing in time is told so."""
    process = processes.start("jobs_to_try:wait", None)
    [process.receive(SECONDS) for _ in range(2)]
    with pytest.raises(SilentError):
        process.receive(0.01)


def test_close_kills(processes):
    """Closing ends every process: the pipe that they all hold has come to its end."""
    process = processes.start("jobs_to_try:wait", None)
    processes.close()
    assert everything(process)[-1][0] == "ended"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is not known how many threads a process has")
def test_jobs_are_forks(processes):
    """On Linux, a job is a fork of a server that has no thread but its own."""
    assert processes.forks()


def test_no_fork_beside_a_thread(threaded):
    """A server that has another thread is not forked."""
    assert not threaded.forks()


def test_jobs_beside_a_thread(threaded):
    """Where the server cannot be forked, each job is in a process of its own."""
    found = [threaded.start("jobs_beside_a_thread:wait", None).receive(SECONDS)[1] for _ in range(2)]
    assert found[0] != found[1]


def test_kill_beside_a_thread(threaded):
    """A process that is no fork is killed like the others."""
    process = threaded.start("jobs_beside_a_thread:wait", None)
    process.receive(SECONDS)
    process.kill(SECONDS)
    assert process.ended


def test_module_that_is_missing():
    """A module that another process cannot import is named."""
    processes = Processes(["there_is_no_such_module"])
    with pytest.raises(UnusableError, match="there_is_no_such_module"):
        processes.start("jobs_to_try:echo", None)
