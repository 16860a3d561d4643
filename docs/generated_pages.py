"""A hook of mkdocs: pages that are made from the package's own values, so that they cannot differ from it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

from conformance.clause import Need
from conformance.cli import make_parser
from conformance.contract import CHAPTERS, CONTRACT, VERSION

ROOT = Path(__file__).parent.parent


def on_files(files: Any, *, config: Any) -> Any:
    """Add the pages."""
    for name, page in (("contract.md", contract_page), ("command_line.md", command_line_page), ("changelog.md", changelog_page)):
        files.append(File.generated(config, name, content=page()))
    return files


def changelog_page() -> str:
    """The changelog, as it stands in the project."""
    return (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def command_line_page() -> str:
    """The commands and their arguments, as `--help` tells them."""
    return "\n".join(["# Command line", "", *_COMMAND_LINE_INTRODUCTION, *_commands(make_parser())]) + "\n"


_COMMAND_LINE_INTRODUCTION = (
    "The extra `conformance` brings the command: `pip install 'storeproto[conformance]'`. `python -m conformance` is the same",
    "command. Modules in the working directory are found, too.",
    "",
    "A **TARGET** is `memory`, `local`, `zip`, `remote` or `logging`, the reference stores, or `package.module:name`, where the",
    "name is a class, a class method (`zarr.storage:FsspecStore.from_url`), a function that returns a store or a context manager",
    "of one, asynchronous or not, or a [`Subject`](subjects.md).",
    "",
    "**`--arg NAME=VALUE`** gives the target a string, `--arg NAME:=JSON` any other value. In strings, nested ones too,",
    "`{tmp_path}` stands for a fresh directory, `{unique}` for a word that no other opening has, and `{read_only}` for whether a",
    "read-only handle is asked for. A parameter that is called `tmp_path` receives a fresh directory by itself.",
    "",
)


def _commands(parser: argparse.ArgumentParser) -> Iterator[str]:
    (commands,) = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for name, command in commands.choices.items():
        yield f"## `storeproto {name}`"
        yield ""
        yield f"{command.description}"
        yield ""
        wanted = " ".join([_value(action) for action in command._actions if not action.option_strings])
        yield from ["```text", f"{command.prog} {wanted} [OPTION...]".replace("  ", " "), "```", ""]
        described = [action for action in command._actions if not isinstance(action, argparse._HelpAction)]
        if described:
            yield from ["| argument | |", "|---|---|"]
        for action in described:
            words = " ".join(filter(None, [_names(action), _value(action)]))
            yield f"| `{words}` | {_escaped(action.help or '')} |"
        yield ""
        if command.epilog:
            yield from _exit_statuses(command.epilog)


def _names(action: argparse.Action) -> str:
    return ", ".join(action.option_strings)


def _value(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    if action.choices is not None:
        return _escaped("{" + ",".join(map(str, action.choices)) + "}")
    named = str(action.metavar or action.dest.upper())
    return {"+": f"{named}...", "?": f"[{named}]"}.get(str(action.nargs), named)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("%%", "%")


def _exit_statuses(epilog: str) -> Iterator[str]:
    """`exit status: 0 conforms; 1 ...; and a remark`, as a list."""
    title, _, listed = epilog.partition(": ")
    yield from [f"{title.capitalize()}:", ""]
    for each in listed.split("; "):
        status, _, text = each.partition(" ")
        yield f"- **{status}**: {text}" if status.isdigit() else f"- {each}"
    yield ""


def contract_page() -> str:
    """The contract as Markdown, from its clauses."""
    lines = [
        f"# The store contract, version {VERSION}",
        "",
        "What a store owes its users, clause by clause. It follows the documented interface of `zarr.storage`; where that is",
        "silent, or where real stores differ, the clause decides. `storeproto contract` prints the same, `storeproto contract",
        "RNG-8` one of them, and [`storeproto check`](judging.md) says which of them a store keeps.",
        "",
        "A *key* is a `str` of segments joined by `/`: none is empty, `.` or `..`, and none has a NUL or a lone surrogate. All",
        'else is data. A *prefix* is `""`, a key, or a key with one `/` behind it; only `list_prefix` takes any beginning of a',
        "key.",
        "",
        '`v` is the stored value and `n = len(v)`. `dir(p)` is the prefix `p` with exactly one `/` behind it, or `""` for `""`.',
        "**MUST** breaks conformance, **SHOULD** is a warning that `--strict` counts too, **MAY** is only",
        "reported. A clause applies where",
        "the store and its subject offer what it needs:",
        "",
        *[f"- {need.value}: otherwise {need.lack}." for need in Need],
        "",
        "Versions of the contract, and what an upgrade may ask anew: [Judging a store](judging.md#versions-of-the-contract).",
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
