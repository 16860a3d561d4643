"""How many keys the paged listings of the reference stores give at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

PAGE_SIZE: Final = 1000


def pages(keys: list[str]) -> Iterator[list[str]]:
    """Give `keys` in lists of at most `PAGE_SIZE`."""
    for start in range(0, len(keys), PAGE_SIZE):
        yield keys[start : start + PAGE_SIZE]
