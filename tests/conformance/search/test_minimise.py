"""Delta debugging of programs."""

import asyncio

import pytest

from conformance.operations import Delete, Get, Set
from conformance.search.minimise import minimise

PROGRAM = (*[Set(f"k{number}", b"long value") for number in range(20)], Delete("k3"), Get("k7"))


def shortest(needed: set[object], budget: int = 2_000) -> tuple[object, ...]:
    """The shortest program that still has the operations of which the keys are `needed`."""

    async def shows(candidate) -> bool:
        return needed <= {(type(operation), operation.key) for operation in candidate}

    return asyncio.run(minimise(PROGRAM, shows, budget))


@pytest.mark.parametrize(
    "needed", [{(Get, "k7")}, {(Set, "k0"), (Get, "k7")}, {(Set, "k19"), (Delete, "k3"), (Get, "k7")}], ids=["one", "two", "three"]
)
def test_leaves_only_what_is_needed(needed):
    """What is not needed to show the fault is taken out."""
    assert {(type(operation), operation.key) for operation in shortest(needed)} == needed


def test_makes_values_plain():
    """A value that does not matter becomes a plain one."""
    assert shortest({(Set, "k0"), (Get, "k7")})[0] == Set("k0", b"v")


def test_keeps_to_its_budget():
    """Where the budget runs out, the shortest so far is returned."""
    assert 1 <= len(shortest({(Get, "k7")}, budget=1)) < len(PROGRAM)
