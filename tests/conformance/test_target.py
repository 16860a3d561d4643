"""Targets: what the command line calls a store."""

import pytest
import unruly_stores

from conformance import Subject, TargetError, check
from conformance.contract import select
from conformance.reference import SUBJECTS
from conformance.target import parse_arguments, resolve_target


def judged(target: str, **arguments: object) -> str:
    """What a short run says of GET-1 on the stores of `target`."""
    report = check(resolve_target(target, arguments), clauses=select(["GET-1"]), guard=False, operations=0)
    return report.results[-1].verdict.value


@pytest.mark.parametrize(
    "name", ["SizesAreOneTooLarge", "coroutine", "generator", "asynchronous_generator", "context", "InADirectory"]
)
def test_every_kind_of_target(name: str):
    """A class, a function, a coroutine function, a generator and a context manager all lead to stores."""
    assert judged(f"unruly_stores:{name}") == "passed"


def test_class_method():
    """A dotted name leads to a class method, with its argument."""
    assert judged("unruly_stores:InADirectory.open", root="{tmp_path}") == "passed"


def test_directory_is_a_path():
    """A parameter called `tmp_path` receives a path, as it does from pytest."""
    assert judged("unruly_stores:below_a_path") == "passed"


def test_arguments_of_other_types():
    """Arguments arrive as the values that they are."""
    assert judged("unruly_stores:NeedsAName", name="n", number=7) == "passed"


def test_reference_store():
    """The name of a reference store is its subject."""
    assert resolve_target("memory", {}) == SUBJECTS["memory"]


def test_subject():
    """A subject is taken as it is."""
    assert resolve_target("unruly_stores:subject", {}) == unruly_stores.subject


def test_disposable_subject():
    """A subject's data may be said to be disposable on the command line."""
    assert resolve_target("unruly_stores:subject", {}, disposable=True).disposable


def test_place_is_inferred():
    """A target that takes a directory is taken to live there, and to be opened there again."""
    subject = resolve_target("unruly_stores:InADirectory", {})
    assert (subject.on_host_files, subject.reopening_inferred) == (True, True)


def test_no_place():
    """A target that takes no directory is not opened again."""
    assert resolve_target("unruly_stores:coroutine", {}).reopening is None


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("nothing", "there is no target 'nothing': give one of memory"),
        ("no_such_package.stores:Store", "there is no module 'no_such_package'; is its package installed here"),
        ("unruly_stores:NoSuchStore", "there is no 'NoSuchStore' in the module 'unruly_stores'"),
        ("unruly_stores:InADirectory.make", "there is no 'make' in 'unruly_stores:InADirectory'"),
        ("unruly_stores:", "neither a reference store nor of the form package.module:name"),
        (":Store", "neither a reference store nor of the form package.module:name"),
    ],
)
def test_wrong_target(target: str, words: str):
    """A target that leads nowhere is refused, with what is wrong about it."""
    with pytest.raises(TargetError, match=words):
        resolve_target(target, {})


def test_subject_takes_no_arguments():
    """A subject is opened as it says, so that it takes no arguments."""
    with pytest.raises(TargetError, match="takes no arguments"):
        resolve_target("unruly_stores:subject", {"root": "x"})


def test_wrong_arguments():
    """Arguments that the target does not take are refused."""
    with pytest.raises(TargetError, match="cannot be called so"):
        judged("unruly_stores:coroutine", colour="red")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("root={tmp_path}/a=b", ("root", "{tmp_path}/a=b")),
        ("number=7", ("number", "7")),
        ("number:=7", ("number", 7)),
        ('options:={"a": [1, null]}', ("options", {"a": [1, None]})),
        ("empty=", ("empty", "")),
    ],
)
def test_argument(text: str, expected: tuple[str, object]):
    """NAME=VALUE is a string, NAME:=JSON any value."""
    assert [*parse_arguments([text]).items()] == [expected]


@pytest.mark.parametrize("text", ["root", "=x", "two words=x", "number:=seven", ":=1"])
def test_wrong_argument(text: str):
    """An argument of neither form is refused."""
    with pytest.raises(TargetError, match="the argument"):
        parse_arguments([text])


def test_declared_function():
    """A function that was declared a subject is that subject, with all that was declared."""
    found = resolve_target("unruly_stores:declared", {})
    assert (found.name, found.on_host_files, found.has_recipe) == ("declared", True, True)


def test_resolved_target_is_a_subject():
    """What a target stands for is a subject named after it."""
    found = resolve_target("unruly_stores:coroutine", {})
    assert isinstance(found, Subject)
    assert found.name == "unruly_stores:coroutine"
