"""The store contract: every clause, in the order of the chapters."""

from __future__ import annotations

from conformance.clause import Clause
from conformance.contract import (
    capabilities,
    concurrency,
    confinement,
    creating,
    deleting,
    discretion,
    durability,
    errors,
    existence,
    keys,
    life_cycle,
    listing,
    partial_reads,
    partial_writes,
    ranges,
    read_only,
    reading,
    shape,
    subject_itself,
    writing,
)

VERSION = "1.0"
"""The version of the contract that this kit decides."""

CHAPTERS: dict[str, str] = {
    "PRE": "the subject itself",
    "TYP": "shape and types",
    "CAP": "honest capabilities",
    "KEY": "keys",
    "SAF": "confinement",
    "SET": "writing",
    "GET": "reading",
    "RNG": "byte ranges",
    "PAR": "get_partial_values",
    "PWR": "partial writes",
    "NEW": "set_if_not_exists",
    "DEL": "deleting",
    "EXI": "existence and size",
    "LST": "listing",
    "RDO": "read-only",
    "LIF": "life cycle",
    "CON": "concurrency",
    "DUR": "durability and faults",
    "ERR": "errors",
}
"""What each chapter is about."""

CONTRACT: tuple[Clause, ...] = (
    *subject_itself.CLAUSES,
    *shape.CLAUSES,
    *capabilities.CLAUSES,
    *keys.CLAUSES,
    *confinement.CLAUSES,
    *discretion.CLAUSES,
    *writing.CLAUSES,
    *reading.CLAUSES,
    *ranges.CLAUSES,
    *partial_reads.CLAUSES,
    *partial_writes.CLAUSES,
    *creating.CLAUSES,
    *deleting.CLAUSES,
    *existence.CLAUSES,
    *listing.CLAUSES,
    *read_only.CLAUSES,
    *life_cycle.CLAUSES,
    *concurrency.CLAUSES,
    *durability.CLAUSES,
    *errors.CLAUSES,
)
"""Every clause, in order."""


class UnknownClauseError(Exception):
    """A name that is neither a clause nor a chapter; the message is one line."""


def select(names: list[str]) -> tuple[Clause, ...]:
    """Return the clauses that `names`, ids and chapters in either case, stand for; all of them for none.

    Raises:
        UnknownClauseError: a name is no clause and no chapter.
    """
    wanted = {name.upper() for name in names}
    found = tuple([clause for clause in CONTRACT if not names or clause.id.upper() in wanted or clause.chapter in wanted])
    known = {clause.id.upper() for clause in CONTRACT} | {clause.chapter for clause in CONTRACT}
    for name in names:
        if name.upper() not in known:
            raise UnknownClauseError(
                f"there is no clause or chapter {name!r}; the chapters are {', '.join(CHAPTERS)}, "
                "and storeproto contract lists the clauses"
            )
    return found
