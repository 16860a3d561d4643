"""Several reports side by side: stores and clauses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, cast

from conformance.contract import CHAPTERS, CONTRACT
from conformance.report import saved
from conformance.report.page import page
from conformance.report.scrub import scrubbed_json

_SIGNS = {
    "passed": "✓", "failed": "✗", "warned": "!", "noted": "·", "not-applicable": "-", "not-decided": "?", "inconclusive": "…",
    "expected-failure": "x", "unexpected-pass": "✓!", "error": "E",
}  # fmt: skip
_NOT_ASKED = " "

_STYLE = """
body { max-width: none; } .frame { overflow: auto; max-height: 85vh; border: 1px solid var(--line); }
.frame th, .frame td { padding: .2rem .6rem; border-bottom: 1px solid var(--line); }
.frame thead th { position: sticky; top: 0; background: var(--raised); z-index: 2; min-width: 6rem; }
.frame tbody th { position: sticky; left: 0; background: var(--page); font-weight: 400; min-width: 9rem; max-width: 45vw; }
.frame td { text-align: center; font-weight: 700; white-space: nowrap; }
.chapter th { font-weight: 600; background: var(--raised); }
.version { font-weight: 400; font-size: .85rem; color: var(--faint); }
"""


def read_reports(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """Return the reports in these files, of which each holds one or several, without credentials and homes.

    Raises:
        SavedReportError: a file is no report.
    """
    return [cast("dict[str, Any]", scrubbed_json(report)) for path in paths for report in saved.read_reports(path)]


def _rows(reports: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[str, str, str, list[str]]]]:
    """By chapter: id, level and title of each clause that a report has, and the verdict of each report; empty where not asked."""
    asked = [{clause["id"]: clause for clause in report["clauses"]} for report in reports]
    known = {clause.id: (clause.level.value, clause.title) for clause in CONTRACT}
    for clauses in asked:  # a report of another version has others
        for id_, clause in clauses.items():
            known.setdefault(id_, (clause["level"], clause["title"]))
    rows: dict[str, list[tuple[str, str, str, list[str]]]] = {}
    for id_, (level, title) in known.items():
        verdicts = [clauses[id_]["verdict"] if id_ in clauses else "" for clauses in asked]
        if any(verdicts):
            rows.setdefault(id_.partition("-")[0], []).append((id_, level, title, verdicts))
    return rows


def _versions(report: Mapping[str, Any]) -> str:
    environment = report["environment"]
    return f"{report['subject']['package']}, contract {report['contract']}, Python {environment['python']}"


_LEGEND = ", ".join([f"{sign} {verdict.replace('-', ' ')}" for verdict, sign in _SIGNS.items()])


def render_matrix_html(reports: Sequence[Mapping[str, Any]]) -> str:
    """Return the matrix as one self-contained page."""
    heads = "".join(
        [
            f'<th scope="col">{escape(str(report["subject"]["name"]))}<div class="version">{escape(_versions(report))}</div></th>'
            for report in reports
        ]
    )
    rows: list[str] = []
    for chapter, clauses in _rows(reports).items():
        title = escape(CHAPTERS.get(chapter, ""))
        rows.append(f'<tr class="chapter"><th scope="rowgroup" colspan="{len(reports) + 1}">{chapter} {title}</th></tr>')
        for id_, level, name, verdicts in clauses:
            cells = "".join([_cell(verdict) for verdict in verdicts])
            head = f'<b>{id_}</b> <span class="faint">{level}</span> {escape(name)}'
            rows.append(f'<tr><th scope="row">{head}</th>{cells}</tr>')
    body = (
        f'<main>\n<h1>Stores and the store contract</h1>\n<p class="faint">{escape(_LEGEND)}; empty: not asked</p>\n'
        '<div class="frame" tabindex="0" role="region" aria-label="Matrix">'
        f'<table><thead><tr><th scope="col">Clause</th>{heads}</tr></thead>\n<tbody>\n{chr(10).join(rows)}\n</tbody></table>'
        "</div>\n</main>"
    )
    return page("Stores and the store contract", body, style=_STYLE)


def _cell(verdict: str) -> str:
    if not verdict:
        return "<td></td>"
    return f'<td class="{verdict}" title="{verdict}" aria-label="{verdict}">{_SIGNS[verdict]}</td>'


def render_matrix_markdown(reports: Sequence[Mapping[str, Any]]) -> str:
    """Return the matrix as a Markdown table."""
    names = [_escaped(str(report["subject"]["name"])) for report in reports]
    versions = [_escaped(_versions(report)) for report in reports]
    lines = [
        f"| clause | level | {' | '.join(names)} |",
        f"|---|---|{'---|' * len(reports)}",
        f"| | | {' | '.join(versions)} |",
    ]
    for clauses in _rows(reports).values():
        for id_, level, title, verdicts in clauses:
            signs = [_SIGNS[verdict] if verdict else _NOT_ASKED for verdict in verdicts]
            lines.append(f"| {id_} {_escaped(title)} | {level} | {' | '.join(signs)} |")
    return "\n".join([*lines, "", f"{_LEGEND}; empty: not asked"]) + "\n"


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
