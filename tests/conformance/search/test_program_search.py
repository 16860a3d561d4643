"""The program search: what it finds, how it shortens it, and that it does the same again."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from broken_stores.sound import SoundStore

from conformance.clause import Need
from conformance.dialect import Native
from conformance.operations import Set
from conformance.search.pool import make_pool
from conformance.search.program import Generator
from conformance.search.search import Search
from conformance.subject import AnyKey
from conformance.trial import Watch

EVERYTHING = frozenset({Need.WRITES, Need.DELETES, Need.LISTING, Need.PARTIAL_WRITES})


class DeleteTakesTheTree(SoundStore):
    """`delete("a")` removes what is below `a` too."""

    async def delete(self, key: str) -> None:
        await super().delete(key)
        await self.delete_dir(key)


class StaleSuffix(SoundStore):
    """A key set again keeps the old value's tail; and sizes are one too large."""

    async def set(self, key: str, value: Any) -> None:
        old = self.values.get(key, b"")
        await super().set(key, value)
        self.values[key] += old[len(value) :]

    async def getsize(self, key: str) -> int:
        return await super().getsize(key) + 1


def search(store: type[SoundStore], operations: int = 5_000, **options: Any) -> Search:
    """Search `store` with that many operations."""

    async def open_store(stack: AsyncExitStack) -> SoundStore:
        return store()

    made = Search(open_store, Native(), EVERYTHING, AnyKey(), Watch(), **options)
    asyncio.run(made.run(seconds=0, operations=operations))
    return made


def test_sound_store_has_no_finding():
    """A store that keeps the contract diverges nowhere."""
    assert search(SoundStore, 20_000).findings == {}


class WritesInOrder(SoundStore):
    """Refuses to begin a key below or above another, and writes parts one after the other until then."""

    async def set_partial_values(self, key_start_values: Any) -> None:
        for key, start, value in key_start_values:
            related = [other for other in self.values if key.startswith(f"{other}/") or other.startswith(f"{key}/")]
            if related and key not in self.values:
                raise OSError("a file is no directory")
            await super().set_partial_values([(key, start, value)])


def test_refused_in_the_middle_is_no_alarm():
    """A call that may be refused for one of its keys may have been done for another."""
    assert search(WritesInOrder, 10_000).findings == {}


def test_finding_is_named_and_minimal():
    """A fault is laid to its clause, by a program from which nothing can be left out."""
    finding = search(DeleteTakesTheTree).findings["DEL-3"]
    assert [operation.method for operation in finding.program] in (["set", "delete", "get"], ["set_if_not_exists", "delete", "get"])


def test_one_fault_hides_no_other():
    """After a finding the search goes on, and finds the next."""
    assert search(StaleSuffix).findings.keys() == {"SET-5", "EXI-2"}


def test_known_clause_is_passed_over():
    """What is known to be broken is no finding."""
    assert search(StaleSuffix, known={"EXI-2"}).findings.keys() == {"SET-5"}


def test_same_seed_same_run():
    """The same seed gives the same findings, by the same programs."""
    one, two = [search(StaleSuffix, seed=7).findings for _ in range(2)]
    assert [(finding.clause, finding.program) for finding in one.values()] == [(f.clause, f.program) for f in two.values()]


def test_seeds_differ():
    """Another seed draws other programs."""
    programs = [Generator(make_pool(AnyKey()), EVERYTHING, seed).program(20) for seed in (1, 2)]
    assert programs[0] != programs[1]


def test_a_third_of_the_keys_are_live():
    """At least 30 % of the operations with a key meet one that is set."""
    assert search(SoundStore).coverage.to_json()["live_keys"] >= 0.3


def test_every_pair_of_operations_is_reached():
    """Every kind of operation follows every other."""
    coverage = search(SoundStore, 20_000).coverage
    assert len(coverage.pairs) == coverage.possible


@pytest.mark.parametrize("lacking", [Need.WRITES, Need.DELETES, Need.LISTING, Need.PARTIAL_WRITES])
def test_asks_only_what_is_offered(lacking):
    """A program holds no operation that the store does not offer."""
    methods = {
        Need.WRITES: {"set", "set_if_not_exists"},
        Need.DELETES: {"delete", "delete_dir", "clear"},
        Need.LISTING: {"list", "list_prefix", "list_dir", "is_empty", "getsize_prefix", "delete_dir", "clear"},
        Need.PARTIAL_WRITES: {"set_partial_values"},
    }
    program = Generator(make_pool(AnyKey()), EVERYTHING - {lacking}, 0).program(2_000)
    assert not {operation.method for operation in program} & methods[lacking]


def test_own_grammar_is_kept():
    """A subject's own grammar is all that keys are drawn from."""

    class Numbers(AnyKey):
        def legal(self, key: str) -> bool:
            return all(part.isdigit() for part in key.split("/"))

        def name(self, number: int) -> str:
            return str(number)

        def directory(self, number: int) -> str:
            return str(1000 + number)

    program = Generator(make_pool(Numbers()), EVERYTHING, 0).program(2_000)
    assert all(Numbers().legal(operation.key) for operation in program if isinstance(operation, Set))
