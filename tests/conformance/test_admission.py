"""Admission: what may reach a store, and what may not."""

from __future__ import annotations

import ntpath
import posixpath
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from pathlib import PurePosixPath
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.admission import NotAdmittedError, admit

INSIDE = [
    "a",
    "a/b",
    "a/",
    "a//b",
    "a/./b",
    "zarr.json",
    "k%2Fk",
    "k~k",
    "k$k",
    "k\\k",
    "a/k:k",
    "kk:kk",
    "k*k",
    "k?k",
    "a..b",
    "...",
    ".hidden",
    "a/.b",
    "%41",
    "%25k",
    "k k",
    "a/~b",
    "é",
    "e\u0301",
    "k\x01k",
    "\ud800k",
    "k%",
    "k$",
]
OUTSIDE = [
    "/a",
    "//a",
    "..",
    ".",
    "",
    " ",
    "a/..",
    "a/../b",
    "../x",
    "a/../../x",
    "%2e%2e/x",
    "%2E%2E%2Fx",
    "%252e%252e%252fx",
    "%25252e%25252e/x",
    "..\\x",
    "\\x",
    "a\\..\\..\\x",
    "~",
    "~/x",
    "~root/x",
    "%7e/x",
    "C:/x",
    "C:\\x",
    "C:x",
    "c%3a/x",
    "\\\\server\\share\\x",
    "file:///x",
    "file:x",
    "simplecache::file:x",
    "s3://bucket/x",
    "\uff0e\uff0e/x",
    "\u2025/x",
    "\uff0fx",
    "%ef%bc%8e%ef%bc%8e/x",
    " ../x",
    "../x ",
    "a/ .. /x",
    "%20../x",
    "%20%2e%2e\\x",
    "..\x00k/x",
    "..%00k",
    "$HOME",
    "$HOME/x",
    "${HOME}/x",
    "%HOME%/x",
    "\uff04HOME/x",
    "%24HOME/x",
    "$UNSET/x",
    "..$UNSET/x",
    " ~/x",
]
BARE = [
    "/",
    "//",
    "/.",
    "..",
    "../",
    "../..",
    "./..",
    "/..",
    "~",
    "~/",
    "~root",
    "C:",
    "C:\\",
    "c:/",
    "\\",
    "\\\\server\\share",
    "file:///",
    "%2F",
    "%252f",
    "%2e%2e",
    "..\\..",
    " / ",
    "\uff0f",
    "~/..",
]


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.delenv("UNSET", raising=False)


@pytest.mark.parametrize("name", INSIDE)
@pytest.mark.parametrize("destructive", [False, True])
def test_name_that_stays_below_the_root_is_admitted(name, destructive):
    """A name that is below the root however it is read may be sent to any operation, in the guard and outside it."""
    assert admit(name, operation="delete" if destructive else "get", destructive=destructive, guarded=False) is None


@pytest.mark.parametrize("name", OUTSIDE)
def test_name_that_could_leave_the_root_is_refused_outside_the_guard(name):
    """A name that some reading takes out of the root, or to the root itself, is refused outside the guard."""
    with pytest.raises(NotAdmittedError):
        admit(name, operation="get", destructive=False, guarded=False)


@pytest.mark.parametrize("name", OUTSIDE)
def test_any_name_may_be_read_in_the_guard(name):
    """Inside the guard every name may be sent to an operation that removes nothing."""
    assert admit(name, operation="get", destructive=False, guarded=True) is None


@pytest.mark.parametrize("name", BARE)
@pytest.mark.parametrize("guarded", [False, True])
def test_root_alone_never_goes_to_a_destructive_call(name, guarded):
    """A root, a home, a drive or a climb alone is never removed, guard or no guard, however it is spelt."""
    with pytest.raises(NotAdmittedError):
        admit(name, operation="delete_dir", destructive=True, guarded=guarded)


@pytest.mark.parametrize(
    "name", ["../x", "/scratch/decoy", "~/x", "%2e%2e/x", "..\\x", "C:\\x", "a/../../x", "a/..", "kk/..", ".../..x"]
)
def test_climbing_name_of_something_may_be_removed_in_the_guard(name):
    """Inside the guard a climbing or absolute name with something behind the climb may be sent to a destructive call."""
    assert admit(name, operation="delete", destructive=True, guarded=True) is None


@pytest.mark.parametrize("operation", ["delete_dir", "clear", "list", "list_prefix", "list_dir", "is_empty", "getsize_prefix"])
@pytest.mark.parametrize("guarded", [False, True])
def test_root_prefix_is_admitted(operation, guarded):
    """The empty prefix is the root of the kit's own store, and may go to the operations that take a prefix."""
    assert admit("", operation=operation, destructive=operation in {"delete_dir", "clear"}, guarded=guarded) is None


@pytest.mark.parametrize("name", [b"../x", PurePosixPath("/x")])
def test_object_that_is_no_string_is_judged_by_what_it_reads_as(name):
    """A key that is no `str` is judged as the store might read it."""
    with pytest.raises(NotAdmittedError):
        admit(name, operation="get", destructive=False, guarded=False)


@pytest.mark.parametrize("name", [None, 1, b"k", PurePosixPath("a/b")])
def test_object_that_reads_as_a_harmless_name_is_admitted(name):
    """A key that is no `str` but cannot lead out of the root may be sent, to see what the store says to it."""
    assert admit(name, operation="get", destructive=False, guarded=False) is None


def test_refusal_says_what_how_and_what_to_do():
    """The error names the call, the reading that leaves the root, and the way out."""
    with pytest.raises(
        NotAdmittedError,
        match=r"set\('%2e%2e/x'\) is not sent to the store: it reads as '../x', .* root; send it inside the guard",
    ):
        admit("%2e%2e/x", operation="set", destructive=False, guarded=False)


@pytest.mark.parametrize("name", ["~\x00", "~\ud800"])
def test_name_of_no_possible_user_is_refused_as_others_are(name):
    """A home that the system cannot even look for is refused, without another error."""
    with pytest.raises(NotAdmittedError):
        admit(name, operation="get", destructive=False, guarded=False)


def test_name_that_can_be_read_without_end_is_refused(monkeypatch):
    """Variables that name each other without end leave the name undecided, so it is refused."""
    monkeypatch.setenv("ENDLESS", "$ENDLESS$ENDLESS")
    with pytest.raises(NotAdmittedError, match="no end of the ways to read it"):
        admit("k$ENDLESS", operation="get", destructive=False, guarded=True)


PIECES = [
    "a",
    "b.c",
    ".",
    "..",
    "/",
    "\\",
    "%2e",
    "%2F",
    "%25",
    "%5c",
    "~",
    "$HOME",
    "${CLIMB}",
    "%CLIMB%",
    "$",
    "%",
    " ",
    "\t",
    "C:",
    ":",
    "\uff0e",
    "\uff0f",
    "\u2025",
    "\uff3c",
    "\uff5e",
    "\uff04",
    "\x00",
    "k",
]
NAMES = st.one_of(st.lists(st.sampled_from(PIECES), max_size=7).map("".join), st.text(max_size=12))
READINGS: list[Callable[[str], str]] = [
    unquote,
    lambda name: name.replace("\\", "/"),
    lambda name: unicodedata.normalize("NFKC", name),
    str.strip,
    posixpath.expandvars,
    ntpath.expandvars,
    posixpath.expanduser,
    ntpath.expanduser,
]


@settings(max_examples=400, deadline=None)
@given(name=NAMES, readings=st.lists(st.sampled_from(READINGS), max_size=7))
def test_no_reading_takes_an_admitted_name_out_of_the_root(name, readings):
    """Whatever decodings and expansions a store strings together, an admitted name stays strictly below its root."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CLIMB", "/../../x")
        try:
            admit(name, operation="delete", destructive=True, guarded=False)
        except NotAdmittedError:
            return
        for reading in readings:
            with suppress(ValueError):  # the store raises, and goes no further
                name = reading(name)
        assert posixpath.normpath(posixpath.join("/srv/root", name)).startswith("/srv/root/")
        assert ntpath.normpath(ntpath.join("C:\\srv\\root", name)).startswith("C:\\srv\\root\\")
