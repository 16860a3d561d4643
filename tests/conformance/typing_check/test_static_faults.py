"""Each fault of a class's types is reported, at the right member; what is right is not."""

import inspect

import pytest
from broken_stores import types_alone

CLASSES = [
    found
    for found in vars(types_alone).values()
    if inspect.isclass(found) and issubclass(found, types_alone.TypedStore) and found.__module__ == types_alone.__name__
]
FAULTS = [found for found in CLASSES if "at" in vars(found)]
RIGHT = [found for found in CLASSES if "at" not in vars(found)]
FOR_PYRIGHT = [
    types_alone.TypedStore,
    types_alone.OtherName,
    types_alone.OlderByteRange,
    types_alone.SizeInWords,
    types_alone.NoCoroutine,
    types_alone.AList,
    types_alone.UnboundValues,
]

by_name = pytest.mark.parametrize("store", FAULTS, ids=lambda store: store.__name__)


@pytest.fixture(scope="module")
def said_by_mypy(judge, candidate):
    """What mypy says of every class."""
    return judge({store.__name__: candidate(store) for store in CLASSES})


@pytest.fixture(scope="module")
def said_by_pyright(judge, candidate):
    """What pyright says of some."""
    pytest.importorskip("pyright")
    return judge({store.__name__: candidate(store) for store in FOR_PYRIGHT}, "pyright")


def test_there_are_enough_of_them():
    """There are at least thirty faults."""
    assert len(FAULTS) >= 30


@by_name
def test_fault_is_found_at_its_member(store, said_by_mypy):
    """Mypy names the member that is wrong, and what of it, and no other member."""
    found = said_by_mypy[store.__name__]
    assert ({one.member for one in found}, store.at in [(one.member, one.about) for one in found]) == ({store.at[0]}, True)


@pytest.mark.parametrize("store", RIGHT, ids=lambda store: store.__name__)
def test_what_is_right_is_not_reported(store, said_by_mypy):
    """Mypy finds nothing in a class that is wider than documented, of the wider protocol, or generic."""
    assert said_by_mypy[store.__name__] == ()


@pytest.mark.parametrize("store", FOR_PYRIGHT, ids=lambda store: store.__name__)
def test_pyright_agrees(store, said_by_pyright):
    """Pyright names the same members."""
    assert {one.member for one in said_by_pyright[store.__name__]} == {*vars(store).get("at", ())[:1]}


@pytest.mark.parametrize(
    ("store", "words"),
    [
        ("OlderByteRange", 'get: parameter byte_range: incompatible type "RangeByteRequest'),
        ("OtherName", "delete: parameter key: Unexpected keyword argument"),
        ("DefaultLost", "with_read_only: parameter read_only: Missing positional argument"),
        ("SizeInWords", 'getsize_prefix: result: expression has type "str", variable has type "int"'),
        ("TextForFlag", 'supports_writes: expression has type "str", variable has type "bool"'),
        ("NotAwaitable", 'exists: Incompatible types in "await" (actual type "bool"'),
        ("NoCoroutine", 'delete: expected "def delete(self, key: str) -> Coroutine['),
        ("NoAnnotations", 'delete: not typed: Call to untyped function "delete"'),
        ("Forwards", 'exists: result: not typed: it is "Any"'),
        ("FlagDeclaredFalse", 'supports_partial_writes: it is "Literal[False]" to the type checker, and True'),
    ],
)
def test_finding_is_in_the_words_of_mypy(store, words, said_by_mypy):
    """A finding says the member first, then what of it, then what mypy says."""
    assert str(said_by_mypy[store][0]).startswith(words)


def test_finding_says_both_types(said_by_mypy):
    """A finding about a parameter ends with the type that the class takes."""
    assert str(said_by_mypy["OlderByteRange"][0]).endswith('expected "tuple[int, int] | None"')


@pytest.mark.parametrize("store", ["OlderByteRange", "NoCoroutine", "Forwards"])
def test_script_shows_the_finding(store, said_by_mypy, run_script):
    """The script of a finding fails without the kit, whether that is an error, a whole signature or a note."""
    assert "AssertionError" in run_script(said_by_mypy[store][0])


def test_script_is_short(said_by_mypy):
    """The file that shows a finding has no more than its imports and one call."""
    assert len(said_by_mypy["OlderByteRange"][0].excerpt.splitlines()) == 5
