"""EXI: existence and size."""

from __future__ import annotations

from conformance.clause import Level, clause
from conformance.expectation import gives, raises
from conformance.model import Model
from conformance.operations import Exists, GetSize, GetSizePrefix, IsEmpty
from conformance.trial import Handle, Trial


async def _nested(trial: Trial) -> tuple[Handle, dict[str, bytes]]:
    """Return a store with keys at the root and below directories, one of whose names another begins with; and its contents."""
    return await trial.stocked(
        {
            trial.key(0): b"root",
            trial.key(0, below=trial.directory(1)): b"one",
            trial.key(0, below=trial.directory(3, below=trial.directory(2))): b"nested",
            trial.key(0, below=trial.directory(10)): b"similar name",
        }
    )


def _directories(contents: dict[str, bytes]) -> list[str]:
    """The directories that the keys lie in."""
    found = {key[:end]: None for key in contents for end, character in enumerate(key) if character == "/"}
    return [directory for directory in found if directory not in contents]


def _beginnings(contents: dict[str, bytes]) -> list[str]:
    """Beginnings of the directories' names that are no directories themselves."""
    directories = _directories(contents)
    cut = {directory[:-1]: None for directory in directories if len(directory.rpartition("/")[2]) > 1}
    return [beginning for beginning in cut if beginning not in directories and beginning not in contents]


@clause(
    "EXI-1",
    Level.MUST,
    "exists is true of keys alone",
    "`exists` is True exactly for the keys that are set: False for a prefix, False or `ValueError` for `k/`.",
)
async def _exists(trial: Trial) -> None:
    store, contents = await _nested(trial)
    for key in contents:
        await store.expect(Exists(key), gives(value=True), "it is set")
    for directory in trial.legal_among(_directories(contents)):
        await store.expect(Exists(directory), gives(value=False), "it is only a prefix of keys")
    for missing in (trial.key(9), *trial.legal_among(_beginnings(contents))):
        await store.expect(Exists(missing), gives(value=False), "it was never set")
    store, contents = await trial.stocked({trial.key(): b"value"})
    for key in contents:
        await store.expect(Exists(f"{key}/"), gives(value=False) | raises(ValueError), "no key ends in a slash")


@clause("EXI-2", Level.MUST, "getsize is the length", "`getsize` is `n`, 0 included, without a byte range.")
async def _size(trial: Trial) -> None:
    values = [value for value in (b"", b"v", b"value" * 2, b"value" * 14_000) if trial.subject.grammar.value(value)]
    store, contents = await trial.stocked({trial.key(number): value for number, value in enumerate(values)})
    for key, value in contents.items():
        await store.expect(GetSize(key), gives(len(value)), f"the value has {len(value):,} bytes")


@clause(
    "EXI-3",
    Level.MUST,
    "what is missing has no size",
    "`getsize` of a missing key, or of a name that is only a prefix, raises `FileNotFoundError`.",
)
async def _no_size(trial: Trial) -> None:
    store, contents = await trial.stocked({trial.key(below=trial.directory(1, below=trial.directory())): b"value"})
    await store.expect(GetSize(trial.key(9)), raises(FileNotFoundError), "it was never set")
    for directory in trial.legal_among(_directories(contents)):
        await store.expect(GetSize(directory), raises(FileNotFoundError), "it is only a prefix of keys")


@clause("EXI-4", Level.MUST, "is_empty", "`is_empty(p)` is True exactly when no key begins with `dir(p)`.", needs="L")
async def _is_empty(trial: Trial) -> None:
    store, contents = await _nested(trial)
    model = Model(contents)
    names = [*contents, *_directories(contents), *_beginnings(contents), trial.directory(9)]
    for prefix in ("", *names, *[f"{name}/" for name in names]):
        below = len(model.below(prefix))
        because = f"{'no key begins' if not below else f'{below} of the keys begin'} with {prefix.removesuffix('/') + '/'!r}"
        operation = IsEmpty(prefix)
        await store.expect(operation, model.allows(operation), because if prefix else "it is the whole store")


@clause(
    "EXI-5",
    Level.MUST,
    "getsize_prefix is the sum",
    "`getsize_prefix(p)` is the sum of the sizes of the keys that begin with `dir(p)` (`foo` does not count `foobar`); 0 where "
    "there is none.",
    needs="L",
)
async def _size_of_prefix(trial: Trial) -> None:
    store, contents = await _nested(trial)
    model = Model(contents)
    names = [*contents, *_directories(contents), *_beginnings(contents), trial.directory(9)]
    for prefix in ("", *names, *[f"{name}/" for name in names]):
        operation = GetSizePrefix(prefix)
        below = {key: len(contents[key]) for key in model.below(prefix)}
        await store.expect(operation, model.allows(operation), f"the sizes of the keys below it are {below}")


CLAUSES = (_exists, _size, _no_size, _is_empty, _size_of_prefix)
