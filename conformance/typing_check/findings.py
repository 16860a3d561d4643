"""What a type checker's remarks say of each member, in its own words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from conformance.typing_check.candidate import CAPABILITIES, Candidate
from conformance.typing_check.checkers import CHECKERS, Checker, Remark
from conformance.typing_check.probes import Probe, ProbeFile, Question


@dataclass(frozen=True)
class Finding:
    """Something wrong with a class.

    Attributes:
        member: the member; empty for the class as a whole.
        about: a parameter of it, or its result; empty where the words say it.
        words: the type checker's own.
        excerpt: a file that shows it.
        shown: the note on that file which shows it, where that is no error.
    """

    member: str
    about: str
    words: str
    excerpt: str
    shown: str = ""

    def __str__(self) -> str:
        return ": ".join([part for part in (self.member, self.about, self.words) if part])


def find(candidates: Iterable[Candidate], checker: Checker, cache: Path | None = None) -> dict[Candidate, tuple[Finding, ...]]:
    """Return what `checker`, run once, says of each candidate; nothing where it is right.

    Args:
        candidates: the classes.
        checker: reads what is written about them.
        cache: the folder of what helps its next run; without one, what helps is kept as long as this process lives.

    Raises:
        CheckerError: it came to no answer.
    """
    files = {f"storeproto_probes_{number}.py": ProbeFile(candidate) for number, candidate in enumerate(candidates)}
    roots: list[Path] = [file.candidate.root for file in files.values() if file.candidate.root is not None]
    remarks = checker.remarks({name: file.text for name, file in files.items()}, dict.fromkeys(roots), cache)
    return {file.candidate: tuple(_read(file, [one for one in remarks if one.file == name])) for name, file in files.items()}


@lru_cache(maxsize=256)
def find_once(candidate: Candidate, checker: str, cache: Path | None = None) -> tuple[Finding, ...]:
    """Return what `find` says of one candidate with the checker of that name, from the first time that it was asked here."""
    return find([candidate], CHECKERS[checker], cache)[candidate]


def _read(file: ProbeFile, remarks: Sequence[Remark]) -> Iterator[Finding]:
    """The findings of one candidate: that it cannot be seen, or what is wrong with each member, told once."""
    unseen = next((one.text for one in remarks if one.error and one.line not in file.lines), None)
    if unseen is not None:
        yield Finding("", "not typed", unseen, file.head)
        return
    told: dict[str, list[tuple[str, str]]] = {}
    for rank, one, probe, question in sorted(_placed(file, remarks), key=lambda placed: placed[0]):
        said = _said(one, probe, question, file.candidate)
        before = told.setdefault(probe.member, [])
        # What is no error of a call is of interest where no call was refused.
        if said is not None and said not in before and not (before and rank):
            before.append(said)
            yield Finding(probe.member, *said, file.excerpt(one.line), "" if one.error else one.text)


def _placed(file: ProbeFile, remarks: Iterable[Remark]) -> Iterator[tuple[int, Remark, Probe, Question]]:
    """Each remark with its question, and its rank: errors of calls come first, then what is not known, then whole signatures."""
    for one in remarks:
        if one.line in file.lines:
            probe, question = file.lines[one.line]
            yield 2 if question.of_whole else 0 if one.error else 1, one, probe, question


_REVEALED = re.compile(r'(?:Revealed type is|Type of ".*" is) "(?P<type>.*)"', re.DOTALL)
_OF_PARAMETER = (
    re.compile(r'Argument (?P<parameter>\d+|"\w+") to .+? has (?P<words>incompatible type .*)'),
    re.compile(r'(?P<words>Unexpected keyword argument|Missing (?:positional|named) argument) "(?P<parameter>\w+)".*'),
    re.compile(r'(?P<words>Argument of type .* cannot be assigned to parameter "(?P<parameter>\w+)" of type .*) in function .*'),
    re.compile(r'(?P<words>No parameter named|Argument missing for parameter) "(?P<parameter>\w+)"'),
)
_OF_RESULT = (
    re.compile(r"Incompatible types in assignment \((?P<words>.*)\)"),
    re.compile(r"(?P<words>Type .* is not assignable to declared type .*)"),
)
_CONFLICT = re.compile(r"Expected:\n(?P<expected>.*?)\n\s*Got:\n(?P<got>.*)", re.DOTALL)


def _said(remark: Remark, probe: Probe, question: Question, candidate: Candidate) -> tuple[str, str] | None:
    """What of the member something is wrong with, and the words for it; None where nothing is."""
    text = remark.text
    if not remark.error:
        match = _REVEALED.fullmatch(text)
        words = _revealed(match["type"], probe.member, candidate) if match else ""
        return (question.about, words) if words else None
    if question.of_whole:
        return "", _conflict(remark)
    if remark.code == "no-untyped-call":
        return "", f"not typed: {text}"
    for pattern in _OF_PARAMETER:
        if match := pattern.fullmatch(text):
            return f"parameter {_parameter(match['parameter'], question)}", match["words"]
    for pattern in _OF_RESULT:
        if match := pattern.fullmatch(text):
            return question.about, match["words"]
    return "", text


def _parameter(given: str, question: Question) -> str:
    """The documented name of a parameter, of which a checker says the name, in quotes or without, or the position."""
    if not given.isdigit():
        return given.strip('"')
    position = int(given) - 1
    return question.positions[position] if position < len(question.positions) else given


def _revealed(shown: str, member: str, candidate: Candidate) -> str:
    """What is wrong with the type of a result, or of a flag; nothing where it is not of interest."""
    if _is_unknown(shown) and not candidate.generic:
        return f'not typed: it is "{shown}"'
    claimed = member in candidate.claims
    if member in CAPABILITIES and shown == f"Literal[{not claimed}]":
        return f'it is "{shown}" to the type checker, and {claimed} when the program runs'
    return ""


def _is_unknown(shown: str) -> bool:
    """Whether a type, or one of those that it is a union or a list of, is Any."""
    inner = re.sub(r"\b(?:builtins\.)?(?:list|Union|Optional)\[", "", shown).rstrip("]")
    separator = r"[|,]" if "Union[" in shown else r"\|"
    return any(part.strip() in ("Any", "Unknown") for part in re.split(separator, inner))


def _conflict(remark: Remark) -> str:
    """Both signatures, where the checker shows them."""
    if match := _CONFLICT.search(remark.hint):
        expected, got = [" ".join(text.split()) for text in (match["expected"], match["got"])]
        return f'expected "{expected}", got "{got}"'
    lines = [line.strip() for line in remark.hint.splitlines()]
    return next((line for line in lines if re.search(r'(?:assignable to|matches) type "', line)), " ".join([remark.text, *lines]))
