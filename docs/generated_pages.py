"""A hook of mkdocs: pages that are made from the kit's own values, so that they cannot differ from it."""

from __future__ import annotations

from typing import Any

from mkdocs.structure.files import File

from conformance.contract import CHAPTERS, CONTRACT, VERSION
from conformance.clause import Need


def on_files(files: Any, *, config: Any) -> Any:
    """Add the page of the contract."""
    files.append(File.generated(config, "contract.md", content=contract_page()))
    return files


def contract_page() -> str:
    """The contract as Markdown, from its clauses."""
    lines = [
        f"# The store contract, version {VERSION}",
        "",
        '`v` is the stored value and `n = len(v)`. `dir(p)` is the prefix `p` with exactly one `/` behind it, or `""` for `""`.',
        "**MUST** breaks conformance, **SHOULD** is a warning that `--strict` counts too, **MAY** is only reported. A clause applies where",
        "the store and its subject offer what it needs:",
        "",
        *[f"- {need.value}: otherwise {need.lack}." for need in Need],
    ]
    for chapter, about in CHAPTERS.items():
        clauses = [clause for clause in CONTRACT if clause.chapter == chapter]
        if clauses:
            lines += ["", f"## {chapter}: {about}", "", "| id | level | needs | clause |", "|---|---|---|---|"]
        for clause in clauses:
            needs = " ".join(sorted([need.value for need in clause.needs]))
            text = clause.text.replace("|", "\\|") + ("" if clause.check else " *(not decided yet)*")
            lines.append(f'| <a id="{clause.id}"></a>{clause.id} | {clause.level.value} | {needs} | {text} |')
    return "\n".join(lines) + "\n"
