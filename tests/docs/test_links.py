"""Links of the pages that stand outside the site, which its own build checks."""

import re

import pytest
from documented_examples import ROOT

LINK = re.compile(r"\]\((?!https?://)([^)#]+)")


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(name):
    """Each relative link leads to a file of the project."""
    found = LINK.findall((ROOT / name).read_text(encoding="utf-8"))
    assert [link for link in found if not (ROOT / link).is_file()] == []
