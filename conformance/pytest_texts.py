"""What a clause that fails looks like in pytest's output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from conformance.report.report import Result


class _Writer(Protocol):
    def line(self, s: str = "") -> None: ...


@dataclass(frozen=True)
class _Crash:
    """Where pytest looks for the line of its summary."""

    message: str


class Finding(Exception):  # noqa: N818  # what a run says of the store, no error of the kit
    """A failure of an item, which pytest prints as it stands.

    Args:
        summary: one line.
        details: what follows it.
    """

    def __init__(self, summary: str, details: str) -> None:
        super().__init__(summary, details)
        self.reprcrash = _Crash(summary)
        self._text = f"{summary}\n{details}".rstrip()

    @classmethod
    def of(cls, results: Sequence[Result]) -> Self:
        """The finding that `results` are."""
        summary = "; ".join([f"{result.clause.id} {result.verdict.value}: {result.clause.title}" for result in results])
        return cls(summary, "\n\n".join([result.text() for result in results]))

    def __str__(self) -> str:
        return self._text

    def toterminal(self, writer: _Writer) -> None:
        """Print it."""
        for line in self._text.splitlines():
            writer.line(line)
