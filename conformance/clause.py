"""Clauses of the contract, and what a run can say of each: frozen values."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from conformance.trial import Trial


class Level(Enum):
    """How binding a clause is (RFC 2119)."""

    MUST = "MUST"
    """A store that breaks it does not conform."""
    SHOULD = "SHOULD"
    """A store that breaks it is warned of; under `--strict` it does not conform."""
    MAY = "MAY"
    """What a store does is reported, and counts for nothing."""


class Verdict(Enum):
    """What a run says of a clause."""

    PASSED = "passed"
    """The clause holds."""
    FAILED = "failed"
    """A MUST that is broken."""
    WARNED = "warned"
    """A SHOULD that is broken."""
    NOTED = "noted"
    """A MAY that is not kept."""
    NOT_APPLICABLE = "not-applicable"
    """The store or its subject does not offer what the clause needs; the result's `reason` says what."""
    NOT_DECIDED = "not-decided"
    """The kit has no check of this clause yet."""
    INCONCLUSIVE = "inconclusive"
    """A budget ran out before there was an answer."""
    EXPECTED_FAILURE = "expected-failure"
    """A clause that is broken, as an expectation says."""
    UNEXPECTED_PASS = "unexpected-pass"  # noqa: S105  # no password
    """A clause that holds, though an expectation says that it is broken."""
    ERROR = "error"
    """The kit itself failed."""


class Need(Enum):
    """What a store or its subject must offer for a clause to apply; the value is the letter in the contract's table."""

    WRITES = "W"
    DELETES = "D"
    LISTING = "L"
    PARTIAL_WRITES = "P"
    REOPENING = "R"
    RECIPE = "E"
    BACKEND = "B"
    HOST_FILES = "X"

    @property
    def lack(self) -> str:
        """Why a clause that needs this does not apply where it is missing."""
        return _LACKS[self]


_LACKS = {
    Need.WRITES: "the store cannot be written to",
    Need.DELETES: "the store does not support deletes",
    Need.LISTING: "the store does not support listing",
    Need.PARTIAL_WRITES: "the store does not support partial writes",
    Need.REOPENING: "the subject cannot open the same data again in this process",
    Need.RECIPE: "the subject has no recipe to open it in another process (an import path and plain arguments)",
    Need.BACKEND: "the subject does not let the kit disturb its backend",
    Need.HOST_FILES: "the store does not live on a host file system",
}

FIRST_VERSION = "1.0"
"""The version of the contract that clauses are of unless they say another."""

Check: TypeAlias = Callable[["Trial"], Awaitable[None]]
"""Returns where the clause holds; raises ClauseFailure where it does not, NotApplicable where it has nothing to ask."""


@dataclass(frozen=True)
class Clause:
    """One numbered rule of the contract, with the check that decides it.

    Attributes:
        id: the chapter and a number, `GET-1`.
        level: how binding it is.
        title: a few words.
        text: the rule.
        needs: what must be offered for it to apply.
        guarded: whether its check uses illegal or climbing keys, and so runs only in the guard's child process.
        since: the version of the contract that it came with.
        check: decides it; None where the kit has none yet.
        changed: the version that made it stricter, or in which the kit began to decide it; empty where none did.
    """

    id: str
    level: Level
    title: str
    text: str
    needs: frozenset[Need] = frozenset()
    guarded: bool = False
    since: str = FIRST_VERSION
    check: Check | None = None
    changed: str = ""

    @property
    def chapter(self) -> str:
        """The letters before the number: `GET`."""
        return self.id.partition("-")[0]

    @property
    def news(self) -> str:
        """What a version after the first brought: `new in 1.1`; empty where none did anything to it."""
        came = [f"new in {self.since}"] if self.since != FIRST_VERSION else []
        return ", ".join([*came, *([f"stricter in {self.changed}"] if self.changed else [])])

    @property
    def remarks(self) -> list[str]:
        """What a list of clauses says of it beside its text."""
        return [text for text in (self.news, "" if self.check else "not decided yet") if text]


class ClauseFailure(Exception):  # noqa: N818  # not an error of the kit: what a check says of the store
    """A clause does not hold.

    Args:
        expected: what the contract allows.
        actual: what the store did.
        because: the reason in this situation, one sentence; empty where the clause's text says it all.
        binding: whether the store promises what the clause only permits, so that it is a MUST for it.
    """

    def __init__(self, expected: str, actual: str, because: str = "", *, binding: bool = False) -> None:
        super().__init__(expected, actual, because)
        self.expected = expected
        self.actual = actual
        self.because = because
        self.binding = binding

    def __str__(self) -> str:
        return f"expected {self.expected}; got {self.actual}" + (f" ({self.because})" if self.because else "")


class NotApplicable(Exception):  # noqa: N818  # as above
    """A clause has nothing to ask of this store.

    Args:
        reason: why, one sentence.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Inconclusive(Exception):  # noqa: N818  # as above
    """A clause was not decided within its budget.

    Args:
        reason: which budget ran out, one sentence.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def clause(
    id: str,  # noqa: A002  # the field's name
    level: Level,
    title: str,
    text: str,
    *,
    needs: str = "",
    guarded: bool = False,
    since: str = FIRST_VERSION,
    changed: str = "",
) -> Callable[[Check], Clause]:
    """Make a clause of the check below: data first, function last. `needs` are the letters of the contract's table."""

    def made(check: Check) -> Clause:
        return Clause(id, level, title, text, frozenset(map(Need, needs)), guarded, since, check, changed)

    return made
