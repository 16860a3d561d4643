"""CON: many operations at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.clause import Level, Need, NotApplicable, clause
from conformance.concurrency.handles import read_many
from conformance.concurrency.heartbeat import demand_heartbeat
from conformance.concurrency.history import Kind
from conformance.concurrency.investigation import investigate, investigate_register, register_kinds
from conformance.concurrency.races import demand_hand_over, race_processes, race_threads
from conformance.concurrency.scenario import Cancelled, Late, Neighbours, OneVersion, OwnKeys, WholeReads

if TYPE_CHECKING:
    from conformance.trial import Trial


@clause(
    "CON-1",
    Level.MUST,
    "each key is one register",
    "Each key behaves as one linearizable register under concurrent set, get, exists and delete from many tasks "
    "(set_if_not_exists joins in where NEW-4 holds).",
    needs="W",
)
async def _con_1(trial: Trial) -> None:
    await investigate_register(trial)


@clause(
    "CON-2",
    Level.MUST,
    "no torn read",
    "A read during an overwrite gives the old value or the new, whole; never a mix, never cut, never missing.",
    needs="W",
)
async def _con_2(trial: Trial) -> None:
    large = trial.profile.largest if trial.profile.name == "thorough" else 1 << 20
    await investigate(trial, WholeReads(large=(1_000, large)))


@clause(
    "CON-3",
    Level.MUST,
    "sets of different keys at once",
    "Sets of different keys at once all land; none is swapped.",
    needs="W",
)
async def _con_3(trial: Trial) -> None:
    await investigate(trial, OwnKeys())


@clause(
    "CON-4",
    Level.MUST,
    "sets beside deletes",
    "set racing delete or delete_dir of its neighbours raises nothing spurious and loses no acknowledged set outside what was "
    "deleted.",
    needs="WD",
)
async def _con_4(trial: Trial) -> None:
    await investigate(trial, Neighbours(directories=trial.offers(Need.LISTING)))


@clause(
    "CON-5",
    Level.SHOULD,
    "threads and processes",
    "CON-1 and CON-2 hold between threads and, with a recipe, between processes on one location.",
    needs="WX",
)
async def _con_5(trial: Trial) -> None:
    await demand_hand_over(trial)
    await race_threads(trial)
    trial.note = "handles in threads raced, with real concurrency"
    try:
        await race_processes(trial)
    except NotApplicable as reason:
        trial.note += f"; processes did not: {reason.reason}"
    else:
        trial.note += "; and handles in processes"


@clause(
    "CON-6",
    Level.SHOULD,
    "a thousand reads at once",
    "1,000 concurrent reads in a process that may open 256 files more than it had all answer.",
)
async def _con_6(trial: Trial) -> None:
    found = await read_many(trial)
    if found.raised:
        trial.trace.steps.clear()
        trial.fail("each of 1,000 reads at once answers", f"{found.raised} raised, the first of them {found.error}")


@clause(
    "CON-6a",
    Level.MUST,
    "a thousand reads at once, none wrong",
    "Of 1,000 concurrent reads in a process that may open 256 files more than it had, none answers missing, empty or short.",
)
async def _con_6a(trial: Trial) -> None:
    found = await read_many(trial)
    if found.wrong:
        trial.trace.steps.clear()
        trial.fail("each of 1,000 reads at once gives the value that is stored, or raises", f"{found.wrong} gave {found.answer}")


@clause(
    "CON-7",
    Level.MUST,
    "a cancelled operation leaves nothing half done",
    "A cancelled operation leaves the old value or the new, whole; nothing temporary is listed; the store works on.",
    needs="W",
)
async def _con_7(trial: Trial) -> None:
    kinds = (Kind.SET, Kind.SET, *register_kinds(trial))
    await investigate(trial, Cancelled(kinds, lists=trial.offers(Need.LISTING)))


@clause(
    "CON-8",
    Level.MUST,
    "a cancelled operation does not land late",
    "A cancelled or timed-out operation does not land after a later operation on that key has returned. (SHOULD for stores "
    "behind a network.)",
    needs="WX",
)
async def _con_8(trial: Trial) -> None:
    await investigate(trial, Late(deletes=trial.offers(Need.DELETES)), often=4)


@clause(
    "CON-9",
    Level.SHOULD,
    "the event loop is not blocked",
    "No operation blocks the event loop for long (values up to 8 MiB, listings of 10,000 keys): fails only if each of five "
    "attempts holds a heartbeat up for more than 50 ms plus ten times what an idle one shows beside it.",
)
async def _con_9(trial: Trial) -> None:
    await demand_heartbeat(trial)


@clause(
    "CON-10",
    Level.MAY,
    "one version for many ranges",
    "The results of one `get_partial_values` on one key come from one version of it.",
)
async def _con_10(trial: Trial) -> None:
    trial.require(Need.WRITES)
    await investigate(trial, OneVersion())


CLAUSES = (
    _con_1,
    _con_2,
    _con_3,
    _con_4,
    _con_5,
    _con_6,
    _con_6a,
    _con_7,
    _con_8,
    _con_9,
    _con_10,
)
