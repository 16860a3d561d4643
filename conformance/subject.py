"""The store under test, as the kit must know it: how it is opened and what it may be given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Protocol

from conformance.dialect import Dialect
from conformance.recipe import Opening, Recipe, TargetError, load
from storeproto.keys import is_key


class Grammar(Protocol):
    """The keys and values that a store takes, where it takes fewer than the contract's grammar allows."""

    def legal(self, key: str) -> bool:
        """Whether the store takes `key`."""
        ...

    def name(self, number: int) -> str:
        """A name that is legal below every directory of this grammar, and at the root; another for each number."""
        ...

    def directory(self, number: int) -> str:
        """The name of a directory, of one segment; another for each number."""
        ...

    def value(self, data: bytes) -> bool:
        """Whether the store takes `data` as a value."""
        ...


class AnyKey:
    """The contract's own grammar: every key, every value."""

    def legal(self, key: str) -> bool:
        """Whether it is a key."""
        return is_key(key)

    def name(self, number: int) -> str:
        """`k0`, `k1`, ..."""
        return f"k{number}"

    def directory(self, number: int) -> str:
        """`d0`, `d1`, ..."""
        return f"d{number}"

    def value(self, data: bytes) -> bool:  # noqa: ARG002  # as in the protocol
        """Every value."""
        return True


def _nothing(store: Any) -> None:
    """Publish nothing: what is set is there."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A store to be judged.

    Attributes:
        name: what reports call it.
        opening: opens a new, empty store (PRE-1); a `Recipe` where it can be, so that other processes can too.
        reopening: opens the data of an earlier opening again, by its place; None where that cannot be done in this process.
        reopening_inferred: whether `reopening` is a guess, which a run tests and drops where it does not hold.
        publish: runs before a re-opening (a commit, where the store has one); may be asynchronous.
        grammar: the keys and values that the store takes.
        dialect: how it takes values; found by itself where None.
        disposable: its data may be deleted though an opening was not shown to be empty.
        contents: what a store that cannot be written to holds, to check reads against (PRE-4).
        on_host_files: it lives on a host file system, or names its keys through one.
        pure_python: it calls no native code but the standard library's: what the guard must know without an operating system
            that binds native code. None: not known.
        durable: it promises that what it acknowledged survives a power cut: then DUR-7 is a MUST for it. False: it promises no
            such thing, and is not asked. None: not known; it is asked, and what it may lose is noted.
        backend: the URL on loopback of the server behind it, `http://127.0.0.1:9000`, as it stands in the arguments of the
            opening's recipe: there the kit puts a proxy of its own in its place, which delays, cuts and fails (DUR-5, DUR-6).
        expect: the clauses that are known to fail, each with its reason.
    """

    name: str
    opening: Opening
    reopening: Opening | None = None
    reopening_inferred: bool = False
    publish: Callable[[Any], Awaitable[None] | None] = _nothing
    grammar: Grammar = field(default_factory=AnyKey)
    dialect: Dialect | None = None
    disposable: bool = False
    contents: Mapping[str, bytes] | None = None
    on_host_files: bool = False
    pure_python: bool | None = None
    durable: bool | None = None
    backend: str | None = None
    expect: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def has_recipe(self) -> bool:
        """Whether another process can open it."""
        return isinstance(self.opening, Recipe) and (self.reopening is None or isinstance(self.reopening, Recipe))

    @property
    def publishes(self) -> bool:
        """Whether it does anything before a re-opening."""
        return self.publish is not _nothing

    def without_reopening(self) -> Subject:
        """The same subject, which cannot open the same data again."""
        return replace(self, reopening=None, reopening_inferred=False)

    def to_json(self) -> dict[str, Any]:
        """What another process needs to make this subject with `from_json`; it must have a recipe.

        A grammar goes along by the import path of its class, which must need no arguments, `publish` by its own; a function
        without one stays behind, and nothing is published there.
        """
        grammar = type(self.grammar)
        return {
            "name": self.name,
            "opening": _recipe_to_json(self.opening),
            "reopening": self.reopening and _recipe_to_json(self.reopening),
            "publish": import_path(self.publish) if self.publishes else None,
            "grammar": f"{grammar.__module__}:{grammar.__qualname__}",
            "on_host_files": self.on_host_files,
            "pure_python": self.pure_python,
        }

    @classmethod
    def from_json(cls, described: Mapping[str, Any]) -> Subject:
        """Make the subject that `to_json` described."""
        reopening = described["reopening"]
        return cls(
            name=described["name"],
            opening=Recipe(**described["opening"]),
            reopening=reopening and Recipe(**reopening),
            publish=load(described["publish"]) if described["publish"] else _nothing,
            grammar=load(described["grammar"])(),
            on_host_files=described["on_host_files"],
            pure_python=described["pure_python"],
        )


def import_path(function: Callable[..., Any]) -> str | None:
    """The import path of a function, where it has one that another process can follow."""
    if getattr(function, "__module__", None) == "__main__":
        return None
    path = f"{getattr(function, '__module__', '')}:{getattr(function, '__qualname__', '')}"
    try:
        return path if load(path) is function else None
    except TargetError:
        return None


def _recipe_to_json(opening: Opening) -> dict[str, Any]:
    if not isinstance(opening, Recipe):
        raise TypeError(f"only a Recipe can be opened in another process, not {opening!r}")
    return {"target": opening.target, "arguments": dict(opening.arguments)}
