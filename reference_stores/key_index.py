"""Which keys are below a directory, without looking at the others: what listings of the memory and zip stores are made from."""

from __future__ import annotations

from collections import deque
from collections.abc import MutableMapping
from itertools import islice
from typing import Any, Final, Protocol

from storeproto.keys import below


class Index(Protocol):
    """The keys of a mapping, by directory; a directory is named without a `/` behind it, the root is `""`.

    The owner of the mapping changes it, and appends each key that it has removed to `removed`.
    """

    removed: deque[str]

    def forget(self) -> None:
        """Take it that nothing is known of the mapping, as after its clearing."""
        ...

    def children(self, directory: str) -> list[str]:
        """Return the name of each immediate child, key or directory, once."""
        ...

    def has_below(self, directory: str) -> bool:
        """Whether any key is below `directory`."""
        ...

    def beginning_with(self, prefix: str) -> list[str]:
        """Return the keys that begin with the string `prefix`."""
        ...


class KeyIndex:
    """An index that is kept: a listing costs what it yields, and what has changed since the last one.

    To set a key costs nothing here: a dictionary keeps its order, so that the new ones are the last ones.

    Args:
        keys: the dictionary, changed by one thread at a time.
    """

    __slots__ = ("_directories", "_found", "_keys", "_known", "removed")

    _LEAST_ROOM: Final = 1_000

    def __init__(self, keys: dict[str, Any]) -> None:
        self._keys = keys
        self._known = 0
        """How many keys of the dictionary have been looked at: its first ones."""
        self.removed: deque[str] = deque(maxlen=self._LEAST_ROOM)
        """What was removed since the last look, whether it had been looked at or not. When it is full, more may have been than it
        has room for, and all keys are looked at anew: that costs no more than what has changed, since it has room for half as many
        keys as were known."""
        self._found: dict[str, dict[str, str]] = {}
        """The keys immediately below each directory, by name."""
        self._directories: dict[str, dict[str, str]] = {}
        """The directories immediately below each directory, by name."""

    def forget(self) -> None:
        """Take it that nothing is known of the dictionary, as after its clearing."""
        self._known = 0
        self.removed.clear()
        self._found.clear()
        self._directories.clear()

    def _look(self) -> None:
        """Take note of what has changed since the last time."""
        if len(self.removed) == self.removed.maxlen:
            self.forget()
        elif self.removed:
            self._leave_out_removed()
        new = len(self._keys) - self._known
        if new:
            self._add([*islice(reversed(self._keys), new)])
            if self._known > 2 * (self.removed.maxlen or 0):
                self.removed = deque(maxlen=self._known)

    def _leave_out_removed(self) -> None:
        """Leave out the keys that were removed, and each directory that goes with them."""
        found, directories = self._found, self._directories
        for key in self.removed:
            directory, _, name = key.rpartition("/")
            siblings = found.get(directory)
            if siblings is None or siblings.pop(name, None) is None:
                continue  # it had not been looked at
            self._known -= 1
            if siblings:
                continue
            del found[directory]
            while directory and directory not in found and directory not in directories:
                directory, _, name = directory.rpartition("/")
                siblings = directories[directory]
                del siblings[name]
                if not siblings:
                    del directories[directory]
        self.removed.clear()

    def _add(self, keys: list[str]) -> None:
        """Take note of keys that are new, the newest first."""
        found, directories = self._found, self._directories
        for key in reversed(keys):
            directory, _, name = key.rpartition("/")
            siblings = found.get(directory)
            if siblings is not None:
                siblings[name] = key
                continue
            if directory not in directories:
                self._add_directory(directory)
            found[directory] = {name: key}
        self._known += len(keys)

    def _add_directory(self, directory: str) -> None:
        """Take note of a directory that is new, and of those above it that are."""
        found, directories = self._found, self._directories
        while directory:
            path = directory
            directory, _, name = path.rpartition("/")
            siblings = directories.get(directory)
            if siblings is not None:
                siblings[name] = path
                return
            directories[directory] = {name: path}
            if directory in found:
                return

    def children(self, directory: str) -> list[str]:
        """Return the name of each immediate child, key or directory, once."""
        self._look()
        return [*{**self._found.get(directory, {}), **self._directories.get(directory, {})}]

    def has_below(self, directory: str) -> bool:
        """Whether any key is below `directory`."""
        self._look()
        return directory in self._found or directory in self._directories

    def beginning_with(self, prefix: str) -> list[str]:
        """Return the keys that begin with the string `prefix`."""
        if prefix == "":
            return [*self._keys]
        self._look()
        found, directories = self._found, self._directories
        keys: list[str] = []
        directory, _, start = prefix.rpartition("/")
        pending = [directory]
        if start:
            keys = [key for name, key in found.get(directory, {}).items() if name.startswith(start)]
            pending = [path for name, path in directories.get(directory, {}).items() if name.startswith(start)]
        while pending:
            directory = pending.pop()
            keys += found.get(directory, {}).values()
            pending += directories.get(directory, {}).values()
        return keys


class ScanIndex:
    """The same answers by looking at all keys each time: for a mapping that others change behind the store's back."""

    __slots__ = ("_keys", "removed")

    def __init__(self, keys: MutableMapping[str, Any]) -> None:
        self._keys = keys
        self.removed: deque[str] = deque(maxlen=0)
        """Takes note of nothing."""

    def forget(self) -> None:
        """Do nothing: nothing is known from one answer to the next."""

    def children(self, directory: str) -> list[str]:
        """Return the name of each immediate child, key or directory, once."""
        start = len(below(directory))
        return [*{key[start:].partition("/")[0]: None for key in self.beginning_with(below(directory))}]

    def has_below(self, directory: str) -> bool:
        """Whether any key is below `directory`."""
        start = below(directory)
        return any(key.startswith(start) for key in [*self._keys])

    def beginning_with(self, prefix: str) -> list[str]:
        """Return the keys that begin with the string `prefix`."""
        return [key for key in [*self._keys] if key.startswith(prefix)]
