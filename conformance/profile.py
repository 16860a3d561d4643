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
    """

    name: str
    deadline: float
    largest: int
    page: int
    many: int
    search: float

    def with_deadline(self, seconds: float | None) -> Profile:
        """The same profile with another deadline; itself for None."""
        return self if seconds is None else replace(self, deadline=seconds)


QUICK = Profile("quick", deadline=5.0, largest=1 << 20, page=1_100, many=500, search=0.5)
DEFAULT = Profile("default", deadline=10.0, largest=8 << 20, page=2_500, many=2_000, search=1.5)
THOROUGH = Profile("thorough", deadline=60.0, largest=8 << 20, page=5_001, many=2_000, search=60.0)

PROFILES = {profile.name: profile for profile in (QUICK, DEFAULT, THOROUGH)}
"""By name."""
