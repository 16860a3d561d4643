"""How the type checkers are run: their cache, and where they come to no answer."""

import sys

import pytest
from broken_stores.sound import SoundStore

from conformance import Factory, Recipe, Subject, Verdict, check
from conformance.contract import select
from conformance.profile import DEFAULT, QUICK
from conformance.typing_check import CHECKERS, Candidate, CheckerError, checkers, find

SUBJECT = Subject(name="sound", opening=Recipe("broken_stores.sound:SoundStore"))


@pytest.fixture
def answer(mypy_cache):
    """What the kit says of TYP-4."""

    def answered(profile=DEFAULT, subject=SUBJECT):
        return check(subject, clauses=select(["TYP-4"]), profile=profile, guard=False, operations=0, cache=mypy_cache).results[-1]

    return answered


def written(folder, name, text):
    """A module in a folder."""
    (folder / f"{name}.py").write_text(text)
    return Candidate(name, "Store", str(folder / f"{name}.py"), frozenset(), "native", plain=True, generic=False)


def test_sound_store_passes_by_mypy(answer):
    """What was asked is said of a class that passes."""
    assert (answer().verdict, answer().because) == (Verdict.PASSED, f"asked of {CHECKERS['mypy']}")


def test_quick_profile_asks_none(answer):
    """The quick profile asks no type checker, and says so."""
    assert (answer(QUICK).verdict, answer(QUICK).reason[:34]) == (Verdict.NOT_APPLICABLE, "no type checker was asked for: --t")


@pytest.mark.parametrize("name", CHECKERS)
def test_missing_checker_is_named_with_its_command(name, answer, monkeypatch):
    """Where the type checker is not installed the clause does not apply, and the command that installs it is given."""
    monkeypatch.setattr(checkers, "find_spec", lambda _: None)
    found = answer(DEFAULT.with_type_checkers(name))
    assert (found.verdict, found.reason) == (Verdict.NOT_APPLICABLE, f"{name} is not installed here: pip install {name}")


def test_local_class_is_no_failure(answer):
    """Where a class cannot be named the clause does not apply."""

    class Local(SoundStore):
        """A store of this test."""

    subject = Subject(name="local", opening=Factory(lambda path: Local()))  # noqa: ARG005  # as called
    assert answer(subject=subject).reason.startswith("Local is made inside a function")


def test_file_that_cannot_be_read_is_no_answer(tmp_path, mypy_cache):
    """A module with a syntax error ends the question, with its place."""
    with pytest.raises(CheckerError, match=r"broken_module\.py:\d: .*"):
        find([written(tmp_path, "broken_module", "class Store:\n    def get(self, key:\n")], CHECKERS["mypy"], mypy_cache)


def test_checker_has_a_deadline(tmp_path, mypy_cache, monkeypatch):
    """A type checker that does not end is ended, and that is said."""
    monkeypatch.setattr(checkers, "DEADLINE", 0.001)
    with pytest.raises(CheckerError, match=r"mypy had not ended after 0\.001 s"):
        find([written(tmp_path, "any_module", "class Store: ...\n")], CHECKERS["mypy"], mypy_cache)


def test_no_answer_is_inconclusive(answer, monkeypatch):
    """Where the type checker comes to no answer the clause is inconclusive, in its words, and not passed."""

    def fail(candidate, checker, cache):
        raise CheckerError("internal error")

    monkeypatch.setattr("conformance.contract.shape.find_once", fail)
    assert (answer().verdict, answer().reason) == (Verdict.INCONCLUSIVE, "mypy came to no answer: internal error")


def test_broken_cache_is_done_without(tmp_path):
    """A cache that makes mypy fail is left aside."""
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "mypy").write_text("no directory")
    candidate = written(tmp_path, "a_module", "class Store:\n    supports_writes = 3\n")
    assert "supports_writes" in {one.member for one in find([candidate], CHECKERS["mypy"], tmp_path / "cache")[candidate]}


def test_what_mypy_learned_is_kept(answer, mypy_cache):
    """What mypy keeps lies in the folder of the cache, in a directory of its own."""
    answer()
    assert [path.name for path in mypy_cache.iterdir()] == ["mypy"]


def test_class_is_asked_about_once(answer, monkeypatch):
    """In one process the type checker runs once for a class."""
    answer()
    monkeypatch.setattr(checkers, "_run", None)
    assert answer().verdict is Verdict.PASSED


def test_the_users_own_settings_are_left_aside(answer, monkeypatch):
    """What the environment tells mypy of other work does not reach it."""
    seen = {}

    def run(arguments, files, environment):
        seen.update(environment)
        raise CheckerError("seen")

    monkeypatch.setenv("MYPY_CACHE_DIR", "elsewhere")
    monkeypatch.setattr(checkers, "_run", run)
    with pytest.raises(CheckerError, match="seen"):
        find([Candidate("m", "C", "", frozenset(), "native", plain=True, generic=False)], CHECKERS["mypy"])
    assert "MYPY_CACHE_DIR" not in seen


def test_installed_packages_are_found_by_the_checker_itself(monkeypatch, tmp_path):
    """Of the import path a type checker is told what it cannot know: no directory of installed packages."""
    installed = tmp_path / "lib" / "site-packages"
    installed.mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [str(installed), str(tmp_path), str(tmp_path / "missing")])
    assert checkers.search_path([]) == [str(tmp_path)]


def test_finding_is_what_came_of_it(answer):
    """What a type checker says is what the clause says was found."""
    subject = Subject(name="static", opening=Recipe("broken_stores.typ:NotTyped"))
    assert answer(subject=subject).actual.splitlines() == ['exists: not typed: Call to untyped function "exists" in typed context']
