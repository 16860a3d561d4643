"""The page of what the kit finds in stores that people use."""

import re
import tomllib
from pathlib import Path

import pytest

from conformance.contract import CONTRACT

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "findings.md").read_text(encoding="utf-8")
WORDS = tomllib.loads((DOCS / "findings.toml").read_text(encoding="utf-8"))
STORES = [name for name, words in WORDS.items() if isinstance(words, dict)]


@pytest.mark.parametrize("name", STORES)
def test_each_store_is_on_it(name):
    """Each store that there are words about has its section."""
    assert f"## {WORDS[name]['title']}\n" in PAGE


@pytest.mark.parametrize("name", STORES)
def test_notes_are_about_findings(name):
    """What is explained is what was found: a note on a clause that no more fails is gone."""
    section = PAGE.partition(f'<a id="{name}"></a>')[2].partition('<a id="')[0]
    assert set(re.findall(r"\*\*\[(\S+?)\]", section)) >= set(WORDS[name].get("notes", {}))


def test_clauses_exist():
    """Each finding names a clause of the contract."""
    assert set(re.findall(r"\*\*\[(\S+?)\]", PAGE)) <= {clause.id for clause in CONTRACT}
