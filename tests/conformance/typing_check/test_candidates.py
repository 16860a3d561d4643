"""Which classes a type checker can be asked about."""

import sys
from types import SimpleNamespace

import fsspec.implementations.memory
import pytest
from broken_stores.sound import SoundStore
from broken_stores.types_alone import TypedStore

from conformance.typing_check import CandidateError


class Outer:
    """Holds a store."""

    class Inner(TypedStore):
        """A store in a class."""


def test_local_class_cannot_be_named(candidate):
    """A class that is made inside a function is refused, with what to do."""

    class Local(TypedStore):
        pass

    with pytest.raises(CandidateError, match=r"Local is made inside a function, .*: define the class at the top level of a module"):
        candidate(Local)


def test_class_of_the_main_program_cannot_be_imported(candidate, monkeypatch):
    """A class of __main__ is refused, with what to do."""
    monkeypatch.setattr(Outer, "__module__", "__main__")
    with pytest.raises(CandidateError, match=r"Outer is defined in __main__, .*: define the class in a module"):
        candidate(Outer)


def test_other_dialects_have_no_types(candidate):
    """A store in a dialect of its own is refused."""
    with pytest.raises(CandidateError, match="does not know the types of the dialect 'klingon'"):
        candidate(TypedStore, SimpleNamespace(name="klingon"))


@pytest.mark.parametrize(
    ("file", "module", "root"),
    [
        ("a/b/stores.py", "b.stores", "a"),
        ("a/b/stores/__init__.py", "b.stores", "a"),
        ("a/stores.py", "stores", "a"),
        ("a/elsewhere.py", "stores", None),
    ],
)
def test_root_is_where_the_module_is_imported_from(file, module, root, candidate, monkeypatch, tmp_path):
    """The directory on the import path is found by the module's file, for packages too, and not guessed."""
    monkeypatch.setitem(sys.modules, module, SimpleNamespace(__file__=str(tmp_path / file)))
    monkeypatch.setattr(Outer, "__module__", module)
    assert candidate(Outer).root == (root and tmp_path / root)


def test_class_in_a_class_is_judged(candidate, judge):
    """A class in a class can be named."""
    assert judge({"inner": candidate(Outer.Inner)})["inner"] == ()


def test_untyped_package_is_not_typed(candidate, judge):
    """A class of a package without types is reported as a whole, in the words of the type checker."""
    found = judge({"untyped": candidate(fsspec.implementations.memory.MemoryFileSystem)})["untyped"]
    assert [str(one)[:41] for one in found] == ['not typed: Skipping analyzing "fsspec.imp']


def test_class_that_only_the_running_program_has_is_not_typed(candidate, judge, monkeypatch):
    """A class that is not in its module's source is reported as a whole."""
    made = type("Made", (SoundStore,), {"__module__": "broken_stores.sound"})
    assert str(judge({"made": candidate(made)})["made"][0]).startswith('not typed: Module has no attribute "Made"')
