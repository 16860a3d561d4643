"""Prints a file in which a store is narrowed by its flags in every order, for a type checker to judge.

In each branch every member that was narrowed to is used, its type asserted, and the store's type revealed: an unreachable branch
reveals nothing, in mypy, and Never in pyright. The last line says how many branches there are.

    python narrowing_permutations.py flags|mixed|few
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import permutations, product

HEAD = """\
from __future__ import annotations

from typing import Literal, TypeVar

import zarr.abc.store
from icechunk import IcechunkStore
from obstore.store import MemoryStore as ObjectMemory
from typing_extensions import assert_type, reveal_type
from zarr.core.buffer import Buffer, BufferPrototype as ZarrPrototype
from zarr.storage import LoggingStore, MemoryStore, ObjectStore, WrapperStore

from storeproto import (
    BufferPrototype, ByteRequest, PrototypeStore, Store, SupportsDeletes, SupportsListing, SupportsPartialWrites, SupportsWrites,
    supports_deletes, supports_listing, supports_partial_writes, supports_writes,
)

T = TypeVar("T")
P = TypeVar("P")
R = TypeVar("R")

used = (
    zarr.abc.store, IcechunkStore, ObjectMemory, Buffer, ZarrPrototype, LoggingStore, MemoryStore, ObjectStore, WrapperStore,
    BufferPrototype, ByteRequest, PrototypeStore, Store, supports_deletes, supports_listing, supports_partial_writes,
    supports_writes,
)


def want_writes(store: SupportsWrites[T], /) -> None: ...
def want_partial_writes(store: SupportsPartialWrites, /) -> None: ...
def want_deletes(store: SupportsDeletes, /) -> None: ...
def want_listing(store: SupportsListing, /) -> None: ...
"""

# What a store can do once its flag was asked.
USES = {
    "writes": ['await s.set("k", v)', 'await s.set_if_not_exists("k", v)'],
    "partial_writes": ['await s.set_partial_values([("k", 0, b"x")])'],
    "deletes": ['await s.delete("k")', 'await s.delete_dir("k")', "await s.clear()"],
    "listing": [
        "assert_type([k async for k in s.list()], list[str])",
        'assert_type([k async for k in s.list_prefix("")], list[str])',
        'assert_type([k async for k in s.list_dir("")], list[str])',
        'assert_type(await s.is_empty(""), bool)',
        'assert_type(await s.getsize_prefix(""), int)',
    ],
}
PROTOCOLS = {
    "writes": "SupportsWrites",
    "partial_writes": "SupportsPartialWrites",
    "deletes": "SupportsDeletes",
    "listing": "SupportsListing",
}


@dataclass(frozen=True)
class Kind:
    """What a store is declared as.

    Attributes:
        declared: the type of the variable.
        value: the class of its values.
        prototype: that of its prototypes.
        byte_range: that of its byte requests.
        plain: its reads need no prototype.
        own_flags: it is declared as a class whose flags pyright goes on reading as `bool`.
        able: the flags to ask.
    """

    declared: str
    value: str = "Buffer"
    prototype: str = "ZarrPrototype"
    byte_range: str = "zarr.abc.store.ByteRequest"
    plain: bool = False
    own_flags: bool = False
    able: tuple[str, ...] = tuple(USES)


BARE = [
    Kind("Store", "bytes", "BufferPrototype[bytes]", "ByteRequest", plain=True),
    Kind("PrototypeStore", "bytes", "BufferPrototype[bytes]", "ByteRequest"),
]
PROTOCOL_KINDS = [
    *BARE,
    Kind("Store[T, P, R]", "T", "P", "R", plain=True),
    Kind("PrototypeStore[T, P, R]", "T", "P", "R"),
    Kind("Store[Buffer, ZarrPrototype, zarr.abc.store.ByteRequest]", plain=True),
    Kind("PrototypeStore[Buffer, ZarrPrototype, zarr.abc.store.ByteRequest]"),
]
# A variable declared as a class whose methods are wider than the protocol's is not narrowed by mypy: not all flags can be asked.
CLASS_KINDS = [
    Kind("zarr.abc.store.Store", own_flags=True, able=("writes", "deletes", "listing")),
    Kind("WrapperStore[MemoryStore]", own_flags=True, able=("writes", "deletes", "listing")),
    Kind("IcechunkStore", own_flags=True, able=("writes", "deletes", "listing")),
    Kind("LoggingStore[MemoryStore]", own_flags=True, able=("writes", "deletes")),
    Kind("ObjectStore[ObjectMemory]", own_flags=True, able=("writes", "deletes")),
]


def always(kind: Kind) -> Iterator[str]:
    """What can be done with the store in any branch."""
    if kind.plain:
        yield f'assert_type(await s.get("k"), {kind.value} | None)'
        yield f'assert_type(await s.get("k", byte_range=r), {kind.value} | None)'
        yield f'assert_type(await s.with_read_only(True).get("k"), {kind.value} | None)'
    yield f'assert_type(await s.get("k", prototype=p), {kind.value} | None)'
    yield f'assert_type(await s.get("k", p, r), {kind.value} | None)'
    yield f'assert_type(await s.get_partial_values(p, [("k", r), ("k", None)]), list[{kind.value} | None])'
    yield 'assert_type(await s.exists("k"), bool)'
    yield 'assert_type(await s.getsize("k"), int)'
    yield "assert_type(s.read_only, bool)"
    yield "reveal_type(s)"


def narrowed(kind: Kind, flags: Iterable[str]) -> Iterator[str]:
    """What can be done with it where the flags were asked."""
    for flag in flags:
        yield from USES[flag]
        yield f"want_{flag}(s)"
        if not kind.own_flags:
            yield f"assert_type(s.supports_{flag}, Literal[True])"
    yield from always(kind)


def question(flag: str, way: str) -> str:
    """The expression that asks for a capability, by its flag or by its members."""
    return f"isinstance(s, {PROTOCOLS[flag]})" if way == "isinstance" else f"supports_{flag}(s)"


def branches(kind: Kind, flags: tuple[str, ...], ways: tuple[str, ...], style: str) -> tuple[list[str], int]:
    """The body of a function that asks the flags in their order, and how many branches it has."""
    questions = [question(flag, way) for flag, way in zip(flags, ways, strict=True)]
    if style == "raise":
        return [f"if not {asked}: raise TypeError" for asked in questions] + [*narrowed(kind, flags)], 1
    yes = [f"    {line}" for line in narrowed(kind, flags)]
    no = [f"    {line}" for line in always(kind)]
    return [f"if {' and '.join(questions)}:", *yes, "else:", *no], 2


def cases(which: str) -> Iterator[tuple[Kind, tuple[str, ...], tuple[str, ...], str]]:
    """What is asked of which kind of store, in which order and ways, and in which style of code."""
    if which == "mixed":
        # Not SupportsWrites by isinstance: it is generic, and pyright then knows no class of values.
        for kind in (*BARE, PROTOCOL_KINDS[-1]):
            for flags in orders(kind.able):
                for ways in product(("flag", "isinstance"), repeat=len(flags)):
                    if "isinstance" in ways and ("writes", "isinstance") not in zip(flags, ways, strict=True):
                        yield kind, flags, ways, "raise"
        return
    in_both_styles, in_one_style = ([], BARE[1:]) if which == "few" else (PROTOCOL_KINDS, CLASS_KINDS)
    for kind, style in [*product(in_both_styles, ("raise", "and")), *product(in_one_style, ("raise",))]:
        for flags in orders(kind.able):
            yield kind, flags, ("flag",) * len(flags), style


def orders(flags: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every order of one flag or more."""
    for count in range(1, len(flags) + 1):
        yield from permutations(flags, count)


def main() -> None:
    """Print the file."""
    lines, count = [HEAD], 0
    for number, (kind, flags, ways, style) in enumerate(cases(sys.argv[1])):
        lines.append(
            f"async def case_{number}(s: {kind.declared}, v: {kind.value}, p: {kind.prototype}, r: {kind.byte_range}) -> None:"
        )
        body, added = branches(kind, flags, ways, style)
        lines.extend(f"    {line}" for line in body)
        count += added
    sys.stdout.write("\n".join([*lines, f"# {count}", ""]))


if __name__ == "__main__":
    main()
