"""The report as a badge, an SVG image for a README."""

from __future__ import annotations

from html import escape

from conformance.clause import Verdict
from conformance.report.report import Report

_GREEN, _YELLOW, _RED, _GREY = "#2e7d32", "#8a6100", "#b3261e", "#5f6368"
_WIDTH = 6.6
"""Pixels for a character of the font, on average."""


def render_badge(report: Report, *, strict: bool = False) -> str:
    """Return the verdict as an SVG image."""
    label = f"store contract {report.contract}"
    verdict, colour = _verdict(report, strict=strict)
    left, right = [round(len(text) * _WIDTH + 12) for text in (label, verdict)]
    title = escape(f"{label}: {verdict}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{title}">'
        f"<title>{title}</title>"
        f'<clipPath id="round"><rect width="{left + right}" height="20" rx="3"/></clipPath>'
        f'<g clip-path="url(#round)"><rect width="{left}" height="20" fill="#333"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{colour}"/></g>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{left / 2}" y="14" textLength="{left - 12}">{escape(label)}</text>'
        f'<text x="{left + right / 2}" y="14" textLength="{right - 12}">{escape(verdict)}</text></g></svg>\n'
    )


def _verdict(report: Report, *, strict: bool) -> tuple[str, str]:
    status = report.exit_status(strict=strict)
    if status >= 2:
        return "not judged", _GREY
    passed = len(report.with_verdict(Verdict.PASSED))
    of = f"{passed} of {len(report.results)} clauses"
    if status == 1:
        return f"not kept: {of}", _RED
    borne = report.with_verdict(Verdict.WARNED, Verdict.EXPECTED_FAILURE)
    return f"kept: {of}", _YELLOW if borne else _GREEN
