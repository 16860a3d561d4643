"""SAF-6: what a store says of itself gives nothing away, and says what the store means."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Generator, Iterator
from contextlib import contextmanager

from conformance.clause import Level, Need, NotApplicable, clause
from conformance.credentials import credentials
from conformance.expectation import Returned, forges_no_line
from conformance.operations import Delete, Exists, Get, GetPartialValues, GetSize, Operation, Set, SetPartialValues
from conformance.trial import Trial

_FORGED = "forged"
_LINE_ENDS = ("\n", "\r")
_KEEP_LOG = """logged = io.StringIO()
logging.getLogger().addHandler(logging.StreamHandler(logged))
logging.getLogger().setLevel(1)"""


@contextmanager
def _logging_as_it_was() -> Generator[None, None, None]:
    """Leave the root logger as it was."""
    root = logging.getLogger()
    handlers, level = [*root.handlers], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


def _operations(trial: Trial, key: str) -> Iterator[Operation]:
    """Calls with a key that is not set: most stores answer some of them with an error, or log them."""
    yield from (GetSize(key), Get(key), Exists(key), GetPartialValues(((key, None),)))
    if trial.offers(Need.PARTIAL_WRITES):
        yield SetPartialValues(((key, -1, b"value"),))
    if trial.offers(Need.DELETES):
        yield Delete(key)
    if trial.offers(Need.WRITES):
        yield Set(key, b"value")


class _Secrets:
    """Looks for credentials in what a store says, and does not repeat them."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self.credentials = credentials(trial.subject)

    def look(self, text: str, where: str) -> None:
        """Demand that there is none in `text`, which was found in `where`."""
        for secret, name in self.credentials.items():
            if secret in text:
                self._trial.trace.steps.clear()
                self._trial.fail(f"{where} carries no credential", f"it carries the {name!r} that the store was given")

    def look_in_error(self, answer: object, where: str) -> None:
        """Demand that there is none in an error and in those behind it; what is no error is not looked at."""
        if isinstance(answer, BaseException):
            self.look("".join(traceback.format_exception(answer)), f"the error of {where}")


@clause(
    "SAF-6",
    Level.MUST,
    "nothing secret, nothing forged",
    "`repr`, errors and log records carry no credential given to the store, and no key can forge a line in them.",
)
async def _discretion(trial: Trial) -> None:
    secrets = _Secrets(trial)
    keys = [key for end in _LINE_ENDS if trial.subject.grammar.legal(key := f"{trial.key()}{end}{_FORGED}")]
    if not keys and not secrets.credentials:
        raise NotApplicable("the subject's key grammar leaves out line ends, and the store was given no credential")
    store = await trial.open()
    for source in (f"repr({store.variable})", f"str({store.variable})"):
        outcome = await trial.outcome_of(source)
        if isinstance(outcome, Returned):
            secrets.look(str(outcome.value), source)
    for key in keys or [trial.key()]:
        store = await trial.open()
        for operation in _operations(trial, key):
            answer = await store.expect(operation, forges_no_line(_FORGED), "the key must be escaped in the error")
            secrets.look_in_error(answer, str(operation))
        for operation in _operations(trial, key):
            store = await trial.open()
            with _logging_as_it_was():
                await trial.execute(_KEEP_LOG)
                await trial.execute(f"with contextlib.suppress(Exception): {operation.call(store.variable, trial.dialect)}")
                logged = await trial.ask(
                    "logged.getvalue()", forges_no_line(_FORGED), f"{operation} must escape the key in the log"
                )
            secrets.look(str(logged), f"the log of {operation}")


CLAUSES = (_discretion,)
