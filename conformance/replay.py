"""Performing a saved trace on a store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from conformance.clause import Clause, ClauseFailure, Level, NotApplicable
from conformance.profile import DEFAULT, Profile
from conformance.report.saved import read_reports
from conformance.saving import SavedTraceError, decode_trace
from conformance.session import Session
from conformance.subject import Subject
from conformance.trace import Asked, Executed, Opened, Trace, has_statements
from conformance.trial import Handle, Trial

_REPLAY = Clause("REPLAY", Level.MUST, "a saved trace", "A saved trace ends as it was expected to.")


@dataclass(frozen=True)
class Replayed:
    """What a saved trace came to.

    Attributes:
        name: the clause that it is of.
        holds: whether its check holds on this store; None where it was not performed.
        text: what was expected and what came, or why it cannot be performed.
        script: the same as a program.
    """

    name: str
    holds: bool | None
    text: str
    script: str


def read_traces(path: Path) -> dict[str, Trace]:
    """Return the traces of a report that `storeproto check --json` wrote, by clause.

    Raises:
        SavedReportError: the file is no report.
        SavedTraceError: it holds no trace.
    """
    clauses = [clause for report in read_reports(path) for clause in report["clauses"]]
    traces = {str(clause["id"]): decode_trace(clause["trace"]) for clause in clauses if clause.get("trace")}
    if not traces:
        raise SavedTraceError(
            f"{str(path)!r} holds no trace, since nothing failed there: give a report with failures (storeproto check --json FILE)"
        )
    return traces


def replay(traces: dict[str, Trace], subject: Subject, profile: Profile = DEFAULT) -> list[Replayed]:
    """Perform each trace on a new store of `subject`.

    Statements of a trace are not executed: a file is data, and its keys could pass no admission. Their script can be run instead.

    Raises:
        TargetError: the subject cannot be opened.
    """
    with Session(subject, profile) as session:
        seen = session.survey()
        found: list[Replayed] = []
        for name, trace in traces.items():
            trial = Trial(subject, seen, _REPLAY, profile, session.workspace / name, session.watch)
            script = trace.script(subject, seen.dialect)
            if has_statements(trace):
                found.append(Replayed(name, None, "its statements are not executed; run its script", script))
                continue
            found.append(session.worker.run(lambda trial=trial, trace=trace, name=name: _perform(trial, trace, name)))  # type: ignore[misc]
        return found


async def _perform(trial: Trial, trace: Trace, name: str) -> Replayed:
    holds: bool | None = True
    text = "it ends as expected"
    try:
        await perform(trial, trace)
    except ClauseFailure as failure:
        holds, text = False, str(failure)
    except NotApplicable as reason:
        holds, text = None, reason.reason
    finally:
        await trial.close()
    return Replayed(name, holds, text, trial.script())


async def perform(trial: Trial, trace: Trace) -> None:
    """Perform the operations of a trace, which has no statements.

    Raises:
        ClauseFailure: it does not end as expected.
        NotApplicable: the subject cannot do what it needs.
    """
    handles: dict[str, Handle] = {}
    trial.trace.minimal = trace.minimal
    for step in trace.steps:
        match step:
            case Opened(again=True):
                earlier = next(handle for handle in handles.values() if handle.place_variable == step.place)
                handles[step.variable] = await trial.reopen(earlier, step.variable, read_only=step.read_only)
            case Opened():
                handles[step.variable] = await trial.open(step.variable)
            case Asked(operation=operation) if operation is not None:
                await handles[step.variable].expect(operation, step.expectation)
            case Executed() | Asked():
                pass  # a trace with statements is not performed
            case _:
                await handles[step.variable].do(step.operation)
