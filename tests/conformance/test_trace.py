"""Traces, and the scripts that they are printed as."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from conformance import Factory, Recipe, Subject
from conformance.dialect import Native
from conformance.expectation import gives, gives_not, raises, returns
from conformance.operations import Get, GetSize, Set
from conformance.trace import Asked, Executed, Opened, Performed, Trace, namespace

SOUND = Subject(name="sound", opening=Recipe("broken_stores.sound:SoundStore"))
_RECIPE = Recipe("broken_stores.sound_files:SoundFileStore", {"root": "{tmp_path}", "read_only": "{read_only}"})
FILES = Subject(name="files", opening=_RECIPE, reopening=_RECIPE)
OPENED = Opened("store", "store_path")


def script(*steps: object, subject: Subject = SOUND) -> str:
    """The script of a trace."""
    return Trace([*steps]).script(subject, Native())  # type: ignore[list-item]


def run(*steps: object, subject: Subject = SOUND) -> None:
    """Run the script of a trace."""
    exec(compile(script(*steps, subject=subject), "script", "exec"), {})  # noqa: S102  # what is tested


def asked(expectation: object) -> Asked:
    """The question what `k` holds."""
    return Asked("store", Get("k"), "", expectation)  # type: ignore[arg-type]


def test_whole_script():
    """A script imports, opens, does and asserts, and nothing else."""
    assert script(OPENED, Performed("store", Set("k", b"v")), asked(gives(b"v"))) == (
        "import asyncio\n"
        "from broken_stores.sound import SoundStore\n"
        "async def main():\n"
        "    store = SoundStore()\n"
        "    await store.set('k', b'v')\n"
        "    got = await store.get('k')\n"
        "    assert got == b'v', repr(got)[:200]\n"
        "asyncio.run(main())\n"
    )


def test_script_with_a_path():
    """A script gives a parameter called `tmp_path` a path."""
    subject = Subject(name="path", opening=Recipe("unruly_stores:below_a_path", {"tmp_path": "{tmp_path}"}))
    run(OPENED, asked(gives(None)), subject=subject)


@pytest.mark.parametrize("expectation", [gives(b"v"), gives(b"v") | raises(), gives_not(None), returns], ids=str)
def test_script_passes(expectation: object):
    """A script ends without an error where the store does what is expected."""
    run(OPENED, Performed("store", Set("k", b"v")), asked(expectation))


@pytest.mark.parametrize("expectation", [gives(None), gives_not(b"v"), raises(), raises(ValueError, KeyError)], ids=str)
def test_script_fails(expectation: object):
    """A script ends with an error where the store does what is not expected."""
    with pytest.raises(AssertionError, match=re.escape("b'v'")):
        run(OPENED, Performed("store", Set("k", b"v")), asked(expectation))


def test_script_survives_what_raised():
    """An operation that raised, and was not the question, does not end the script."""
    run(OPENED, Performed("store", Set("a//b", b"v"), raised=True), asked(gives(None)))


def test_script_reopens():
    """A place that is opened again is the same place."""
    again = Opened("again", "store_path", again=True)
    run(OPENED, Performed("store", Set("k", b"v")), again, Asked("again", Get("k"), "", gives(b"v")), subject=FILES)


def test_script_of_an_unmade_place():
    """A place where nothing was made lies in one that was, and opening it may raise."""
    reader = Opened("reader", "reader_path", read_only=True, unmade=True)
    run(reader, Asked("", None, "os.path.exists(reader_path)", gives(False)), subject=FILES)  # noqa: FBT003  # the value


def test_script_without_a_recipe():
    """Where a function of another program opens the store, the script leaves its place to the reader."""
    subject = Subject(name="mine", opening=Factory(test_whole_script))
    assert "store = ...  # the store, as test_whole_script opens it" in script(OPENED, asked(gives(None)), subject=subject)


def test_right_answers_are_left_out():
    """Reads whose answers were right are no part of the script."""
    right = Asked("store", GetSize("k"), "", gives(0))
    assert "getsize" not in script(OPENED, right, Performed("store", Get("k")), asked(gives(b"v")))


def test_a_minimal_trace_is_kept():
    """Of a trace that is known to be minimal, reads whose answers were right are part of the script."""
    steps = [OPENED, Performed("store", GetSize("k")), asked(gives(b"v"))]
    assert "getsize" in Trace(steps, minimal=True).script(SOUND, Native())


def test_script_of_what_hangs():
    """A script waits for a call that did not return as long as the kit did, whatever else it catches."""
    step = replace(asked(returns | raises()), within=0.1)
    hanging = Subject(name="hangs", opening=Recipe("unruly_stores:HangsInGet"))
    with pytest.raises(TimeoutError):
        run(OPENED, step, subject=hanging)


def test_statements_are_kept():
    """Statements are part of the script, line by line."""
    assert "    if True:\n        pass\n" in script(OPENED, Executed("if True:\n    pass"), asked(returns))


def test_new_store_begins_a_new_trace():
    """A store that is opened under a name that is taken begins a new trace."""
    trace = Trace([OPENED, Performed("store", Set("k", b"v"))])
    trace.opened(OPENED)
    assert trace.steps == [OPENED]


def test_second_store_continues_the_trace():
    """A store that is opened under another name does not."""
    trace = Trace([OPENED])
    trace.opened(Opened("other", "other_path"))
    assert len(trace.steps) == 2


def test_empty_trace():
    """A trace without steps is no script."""
    assert script() == ""


@pytest.mark.parametrize(("source", "names"), [("asyncio.sleep(0)", {"asyncio"}), ("store.copy", set()), ("'os'", set())])
def test_namespace(source: str, names: set[str]):
    """A source gets the modules that it names, and no others."""
    assert {*namespace(source, Native())} - {"__builtins__"} == names
