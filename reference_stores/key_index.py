"""Which keys are below a directory, without looking at the others: what listings of the memory and zip stores are made from."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from storeproto.keys import below


class Index(Protocol):
    """The keys of a store, by directory; a directory is named without a `/` behind it, the root is `""`."""

    def add(self, key: str) -> None:
        """Take note of a key that has just been set for the first time."""
        ...

    def discard(self, key: str) -> None:
        """Forget a key that has just gone."""
        ...

    def clear(self) -> None:
        """Forget all keys."""
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
    """An index that is kept up: a listing costs what it yields, and a change costs nothing but for a key's first and last.

    Args:
        keys: the live keys, looked at for "is this name a key, a directory, or both"; the owner changes it before it calls
            `add` and `discard`.
    """

    __slots__ = ("_children", "_keys")

    def __init__(self, keys: Collection[str]) -> None:
        self._keys = keys
        self._children: dict[str, dict[str, None]] = {}
        for key in keys:
            self.add(key)

    def add(self, key: str) -> None:
        """Take note of a key that has just been set for the first time."""
        children = self._children
        while True:
            directory, _, name = key.rpartition("/")
            siblings = children.get(directory)
            if siblings is not None:
                siblings[name] = None
                return
            children[directory] = {name: None}
            if directory == "":
                return
            key = directory

    def discard(self, key: str) -> None:
        """Forget a key that has just gone, and each directory that goes with it."""
        children, keys = self._children, self._keys
        while key not in children and key not in keys:
            directory, _, name = key.rpartition("/")
            siblings = children.get(directory)
            if siblings is None:
                return
            siblings.pop(name, None)
            if siblings:
                return
            del children[directory]
            if directory == "":
                return
            key = directory

    def clear(self) -> None:
        """Forget all keys."""
        self._children.clear()

    def children(self, directory: str) -> list[str]:
        """Return the name of each immediate child, key or directory, once."""
        return [*self._children.get(directory, ())]

    def has_below(self, directory: str) -> bool:
        """Whether any key is below `directory`."""
        return directory in self._children

    def beginning_with(self, prefix: str) -> list[str]:
        """Return the keys that begin with the string `prefix`."""
        if prefix == "":
            return [*self._keys]
        keys, children = self._keys, self._children
        directory, _, start = prefix.rpartition("/")
        names = children.get(directory, ())
        first = below(directory)
        paths = [first + name for name in names if name.startswith(start)] if start else [first + name for name in names]
        found: list[str] = []
        pending: list[str] = []
        while True:
            found += [path for path in paths if path in keys]
            if not children.keys().isdisjoint(paths):
                pending += [path for path in paths if path in children]
            if not pending:
                return found
            directory = pending.pop()
            first = directory + "/"
            paths = [first + name for name in children[directory]]


class ScanIndex:
    """The same answers by looking at all keys each time: for a mapping that others change behind the store's back."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Collection[str]) -> None:
        self._keys = keys

    def add(self, key: str) -> None:
        """Do nothing: the mapping knows."""

    def discard(self, key: str) -> None:
        """Do nothing: the mapping knows."""

    def clear(self) -> None:
        """Do nothing: the mapping knows."""

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
