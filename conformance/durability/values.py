"""What is set while a process is killed: values that are all different, and a record of which of them a key may hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from conformance.operations import Delete, Operation, Set, SetIfNotExists
from conformance.rendering import brief

_SIZES = (1 << 20, 1, 1 << 18, 100, 1 << 20, 1 << 16, 4096)
"""Most of the time goes into long values, so that most kills find one half written."""


def value_of(key: str, number: int, largest: int = 1 << 20) -> bytes:
    """Return the value number `number` of `key`: what it is, over and over, so that a part of it can be told."""
    size = min(_SIZES[(number + len(key)) % len(_SIZES)], largest)
    unit = f"{key}#{number}#{size};".encode()
    if size < len(unit):
        return bytes([number % 255 + 1]) * size
    return (unit * (size // len(unit) + 1))[:size]


@dataclass
class Writer:
    """What one of the tasks that set side by side did: it goes through its keys, again and again, one set after the other.

    Attributes:
        keys: its keys, which no other task has.
        first: the number of its first value.
        acknowledged: how many of its sets returned.
        published: how many of them were published.
    """

    keys: Sequence[str]
    first: int
    acknowledged: int = 0
    published: int = 0

    def value(self, step: int, largest: int) -> tuple[str, bytes]:
        """The key and value of its set number `step`."""
        key = self.keys[step % len(self.keys)]
        return key, value_of(key, self.first + step, largest)

    def allowed(self, before: Mapping[str, bytes], largest: int) -> dict[str, list[bytes | None]]:
        """Return, for each key, what it may hold: the last published value and all later ones, the one in flight included."""
        found: dict[str, list[bytes | None]] = {key: [before.get(key)] for key in self.keys}
        for step in range(self.acknowledged + 1):
            key, value = self.value(step, largest)
            if step < self.published:
                found[key] = [value]
            else:
                found[key].append(value)
        return found


@dataclass
class Writers:
    """All that one process set, until it was killed.

    Attributes:
        each: its tasks.
        before: what was stored when it began.
        largest: bytes of the largest value.
        publishes: whether a set counts only once it was published.
        total: how many sets returned.
    """

    each: list[Writer]
    before: dict[str, bytes]
    largest: int
    publishes: bool
    total: int = 0

    def heard(self, kind: str, task: int) -> None:
        """One of the tasks says that its next set returned, or that all of its sets are published; nothing else counts."""
        if kind not in ("set", "published"):
            return
        writer = self.each[task]
        if kind == "set":
            writer.acknowledged += 1
            self.total += 1
        if kind == "published" or not self.publishes:
            writer.published = writer.acknowledged

    def allowed(self) -> dict[str, list[bytes | None]]:
        """Return, for each key, the values that it may hold."""
        return {key: values for writer in self.each for key, values in writer.allowed(self.before, self.largest).items()}


def describe(found: object, allowed: Sequence[bytes | None]) -> str:
    """Say how what was found differs from what may be there."""
    if not isinstance(found, bytes):
        return brief(found)
    for value in allowed:
        if value is not None and found and value.startswith(found):
            return f"{brief(found)}: the first {len(found):,} of the {len(value):,} bytes of a value that was being set"
    return brief(found)


class Change(NamedTuple):
    """A change of one key.

    Attributes:
        method: the store's method: set, set_if_not_exists or delete.
        key: the key.
        number: of its new value.
    """

    method: str
    key: str
    number: int = 0

    def value(self, largest: int) -> bytes | None:
        """What the key holds then."""
        return None if self.method == "delete" else value_of(self.key, self.number, largest)

    def operation(self, largest: int) -> Operation:
        """The change as an operation."""
        value = self.value(largest)
        if value is None:
            return Delete(self.key)
        return SetIfNotExists(self.key, value) if self.method == "set_if_not_exists" else Set(self.key, value)
