"""The report as JSON, by a published schema."""

from __future__ import annotations

import json
from collections.abc import Sequence

from conformance.report.report import Report
from conformance.report.scrub import scrubbed_json


def render_json(reports: Sequence[Report]) -> str:
    """Return one report as an object of schema 1; several as `{"schema": 1, "reports": [...]}`; without credentials and homes."""
    found = [scrubbed_json(report.to_json()) for report in reports]
    return json.dumps(found[0] if len(found) == 1 else {"schema": 1, "reports": found}, indent=2, ensure_ascii=False) + "\n"
