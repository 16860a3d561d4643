"""How much a run asks: three profiles."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Profile:
    """How much a run asks of a store.

    Attributes:
        name: what the command line calls it.
        deadline: seconds that one call may take.
        largest: bytes of the largest value.
        page: keys that one listing must give at once (LST-8).
        many: keys set in a row (SET-10).
        search: seconds for the program search.
        machine: seconds for the state machine, beside it; 0 leaves it out.
        binary: seconds for binary programs, which Hypothesis draws, beside both; 0 leaves them out.
        kills: how often a process that writes is killed (DUR-1, DUR-2).
        rounds: how often creators race for a key (NEW-4), and stores are opened and used (LIF-9): a tenth of it.
        programs: how many programs of concurrent clients are tried for each clause (CON).
        type_checkers: which are asked about the store's class (TYP-4): mypy, pyright, both or none.
    """

    name: str
    deadline: float
    largest: int
    page: int
    many: int
    search: float
    machine: float = 0.0
    binary: float = 0.0
    kills: int = 8
    rounds: int = 100
    programs: int = 300
    type_checkers: tuple[str, ...] = ("mypy",)

    def with_deadline(self, seconds: float | None) -> Profile:
        """The same profile with another deadline; itself for None."""
        return self if seconds is None else replace(self, deadline=seconds)

    def with_type_checkers(self, *names: str) -> Profile:
        """The same profile with other type checkers, or none."""
        return replace(self, type_checkers=names)


QUICK = Profile(
    "quick", deadline=5.0, largest=1 << 20, page=1_100, many=500, search=0.5, kills=3, rounds=40, programs=100, type_checkers=()
)
DEFAULT = Profile("default", deadline=10.0, largest=8 << 20, page=2_500, many=2_000, search=1.5)
THOROUGH = Profile(
    "thorough",
    deadline=60.0,
    largest=8 << 20,
    page=5_001,
    many=2_000,
    search=60.0,
    machine=30.0,
    binary=15.0,
    kills=100,
    rounds=1_000,
    programs=10_000,
)

PROFILES = {profile.name: profile for profile in (QUICK, DEFAULT, THOROUGH)}
"""The three profiles, `quick`, `default` and `thorough`, by name."""
