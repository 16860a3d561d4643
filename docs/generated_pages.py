"""A hook of mkdocs: pages that are made from the kit's own values, so that they cannot differ from it."""

from __future__ import annotations

import inspect
import re
from typing import Any

from mkdocs.structure.files import File

from conformance.clause import Need
from conformance.contract import CHAPTERS, CONTRACT, VERSION
from reference_stores import LocalStore, LoggingStore, MemoryStore, RemoteStore, ZipStore, make_store_path


def on_files(files: Any, *, config: Any) -> Any:
    """Add the pages."""
    files.append(File.generated(config, "contract.md", content=contract_page()))
    files.append(File.generated(config, "reference_stores.md", content=stores_page()))
    return files


def stores_page() -> str:
    """The reference stores, from their docstrings."""
    lines = ["# Reference stores", "", *_STORES_INTRODUCTION]
    for store in (MemoryStore, LocalStore, ZipStore, RemoteStore, LoggingStore, make_store_path):
        parameters = str(inspect.signature(store)).partition(" ->")[0]
        lines += ["", f"## {store.__name__}", "", f"`{store.__name__}{parameters}`", "", *_markdown(inspect.getdoc(store) or "")]
    return "\n".join(lines) + "\n"


def _markdown(docstring: str) -> list[str]:
    """A docstring whose sections become lists."""
    lines: list[str] = []
    section = False
    for line in docstring.splitlines():
        if line in ("Args:", "Attributes:", "Raises:", "Returns:", "Warns:"):
            section = True
            lines += [f"**{line[:-1]}**", ""]
        elif section and re.match(r"    \S", line):
            name, _, text = line.strip().partition(": ")
            lines.append(f"- `{name}`: {text}" if text else f"- {name}")
        elif section and not line:
            section = False
            lines.append("")
        else:
            lines.append(line)
    return lines


_STORES_INTRODUCTION = (
    "They keep all of the [contract](contract.md) that their medium allows, and are strict where other",
    "stores are lax: an illegal key",
    "is refused with `InvalidKeyError`, a change of a read-only handle with `ReadOnlyStoreError`, an operation after `close` with",
    "`StoreClosedError`; each of them is a `ValueError` too. `get` gives `bytes` without a prototype,",
    "and the prototype's class with",
    "one. `list_pages(prefix)` lists in pages of a thousand keys, where a listing by single keys would cost too much.",
    "",
    "What a medium cannot do, and the contract asks: a zip archive has no deletes and no partial writes, as its flags say. A",
    "remote store has no partial writes. Where the file system takes no condition with a request (Azure through adlfs, WebDAV, S3",
    "servers that do not know `If-None-Match`), several creators of one key at once may each store (NEW-4).",
    "",
    "`reference_stores.adapters` has bridges to other libraries: `zarr.to_zarr(store)` for zarr's",
    "functions and `zarr.from_zarr(store)`",
    "back, `obstore.from_obstore(store)`, `mapping.from_mapping(mapping)`.",
)


def contract_page() -> str:
    """The contract as Markdown, from its clauses."""
    lines = [
        f"# The store contract, version {VERSION}",
        "",
        '`v` is the stored value and `n = len(v)`. `dir(p)` is the prefix `p` with exactly one `/` behind it, or `""` for `""`.',
        "**MUST** breaks conformance, **SHOULD** is a warning that `--strict` counts too, **MAY** is only",
        "reported. A clause applies where",
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
            text = clause.text.replace("|", "\\|") + "".join([f" *({remark})*" for remark in clause.remarks])
            lines.append(f'| <a id="{clause.id}"></a>{clause.id} | {clause.level.value} | {needs} | {text} |')
    return "\n".join(lines) + "\n"
