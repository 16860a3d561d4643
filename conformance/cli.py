"""The command `storeproto`."""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from conformance.clause import Clause
    from conformance.expectations import KnownFailure
    from conformance.profile import Profile
    from conformance.report.report import Report
    from conformance.subject import Subject

_NEEDED = ("hypothesis", "pytest", "rich")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status.

    0: conforms. 1: a clause is broken, or an expectation did not hold. 2: the target or the arguments are unusable. 3: the kit
    itself failed, or was interrupted.
    """
    lacking = [name for name in _NEEDED if find_spec(name) is None]
    if lacking:
        return _refuse(f"the kit needs {', '.join(lacking)}: pip install 'storeproto[conformance]'")
    given = make_parser().parse_args(arguments)
    # What the tools themselves raise is for one line; a traceback is for faults of the kit.
    from conformance.contract import UnknownClauseError
    from conformance.expectations import ExpectationError
    from conformance.recipe import TargetError
    from conformance.report.saved import SavedReportError
    from conformance.saving import SavedTraceError
    from conformance.versions import UnknownVersionError

    try:
        return int(given.run(given))
    except (
        UnknownClauseError, UnknownVersionError, ExpectationError, SavedReportError, SavedTraceError, TargetError, _UnusableError,
    ) as error:  # fmt: skip
        return _refuse(str(error))
    except _NoOutputError as error:
        if str(error):
            _say(f"cannot write to standard output: {error}")
        return 3
    except KeyboardInterrupt:
        _say("interrupted")
        return 3
    except Exception:  # noqa: BLE001  # a fault of the kit, which 1 would lay at the store's door
        traceback.print_exc()
        return 3


class _UnusableError(Exception):
    """An argument cannot be used; the message is one line."""


def _refuse(message: str) -> int:
    _say(message)
    return 2


def _say(message: str) -> None:
    """Write one line on standard error, if there is one."""
    with suppress(AttributeError, OSError):
        sys.stderr.write(f"storeproto: {' '.join(message.split())}\n")


class _NoOutputError(Exception):
    """Standard output takes no more; the message says why, and is empty where whoever read it has gone, as `| head` does."""


@contextmanager
def _printing() -> Generator[None, None, None]:
    """Print within; what is printed after a failure goes nowhere.

    Raises:
        _NoOutputError: standard output takes no more.
    """
    try:
        yield
        with suppress(AttributeError):  # there is no standard output
            sys.stdout.flush()
    except OSError as error:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise _NoOutputError("" if isinstance(error, BrokenPipeError) else error.strerror or str(error)) from error


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; {self.prog} --help says what can be given\n")


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line, from which the page about it is made too."""
    from storeproto import __version__

    parser = _Parser(
        prog="storeproto", description="Judge asynchronous key-value stores by the store contract.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"storeproto {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    check = commands.add_parser(
        "check",
        help="judge stores",
        description="Judge each TARGET and report, clause by clause.",
        epilog="exit status: 0 conforms; 1 a MUST (with --strict also a SHOULD) is broken, or an expectation did not hold; "
        "2 the target or the arguments are unusable; 3 the kit itself failed, or was interrupted; of several targets the worst",
        allow_abbrev=False,
    )
    check.add_argument(
        "targets",
        nargs="+",
        metavar="TARGET",
        help="a reference store (storeproto reference lists them), or package.module:name of a Subject, a class or a function",
    )
    check.add_argument(
        "--arg",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an argument for the target, a string; NAME:=JSON for other values; {tmp_path} stands for a fresh directory",
    )
    check.add_argument("--clause", action="append", default=[], metavar="ID_OR_CHAPTER", help="ask only these clauses")
    check.add_argument("--contract", metavar="VERSION", help="judge by this version of the contract; the newest by default")
    check.add_argument("--profile", choices=("quick", "default", "thorough"), default="default", help="how much to ask")
    check.add_argument("--strict", action="store_true", help="a broken SHOULD counts as a broken MUST")
    check.add_argument("--expect", type=Path, metavar="FILE", help="a TOML file of known failures with their reasons")
    check.add_argument("--json", type=Path, metavar="FILE", help="write the report as JSON")
    check.add_argument("--junit", type=Path, metavar="FILE", help="write the report as JUnit XML")
    check.add_argument("--html", type=Path, metavar="FILE", help="write the report as one page")
    check.add_argument("--badge", type=Path, metavar="FILE", help="write the verdict as an SVG image; for one TARGET")
    check.add_argument(
        "--write-expectations",
        type=Path,
        metavar="FILE",
        help="write what fails today as a file for --expect, which may be the same file; for one TARGET",
    )
    check.add_argument("--seed", type=int, default=0, metavar="N", help="fixes the programs of the search; 0 by default")
    check.add_argument("--operations", type=_count, metavar="N", help="search for N operations, not for the profile's time")
    check.add_argument("--timeout", type=_seconds, metavar="SECONDS", help="the deadline of one call")
    check.add_argument(
        "--type-checker",
        action="append",
        choices=("mypy", "pyright", "none"),
        help="ask this type checker about the store's class (TYP-4); mypy by default, and none by the quick profile",
    )
    check.add_argument("--disposable", action="store_true", help="the target's data may be deleted even where it is not empty")
    check.add_argument(
        "--durable", action="store_true", help="the target promises to survive a power cut: fail where it does not (DUR-7)"
    )
    check.add_argument("--no-cache", action="store_true", help="keep nothing for the next run, and use nothing of the last")
    check.set_defaults(run=_check)

    compare = commands.add_parser(
        "compare",
        help="find the first program on which two stores differ",
        description="Perform the same programs on A and B, without a model in between, and print the first on which they differ.",
        epilog="exit status: 0 the stores agree; 1 they differ, or a call of one did not return within its deadline; 2 a target or "
        "the arguments are unusable; 3 the kit itself failed, or was interrupted",
        allow_abbrev=False,
    )
    compare.add_argument("first", metavar="A", help="a target, as for check")
    compare.add_argument("second", metavar="B", help="a target, as for check")
    compare.add_argument("--arg", action="append", default=[], metavar="NAME=VALUE", help="an argument for those that take it")
    compare.add_argument("--profile", choices=("quick", "default", "thorough"), default="default", help="how much to ask")
    compare.add_argument("--seed", type=int, default=0, metavar="N", help="fixes the programs; 0 by default")
    compare.add_argument("--operations", type=_count, metavar="N", help="stop after N operations, not after the profile's time")
    compare.add_argument("--timeout", type=_seconds, metavar="SECONDS", help="the deadline of one call")
    compare.set_defaults(run=_compare)

    replay = commands.add_parser(
        "replay",
        help="perform the traces of a report on a store",
        description="Perform the traces that a report has of its failures on TARGET, and say of each whether it holds now.",
        epilog="exit status: 0 each trace that was performed holds; 1 one fails; 2 the file, the target or the arguments are "
        "unusable; 3 the kit itself failed",
        allow_abbrev=False,
    )
    replay.add_argument("file", type=Path, metavar="FILE", help="a report that check --json wrote")
    replay.add_argument("target", metavar="TARGET", help="as for check")
    replay.add_argument("--arg", action="append", default=[], metavar="NAME=VALUE", help="an argument for the target")
    replay.add_argument("--clause", action="append", default=[], metavar="ID_OR_CHAPTER", help="only the traces of these clauses")
    replay.add_argument("--as", choices=("pytest",), dest="form", help="perform nothing: print the traces as tests to paste")
    replay.set_defaults(run=_replay)

    matrix = commands.add_parser(
        "matrix",
        help="draw several reports as a table of stores and clauses",
        description="Draw the verdicts of several reports side by side: a column for each store, a row for each clause.",
        epilog="exit status: 0 drawn; 2 a file or the arguments are unusable; 3 the kit itself failed",
        allow_abbrev=False,
    )
    matrix.add_argument("files", nargs="+", type=Path, metavar="REPORT.json", help="reports that check --json wrote")
    matrix.add_argument("--html", type=Path, metavar="FILE", help="write one page")
    matrix.add_argument("--markdown", type=Path, metavar="FILE", help="write a Markdown table; without either, it is printed")
    matrix.set_defaults(run=_matrix)

    contract = commands.add_parser(
        "contract",
        help="print the clauses",
        description="Print the clauses of the contract: id, level, what must be offered for it to apply, and the rule.",
        allow_abbrev=False,
    )
    contract.add_argument("id", nargs="?", metavar="ID", help="a clause or a chapter; all of them by default")
    contract.add_argument("--contract", metavar="VERSION", help="the clauses of this version; the newest by default")
    contract.set_defaults(run=_contract)

    reference = commands.add_parser(
        "reference",
        help="list the reference stores that can be targets",
        description="List the reference stores that can be targets, and how each is opened.",
        allow_abbrev=False,
    )
    reference.set_defaults(run=_reference)
    return parser


def _seconds(text: str) -> float:
    with suppress(ValueError):
        if 0 < (value := float(text)) < float("inf"):
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")


def _count(text: str) -> int:
    with suppress(ValueError):
        if (value := int(text)) >= 0:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of operations, 0 or more")


def _check(given: argparse.Namespace) -> int:
    from conformance.contract import select
    from conformance.expectations import read_known_failures
    from conformance.profile import PROFILES
    from conformance.recipe import TargetError
    from conformance.report.terminal import make_console, print_report
    from conformance.target import look_in, parse_arguments, resolve_target
    from conformance.versions import version_asked

    clauses = select(given.clause)
    version = version_asked(given.contract, clauses)
    known = read_known_failures(given.expect, version) if given.expect else {}
    profile = PROFILES[given.profile].with_deadline(given.timeout)
    if given.type_checker:
        profile = profile.with_type_checkers(*[name for name in given.type_checker if name != "none"])
    _check_writable(given.json, given.junit, given.html, given.badge, given.write_expectations)
    if len(given.targets) > 1 and (given.badge or given.write_expectations):
        raise _UnusableError("--badge and --write-expectations are for one TARGET: check the targets one by one")
    look_in(Path.cwd())
    subject_arguments = parse_arguments(given.arg)
    subjects = [resolve_target(target, subject_arguments, disposable=given.disposable) for target in given.targets]
    if given.durable:
        subjects = [replace(subject, durable=True) for subject in subjects]
    reports: list[Report] = []
    unusable: list[str] = []
    silenced: _NoOutputError | None = None
    for subject in subjects:
        started = time.perf_counter()
        try:
            report = _judge(subject, clauses, profile, known, given)
        except TargetError as error:  # the other targets are judged all the same
            unusable.append(str(error))
            continue
        reports.append(report)
        try:
            with _printing():
                print_report(report, make_console(), strict=given.strict, started=started)
        except _NoOutputError as error:  # the files are written all the same
            silenced = silenced or error
        if report.unusable:
            unusable.append(report.unusable)
        if report.interrupted:
            break
    if reports:
        _write(_renderers(reports, known, given))
    for message in unusable:
        _refuse(message)
    if silenced:
        raise silenced
    return max([2 if unusable else 0, *[report.exit_status(strict=given.strict) for report in reports]])


def _check_writable(*paths: Path | None) -> None:
    """Refuse a file that cannot be written before the work is done, and not after."""
    for path in filter(None, paths):
        wrong = ""
        try:
            if path.is_dir():
                wrong = "it is a directory"
            elif not path.parent.is_dir():
                wrong = f"there is no directory {str(path.parent)!r}"
            elif path.exists() and not os.access(path, os.W_OK):
                wrong = "it may not be written to"
            elif not path.exists() and not os.access(path.parent, os.W_OK):
                wrong = f"nothing may be made in the directory {str(path.parent)!r}"
        except OSError as error:  # the name is too long, say
            wrong = error.strerror or str(error)
        if wrong:
            raise _UnusableError(f"cannot write {str(path)!r}: {wrong}")


def _renderers(
    reports: Sequence[Report], known: Mapping[str, KnownFailure], given: argparse.Namespace
) -> Iterable[tuple[Path | None, Callable[[], str]]]:
    """The files that were asked for, and what makes the text of each."""
    from conformance.expectations import render_expectations
    from conformance.report.badge import render_badge
    from conformance.report.html import render_html
    from conformance.report.json import render_json
    from conformance.report.junit import render_junit

    strict: bool = given.strict
    return [
        (given.json, lambda: render_json(reports)),
        (given.junit, lambda: render_junit(reports, strict=strict)),
        (given.html, lambda: render_html(reports, strict=strict)),
        (given.badge, lambda: render_badge(reports[0], strict=strict)),
        (given.write_expectations, lambda: render_expectations(reports[0], known)),
    ]


def _write(texts: Iterable[tuple[Path | None, Callable[[], str]]]) -> None:
    """Write each file that has a path: one that cannot be written does not take the others.

    Raises:
        _UnusableError: one cannot be written.
    """
    lost: list[str] = []
    for path, render in texts:
        if path is not None:
            try:
                path.write_text(render(), encoding="utf-8", errors="backslashreplace")
            except OSError as error:
                lost.append(f"cannot write {str(path)!r}: {error.strerror}")
    if lost:
        raise _UnusableError("; ".join(lost))


def _matrix(given: argparse.Namespace) -> int:
    from conformance.report.matrix import read_reports, render_matrix_html, render_matrix_markdown

    _check_writable(given.html, given.markdown)
    reports = read_reports(given.files)
    _write([(given.html, lambda: render_matrix_html(reports)), (given.markdown, lambda: render_matrix_markdown(reports))])
    if not (given.html or given.markdown):
        with _printing():
            sys.stdout.write(render_matrix_markdown(reports))
    return 0


def _judge(
    subject: Subject, clauses: tuple[Clause, ...], profile: Profile, expect: Mapping[str, KnownFailure], given: argparse.Namespace
) -> Report:
    import warnings

    from conformance.cache import cache_folder
    from conformance.report.terminal import ProgressLine
    from conformance.runner import check

    with ProgressLine(subject.name) as progress, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a store warns of is for those who run it, not for its verdict
        return check(
            subject,
            clauses=clauses,
            profile=profile,
            expect=expect,
            progress=progress,
            seed=given.seed,
            operations=given.operations,
            cache=None if given.no_cache else cache_folder(),
        )


def _compare(given: argparse.Namespace) -> int:
    from conformance.profile import PROFILES
    from conformance.report.terminal import make_console
    from conformance.search.compare import compare
    from conformance.target import look_in, parse_arguments, resolve_targets

    look_in(Path.cwd())
    first, second = resolve_targets([given.first, given.second], parse_arguments(given.arg))
    profile = PROFILES[given.profile].with_deadline(given.timeout)
    found = compare(first, second, profile, seed=given.seed, operations=given.operations)
    with _printing():
        console = make_console()
        if found.overdue is not None:
            overdue = found.overdue
            console.print(
                f"{overdue.store}: {overdue.call} had not returned after {overdue.seconds:g} s (--timeout says how long it may)"
            )
            for operation in overdue.program:
                console.print(f"    {operation}")
            return 1
        if found.difference is None:
            console.print(f"{first.name} and {second.name} agree on {found.operations:,} operations (--seed {given.seed})")
            return 0
        console.print(f"{first.name} and {second.name} differ:")
        for operation in found.difference.program:
            console.print(f"    {operation}")
        console.print(f"{first.name}: {found.difference.first}")
        console.print(f"{second.name}: {found.difference.second}")
        console.print(f"a script that demands of {second.name} what {first.name} does:")
        for line in found.difference.script.splitlines():
            console.print(f"    {line}", soft_wrap=True)
    return 1


def _replay(given: argparse.Namespace) -> int:
    from conformance.contract import select
    from conformance.regression import render_tests
    from conformance.replay import read_traces, replay
    from conformance.report.terminal import make_console
    from conformance.target import look_in, parse_arguments, resolve_target

    wanted = {clause.id for clause in select(given.clause)}
    traces = {name: trace for name, trace in read_traces(given.file).items() if not given.clause or name in wanted}
    if not traces:
        raise _UnusableError(f"{str(given.file)!r} holds no trace of {', '.join(given.clause)}: give a clause that failed there")
    look_in(Path.cwd())
    subject = resolve_target(given.target, parse_arguments(given.arg))
    if given.form == "pytest":
        with _printing():
            sys.stdout.write(render_tests(traces, subject))
        return 0
    found = replay(traces, subject)
    with _printing():
        console = make_console()
        for replayed in found:
            verdict = {True: "holds", False: "fails", None: "not performed"}[replayed.holds]
            console.print(f"{replayed.name}  {verdict}: {replayed.text}")
    return 1 if any(replayed.holds is False for replayed in found) else 0


def _contract(given: argparse.Namespace) -> int:
    from conformance.contract import CHAPTERS, CONTRACT, select
    from conformance.report.terminal import make_console
    from conformance.versions import at_version, version_asked

    version = version_asked(given.contract, CONTRACT)
    clauses = at_version(version, select([given.id] if given.id else []))
    with _printing():
        console = make_console()
        console.print(f"The store contract, version {version}")
        for chapter in dict.fromkeys([clause.chapter for clause in clauses]):
            console.print(f"\n{chapter}  {CHAPTERS[chapter]}")
            for clause in clauses:
                if clause.chapter == chapter:
                    needs = "".join(sorted([need.value for need in clause.needs]))
                    remarks = "".join([f"  ({remark})" for remark in clause.remarks])
                    console.print(f"  {clause.id:<8}{clause.level.value:<7}{needs:<4}{clause.text}{remarks}")
    return 0


def _reference(given: argparse.Namespace) -> int:  # noqa: ARG001  # the commands are called alike
    from conformance.reference import SUBJECTS
    from conformance.report.terminal import make_console

    with _printing():
        console = make_console()
        for name, subject in SUBJECTS.items():
            console.print(f"{name:<10}{subject.opening}")
    return 0
