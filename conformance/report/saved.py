"""Reports read back from the files that `storeproto check --json` wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from conformance.clause import Verdict

_SCHEMA = 1
_VERDICTS = {verdict.value for verdict in Verdict}
_WRITER = "storeproto check --json FILE writes one"


class SavedReportError(Exception):
    """A file is no report that can be used; the message is one line."""


def read_reports(path: Path) -> list[dict[str, Any]]:
    """Return the reports in a file, which holds one or several.

    Raises:
        SavedReportError: it cannot be read, is no report, or is of a schema that this version does not know.
    """
    try:
        found: object = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SavedReportError(f"cannot read the report {str(path)!r}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise SavedReportError(f"{str(path)!r} is no report, since it is no JSON ({error}): {_WRITER}") from error
    given = _object(found)
    schema = given.get("schema")
    if type(schema) is int and schema > _SCHEMA:
        raise SavedReportError(
            f"{str(path)!r} is a report of schema {schema}, and this version reads schema {_SCHEMA}: install a newer storeproto"
        )
    reports = _list(given.get("reports", [given]))
    if schema != _SCHEMA or not reports or not all(map(_is_report, reports)):
        raise SavedReportError(f"{str(path)!r} is no report of schema {_SCHEMA}: {_WRITER}")
    return [_object(report) for report in reports]


def _is_report(found: object) -> bool:
    """Whether all is there that a reader looks at."""
    report = _object(found)
    clauses = report.get("clauses")
    return (
        _has_text(report, "contract")
        and _has_text(report.get("subject"), "name", "package")
        and _has_text(report.get("environment"), "python")
        and clauses is not None
        and all(map(_is_clause, _list(clauses)))
    )


def _is_clause(found: object) -> bool:
    return _has_text(found, "id", "level", "title", "verdict") and _object(found)["verdict"] in _VERDICTS


def _has_text(found: object, *names: str) -> bool:
    members: Mapping[str, object] = _object(found)
    return all(isinstance(members.get(name), str) for name in names)


def _object(found: object) -> dict[str, Any]:
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _list(found: object) -> list[object]:
    return cast("list[object]", found) if isinstance(found, list) else []
