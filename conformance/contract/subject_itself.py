"""PRE: the subject itself, asked before anything else."""

from __future__ import annotations

from conformance.clause import Level, Need, NotApplicable, clause
from conformance.expectation import Raised, gives, gives_names, gives_not, returns
from conformance.operations import Get, ListAll, Set
from conformance.trial import Handle, Trial

_DISPOSABLE = "say disposable=True in the subject, or --disposable on the command line, if all that it holds may be deleted"


@clause(
    "PRE-1",
    Level.MUST,
    "each opening yields a new, empty store",
    "Each opening yields a new, empty store. Asked first, by reads and listings alone: where the store is not shown to be empty, "
    "nothing is written or deleted unless the subject says that its data is disposable, and the run ends as unusable.",
)
async def _new_and_empty(trial: Trial) -> None:
    # Two of them: what the first opening left behind would be found by the second.
    for variable in ("store", "other"):
        store = await trial.open(variable)
        if trial.offers(Need.LISTING):
            contents = {} if trial.offers(Need.WRITES) else trial.subject.contents or {}
            await store.expect(ListAll(), returns, "does it need to be opened? As a target, package.module:Class.open may do that")
            await store.expect(
                ListAll(),
                gives_names(contents),
                f"the kit writes only to stores of its own: let each opening make an empty one, by {{tmp_path}} or {{unique}}; "
                f"{_DISPOSABLE}",
            )
        elif trial.offers(Need.WRITES) and not trial.subject.disposable:
            await trial.ask(
                f"{variable}.supports_listing",
                gives(value=True),
                f"a store that does not list is not shown to be empty, and the kit writes only to stores of its own: {_DISPOSABLE}",
            )
    await trial.ask("other is not store", gives(value=True), "each opening must make a store of its own")


@clause(
    "PRE-2",
    Level.MUST,
    "two stores do not see each other's keys",
    "Two stores opened by the subject do not see each other's keys.",
    needs="W",
)
async def _apart(trial: Trial) -> None:
    store = await trial.open("store")
    other = await trial.open("other")
    key = await _set_if_it_can(trial, store, b"value")
    await other.expect(Get(key), gives_not(b"value"), "it was set in another store: let each opening have a place of its own")


@clause(
    "PRE-3",
    Level.MUST,
    "re-opening leads to the same data",
    "Re-opening yields a different object over the same data.",
    needs="R",
)
async def _same_data(trial: Trial) -> None:
    store = await trial.open()
    contents = dict(trial.subject.contents or {})
    if trial.offers(Need.WRITES):
        contents = {await _set_if_it_can(trial, store, b"value"): b"value"}
    again = await trial.reopen(store)
    await trial.ask("again is not store", gives(value=True), "re-opening must make a handle of its own")
    for key, value in contents.items():
        await again.expect(Get(key), gives(value), "the first handle holds it; does the subject need a publish()?")


@clause(
    "PRE-4",
    Level.MUST,
    "a store that cannot be written brings contents",
    "A subject whose store cannot be written supplies the fixture contents to check reads against.",
)
async def _contents(trial: Trial) -> None:
    if trial.offers(Need.WRITES):
        raise NotApplicable("the store can be written to")
    if not trial.subject.contents:
        trial.fail(
            "contents to check reads against",
            "none",
            "the store cannot be written to: give what it holds as contents={key: value} of the subject",
        )
    store = await trial.open()
    for key, value in trial.subject.contents.items():
        await store.expect(Get(key), gives(value), "the subject's contents say so")


async def _set_if_it_can(trial: Trial, store: Handle, value: bytes) -> str:
    """Set a key and return it; a store that cannot is not for this chapter to judge."""
    key = trial.key()
    outcome = await store.do(Set(key, value))
    if isinstance(outcome, Raised):
        raise NotApplicable(f"no key could be set: {outcome}")
    return key


CLAUSES = (_new_and_empty, _apart, _same_data, _contents)
