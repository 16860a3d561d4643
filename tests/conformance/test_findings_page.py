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


def section_of(name: str) -> str:
    """What the page says of one store."""
    return PAGE.partition(f'<a id="{name}"></a>')[2].partition("\n## ")[2].partition("\n## ")[0]


@pytest.mark.parametrize("name", STORES)
def test_each_store_is_on_it(name):
    """Each store that there are words about has its section."""
    assert f"## {WORDS[name]['title']}\n" in PAGE


@pytest.mark.parametrize("name", STORES)
def test_notes_are_about_findings(name):
    """What is explained is what was found: a note on a clause that no more fails is gone."""
    section = section_of(name)
    assert set(re.findall(r"\*\*\[(\S+?)\]", section)) >= set(WORDS[name].get("notes", {}))


def test_clauses_exist():
    """Each finding names a clause of the contract."""
    assert set(re.findall(r"\*\*\[(\S+?)\]", PAGE)) <= {clause.id for clause in CONTRACT}


def test_links_lead_to_findings():
    """Each link within the page leads to a place on it."""
    assert set(re.findall(r"\]\(#(\S+?)\)", PAGE)) <= set(re.findall(r'<a id="(\S+?)">', PAGE))


@pytest.mark.parametrize("name", STORES)
def test_each_finding_is_linked(name):
    """The head of a store's section links to each of its findings."""
    section = section_of(name)
    assert re.findall(r"\*\*\[(\S+?)\]", section) == sorted(
        re.findall(rf"\(#{name}-(\S+?)\)", section), key=[clause.id for clause in CONTRACT].index
    )


def test_page_begins_with_what_matters():
    """The most important findings come before the stores' sections."""
    assert WORDS["most_important"].strip() in PAGE.partition('<a id="zarr-memory"></a>')[0]
