"""RDO: read-only handles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from conformance.clause import Level, Need, NotApplicable, clause
from conformance.expectation import Expectation, Outcome, Returned, gives, gives_names, raises
from conformance.operations import (
    Clear,
    Delete,
    DeleteDir,
    Exists,
    Get,
    GetPartialValues,
    GetSize,
    GetSizePrefix,
    IsEmpty,
    ListAll,
    ListDir,
    ListPrefix,
    Operation,
    Set,
    SetIfNotExists,
    SetPartialValues,
)
from conformance.survey import FLAGS
from conformance.trial import Handle, Trial


@clause(
    "RDO-1",
    Level.MUST,
    "a read-only handle refuses every change",
    "On a read-only handle over data that the kit itself wrote, set, set_if_not_exists (also of a present key), "
    "set_partial_values, delete, delete_dir and clear each raise `ValueError` (or `NotImplementedError` where that operation's "
    "flag is False) and nothing changed.",
)
async def _refuses(trial: Trial) -> None:
    if not trial.offers(Need.WRITES):
        raise NotApplicable("the store cannot be written to, so that none of its data is the kit's own")
    key, directory = trial.key(), trial.directory()
    operations: list[tuple[Need, Operation]] = [
        (Need.WRITES, Set(key, b"new")),
        (Need.WRITES, Set(trial.key(1), b"new")),
        (Need.WRITES, SetIfNotExists(key, b"new")),
        (Need.WRITES, SetIfNotExists(trial.key(1), b"new")),
        (Need.PARTIAL_WRITES, SetPartialValues(((key, 0, b"n"),))),
        (Need.DELETES, Delete(key)),
        (Need.DELETES, DeleteDir(directory)),
        (Need.DELETES, Clear()),
    ]
    for need, operation in operations:
        store, contents = await trial.stocked({key: b"one"})
        if isinstance(operation, DeleteDir):
            contents.update(await _below(trial, store))
        reader = await trial.read_only(store)
        if not callable(getattr(reader.store, operation.method, None)):
            continue  # not claimed by a flag, and not there
        refused = raises(ValueError) if trial.survey.flags[FLAGS[need]] else raises(ValueError, NotImplementedError)
        await reader.expect(operation, refused, "the handle is read-only")
        because = f"{operation.method} was refused: the handle is read-only"
        if trial.offers(Need.LISTING):
            await store.expect(ListAll(), gives_names(contents), because)
        for name, value in contents.items():
            await store.expect(Get(name), gives(value), because)


async def _below(trial: Trial, store: Handle) -> dict[str, bytes]:
    """Set a key in a directory and return what is held there: nothing where that cannot be done, which is for KEY-9 to say."""
    key, value = trial.key(below=trial.directory()), b"below"
    return {key: value} if isinstance(await store.do(Set(key, value)), Returned) else {}


def reads(trial: Trial, key: str) -> list[Operation]:
    """A reading operation of each kind."""
    reads: list[Operation] = [Get(key), GetPartialValues(((key, None),)), Exists(key), GetSize(key)]
    if trial.offers(Need.LISTING):
        reads += [ListAll(), ListPrefix(""), ListDir(""), IsEmpty(""), GetSizePrefix("")]
    return reads


async def same_answers(handle: Handle, answers: Iterable[tuple[Operation, Outcome]], because: str) -> None:
    """Demand that `handle` reads and lists what came back before; what raised is for other clauses to say."""
    for operation, outcome in answers:
        if isinstance(outcome, Returned):
            same: Expectation = gives(outcome.value)
            if isinstance(operation, ListAll | ListPrefix | ListDir):
                same = gives_names(cast("list[str]", outcome.value))
            await handle.expect(operation, same, because)


@clause("RDO-2", Level.MUST, "a read-only store can be read", "Reads and listings work on a read-only store.")
async def _can_be_read(trial: Trial) -> None:
    store, contents = await trial.stocked({trial.key(): b"value"})
    if trial.offers(Need.WRITES):
        contents.update(await _below(trial, store))
    reader = await trial.read_only(store)
    for key, value in contents.items():
        await reader.expect(Get(key), gives(value), "reads work on a read-only handle")
        answers = [(read, await store.do(read)) for read in reads(trial, key)]
        await same_answers(reader, answers, "the writable handle reads and lists so")


@clause(
    "RDO-3",
    Level.MUST,
    "with_read_only gives a handle on the same data",
    "`with_read_only` gives a new handle on the same data; the old handle keeps its mode. `NotImplementedError` means not offered.",
)
async def _same_data(trial: Trial) -> None:
    store, contents = await trial.stocked({trial.key(): b"value"})
    if not callable(getattr(store.store, "with_read_only", None)):
        raise NotApplicable("the store has no with_read_only")
    mode = trial.survey.read_only
    reader = await trial.derive_if_offered(store, "store.with_read_only(True)", "reader")
    if reader is None:
        raise NotApplicable("the store does not offer with_read_only: it raises NotImplementedError")
    await trial.ask("reader is not store", gives(value=True), "with_read_only gives a new handle")
    await trial.ask("reader.read_only", gives(value=True), "it was asked to be read-only")
    await trial.ask("store.read_only", gives(mode), "the old handle keeps its mode")
    for key, value in contents.items():
        await reader.expect(Get(key), gives(value), "the handle that it was made of holds it")
    writer = await trial.derive_if_offered(reader, "reader.with_read_only(False)", "writer")
    if writer is not None:
        await trial.ask("writer.read_only", gives(value=False), "it was asked not to be read-only")
        await trial.ask("reader.read_only", gives(value=True), "the old handle keeps its mode")
    if trial.offers(Need.WRITES):
        for number, handle in enumerate([store] if writer is None else [store, writer], 1):
            await handle.set(trial.key(number), b"later")
            await reader.expect(Get(trial.key(number)), gives(b"later"), "another handle on the same data set it")


@clause("RDO-4", Level.MUST, "opening read-only creates nothing", "Opening read-only what does not exist creates nothing.")
async def _creates_nothing(trial: Trial) -> None:
    reader, path = await trial.open_unmade()
    nothing, because = f"os.path.exists({path})", "nothing was ever made there, and it was opened read-only"
    await trial.ask(nothing, gives(value=False), because)
    if reader is not None:
        for operation in (Get(trial.key()), ListAll()):
            await trial.execute(f"with contextlib.suppress(Exception): {operation.call(reader.variable, trial.dialect)}")
            await trial.ask(nothing, gives(value=False), f"{because}, and then read")


CLAUSES = (_refuses, _can_be_read, _same_data, _creates_nothing)
