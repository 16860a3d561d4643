"""Which reads of a trace its fault needs, though their answers were right: one that fills a cache, say."""

from __future__ import annotations

import time
from collections.abc import Sequence

from conformance.clause import ClauseFailure
from conformance.replay import perform
from conformance.trace import Step, Trace, has_statements
from conformance.trial import Trial

_SECONDS = 1.0
"""How long to look for a shorter trace."""


async def keep_needed_reads(trial: Trial) -> None:
    """Make the trace of a trial that failed minimal, with the reads that its fault needs, if it needs any.

    Nothing changes where the fault shows without them, or does not show a second time at all, or where the trace has statements,
    which are run by its script alone.
    """
    steps, essential = [*trial.trace.steps], trial.trace.essential()
    if len(essential) == len(steps) or has_statements(trial.trace):
        return
    if await _fails(trial, essential) or not await _fails(trial, steps):
        return
    until = time.monotonic() + _SECONDS
    for step in [step for step in steps if step not in essential]:
        shorter = [other for other in steps if other is not step]
        if time.monotonic() < until and await _fails(trial, shorter):
            steps = shorter
    trial.trace.steps[:] = steps
    trial.trace.minimal = True


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
