"""A hook of mkdocs: where a page names a clause, it leads to the clause, and shows its text to whoever points at it."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from mkdocs.utils import get_relative_url

from conformance.contract import CONTRACT

TEXTS = {clause.id: clause.text for clause in CONTRACT}

_TAG = re.compile(r"(<[^>]*>)")
_ID = re.compile(r"\b[A-Z]{3}-\d+a?\b")
_LEFT_ALONE = {"a", "code", "pre", "script", "style", "h1", "h2", "h3", "h4", "h5", "h6"}


def on_page_content(html: str, *, page: Any, config: Any, files: Any) -> str:  # noqa: ARG001  # as mkdocs calls it
    """Make links of the clauses that the text of a page names; code, headings and links are left alone."""
    if page.file.src_uri == "contract.md":
        return html
    contract = get_relative_url("contract/", page.url)
    inside = 0
    parts = _TAG.split(html)
    for number, part in enumerate(parts):
        if number % 2:
            name = part.strip("</>").split(maxsplit=1)[0].lower() if part.strip("</>") else ""
            if name in _LEFT_ALONE:
                inside += -1 if part.startswith("</") else 1
        elif not inside:
            parts[number] = _ID.sub(lambda found: _link(found[0], contract), part)
    return "".join(parts)


def _link(id_: str, contract: str) -> str:
    if id_ not in TEXTS:
        return id_
    return f'<a href="{contract}#{id_}" title="{escape(TEXTS[id_])}">{id_}</a>'
