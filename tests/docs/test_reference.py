"""The reference of the documentation names what there is."""

import re
from importlib import import_module

import pytest
from documented_examples import ROOT

ENTRY = re.compile(r"^::: [\w.]*?(\w+)$", re.MULTILINE)
BY_HAND = {"Protocol", "runtime_checkable"}
"""Those of typing_extensions, of which the page says so."""


@pytest.mark.parametrize("package", ["storeproto", "reference_stores", "conformance"])
def test_each_public_name_has_an_entry(package):
    """The page of a package has an entry for each of its public names."""
    page = (ROOT / "docs" / "api" / f"{package}.md").read_text(encoding="utf-8")
    assert {*import_module(package).__all__} - {*ENTRY.findall(page)} - BY_HAND == set()
