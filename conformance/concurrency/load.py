"""CON-1 under load: as many operations of clients at once as one asks for, as real tasks."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from conformance.clause import Need, NotApplicable
from conformance.concurrency.history import Kind
from conformance.concurrency.investigation import names_of, register_kinds
from conformance.concurrency.live import LiveSearch
from conformance.concurrency.scenario import Register
from conformance.operations import Clear

if TYPE_CHECKING:
    from conformance.trial import Trial

_FOR_ONE_STORE = 500
"""Programs on one store, before a new one is opened: a leak of keys or handles is for other clauses to find."""


async def demand_registers_under_load(trial: Trial, operations: int) -> None:
    """Demand that each key is a linearizable register, whatever so many operations of clients at once do.

    A profile's programs are few, and judge a store in seconds; this is for those who can wait, and goes on until it is done.

    Args:
        trial: asks the store.
        operations: how many at the least.

    Raises:
        ClauseFailure: a key is none.
        NotApplicable: the store is wrong without concurrency too.
    """
    kinds = (*register_kinds(trial), Kind.SET_IF_NOT_EXISTS)
    done = programs = 0
    while done < operations:
        handle = await trial.open()
        search = LiveSearch(handle.store, trial.dialect, Register(kinds), partial(names_of, trial), seed=programs)
        await search.run(_FOR_ONE_STORE, math.inf)
        if search.unsuitable:
            raise NotApplicable("it is wrong without concurrency too: the clauses of the single operations say how")
        if search.found is not None:
            _, flaw = search.found
            trial.fail(flaw.expected, flaw.actual)
        done += search.operations
        programs += search.tried
        if trial.offers(Need.DELETES):
            await handle.do(Clear())
        await handle.close()
        trial.handles.remove(handle)  # so that what it kept can go
    trial.note = f"{done:,} operations of clients at once, in {programs:,} programs"
