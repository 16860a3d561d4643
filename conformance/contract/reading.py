"""GET: what a read gives."""

from __future__ import annotations

from conformance.clause import Level, clause
from conformance.expectation import gives
from conformance.operations import Delete, Get
from conformance.trial import Trial
from storeproto import OffsetByteRequest, RangeByteRequest, SuffixByteRequest


@clause(
    "GET-1",
    Level.MUST,
    "a missing key reads as None",
    "A missing key reads as None, before and after other keys exist, with and without a byte range.",
)
async def _missing_key(trial: Trial) -> None:
    store = await trial.open()
    for byte_range in (None, RangeByteRequest(0, 1), OffsetByteRequest(0), SuffixByteRequest(1)):
        await store.expect(Get(trial.key(1), byte_range), gives(None), "it was never set")
    store, _ = await trial.stocked({trial.key(0): b"value"})
    await store.expect(Get(trial.key(1)), gives(None), "only another key is set")


@clause(
    "GET-2",
    Level.MUST,
    "a prefix reads as None",
    "A name that is only a prefix of keys (`a` where only `a/b` is set) reads as None.",
    needs="W",
)
async def _prefix(trial: Trial) -> None:
    store = await trial.open()
    await store.set(trial.key(below=trial.directory()), b"value")
    await store.expect(Get(trial.directory()), gives(None), "it is only a prefix of a key")


@clause("GET-3", Level.MUST, "what get returned is no way in", "Changing what get returned changes nothing stored.", needs="W")
async def _no_way_in(trial: Trial) -> None:
    store = await trial.open()
    key = trial.key()
    memory, value = trial.dialect.python_mutable(b"value")
    await trial.execute(memory)
    await trial.execute(f"await {store.variable}.set($key, {value})", key=key)
    await trial.execute(f"got = {Get(key).call(store.variable, trial.dialect)}")
    await trial.execute(f"with contextlib.suppress(Exception): {trial.dialect.python_memory('got')}[0] = 0")
    await store.expect(Get(key), gives(b"value"), "the first byte of what get returned was set to 0, where it could be")


@clause("GET-4", Level.MUST, "the prototype's class", "The result is of the class that the prototype names.")
async def _prototype_class(trial: Trial) -> None:
    store, key, _ = await trial.storing(b"value")
    prototype = trial.dialect.python_prototype()
    await trial.ask(
        f"isinstance(await {store.variable}.get($key, {prototype}), type({prototype}.buffer.from_bytes(b'')))",
        gives(value=True),
        "it is what the prototype's buffer class makes of bytes",
        key=key,
    )


@clause(
    "GET-5", Level.MUST, "a value read stays", "A value read stays the same after the key is overwritten or deleted.", needs="W"
)
async def _stays(trial: Trial) -> None:
    store = await trial.open()
    key = trial.key()
    await store.set(key, b"value")
    await trial.execute(f"first = {Get(key).call(store.variable, trial.dialect)}")
    await store.set(key, b"other")
    first = trial.dialect.python_data("first")
    await trial.ask(first, gives(b"value"), "it was read before the key was overwritten", shown="what get returned")
    if trial.survey.flags["supports_deletes"]:
        await store.run(Delete(key))
        await trial.ask(first, gives(b"value"), "it was read before the key was deleted", shown="what get returned")


CLAUSES = (_missing_key, _prefix, _no_way_in, _prototype_class, _stays)
