"""Which keys are below a directory, without looking at the others: what listings of the memory and zip stores are made from."""

from __future__ import annotations

from collections.abc import MutableMapping
from itertools import islice
from typing import Any, Protocol

from storeproto.keys import below


class Index(Protocol):
    """The keys of a mapping, by directory; a directory is named without a `/` behind it, the root is `""`.

    The owner of the mapping sets keys in it, and lets the index remove them.
    """

    def remove(self, key: str) -> None:
        """Remove a key from the mapping, in which it is."""
        ...

    def clear(self) -> None:
        """Remove all keys from the mapping."""
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
    """An index that is kept: a listing costs what it yields, and what keys are new since the last one.

    To set a key costs nothing here: a dictionary keeps its order, so that the new ones are the last ones.

    Args:
        keys: the dictionary, changed by one thread at a time.
    """

    __slots__ = ("_children", "_keys", "_known")

    def __init__(self, keys: dict[str, Any]) -> None:
        self._keys = keys
        self._known = 0
        self._children: dict[str, dict[str, None]] = {}

    def remove(self, key: str) -> None:
        """Remove a key from the dictionary, and each directory that goes with it."""
        children, keys = self._children, self._keys
        if len(keys) != self._known:
            if next(reversed(keys)) == key:  # the newest, which has not been looked at
                del keys[key]
                return
            self._look_at_new_keys()
        del keys[key]
        self._known -= 1
        while key not in children and key not in keys:
            directory, _, name = key.rpartition("/")
            siblings = children[directory]
            del siblings[name]
            if siblings:
                return
            del children[directory]
            if directory == "":
                return
            key = directory

    def clear(self) -> None:
        """Remove all keys from the dictionary."""
        self._keys.clear()
        self._known = 0
        self._children.clear()

    def _look_at_new_keys(self) -> dict[str, dict[str, None]]:
        """Take note of what has been set since the last time; return the names in each directory."""
        children = self._children
        new = len(self._keys) - self._known
        if new:
            for key in reversed([*islice(reversed(self._keys), new)]):
                directory, _, name = key.rpartition("/")
                siblings = children.get(directory)
                if siblings is not None:
                    siblings[name] = None
                else:
                    self._add_first(directory, name)
            self._known += new
        return children

    def _add_first(self, directory: str, name: str) -> None:
        """Take note of the first name in a directory, and of those above it that are new."""
        children = self._children
        children[directory] = {name: None}
        while directory:
            directory, _, name = directory.rpartition("/")
            siblings = children.get(directory)
            if siblings is not None:
                siblings[name] = None
                return
            children[directory] = {name: None}

    def children(self, directory: str) -> list[str]:
        """Return the name of each immediate child, key or directory, once."""
        return [*self._look_at_new_keys().get(directory, ())]

    def has_below(self, directory: str) -> bool:
        """Whether any key is below `directory`."""
        return directory in self._look_at_new_keys()

    def beginning_with(self, prefix: str) -> list[str]:
        """Return the keys that begin with the string `prefix`."""
        if prefix == "":
            return [*self._keys]
        keys, children = self._keys, self._look_at_new_keys()
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

    def __init__(self, keys: MutableMapping[str, Any]) -> None:
        self._keys = keys

    def remove(self, key: str) -> None:
        """Remove a key from the mapping, if it is still there."""
        self._keys.pop(key, None)

    def clear(self) -> None:
        """Remove all keys from the mapping."""
        self._keys.clear()

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
