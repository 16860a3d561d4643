"""The report on a terminal, or in a pipe."""

from __future__ import annotations

import time
from collections.abc import Iterable
from textwrap import wrap
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from conformance.clause import Verdict
from conformance.report.report import INTERRUPTED, Report, Result

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

_STYLES = {
    Verdict.PASSED: "green",
    Verdict.FAILED: "bold red",
    Verdict.WARNED: "yellow",
    Verdict.ERROR: "bold magenta",
    Verdict.UNEXPECTED_PASS: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
}
_SHOWN_IN_FULL = (Verdict.FAILED, Verdict.UNEXPECTED_PASS, Verdict.ERROR, Verdict.WARNED, Verdict.INCONCLUSIVE, Verdict.NOTED)


def make_console(*, error: bool = False) -> Console:
    """Return a console for standard output, or standard error; in a pipe it neither colours nor wraps."""
    from rich.console import Console

    class Output(Console):
        def on_broken_pipe(self) -> None:
            """Raise what was raised: rich would end the program by exit status 1, which says that a store is broken."""
            raise  # noqa: PLE0704  # rich calls this while it handles the BrokenPipeError

    console = Output(stderr=error, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.soft_wrap = True
    return console


class ProgressLine:
    """A line on a terminal that says which clause was decided last; nothing in a pipe."""

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self._status: Status | None = None
        self._done = 0

    def __enter__(self) -> Self:
        console = make_console(error=True)
        if console.is_terminal:
            self._status = console.status(f"{self._subject}: opening")
            self._status.start()
        return self

    def __call__(self, result: Result) -> None:
        """Take note of `result`."""
        self._done += 1
        if self._status is not None:
            self._status.update(f"{self._subject}: {self._done} clauses, {result.clause.id} {result.verdict.value}")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._status is not None:
            self._status.stop()


def print_report(report: Report, console: Console, *, strict: bool, started: float) -> None:
    """Print the verdicts: what failed in full, what does not apply by its reason, and one line at the end."""
    console.rule(f"{report.subject['name']}: {report.subject['class']}, {report.subject['package']}", characters="-")
    for verdict in _SHOWN_IN_FULL:
        for result in report.with_verdict(verdict):
            _print_finding(result, console)
    for result in report.with_verdict(Verdict.EXPECTED_FAILURE):
        _print_hanging(f"{result.clause.id} fails, as expected: {result.reason}", console, 4, style="dim")
    _print_reasons("not applicable", report.with_verdict(Verdict.NOT_APPLICABLE), console)
    _print_reasons("not decided", report.with_verdict(Verdict.NOT_DECIDED), console)
    counts = ", ".join([f"{count} {name.replace('_', ' ')}" for name, count in report.counts().items() if count])
    if report.search:
        _print_hanging(_searched(report.search), console, 4, style="dim")
    _print_hanging(f"{counts}; guard: {report.environment['guard']}; {time.perf_counter() - started:.1f} s", console, 4)
    console.print(conclusion(report, strict=strict), style="bold green" if report.exit_status(strict=strict) == 0 else "bold red")


_HYPOTHESIS = {"binary": "binary programs", "machine": "state machine"}
"""What Hypothesis draws, beside the programs of the search."""


def _searched(search: dict[str, Any]) -> str:
    kept = search["kept"]
    others = [(words, search[name]) for name, words in _HYPOTHESIS.items() if name in search]
    return (
        f"search: {search['operations']:,} operations in {search['seconds']:.1f} s (--seed {search['seed']} "
        f"--operations {search['operations']} repeats them), {search['live_keys']:.0%} of the keys live, "
        f"{search['pairs']} of {search['pairs_possible']} pairs of operations"
        + (f"; {kept} kept from earlier runs" if kept else "")
        + "".join([f"; {words}: {done['operations']:,} operations in {done['seconds']:.1f} s" for words, done in others])
    )


def conclusion(report: Report, *, strict: bool) -> str:
    """One sentence: whether the subject conforms, and to how many clauses of how many."""
    name, total = report.subject["name"], len(report.results)
    if report.unusable:
        shown = ", ".join([result.clause.id for result in report.with_verdict(Verdict.FAILED)])
        return f"{name} cannot be judged: {f'{shown} does not hold' if shown else report.unusable}"
    status = report.exit_status(strict=strict)
    if report.interrupted:
        return f"{name} was not judged to the end: {INTERRUPTED}"
    if status == 3:
        return f"{name} was not judged: the kit itself failed"
    asked = f"contract {report.contract}{', strict' if strict else ''}"
    passed = len(report.with_verdict(Verdict.PASSED))
    verb = "conforms" if status == 0 else "does not conform"
    return f"{name} {verb} ({asked}): {passed} of {total} clauses passed"


def _print_finding(result: Result, console: Console) -> None:
    clause = result.clause
    console.print()
    console.print(
        f"{clause.id}  {result.verdict.value}  {clause.level.value}: {clause.title}", style=_STYLES.get(result.verdict, "")
    )
    for name, text in (
        ("requirement", clause.text),
        ("expected", result.expected),
        ("actual", result.actual),
        ("because", result.because),
        ("reason", result.reason),
    ):
        if text:
            _print_hanging(f"  {name + ':':<13}{text}", console, 15)
    if result.timeline:
        console.print("  time line:")
        for line in result.timeline.splitlines():
            console.print(f"      {line}", soft_wrap=True)
    if result.script:
        console.print("  script:")
        for line in result.script.splitlines():
            console.print(f"      {line}", soft_wrap=True)


def _print_reasons(title: str, results: Iterable[Result], console: Console) -> None:
    by_reason: dict[str, list[str]] = {}
    for result in results:
        by_reason.setdefault(result.reason, []).append(result.clause.id)
    for reason, ids in by_reason.items():
        _print_hanging(f"{title}: {', '.join(ids)}: {reason}", console, 4, style="dim")


def _print_hanging(text: str, console: Console, indent: int, style: str = "") -> None:
    """Print a paragraph; all lines but the first are indented, those that a terminal's width makes too."""
    for number, line in enumerate(text.splitlines()):
        before = " " * indent * (number > 0)
        lines = [before + line]
        if console.is_terminal and line:
            lines = wrap(
                line,
                console.width,
                initial_indent=before,
                subsequent_indent=" " * indent,
                break_long_words=False,
                break_on_hyphens=False,
            )
        for each in lines:
            console.print(each, style=style, soft_wrap=True)
