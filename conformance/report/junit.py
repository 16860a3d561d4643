"""The report as JUnit XML, as GitLab and Jenkins read it: a test suite for each store, a test case for each clause."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

from conformance.clause import Verdict
from conformance.report.report import Report, Result
from conformance.report.scrub import scrubbed

_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML has no way to write."""
_SKIPPED = (Verdict.NOT_APPLICABLE, Verdict.NOT_DECIDED, Verdict.INCONCLUSIVE, Verdict.EXPECTED_FAILURE, Verdict.NOTED)


def render_junit(reports: Sequence[Report], *, strict: bool = False) -> str:
    """Return the reports as one document. A broken SHOULD passes with its finding as output; with `strict` it fails."""
    root = ET.Element("testsuites", name="store contract")
    for report in reports:
        name = _clean(str(report.subject["name"]))
        cases = [_case(result, name, strict=strict) for result in report.results]
        if report.unusable:
            cases.append(_unusable(report.unusable, name))
        suite = ET.SubElement(root, "testsuite", {"name": name, **_counts(cases)})
        suite.extend(cases)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _clean(text: str) -> str:
    return _NO_CHARACTER.sub("\ufffd", scrubbed(text))


def _counts(cases: Iterable[ET.Element]) -> dict[str, str]:
    found = list(cases)
    seconds = sum([float(case.get("time", "0")) for case in found])
    counted = {f"{kind}s" if kind != "skipped" else kind: kind for kind in ("failure", "error", "skipped")}
    numbers = {name: str(sum([case.find(kind) is not None for case in found])) for name, kind in counted.items()}
    return {"tests": str(len(found)), **numbers, "time": f"{seconds:.3f}"}


def _case(result: Result, subject: str, *, strict: bool) -> ET.Element:
    clause = result.clause
    name = _clean(f"{clause.id} {clause.title}")
    case = ET.Element("testcase", classname=f"{subject}.{clause.chapter}", name=name, time=f"{result.seconds:.3f}")
    failing = [Verdict.FAILED, Verdict.UNEXPECTED_PASS, *([Verdict.WARNED, Verdict.INCONCLUSIVE] if strict else [])]
    message = _clean(result.reason.strip().rpartition("\n")[2] or f"expected {result.expected}; got {result.actual}")
    if result.verdict in failing:
        _add(case, "failure", _details(result), message=message, type=result.verdict.value)
    elif result.verdict is Verdict.ERROR:
        _add(case, "error", _details(result), message=message, type="error")
    elif result.verdict in _SKIPPED:
        _add(case, "skipped", "", message=f"{result.verdict.value}: {message}")
    elif result.verdict is Verdict.WARNED:
        _add(case, "system-out", _details(result))
    return case


def _add(case: ET.Element, tag: str, text: str, **attributes: str) -> None:
    ET.SubElement(case, tag, attributes).text = text or None


def _details(result: Result) -> str:
    return _clean(result.text())


def _unusable(reason: str, subject: str) -> ET.Element:
    case = ET.Element("testcase", classname=f"{subject}.PRE", name="the store can be judged", time="0.000")
    _add(case, "error", "", message=_clean(reason), type="unusable")
    return case
