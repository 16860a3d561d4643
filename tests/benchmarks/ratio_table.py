"""The table of ratios: what one run has measured, as Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version

from benchmarks.contestants import ADAPTER, BARE, OBSTORE, OURS, PROTOTYPE, ZARR
from benchmarks.operations import OPERATIONS, OTHERWISE, Bound

COLUMNS = {
    "ours by zarr": (OURS, ZARR),
    "with zarr's prototype": (PROTOTYPE, ZARR),
    "through the adapter": (ADAPTER, ZARR),
    "ours by obstore": (OURS, OBSTORE),
    "ours by the bare call": (OURS, BARE),
}

COLUMN_OF = {one: name for name, (one, other) in COLUMNS.items() if other == ZARR}


@dataclass(frozen=True)
class Row:
    """The medians of one operation, in seconds, by contestant."""

    medium: str
    operation: str
    seconds: Mapping[str, float]
    bounds: tuple[Bound, ...]

    @property
    def bound(self) -> Bound:
        """What is asked of the store alone."""
        return self.bounds[0]

    def ratio(self, one: str, other: str) -> float | None:
        """What one contestant takes in the time of another; None where one of them does not take part."""
        if one not in self.seconds or other not in self.seconds:
            return None
        return self.counting(one) / self.counting(other)

    def counting(self, name: str) -> float:
        """What counts of the time of a contestant."""
        less = self.bound.less.get(name)
        return self.seconds[name] - (self.seconds[less] if less is not None else 0)

    @property
    def above(self) -> list[str]:
        """What takes longer than its bound allows."""
        found: list[str] = []
        for bound in self.bounds:
            ratio = self.ratio(bound.one, bound.other)
            if ratio is not None and ratio > bound.most:
                found.append(
                    f"{self.medium}, {self.operation}: {bound.one} by {bound.other} {_number(ratio)}, at most {bound.most:g}"
                )
        return found


def page(rows: Iterable[Row], *, is_small: bool) -> str:
    """The documentation's page about speed."""
    by_medium: dict[str, list[Row]] = {}
    for row in sorted(rows, key=_place):
        by_medium.setdefault(row.medium, []).append(row)
    lines = [*_INTRODUCTION, "", _environment()]
    if is_small:
        lines += ["", _SMALL]
    for medium, found in by_medium.items():
        lines += ["", f"## {medium}", "", *_table(found)]
    return "\n".join(lines) + "\n"


def _place(row: Row) -> tuple[int, int, str]:
    """Where a row stands, whatever the order in which they were measured."""
    media, operations = [*OTHERWISE], [*OPERATIONS]
    return (
        media.index(row.medium) if row.medium in media else len(media),
        operations.index(row.operation) if row.operation in operations else len(operations),
        row.operation,
    )


def _table(rows: list[Row]) -> list[str]:
    lines = [
        "| operation | ours, us | " + " | ".join(COLUMNS) + " | at most |",
        "|---|---:|" + "---:|" * len(COLUMNS) + "---:|",
    ]
    reasons: list[str] = []
    for row in rows:
        cells = [_number(row.ratio(*pair)) for pair in COLUMNS.values()]
        bounds = [f"{row.bound.most:g}{_note(row.bound, reasons)}"]
        bounds += [f"{COLUMN_OF[bound.one]} {bound.most:g}{_note(bound, reasons)}" for bound in row.bounds[1:] if bound.because]
        most = "; ".join(bounds)
        lines.append(f"| {row.operation} | {row.counting(OURS) * 1e6:,.1f} | {' | '.join(cells)} | {most} |")
    if reasons:
        lines += ["", *[f"({number}) {reason}.  " for number, reason in enumerate(reasons, 1)]]
    return lines


def _note(bound: Bound, reasons: list[str]) -> str:
    """The number of a bound's reason, which is added to the reasons."""
    if not bound.because:
        return ""
    if bound.because not in reasons:
        reasons.append(bound.because)
    return f" ({reasons.index(bound.because) + 1})"


def _number(ratio: float | None) -> str:
    if ratio is None:
        return ""
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.2g}"


def _environment() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("zarr", "obstore", "fsspec"))
    return f"Measured with Python {platform.python_version()} on {platform.system()}, {os.cpu_count()} processors; {packages}."


_SMALL = "A small run (`--small`), of few rounds: where the machine has other work, single numbers are off by a factor of two."

_INTRODUCTION = (
    "# Speed",
    "",
    "Times of the reference stores beside zarr's store of the same name, obstore's where it has one, and the bare call: a look",
    "into a dictionary, or the system calls for a file, without any safety. Contestants take turns in one run, and a number is the",
    "ratio of the medians: below 1, ours takes less time. Times are comparable within a row only. *With zarr's prototype* values",
    "come and go in zarr's buffers; *through the adapter* the store is called as zarr calls it. Reads of local files are of cached",
    "values on a disk, writes are in a file system in memory, where no disk hides what the code costs. The remote store is on a",
    "server for S3 on loopback, and most of the time is that server's.",
    "",
    "The last column is the ratio to zarr's that the benchmark allows; a number in brackets tells why it is not less. With zarr's",
    "prototype and through the adapter the medium's usual bound holds where the column names no other. This page is",
    "written by `python -m pytest tests/benchmarks --benchmark-only --ratio-table docs/performance.md`.",
)
