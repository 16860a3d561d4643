"""A store that goes for everything around it harms nothing, and each of its attempts is named."""

from __future__ import annotations

import pytest

WEAPONS = ["python", "native code", "system calls", "a link", "a thread", "a subprocess", "a native process"]
NATIVE = {"native code", "system calls", "a native process"}


@pytest.fixture(params=WEAPONS)
def murder(request, once):
    """What came of a murderous store."""
    result = once("murder", request.param)
    assert result.returned, result
    if request.param != "python" and not result.binds_native:
        pytest.skip("the operating system does not confine native code here")
    return result


@pytest.fixture
def named(murder):
    """The same, where the attempts of native code are named."""
    if "seccomp-notify" not in murder.enforcement:
        pytest.skip("the operating system does not show system calls here")
    return murder


def test_no_decoy_is_touched(murder):
    """Whatever a store does, nothing outside its root changes."""
    assert murder.disturbances == ()


def test_no_decoy_is_touched_in_the_eyes_of_the_child(murder):
    """A check inside the guard sees after each operation that nothing has changed."""
    assert all(message["disturbances"] == 0 for message in murder.messages[1:])


def test_attempt_shows_after_the_very_operation(named):
    """A check inside the guard sees after each operation that it attempted something."""
    assert [message["operation"] for message in named.messages[1:] if not message["attempts"]] == []


def test_every_operation_was_tried(named):
    """The store did its harm in all fifteen operations."""
    assert len(named.messages[1:]) == 15


@pytest.mark.parametrize("weapon", ["python", "native code", "system calls", "a link", "a thread"])
def test_every_decoy_is_named(once, weapon):
    """The attempts name each decoy that the store went for."""
    result = once("murder", weapon)
    if "seccomp-notify" not in result.enforcement:
        pytest.skip("the operating system does not show system calls here")
    assert set(result.messages[0]) <= {attempt.path for attempt in result.attempts}


@pytest.mark.parametrize(
    ("weapon", "expected"),
    [
        ("python", {"open", "os.truncate", "os.chmod", "os.utime", "os.rename", "os.remove", "os.mkdir", "os.rmdir"}),
        ("a subprocess", {"subprocess.Popen"}),
    ],
)
def test_audit_hook_names_the_event(once, weapon, expected):
    """What the standard library was asked for is named by its event."""
    assert {attempt.operation for attempt in once("murder", weapon).attempts if attempt.origin == "python"} == expected


@pytest.mark.parametrize(
    ("weapon", "expected"),
    [
        ("native code", {"truncate", "chmod", "utimes", "rename", "unlink", "mkdir", "rmdir"}),
        ("system calls", {"openat2", "fchmodat2"}),
    ],
)
def test_watch_names_the_system_call(once, weapon, expected):
    """What native code asked for is named by the system call; some have other names on newer machines."""
    result = once("murder", weapon)
    if "seccomp-notify" not in result.enforcement:
        pytest.skip("the operating system does not show system calls here")
    others = {"openat": None, "open": None, "fchmodat": "chmod", "utimensat": "utimes", "renameat": "rename", "renameat2": "rename"}
    others |= {"mkdirat": "mkdir", "unlinkat": "unlink"}
    found = {others.get(attempt.operation, attempt.operation) for attempt in result.attempts} - {None}
    assert found | ({"rmdir"} & expected) == expected


@pytest.mark.parametrize("weapon", sorted(NATIVE))
def test_native_attempts_say_so(once, weapon):
    """An attempt that only the system call shows is of native origin."""
    assert {attempt.origin for attempt in once("murder", weapon).attempts} <= {"native"}
