"""Which reads of a trace its fault needs, though their answers were right: one that fills a cache, say."""

from __future__ import annotations

import time
from collections.abc import Sequence

from conformance.clause import ClauseFailure
from conformance.replay import perform
from conformance.trace import Asked, Step, Trace, has_statements
from conformance.trial import Trial

_SECONDS = 1.0
"""How long to look for a shorter trace."""


async def keep_needed_reads(trial: Trial) -> None:
    """Make the trace of a trial that failed minimal, with the reads that its fault needs, if it needs any.

    Nothing changes where the fault shows without them, or does not show a second time at all, or is a call that hangs.
    """
    steps, essential = [*trial.trace.steps], trial.trace.essential()
    if len(essential) == len(steps) or (isinstance(steps[-1], Asked) and steps[-1].within is not None):
        return
    fails = _ends_with_an_error if has_statements(trial.trace) else _fails
    if await fails(trial, essential) or not await fails(trial, steps):
        return
    until = time.monotonic() + _SECONDS
    for step in [step for step in steps if step not in essential]:
        shorter = [other for other in steps if other is not step]
        if time.monotonic() < until and await fails(trial, shorter):
            steps = shorter
    trial.trace.steps[:] = steps
    trial.trace.minimal = True


async def _ends_with_an_error(trial: Trial, steps: Sequence[Step]) -> bool:
    """Whether the script of these steps does, in a process of its own."""
    from conformance.concurrency.threads_elsewhere import error_of

    return bool(await error_of(trial, Trace([*steps], minimal=True).script(trial.subject, trial.dialect)))


async def _fails(trial: Trial, steps: Sequence[Step]) -> bool:
    """Whether these steps show a fault on a new store."""
    again = trial.anew()
    try:
        await perform(again, Trace([*steps]))
    except ClauseFailure:
        return True
    except Exception:  # noqa: BLE001  # it cannot be performed: that shows no fault of the store
        return False
    finally:
        await again.close()
    return False
