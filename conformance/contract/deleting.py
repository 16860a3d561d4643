"""DEL: what a delete takes away, and what it leaves."""

from __future__ import annotations

from conformance.clause import Level, Need, clause
from conformance.expectation import Returned, gives, gives_names, raises, returns
from conformance.operations import Clear, Delete, DeleteDir, Exists, Get, IsEmpty, ListAll, ListDir, Operation, Set, SetEach
from conformance.trial import Handle, Trial

_THOUSAND = 1_001
"""One more than an object store deletes at once."""


async def _live_side_by_side(store: Handle, contents: dict[str, bytes]) -> bool:
    """Set keys of which one lies below the other, and say whether all are there: KEY-10 judges that."""
    for key, value in contents.items():
        await store.do(Set(key, value))
    return all([await store.do(Get(key)) == Returned(value) for key, value in contents.items()])


@clause("DEL-1", Level.MUST, "a deleted key is gone", "After delete the key reads None, does not exist, is not listed.", needs="D")
async def _gone(trial: Trial) -> None:
    other = trial.key(0)
    for key in (trial.key(1), trial.key(1, below=trial.directory())):
        store = await trial.open()
        await store.set(other, b"other")
        await store.set(key, b"value")
        await store.do(Get(key))  # an answer that a store may not remember
        await store.do(Exists(key))
        await store.delete(key)
        await store.expect(Get(key), gives(None), "it was deleted")
        await store.expect(Exists(key), gives(value=False), "it was deleted")
        if trial.offers(Need.LISTING):
            await store.expect(ListAll(), gives_names([other]), "the other key was deleted")


@clause(
    "DEL-2",
    Level.MUST,
    "deleting a missing key is no error",
    "Deleting a missing key, once or twice, raises nothing and changes nothing.",
    needs="D",
)
async def _missing(trial: Trial) -> None:
    below = trial.directory(1)
    for key in (trial.key(1), trial.key(1, below=trial.directory(0)), trial.key(1, below=below)):
        store = await trial.open()
        other = trial.key(0, below=below)
        await store.set(other, b"other")
        for _ in range(2):
            await store.run(Delete(key))
        await store.expect(Get(other), gives(b"other"), f"only {key!r} was deleted, which was never set")
    store = await trial.open()
    await store.set(trial.key(), b"value")
    for _ in range(2):
        await store.run(Delete(trial.key()))
    prefix = trial.legal(trial.directory())
    await store.set(trial.key(below=prefix), b"value")
    await store.run(Delete(prefix))


@clause(
    "DEL-3",
    Level.MUST,
    "delete takes one key",
    '`delete("a")` removes the key `a` alone: `a/b` and `ab` stay.',
    needs="D",
)
async def _one_key(trial: Trial) -> None:
    key = trial.legal(trial.directory(1))
    others = [trial.key(below=key), *trial.legal_among([trial.directory(10), f"{key}x"])]
    for other in others:
        store = await trial.open()
        await store.set(other, b"other")
        await store.expect(Delete(key), returns | raises())  # DEL-2 says that it returns
        await store.expect(Get(other), gives(b"other"), f"only {key!r} was deleted")
        if await _live_side_by_side(store, {other: b"other", key: b"value"}):
            await store.expect(Delete(key), returns | raises())
            await store.expect(Get(other), gives(b"other"), f"only {key!r} was deleted")


@clause(
    "DEL-4",
    Level.MUST,
    "a set after a delete",
    "Delete, then set: the new value is there, with nothing of the old.",
    needs="D",
)
async def _set_again(trial: Trial) -> None:
    for key in (trial.key(), trial.key(below=trial.directory())):
        store = await trial.open()
        await store.set(key, b"the old value")
        await store.delete(key)
        await store.set(key, b"new")
        await store.expect(Get(key), gives(b"new"), "it was deleted, then set")
        if trial.offers(Need.LISTING):
            await store.expect(ListAll(), gives_names([key]), "it was deleted, then set")


@clause(
    "DEL-5",
    Level.MUST,
    "a prefix goes with its last key",
    "When the last key below a prefix goes, the prefix is gone from list_dir, is_empty and exists.",
    needs="D",
)
async def _prefix_goes(trial: Trial) -> None:
    outer = trial.directory(0)
    inner = trial.directory(1, below=outer)
    key, inner_key = trial.key(below=outer), trial.key(below=inner)
    store = await trial.open()
    await store.set(key, b"value")
    await store.set(inner_key, b"value")
    because = "the last key below it was deleted"
    for last, prefix, parent, left in ((inner_key, inner, outer, [trial.key().partition("/")[0]]), (key, outer, "", [])):
        await store.delete(last)
        for name in trial.legal_among([prefix]):
            await store.expect(Exists(name), gives(value=False), because)
        if trial.offers(Need.LISTING):
            await store.expect(IsEmpty(prefix), gives(value=True), because)
            await store.expect(ListDir(parent), gives_names(left), f"the last key below {prefix!r} was deleted")


@clause(
    "DEL-6",
    Level.MUST,
    "delete_dir takes what is below",
    "`delete_dir(p)` removes every key that begins with `dir(p)`, at any depth, and no other: not `p` itself, not `p-x/y`, "
    "not `px`.",
    needs="DL",
)
async def _below(trial: Trial) -> None:
    prefix = trial.directory(1)
    name = trial.key()
    below = [trial.key(below=prefix), trial.key(below=trial.directory(2, below=trial.directory(0, below=prefix)))]
    siblings = trial.legal_among([f"{prefix}-x/{name}", f"{prefix}x"])
    beside = siblings or [trial.key(below=trial.directory(10))]
    store = await trial.open()
    for key in (*below, *beside):
        await store.set(key, b"value")
    await store.run(DeleteDir(prefix))
    for key in below:
        await store.expect(Get(key), gives(None), f"it is below {prefix!r}")
    for key in beside:
        await store.expect(Get(key), gives(b"value"), f"it is not below {prefix!r}")
    await store.expect(ListAll(), gives_names(beside), f"all that was below {prefix!r} was deleted")
    matching = trial.legal_among([f"{prefix}_x/{name}", f"{prefix}ax/{name}"])
    if len(matching) == 2:
        store = await trial.open()
        for key in matching:
            await store.set(key, b"value")
        await store.run(DeleteDir(f"{prefix}_x"))
        await store.expect(Get(matching[1]), gives(b"value"), "a prefix is no pattern, in which `_` would stand for any character")
    for key in trial.legal_among([prefix]):
        store = await trial.open()
        if await _live_side_by_side(store, {below[0]: b"value", key: b"itself"}):
            await store.run(DeleteDir(prefix))
            await store.expect(Get(key), gives(b"itself"), f"{prefix!r} is not below itself")


@clause(
    "DEL-7",
    Level.MUST,
    "a slash behind the prefix changes nothing",
    '`delete_dir("p")` and `delete_dir("p/")` do the same.',
    needs="DL",
)
async def _slash(trial: Trial) -> None:
    prefix = trial.directory(1)
    left: list[str] = []
    for given in (prefix, f"{prefix}/"):
        store = await trial.open()
        for key in (trial.key(0), trial.key(0, below=prefix), trial.key(0, below=trial.directory(10))):
            await store.set(key, b"value")
        await store.run(DeleteDir(given))
        if given == prefix:
            left = await store.run(ListAll())
    await store.expect(ListAll(), gives_names(left), f"delete_dir({prefix!r}) left these")


@clause(
    "DEL-8",
    Level.MUST,
    "deleting a missing prefix is no error",
    "`delete_dir` of a missing prefix raises nothing and changes nothing.",
    needs="DL",
)
async def _missing_prefix(trial: Trial) -> None:
    other, below = trial.key(1), trial.directory(1)
    contents = {other: b"other", trial.key(0, below=below): b"value"}
    for prefix in (trial.directory(0), f"{trial.directory(0)}/", trial.directory(0, below=below), other, f"{other}/"):
        store = await trial.open()
        for key, value in contents.items():
            await store.set(key, value)
        await store.run(DeleteDir(prefix))
        because = f"no key is below {prefix!r}"
        for key, value in contents.items():
            await store.expect(Get(key), gives(value), because)
        await store.expect(ListAll(), gives_names(contents), because)


@clause(
    "DEL-9",
    Level.MUST,
    "the whole store can be emptied",
    '`delete_dir("")` and `clear()` empty the store, which then still works.',
    needs="DL",
)
async def _everything(trial: Trial) -> None:
    keys = [trial.key(0), trial.key(1, below=trial.directory(1, below=trial.directory()))]
    operations: tuple[Operation, ...] = (DeleteDir(""), Clear())
    for operation in operations:
        store = await trial.open()
        await store.run(operation)
        store = await trial.open()
        for key in keys:
            await store.set(key, b"value")
        await store.run(operation)
        for key in keys:
            await store.expect(Get(key), gives(None), f"{operation} empties the store")
        await store.expect(ListAll(), gives_names([]), f"{operation} empties the store")
        await store.set(keys[1], b"again")
        await store.expect(Get(keys[1]), gives(b"again"), f"it was set after {operation}")
        await store.expect(ListAll(), gives_names([keys[1]]), f"it was set after {operation}")


@clause("DEL-10", Level.MUST, "a thousand keys go", "A thousand keys below a prefix all go.", needs="DL")
async def _thousand(trial: Trial) -> None:
    store = await trial.open()
    prefix = trial.directory()
    await store.run(SetEach(trial.template(below=prefix), _THOUSAND))
    await store.run(DeleteDir(prefix))
    await store.expect(ListAll(), gives_names([]), f"all {_THOUSAND:,} keys were below {prefix!r}")


CLAUSES = (
    _gone, _missing, _one_key, _set_again, _prefix_goes, _below, _slash, _missing_prefix, _everything, _thousand,
)  # fmt: skip
