"""TYP: shape and types."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from typing import Any

from typing_extensions import get_protocol_members

from conformance.clause import Inconclusive, Level, Need, NotApplicable, clause
from conformance.expectation import gives, raises, returns
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
    Operation,
    Set,
    SetIfNotExists,
    SetPartialValues,
)
from conformance.survey import FLAGS
from conformance.trace import Executed
from conformance.trial import Trial
from conformance.typing_check import (
    CAPABILITIES,
    CHECKERS,
    Candidate,
    CandidateError,
    Checker,
    CheckerError,
    Finding,
    find_once,
    script_of,
)
from storeproto import Store

_READ_ONLY_AND_FLAGS = ("read_only", *FLAGS.values())


@clause("TYP-1", Level.MUST, "it is a Store", "The object satisfies the run-time `Store` protocol.")
async def _is_a_store(trial: Trial) -> None:
    store = await trial.open()
    found = [name for name in sorted(get_protocol_members(Store)) if inspect.getattr_static(store.store, name, None) is None]
    because = f"it lacks {', '.join(found)}" if found else ""
    opened: object = store.store
    if found and hasattr(type(opened), "__getattr__"):
        because += "; what __getattr__ forwards is no member to isinstance: define each"
    await trial.ask("isinstance(store, storeproto.Store)", gives(value=True), because)


@clause(
    "TYP-2",
    Level.MUST,
    "methods take the documented parameters",
    "Every method of each protocol that its flags claim is there, with parameters that callers may pass by the documented name and "
    "position (whether `prototype` has a default is the store's choice).",
)
async def _parameters(trial: Trial) -> None:
    store = await trial.open()
    for protocol, claim in _claims(trial):
        for method in sorted(get_protocol_members(protocol)):
            documented = getattr(protocol, method)
            if not callable(documented) or (protocol is Store and getattr(store.store, method, None) is None):
                continue  # a flag; or TYP-1's to judge
            await trial.ask(f"callable(store.{method})", gives(value=True), claim)
            given = _signature(getattr(store.store, method))
            if given is not None:
                await _compare(trial, method, documented, given)


def _claims(trial: Trial) -> Iterator[tuple[Any, str]]:
    """The protocols that the store must satisfy, and why."""
    yield Store, "every store has it"
    for flag, protocol in CAPABILITIES.items():
        if trial.survey.flags[flag]:
            yield protocol, f"{flag} is True"


def _signature(method: Any) -> inspect.Signature | None:
    """The signature of a method; None for native code that shows none."""
    try:
        return inspect.signature(method)
    except (TypeError, ValueError):
        return None


async def _compare(trial: Trial, method: str, documented: Any, given: inspect.Signature) -> None:
    """Demand that what the documentation lets callers write can be bound to the store's own parameters."""
    parameters = list(inspect.signature(documented).parameters.values())[1:]
    names = [parameter.name for parameter in parameters]
    needed = [name for name, parameter in zip(names, parameters, strict=True) if parameter.default is parameter.empty]
    if "prototype" in names and "prototype" not in needed:
        needed.insert(names.index("prototype"), "prototype")
    signature = f"inspect.signature(store.{method})"
    kinds = {parameter.kind for parameter in given.parameters.values()}
    forwards = kinds & {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    for keywords, because in ((names, "callers may pass these by name"), (needed, "callers may leave out what is optional")):
        call = ", ".join([f"{name}={name!r}" for name in keywords])
        await trial.ask(f"{signature}.bind({call})", returns, because, shown=f"{method}({call})")
    for count in range(len(needed), len(names) + 1):
        call = ", ".join([repr(name) for name in names[:count]])
        positions = f"{signature}.bind({call})"
        if forwards:
            await trial.ask(positions, returns, "callers may pass these by position", shown=f"{method}({call})")
        else:
            expected = {name: name for name in names[:count]}
            because = "callers may pass these by position, in this order"
            shown = f"the parameters that {method}({call}) fills"
            await trial.ask(f"dict({positions}.arguments)", gives(expected), because, shown=shown)


@clause(
    "TYP-3",
    Level.MUST,
    "listings are iterators, operations awaitable",
    "`list`, `list_prefix` and `list_dir` return an asynchronous iterator when called, not a coroutine; every other operation but "
    "`close` and `with_read_only` returns an awaitable.",
)
async def _awaitable(trial: Trial) -> None:
    store, contents = await trial.stocked({trial.key(): b"value"})
    key = next(iter(contents), trial.key())
    for operation in _operations(trial, key):
        if not callable(getattr(store.store, operation.method, None)):
            continue  # TYP-1's and TYP-2's to judge
        call = operation.call(store.variable, trial.dialect).removeprefix("await ")
        await trial.ask(f"inspect.isawaitable(call := {call})", gives(value=True), "callers await it")
        await trial.outcome_of("await call", scripted=f"await {call}")
    if trial.offers(Need.LISTING):
        for call in ("store.list()", "store.list_prefix('')", "store.list_dir('')"):
            await trial.open()
            await trial.execute(f"listing = {call}")
            await trial.execute("inspect.iscoroutine(listing) and listing.close()")
            await trial.ask("hasattr(listing, '__anext__')", gives(value=True), f"callers write `async for name in {call}`")


def _operations(trial: Trial, key: str) -> Iterator[Operation]:
    """An operation of each kind that the store offers, on the kit's own data; those that remove come last."""
    yield from (Get(key), GetPartialValues(((key, None),)), Exists(key), GetSize(key))
    if trial.offers(Need.LISTING):
        yield from (IsEmpty(""), GetSizePrefix(""))
    if trial.offers(Need.WRITES):
        yield from (Set(key, b"value"), SetIfNotExists(key, b"value"))
    if trial.offers(Need.PARTIAL_WRITES):
        yield SetPartialValues(((key, 0, b"v"),))
    if trial.offers(Need.DELETES):
        yield from (Delete(key), DeleteDir(trial.directory()), Clear())


@clause(
    "TYP-4",
    Level.SHOULD,
    "the class type-checks",
    "The class type-checks against each protocol that its flags claim (reported method by method, with the type checker's own "
    "words).",
)
async def _type_checks(trial: Trial) -> None:
    checkers = [CHECKERS[name] for name in trial.profile.type_checkers]
    if not checkers:
        raise NotApplicable("no type checker was asked for: --type-checker mypy, or a profile's with_type_checkers, does")
    for checker in checkers:
        if not checker.installed():
            raise NotApplicable(f"{checker.name} is not installed here: pip install {checker.name}")
    store: object = (await trial.open()).store
    try:
        candidate = Candidate.of(type(store), trial.survey.flags, trial.dialect)
    except CandidateError as error:
        raise NotApplicable(str(error)) from None
    said: list[tuple[Checker, Finding]] = []
    for checker in checkers:
        try:
            findings = await asyncio.to_thread(find_once, candidate, checker.name, trial.cache)
        except CheckerError as error:
            raise Inconclusive(f"{checker.name} came to no answer: {error}") from None
        said += [(checker, finding) for finding in findings]
    asked = " and ".join(map(str, checkers))
    if said:
        protocols = ", ".join([protocol.__name__ for protocol, _ in _claims(trial)])
        trial.trace.steps[:] = [Executed(script_of(said[0][1], said[0][0]))]
        words = [f"{checker.name}: {finding}" if len(checkers) > 1 else str(finding) for checker, finding in said]
        trial.fail(f"{asked} accepts what users of {protocols} may write", "\n".join(words))
    trial.note = f"asked of {asked}"


@clause(
    "TYP-5",
    Level.MUST,
    "flags are real booleans",
    "Each capability flag and `read_only` is a real `bool`, and is the same each time it is read.",
)
async def _flags(trial: Trial) -> None:
    await trial.open()
    for name in _READ_ONLY_AND_FLAGS:
        await trial.ask(f"type(store.{name}).__name__", gives("bool"), f"{name} is a flag")
        await trial.ask(f"len({{store.{name} for _ in range(5)}})", gives(1), f"{name} was read five times")


@clause("TYP-6", Level.MUST, "read_only cannot be assigned", "`read_only` cannot be assigned.")
async def _not_assigned(trial: Trial) -> None:
    await trial.open()
    await trial.ask("setattr(store, 'read_only', not store.read_only)", raises(AttributeError, TypeError, ValueError))


CLAUSES = (_is_a_store, _parameters, _awaitable, _type_checks, _flags, _not_assigned)
