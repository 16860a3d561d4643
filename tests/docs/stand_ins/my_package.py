"""What the reader of the documentation is taken to have written."""

from pathlib import Path
from typing import Self

from reference_stores import MemoryStore


class MyStore(MemoryStore):
    """A store of the reader's."""

    def __init__(self, root: Path | str | None = None, *, read_only: bool = False, size: int = 0) -> None:
        super().__init__(read_only=read_only)
        self.root = root
        self.size = size

    @classmethod
    def connect(cls, url: str, *, cache: Path) -> Self:
        """Open the store behind a server."""
        assert url
        return cls(cache)

    async def compact(self) -> None:
        """Give back the memory of what was deleted."""
