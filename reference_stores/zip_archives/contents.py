"""What a zip archive holds: the open file, its members, and which of them are below a directory."""

from __future__ import annotations

from threading import Lock

from reference_stores.key_index import KeyIndex
from reference_stores.zip_archives.positioned_file import PositionedFile
from reference_stores.zip_archives.records import Member


class Contents:
    """The members of one file. Reading a value takes no lock; a listing waits at most for the end of another listing.

    Args:
        file: open for reading, at least.
        members: by key.
    """

    __slots__ = ("_index", "_indexing", "file", "members")

    def __init__(self, file: PositionedFile, members: dict[str, Member]) -> None:
        self.file = file
        self.members = members
        self._index = KeyIndex(members)
        self._indexing = Lock()

    def put(self, key: str, member: Member) -> None:
        """Let `member` be the value of `key`, from one moment to the next."""
        with self._indexing:
            self.members[key] = member

    def beginning_with(self, prefix: str) -> list[str]:
        """Return the keys that begin with the string `prefix`."""
        with self._indexing:
            return self._index.beginning_with(prefix) if prefix else [*self.members]

    def children(self, directory: str) -> list[str]:
        """Return the name of each immediate child, key or directory, once."""
        with self._indexing:
            return self._index.children(directory)

    def has_below(self, directory: str) -> bool:
        """Whether any key is below `directory`."""
        with self._indexing:
            return self._index.has_below(directory)

    def size_below(self, start: str) -> int:
        """Return the number of bytes of all values whose keys begin with `start`."""
        return sum([self.members[key].size for key in self.beginning_with(start)])

    def after_fork(self) -> None:
        """Forget what another thread of the parent may have been in the middle of."""
        self._index = KeyIndex(self.members)
        self._indexing = Lock()
