"""SET: what a write leaves."""

from __future__ import annotations

from conformance.clause import Level, Need, NotApplicable, clause
from conformance.expectation import gives, gives_names, raises
from conformance.operations import Exists, Get, ListAll, SetEach
from conformance.rendering import pattern
from conformance.trial import Trial

_SIZES = (1, 255, 256, 4 << 10, 64 << 10, 1 << 20, 8 << 20)


@clause(
    "SET-1",
    Level.MUST,
    "what is set is there",
    "After `set(k, v)`, `get(k)` equals `v`, in this handle at once and through exists, getsize and list alike.",
    needs="W",
)
async def _there(trial: Trial) -> None:
    for key in (trial.key(), trial.key(below=trial.directory())):
        store = await trial.open()
        await store.do(Get(key))  # an answer that a store may not remember
        await store.do(Exists(key))
        await store.set(key, b"value")
        await store.holds({key: b"value"}, "it was just set")


@clause(
    "SET-2",
    Level.MUST,
    "the empty value is a value",
    "The empty value is a value: get returns it (not None), it exists, its size is 0, it is listed.",
    needs="W",
)
async def _empty(trial: Trial) -> None:
    store = await trial.open()
    await store.set(trial.key(), trial.legal_value(b""))
    await store.holds({trial.key(): b""}, "the empty value is a value")


@clause("SET-3", Level.MUST, "every byte value survives", "Every byte value survives, at every position.", needs="W")
async def _every_byte(trial: Trial) -> None:
    store = await trial.open()
    every = bytes(range(256))
    values = [every[number:] + every[:number] for number in range(256)]  # each byte first, last and everywhere between
    values += [every[::-1], b"\r\n", b"\n", b"\0", b" ", b"\xef\xbb\xbftext", b"\xff\xfe", b"\x1f\x8b", b"\r\n\r\n \0\0"]
    legal = [value for value in values if trial.subject.grammar.value(value)]
    if not legal:
        raise NotApplicable("the subject takes none of these values")
    for number, value in enumerate(legal):
        with trial.apart():
            await store.set(trial.key(number), value)
            await store.expect(Get(trial.key(number)), gives(value), "a byte is a byte")


@clause(
    "SET-4",
    Level.MUST,
    "every size survives",
    "Sizes around 1, 255/256, 4 KiB, 64 KiB, 1 MiB and 8 MiB, each with its neighbours, survive whole.",
    needs="W",
)
async def _every_size(trial: Trial) -> None:
    store = await trial.open()
    around = sorted({size + near for size in _SIZES if size <= trial.profile.largest for near in (-1, 0, 1)} - {0})
    for number, size in enumerate(around):
        with trial.apart():
            value = trial.legal_value(pattern(size, shift=1))
            await store.set(trial.key(number), value)
            await store.expect(Get(trial.key(number)), gives(value), f"the value has {size:,} bytes")


@clause(
    "SET-5",
    Level.MUST,
    "an overwrite replaces the whole",
    "An overwrite replaces the whole value: shorter, longer, equal length, and to or from empty.",
    needs="W",
)
async def _overwrite(trial: Trial) -> None:
    long, short = pattern(70_000, shift=1), pattern(66_000)
    pairs = [(b"longer", b"short"), (b"short", b"longer"), (b"equal", b"EQUAL"), (b"value", b""), (b"", b"value"), (long, short)]
    store = await trial.open()
    for number, (old, new) in enumerate(pairs):
        if not (trial.subject.grammar.value(old) and trial.subject.grammar.value(new)):
            continue
        with trial.apart():
            await store.set(trial.key(number), old)
            await store.set(trial.key(number), new)
            await store.expect(Get(trial.key(number)), gives(new), f"it was set over a value of {len(old):,} bytes")


@clause("SET-6", Level.MUST, "the same set twice is one key", "The same set twice leaves one key, listed once.", needs="W")
async def _twice(trial: Trial) -> None:
    store = await trial.open()
    key = trial.key()
    for _ in range(2):
        await store.set(key, b"value")
    await store.expect(Get(key), gives(b"value"), "it was set twice to the same value")
    if trial.offers(Need.LISTING):
        await store.expect(ListAll(), gives_names([key]), "one key was set twice to the same value")


@clause(
    "SET-7",
    Level.MUST,
    "a set changes no other key",
    "A set changes no other key, a key it is a string prefix of included.",
    needs="W",
)
async def _no_other(trial: Trial) -> None:
    key = trial.key(1)
    beside = [
        trial.key(0),
        trial.key(10),
        *trial.legal_among([f"{key}x", f"{key}-x", f"{key}.x"]),
        trial.key(1, below=trial.directory()),
    ]
    for first, second in [(other, key) for other in beside] + [(key, other) for other in beside]:
        store = await trial.open()
        await store.set(first, b"first")
        for _ in range(2):
            await store.set(second, b"second")
            await store.expect(Get(first), gives(b"first"), f"only {second!r} was set since")


@clause(
    "SET-8",
    Level.MUST,
    "the caller's buffer is copied",
    "The store keeps no reference to the caller's buffer: changing it after set changes nothing stored.",
    needs="W",
)
async def _copied(trial: Trial) -> None:
    for size in (5, 100_000):
        store = await trial.open()
        value = pattern(size, shift=1)
        memory, source = trial.dialect.python_mutable(value)
        await trial.execute(memory)
        await trial.execute(f"await {store.variable}.set($key, {source})", key=trial.key())
        await trial.execute("memory[0] = 0")
        await store.expect(Get(trial.key()), gives(value), "the first byte of the caller's buffer was set to 0 after the set")


@clause(
    "SET-9",
    Level.MUST,
    "what is no buffer is refused",
    "A value that is not a buffer raises `TypeError`, and nothing changed.",
    needs="W",
)
async def _no_buffer(trial: Trial) -> None:
    present, missing = trial.key(0), trial.key(1)
    for value in ("'text'", "5", "None", "[1, 2]"):
        store = await trial.open()
        await store.set(present, b"value")
        for key in (present, missing):
            call = f"await {store.variable}.set($key, {value})"
            await trial.ask(call, raises(TypeError), f"{value} is no buffer", key=key)
            await trial.execute(f"with contextlib.suppress(TypeError): {call}", key=key)
        await store.expect(Get(present), gives(b"value"), "the set of what is no buffer was refused")
        await store.expect(Get(missing), gives(None), "the set of what is no buffer was refused")
        if trial.offers(Need.LISTING):
            await store.expect(ListAll(), gives_names([present]), "the set of what is no buffer was refused")


@clause("SET-10", Level.MUST, "many keys", "2,000 keys set are 2,000 keys read back and listed.", needs="W")
async def _many(trial: Trial) -> None:
    store = await trial.open()
    many = SetEach(trial.template(), trial.profile.many)
    await store.run(many)
    for key in many.keys:
        await store.expect(Get(key), gives(many.value), f"it is one of {many.count:,} keys that were set")
    if trial.offers(Need.LISTING):
        await store.expect(ListAll(), gives_names(many.keys, many.source), f"{many.count:,} keys were set")


@clause(
    "SET-11",
    Level.MUST,
    "values come from any memory",
    "Values come from any memory: bytes, bytearray, memoryview (sliced; non-contiguous made contiguous or refused), handed over in "
    "the subject's own buffer class where it has one.",
    needs="W",
)
async def _any_memory(trial: Trial) -> None:
    _, value = trial.dialect.python_mutable(b"")
    contiguous = (
        "b'value!'",
        "bytearray(b'value!')",
        "memoryview(b'value!')",
        "memoryview(bytearray(b'a value!?'))[2:8]",
        "memoryview(b'value!').cast('H')",
    )
    for source in contiguous:
        store = await trial.open()
        await trial.execute(f"memory = {source}")
        await trial.execute(f"await {store.variable}.set($key, {value})", key=trial.key())
        await store.expect(Get(trial.key()), gives(b"value!"), f"the value came from {source}")
    for source in ("memoryview(b'v.a.l.u.e.!.')[::2]", "memoryview(b'!eulav')[::-1]"):
        store = await trial.open()
        await trial.execute(f"memory = {source}")
        await trial.execute(f"with contextlib.suppress(Exception): await {store.variable}.set($key, {value})", key=trial.key())
        await store.expect(Get(trial.key()), gives(b"value!") | gives(None), f"the value came from {source}, or was refused")


CLAUSES = (
    _there, _empty, _every_byte, _every_size, _overwrite, _twice, _no_other, _copied, _no_buffer, _many, _any_memory,
)  # fmt: skip
