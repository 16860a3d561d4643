"""The report as one page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from conformance.contract import CHAPTERS
from conformance.report.page import page
from conformance.report.report import Report
from conformance.report.scrub import scrubbed, scrubbed_json
from conformance.report.terminal import conclusion

_SHOWN = (
    ("failed", "failed"), ("unexpected-pass", "unexpected pass"), ("error", "error"), ("warned", "warned"),
    ("inconclusive", "inconclusive"), ("noted", "noted"), ("expected-failure", "expected failure"), ("passed", "passed"),
    ("not-applicable", "not applicable"), ("not-decided", "not decided"),
)  # fmt: skip
_OPEN = ("failed", "unexpected-pass", "error")

_CODE = re.compile("(?<!`)`([^`]+)`(?!`)")
"""Code in the text of a clause."""

_STYLE = """
.summary { display: flex; flex-wrap: wrap; gap: .5rem; list-style: none; padding: 0; }
.summary button { font: inherit; color: inherit; background: none; border: 1px solid var(--line); border-radius: .25rem;
  padding: .25rem .75rem; cursor: pointer; } .summary b { font-size: 1.25rem; }
.summary button:hover, .summary [aria-pressed=true] { border-color: var(--text); background: var(--raised); }
form { display: flex; flex-wrap: wrap; gap: .75rem; padding: .5rem 0; border-bottom: 1px solid var(--line); }
@media (min-width: 50rem) { form { position: sticky; top: 0; background: var(--page); z-index: 1; } }
select, input { font: inherit; color: inherit; background: var(--page); border: 1px solid var(--faint); border-radius: .25rem;
  padding: .25rem .5rem; max-width: 100%; } label { display: inline-flex; flex-wrap: wrap; gap: .4rem; align-items: center; }
details { border-bottom: 1px solid var(--line); } summary { cursor: pointer; padding: .4rem 0; }
summary .id { font-weight: 600; display: inline-block; min-width: 4.75rem; }
summary .verdict { display: inline-block; min-width: 8.5rem; font-weight: 600; }
@media (max-width: 40rem) { summary .verdict { min-width: 0; } summary .title { display: block; padding-left: 1.1rem; } }
details > div { padding: 0 0 1rem 1.1rem; } dt { font-weight: 600; } dd { margin: 0 0 .5rem; white-space: pre-wrap; }
.news { border: 1px solid var(--line); border-radius: .25rem; padding: 0 .35rem; font-size: .8125rem; color: var(--faint); }
[hidden] { display: none; }
"""

_SCRIPT = """
const form = document.querySelector("form"), status = document.getElementById("shown");
function choose() {
  let shown = 0;
  for (const item of document.querySelectorAll("details")) {
    const fits = (!form.chapter.value || item.dataset.chapter === form.chapter.value)
      && (!form.verdict.value || item.dataset.verdict === form.verdict.value)
      && item.textContent.toLowerCase().includes(form.words.value.toLowerCase());
    item.hidden = !fits; shown += fits;
  }
  for (const part of document.querySelectorAll("section")) part.hidden = !part.querySelector("details:not([hidden])");
  status.textContent = shown + " clauses shown";
  for (const button of document.querySelectorAll("[data-only]"))
    button.setAttribute("aria-pressed", button.dataset.only === form.verdict.value);
}
addEventListener("click", event => {
  const button = event.target.closest("[data-only]");
  if (!button) return;
  form.verdict.value = form.verdict.value === button.dataset.only ? "" : button.dataset.only; choose();
});
form.addEventListener("input", choose); form.addEventListener("submit", event => event.preventDefault()); choose();
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(item => item.open = true));
"""


def render_html(reports: Sequence[Report], *, strict: bool = False) -> str:
    """Return the reports as one self-contained page."""
    body = "\n".join([_report(report, strict=strict) for report in reports])
    names = ", ".join([str(report.subject["name"]) for report in reports])
    chapters = "".join([f'<option value="{name}">{name}: {escape(title)}</option>' for name, title in CHAPTERS.items()])
    verdicts = "".join([f'<option value="{value}">{name}</option>' for value, name in _SHOWN])
    form = (
        '<form role="search" aria-label="Clauses">'
        f'<label>Chapter <select name="chapter"><option value="">all</option>{chapters}</select></label>'
        f'<label>Verdict <select name="verdict"><option value="">all</option>{verdicts}</select></label>'
        '<label>Words <input name="words" type="search" autocomplete="off"></label>'
        '<span id="shown" class="faint" role="status"></span></form>'
    )
    return page(scrubbed(f"Store contract: {names}"), f"<main>\n{form}\n{body}\n</main>", style=_STYLE, script=_SCRIPT)


def _report(report: Report, *, strict: bool) -> str:
    found: dict[str, Any] = scrubbed_json(report.to_json())
    kind = "passed" if report.exit_status(strict=strict) == 0 else "failed"
    counts = {value: sum([clause["verdict"] == value for clause in found["clauses"]]) for value, _ in _SHOWN}
    summary = "".join([_count(value, name, counts[value]) for value, name in _SHOWN if counts[value]])
    subject, environment = found["subject"], found["environment"]
    about = " · ".join(
        [
            str(subject["class"]),
            str(subject["package"]),
            f"contract {found['contract']}",
            f"storeproto {environment['storeproto']}",
            f"Python {environment['python']}",
            f"profile {environment['profile']}",
            f"guard: {environment['guard']}",
        ]
    )
    texts = {result.clause.id: result.clause.text for result in report.results}
    sections = [_chapter(name, found["clauses"], texts) for name in CHAPTERS]
    return (
        f"<h1>{escape(subject['name'])}</h1>\n"
        f'<p class="{kind}"><strong>{escape(scrubbed(conclusion(report, strict=strict)))}</strong></p>\n'
        f'<p class="faint">{escape(about)}</p>\n<ul class="summary">{summary}</ul>\n' + "\n".join(filter(None, sections))
    )


def _count(verdict: str, name: str, count: int) -> str:
    """How many clauses came to a verdict: a button that shows them alone."""
    title = f"show only the clauses with the verdict {name}"
    return (
        f'<li><button type="button" data-only="{verdict}" aria-pressed="false" title="{title}">'
        f'<b class="{verdict}">{count}</b> {name}</button></li>'
    )


def _chapter(name: str, clauses: Sequence[dict[str, Any]], texts: Mapping[str, str]) -> str:
    found = [clause for clause in clauses if clause["id"].partition("-")[0] == name]
    if not found:
        return ""
    shown = "".join([_clause(clause, texts[clause["id"]]) for clause in found])
    return f"<section>\n<h2>{name} <span class='faint'>{escape(CHAPTERS[name])}</span></h2>\n{shown}</section>"


def _clause(clause: dict[str, Any], requirement: str) -> str:
    verdict = clause["verdict"]
    text_of_the_clause = _CODE.sub(r"<code>\1</code>", escape(requirement))
    parts = [f"<dt>Requirement</dt><dd>{text_of_the_clause}</dd>"]
    parts += [
        f"<dt>{label}</dt><dd>{escape(text)}</dd>"
        for label, text in (
            ("Expected", clause["expected"]),
            ("Actual", clause["actual"]),
            ("Because", clause["because"]),
            ("Reason", clause["reason"]),
        )
        if text
    ]
    # A concurrent failure is told by its time line, where the check draws one.
    for label, text in (("Time line", clause.get("timeline", "")), ("Script", clause["script"])):
        if text:
            parts.append(f'<dt>{label}</dt><dd><pre tabindex="0">{escape(text)}</pre></dd>')
    opened = " open" if verdict in _OPEN else ""
    news = f' <span class="news">{escape(clause["news"])}</span>' if clause["news"] else ""
    return (
        f'<details data-chapter="{clause["id"].partition("-")[0]}" data-verdict="{verdict}"{opened}>'
        f'<summary><span class="id">{clause["id"]}</span> <span class="verdict {verdict}">{dict(_SHOWN)[verdict]}</span> '
        f'<span class="title"><span class="faint">{clause["level"]}</span> {escape(clause["title"])}{news}</span></summary>'
        f"<div><dl>{''.join(parts)}</dl></div></details>\n"
    )
