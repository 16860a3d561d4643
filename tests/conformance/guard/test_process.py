"""The child process: how it runs, how it ends, and what it is allowed."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from conformance.guard import process, run_guarded
from conformance.guard.limits import ADDRESS_SPACE, FILE_SIZE

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits are POSIX's")
as_root = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only root on Linux can start a child as another user"
)


def test_hanging_job_is_killed(guarded):
    """A job that hangs, in native code that holds the interpreter too, is killed at the deadline."""
    assert guarded("wait_for_ever", deadline=1.5).timed_out


def test_early_exit_is_reported(once):
    """A job that ends its process did not return, and its exit status is told."""
    result = once("exit_at_once", 3)
    assert (result.returned, result.exit_status, result.timed_out) == (False, 3, False)


def test_what_a_dead_job_sent_is_kept(once):
    """The messages that a job sent before its process ended are not lost."""
    assert once("exit_at_once", 3).messages == ["last word"]


@posix
def test_crash_is_reported(once):
    """A job that crashes is reported with the signal that ended it."""
    assert once("crash").exit_status == -signal.SIGSEGV


def test_crash_says_where(once):
    """The traceback of a crash is in the standard error."""
    assert "in crash" in once("crash").stderr


@posix
def test_death_by_a_signal_is_no_time_out(guarded):
    """A job that another signal ended was not killed at the deadline."""
    result = guarded("terminate")
    assert (result.exit_status, result.timed_out) == (-signal.SIGTERM, False)


def test_exception_is_reported(once):
    """A job's exception, a native panic too, comes back as its traceback."""
    assert "Panic: it broke" in once("panic").error


def test_exception_is_no_return(once):
    """A job that raised did not return."""
    assert not once("panic").returned


def test_unknown_job_is_reported(guarded):
    """A job that cannot be imported comes back as the traceback."""
    assert "has no attribute 'no_such_job'" in guarded("no_such_job").error


def test_relative_search_path_leads_to_the_job(monkeypatch):
    """An entry of the search path that is relative to this process's working directory serves the child too."""
    monkeypatch.chdir(Path(__file__).parent)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    assert run_guarded("guarded_jobs:shout", "x", deadline=60, roots=1).returned


def test_output_of_the_job_does_not_disturb_its_messages(guarded):
    """What a store prints is kept with the standard error, and is no message."""
    result = guarded("shout", '["message", 1]')
    assert (result.messages, result.stderr) == ([], '["message", 1]\n')


@posix
def test_file_size_is_limited(guarded):
    """A store that fills a file beyond the limit gets an error."""
    assert "File too large" in guarded("write_much", FILE_SIZE).error


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not keep the limit")
def test_memory_is_limited(guarded):
    """A store that takes more memory than the limit gets an error."""
    assert "MemoryError" in guarded("take_memory", ADDRESS_SPACE).error


@as_root
def test_child_of_root_is_another_user(once):
    """Where the parent is root the child is an unprivileged user, for good."""
    assert all(user >= 61184 for user in once("who_am_i").messages[0]["users"])


@as_root
def test_child_of_root_keeps_the_capability_to_read_alone(once):
    """Of root's capabilities the child keeps none but CAP_DAC_READ_SEARCH."""
    assert once("who_am_i").messages[0]["capabilities"] in {0, 1 << 2}


def test_home_and_working_directory_are_decoys(once):
    """A relative path and `~` lead into the scratch tree."""
    found = once("who_am_i").messages[0]
    assert {Path(found["home"]).parent, Path(found["working"]).parent} == {Path(found["tree"])}


def test_write_to_working_directory_is_refused(once):
    """A store that takes its key for a relative path is refused, and named."""
    result = once("write_to_working_directory")
    if "seccomp-notify" not in result.enforcement:
        pytest.skip("without the watch a relative path cannot be told from one that begins at a directory handle")
    assert [Path(attempt.path).name for attempt in result.attempts] == ["new"]


def test_climb_from_a_directory_handle_is_refused(once):
    """A name that climbs from a directory handle is refused."""
    assert once("climb_by_handle").messages == ["refused"]


def test_path_that_is_no_address_does_not_end_the_watch(once):
    """The watch leaves a call with a bad pointer to the kernel, and goes on."""
    result = once("point_to_nothing")
    if "seccomp-notify" not in result.enforcement:
        pytest.skip("the operating system does not show system calls here")
    assert [attempt.path for attempt in result.attempts] == result.messages


def test_removal_of_the_whole_tree_is_refused_at_once(guarded):
    """A recursive removal that ignores errors is refused before it walks through the machine."""
    assert guarded("remove_everything", "{top}").messages == [1]


def test_parent_gets_no_signal(guarded):
    """The child cannot send its parent a signal."""
    result = guarded("signal_parent")
    if "unprivileged-user" not in result.enforcement:
        pytest.skip("the child is the same user, and only the newest kernels hold its signals back")
    assert result.messages == [-1]


def test_decoys_can_be_read_through_their_keys(once):
    """Each decoy has a key that leads to it from a root, and a content of its own, so that a store that follows it shows."""
    assert all(read == content for read, content in once("read_decoys").messages[0])


def test_contents_of_decoys_differ(once):
    """No two decoys have the same content."""
    contents = [content for _, content in once("read_decoys").messages[0]]
    assert len(set(contents)) == len(contents)


def test_root_lies_deep(guarded):
    """A root lies several levels below the top of the scratch tree."""
    assert guarded("take_roots", 4).messages == [7, 7, 7, 7]


def test_no_more_roots_than_there_is_room_for(guarded):
    """A job that wants more roots than the guard was given is told what to do."""
    assert "give run_guarded a larger `roots`" in guarded("take_roots", 2, roots=1).error


def test_scratch_tree_is_removed(once, tmp_path_factory):
    """Nothing of the scratch tree is left, whatever a store left there."""
    assert not Path(once("leave_traps", str(tmp_path_factory.getbasetemp())).messages[0]).exists()


def test_link_out_of_the_tree_is_not_followed_in_the_end(guarded, tmp_path):
    """When the scratch tree is removed, what a link in it points to stays."""
    (tmp_path / "kept").touch()
    guarded("leave_traps", str(tmp_path))
    assert (tmp_path / "kept").exists()


def test_system_without_the_watch_says_so(guarded, monkeypatch):
    """Where the watch is not to be had, it is not said to be in force."""
    monkeypatch.setattr(process, "AUDIT_ARCHITECTURE", {})
    assert "seccomp-notify" not in guarded("who_am_i").enforcement


@pytest.mark.parametrize("weapon", ["python", "native code", "a link", "a native process"])
def test_decoys_are_safe_without_the_watch(guarded, monkeypatch, weapon):
    """Without the watch the other measures still keep the decoys from harm."""
    monkeypatch.setattr(process, "AUDIT_ARCHITECTURE", {})
    result = guarded("murder", weapon)
    if weapon != "python" and not result.binds_native:
        pytest.skip("the operating system does not confine native code here")
    assert result.disturbances == ()


def test_honest_store_makes_no_attempt_without_the_watch(guarded, monkeypatch):
    """Without the watch the audit hook does not take a relative name from a directory handle for an attempt."""
    monkeypatch.setattr(process, "AUDIT_ARCHITECTURE", {})
    assert guarded("be_honest", "handles").attempts == []
