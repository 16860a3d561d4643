"""Programs that Hypothesis draws, as bytes of a fixed length: between the state machine and the seeded programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hypothesis import given, seed, settings
from hypothesis import strategies as st

from conformance.clause import ClauseFailure
from conformance.search.batches import Batches
from conformance.search.blame import blame
from conformance.search.play import Divergence
from conformance.search.program import BLOCK, LENGTH, Program
from conformance.search.search import Search
from conformance.subject import Subject
from conformance.trial import Watch

SIZE = LENGTH * BLOCK
"""Bytes of a program."""


def programs(decoded: Callable[[bytes], Program]) -> st.SearchStrategy[Program]:
    """Programs, each in one draw: draws are what Hypothesis spends its time on.

    Args:
        decoded: returns the program that some bytes stand for, as a generator's `decoded` does.
    """
    return st.binary(min_size=SIZE, max_size=SIZE).map(decoded)


def clause_failure(program: Program, divergence: Divergence) -> ClauseFailure:
    """Return what is to be raised where a program diverges; its reason is the clause's id."""
    expected = f"{divergence.operation}: {divergence.expectation}"
    return ClauseFailure(expected, str(divergence.outcome), blame(divergence, program))


class BinaryPrograms(Batches):
    """Runs binary programs on the store of a search, which knows how to open it.

    Args:
        search: opens the stores, and decodes the programs.
    """

    def __init__(
        self,
        subject: Subject,
        watch: Watch,
        known: set[str],
        search: Search,
        *,
        deadline: float,
        seed_number: int = 0,
        cache: Path | None = None,
    ) -> None:
        super().__init__(subject, watch, known, deadline=deadline, seed_number=seed_number, cache=cache)
        self._search = search

    def _test(self, number: str, chosen: settings) -> None:
        def binary_program(program: Program) -> None:
            self.operations += len(program)
            divergence = self.runner.run(self._search.play(program, deadline=self.deadline, known=self.known))
            if divergence is not None:
                self.last = (program, divergence)
                raise clause_failure(program, divergence)

        chosen(seed(number)(given(programs(self._search.generator.decoded))(binary_program)))()
