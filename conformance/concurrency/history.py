"""What concurrent clients called and what came back, in the order of one clock: frozen values."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """The operations of a register; the value is the store's method."""

    SET = "set"
    GET = "get"
    EXISTS = "exists"
    DELETE = "delete"
    SET_IF_NOT_EXISTS = "set_if_not_exists"

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self in (Kind.GET, Kind.EXISTS)


@dataclass(frozen=True, slots=True)
class Call:
    """One operation on one key, from its call to its return.

    Two calls of which neither returned before the other was called may have taken effect in either order.

    Attributes:
        kind: the operation.
        key: the key.
        called: when it was called, on a clock that all clients share.
        returned: when it returned; for a call that is not certain, when it can no longer take effect. None: never.
        value: what was set, or what `get` gave (None where the key is missing), or what `exists` gave.
        certain: whether it returned. One that was cancelled, or raised, took effect in its time or not at all.
        client: who called.
    """

    kind: Kind
    key: str
    called: int
    returned: int | None
    value: Hashable = None
    certain: bool = True
    client: int = 0


def by_key(history: Iterable[Call]) -> dict[str, list[Call]]:
    """Return the calls of each key: what happens to one key has no bearing on another."""
    found: dict[str, list[Call]] = {}
    for call in history:
        calls = found.get(call.key)
        if calls is None:
            found[call.key] = [call]
        else:
            calls.append(call)
    return found
