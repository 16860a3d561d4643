"""The calls that callers may make of a store, as a file for a type checker: one function for each member of each protocol."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from typing_extensions import get_protocol_members

from conformance.typing_check.candidate import CAPABILITIES, TYPES, Candidate
from storeproto import PrototypeStore, Store

_VARIABLE = re.compile(r"\b(Buf|Proto|Range)T(?:_co|_contra)?\b")

_IMPORTS = {
    "AsyncIterator": ("collections.abc", "AsyncIterator"),
    "Iterable": ("collections.abc", "Iterable"),
    "Protocol": ("typing", "Protocol"),
    "reveal_type": ("typing", "reveal_type"),
    "BufferPrototype": ("storeproto", "BufferPrototype"),
    "ByteRequest": ("storeproto", "ByteRequest"),
    "BytesLike": ("storeproto", "BytesLike"),
    "PrototypeStore": ("storeproto", "PrototypeStore"),
    "Store": ("storeproto", "Store"),
    "Buffer": ("zarr.core.buffer", "Buffer"),
    "ZarrPrototype": ("zarr.core.buffer", "BufferPrototype as ZarrPrototype"),
    "ZarrByteRequest": ("zarr.abc.store", "ByteRequest as ZarrByteRequest"),
}
"""For each name that a probe may use, the module that has it, and what is imported of it."""

_LISTING = re.compile(r"AsyncIterator\[(.*)\]")


@dataclass(frozen=True)
class Question:
    """Something that callers may write.

    Attributes:
        lines: the statements.
        about: what an assignment in it asks for: the result of a call; empty for a flag.
        positions: the parameters that are given by position, by their documented names, in order.
        of_whole: whether it asks for the whole signature, and not for one call.
    """

    lines: tuple[str, ...]
    about: str = ""
    positions: tuple[str, ...] = ()
    of_whole: bool = False


@dataclass(frozen=True)
class Probe:
    """A function of questions about one member.

    Attributes:
        member: the member.
        before: the lines above the questions.
        questions: its body.
    """

    member: str
    before: tuple[str, ...]
    questions: tuple[Question, ...]


class ProbeFile:
    """The probes of one candidate.

    Args:
        candidate: the class.

    Attributes:
        text: the file.
        head: its first lines, which make the class known.
        lines: the probe and the question of each line that has one, by its number.
    """

    def __init__(self, candidate: Candidate) -> None:
        probes = list(_probes(candidate))
        body = [line for probe in probes for line in _function(probe, probe.questions)]
        head = _head(candidate, body)
        self.candidate = candidate
        self.head = _joined(head)
        self.text = _joined([*head, *body])
        self.lines: dict[int, tuple[Probe, Question]] = {}
        number = len(head)
        for probe in probes:
            number += len(probe.before)
            for question in probe.questions:
                for _ in question.lines:
                    number += 1
                    self.lines[number] = (probe, question)

    def excerpt(self, line: int) -> str:
        """One question alone as a file of its own, up to a line of this file."""
        probe, question = self.lines[line]
        before = sum(self.lines.get(number, (None, None))[1] is question for number in range(line - len(question.lines) + 1, line))
        body = _function(probe, [replace(question, lines=question.lines[: before + 1])])
        return _joined([*_head(self.candidate, body), *body])


def _joined(lines: Iterable[str]) -> str:
    return "".join([f"{line}\n" for line in lines])


def _function(probe: Probe, questions: Iterable[Question]) -> list[str]:
    return [*probe.before, *[f"    {line}" for question in questions for line in question.lines]]


def _head(candidate: Candidate, body: Iterable[str]) -> list[str]:
    """The imports that the lines need, and the class under a short name."""
    text = "\n".join(body)
    names: dict[str, list[str]] = {}
    for name, (module, imported) in _IMPORTS.items():
        if re.search(rf"(?<!\.)\b{name}\b", text):
            names.setdefault(module, []).append(imported)
    imports = [f"from {module} import {', '.join(found)}" for module, found in names.items()]
    return [f"import {candidate.module}", *imports, f"Candidate = {candidate.module}.{candidate.name}"]


def _probes(candidate: Candidate) -> Iterator[Probe]:
    kind = Store if candidate.plain else PrototypeStore
    seen: set[str] = set()
    for protocol in (kind, *[CAPABILITIES[flag] for flag in CAPABILITIES if flag in candidate.claims]):
        for member in _members(protocol):
            if member not in seen:
                seen.add(member)
                documented = inspect.getattr_static(protocol, member)
                if isinstance(documented, property):
                    yield _flag(member)
                else:
                    yield _calls(member, documented, candidate)
                    yield _whole(member, documented, candidate)


def _members(protocol: Any) -> list[str]:
    """The members of a protocol, in the order of its source."""
    members = get_protocol_members(protocol)
    bases: list[type] = [*reversed(protocol.__mro__)]
    return list(dict.fromkeys([name for base in bases for name in vars(base) if name in members]))


def _flag(member: str) -> Probe:
    question = Question((f"flag: bool = store.{member}", f"reveal_type(store.{member})"))
    return Probe(member, (f"def read_{member}(store: Candidate) -> None:",), (question,))


def _calls(member: str, documented: Any, candidate: Candidate) -> Probe:
    """A function that calls the member in each documented way, and demands of each result its type."""
    parameters, result = _signature(documented, candidate)
    needed = [parameter.name for parameter in parameters if parameter.default is parameter.empty]
    names = [parameter.name for parameter in parameters]
    # By position alone, by name alone, and each optional one by name after what is needed.
    ways = [(needed, ()), ((), names), (names, ()), *[(needed, (name,)) for name in names if name not in needed]]
    questions = [
        _call(member, tuple(by_position), tuple(by_name), result, number, awaited=inspect.iscoroutinefunction(documented))
        for number, (by_position, by_name) in enumerate(dict.fromkeys([(tuple(first), tuple(last)) for first, last in ways]))
    ]
    given = ", ".join(["store: Candidate", *[f"{parameter.name}: {parameter.annotation}" for parameter in parameters]])
    return Probe(member, (f"async def call_{member}({given}) -> None:",), tuple(questions))


def _signature(documented: Any, candidate: Candidate) -> tuple[list[inspect.Parameter], str]:
    """The parameters of a member of a protocol and the type of its result, in the candidate's dialect."""
    types = TYPES[candidate.dialect]

    def filled(annotation: object) -> str:
        return _VARIABLE.sub(lambda match: types[match[1]], str(annotation))

    signature = inspect.signature(documented)
    parameters = [
        parameter.replace(annotation=filled(parameter.annotation)) for parameter in list(signature.parameters.values())[1:]
    ]
    result = filled(signature.return_annotation)
    # A class that is wrong elsewhere returns itself rightly all the same.
    return parameters, f"Candidate | {result}" if result.startswith(("Store[", "PrototypeStore[")) else result


def _call(
    member: str, by_position: tuple[str, ...], by_name: tuple[str, ...], result: str, number: int, *, awaited: bool
) -> Question:
    call = f"store.{member}({', '.join([*by_position, *[f'{name}={name}' for name in by_name]])})"
    if match := _LISTING.fullmatch(result):
        item = f"item_{number}"
        body = (f"    wanted_{number}: {match[1]} = {item}", f"    reveal_type({item})")
        return Question((f"async for {item} in {call}:", *body), "result", by_position)
    call = f"await {call}" if awaited else call
    if result == "None":
        return Question((f"reveal_type({call})",), "result", by_position)
    got = f"result_{number}"
    return Question((f"{got} = {call}", f"wanted_{number}: {result} = {got}", f"reveal_type({got})"), "result", by_position)


def _whole(member: str, documented: Any, candidate: Candidate) -> Probe:
    """A function that takes the class for any that has the member as it is documented."""
    parameters, result = _signature(documented, candidate)
    written = [
        f"{parameter.name}: {parameter.annotation}" + ("" if parameter.default is parameter.empty else " = ...")
        for parameter in parameters
    ]
    given = ["self", *written]
    kind = "async def" if inspect.iscoroutinefunction(documented) else "def"
    name = f"Has{member.title().replace('_', '')}"
    before = (
        f"class {name}(Protocol):",
        f"    {kind} {member}({', '.join(given)}) -> {result}: ...",
        f"def assign_{member}(store: Candidate) -> None:",
    )
    return Probe(member, before, (Question((f"wanted: {name} = store",), of_whole=True),))
