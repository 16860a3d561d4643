"""KEY: which names a store tells apart."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import cast

from conformance.clause import Level, Need, NotApplicable, clause
from conformance.expectation import Returned, gives, gives_names, raises, returns
from conformance.operations import Delete, Exists, Get, GetPartialValues, GetSize, ListAll, Operation, Set, SetIfNotExists
from conformance.trial import Handle, Trial

_PUNCTUATION = "!\"#$%&'()+,;=@[]^_{}~` "
_EMBEDDED = "$%~"
"""What could name a place outside the store at the beginning of a key."""

_REFUSED = returns | raises()
"""A call that may be refused, with any error."""


def _cases(trial: Trial, groups: Iterable[tuple[str, ...]]) -> list[list[str]]:
    """Return the groups of keys that are tried in one store each, without those that the subject's grammar leaves out.

    Raises:
        NotApplicable: it leaves out all of them.
    """
    cases = [trial.legal_among(group) for group in groups]
    if not any(cases):
        raise NotApplicable("the subject's key grammar leaves out all such keys")
    return [case for case in cases if case]


async def _told_apart(trial: Trial, store: Handle, contents: Mapping[str, bytes], because: str) -> None:
    """Demand that each key reads as its own value, exists, and is listed in just these code points."""
    for key, value in contents.items():
        await store.expect(Get(key), gives(value), because)
        await store.expect(Exists(key), gives(value=True), because)
    if trial.offers(Need.LISTING):
        await store.expect(ListAll(), gives_names(contents), because)


async def _plain_keys_go(trial: Trial) -> bool:
    """Whether a plain key can be deleted at all: where it cannot, DEL-1 says so."""
    if not trial.offers(Need.DELETES):
        return False
    store = await trial.open()
    await store.set(trial.key(), b"value")
    await store.do(Get(trial.key()))
    await store.do(Delete(trial.key()))
    return await store.do(Get(trial.key())) == Returned(None)


async def _round_trip(trial: Trial, groups: Iterable[tuple[str, ...]], because: str = "") -> None:
    """Demand that the keys of each group, in one store, go through set, get, exists, list and delete (KEY-1)."""
    deletes = await _plain_keys_go(trial)
    for keys in _cases(trial, groups):
        store = await trial.open()
        contents = {key: f"value {number}".encode() for number, key in enumerate(keys)}
        for key, value in contents.items():
            await store.set(key, value)
        await _told_apart(trial, store, contents, because)
        if deletes:
            first, *others = contents
            await store.delete(first)
            await store.expect(Get(first), gives(None), because)
            for key in others:
                await store.expect(Get(key), gives(contents[key]), because)


async def _apart_or_refused(trial: Trial, first: str, second: str, because: str) -> None:
    """Demand that two keys live side by side, or that one of them is refused and nothing else changes."""
    store = await trial.open()
    contents = {
        key: value
        for key, value in ((first, b"first"), (second, b"second"))
        if not isinstance(await store.expect(Set(key, value), _REFUSED, because), Exception)
    }
    await _told_apart(trial, store, contents, because)


@clause(
    "KEY-1",
    Level.MUST,
    "a legal key round-trips",
    "A legal key round-trips exactly through set, get, exists, list and delete: same code points, nothing decoded, folded or "
    "normalised. (KEY-4, 5, 7, 8 and 10 say where a refusal is allowed instead.)",
    needs="W",
)
async def _legal_key(trial: Trial) -> None:
    await _round_trip(trial, [(trial.key(0), trial.key(1, below=trial.directory()))])
    groups = (
        ("zarr.json", "c/0/1", "0.0"),
        ("Upper", "MixedCase/x-Y_z"),
        ("caf\u00e9/\u0436", "\u4e2d\u6587/\u6570\u636e"),
        ("\U0001f600", "\U00010348/k"),
        ("\ufb01", "fi"),  # a ligature, which NFKC takes apart
        ("\uff21", "A"),  # a fullwidth letter
        ("\u00df", "ss"),  # what folding makes one
    )
    legal = [tuple(trial.legal_among(group)) for group in groups]
    if any(legal):
        await _round_trip(trial, legal, "a key is its code points")


@clause(
    "KEY-2",
    Level.MUST,
    "punctuation is data",
    "Punctuation and space `! \" # $ % & ' ( ) + , ; = @ [ ] ^ _ { } ~ ` in a segment is data: KEY-1 holds for each.",
    needs="W",
)
async def _punctuation(trial: Trial) -> None:
    groups = [(f"k{c}a", f"k{c}b") if c in _EMBEDDED else (f"k{c}a", f"k{c}b", f"{c}k{c}") for c in _PUNCTUATION]
    alike = (("k[x]k", "kxk"), ("k{x,y}k", "kxk"), ("k+k", "k k"))  # what patterns and forms would take for one
    await _round_trip(trial, (*groups, *alike), "punctuation is data")


@clause(
    "KEY-3",
    Level.MUST,
    "percent sequences are data",
    "Percent sequences are data: `%41`, `%2F` and `%25` name themselves.",
    needs="W",
)
async def _percent(trial: Trial) -> None:
    groups = (("k%41k", "kAk"), ("k%2Fk", "k/k"), ("k%25k", "k%k"), ("k%2541k", "k%41k"), ("k%e9k", "k\u00e9k"))
    await _round_trip(trial, groups, "nothing in a key is decoded")


@clause(
    "KEY-4",
    Level.MUST,
    "case tells keys apart",
    "Keys that differ only in case are different keys, or the second set raises and nothing changed.",
    needs="W",
)
async def _case(trial: Trial) -> None:
    pairs = (("key", "KEY"), ("Key", "key"), ("d/key", "D/key"), ("\u00e9", "\u00c9"))
    for first, second in [case for case in _cases(trial, pairs) if len(case) == 2]:
        store = await trial.open()
        await store.set(first, b"first")
        because = "it differs from the other key in case"
        refused = isinstance(await store.expect(Set(second, b"second"), _REFUSED, because), Exception)
        contents = {first: b"first"} if refused else {first: b"first", second: b"second"}
        await _told_apart(trial, store, contents, because)


@clause(
    "KEY-5",
    Level.MUST,
    "Unicode forms tell keys apart",
    "The NFC and NFD forms of one name are different keys, or one of them is refused.",
    needs="W",
)
async def _unicode_forms(trial: Trial) -> None:
    for name in ("caf\u00e9", "\ud55c", "\u1e69/k"):
        composed, decomposed = unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)
        for first, second in ((trial.legal(composed), trial.legal(decomposed)), (decomposed, composed)):
            await _apart_or_refused(trial, first, second, "it is not the other key's sequence of code points")


@clause(
    "KEY-6",
    Level.MUST,
    "dots are data",
    "Dots are data: leading, trailing, doubled inside a segment (`a..b`, `...`), and file-suffix look-alikes (`a.tmp`, "
    "`a.partial`).",
    needs="W",
)
async def _dots(trial: Trial) -> None:
    groups = (
        (".k", "k"),
        ("k.", "k"),
        ("..k", "k"),
        ("k..", "k"),
        ("a..b", "a.b"),
        ("...", "k"),
        (".d/k", "d/k"),
        ("d../k", "d/k"),
        *[(f"a{suffix}", "a") for suffix in (".tmp", ".temp", ".partial", ".part", ".lock", ".bak", ".swp", ".gz", ".json")],
        (".a.tmp", "a"),
        (".lock", "k"),
    )
    await _round_trip(trial, groups, "dots and what follows them are data")


@clause(
    "KEY-7",
    Level.MUST,
    "special characters are data or refused",
    "Backslash, colon, `*`, `?`, `~`, `$` and control characters, inside a segment, are data or refused; they never separate, "
    "match, expand or escape.",
    needs="W",
)
async def _special_characters(trial: Trial) -> None:
    pairs = (
        ("k\\k", "k/k"),
        ("k\\nk", "k\nk"),
        ("kk:k", "kk"),
        ("k*k", "kxk"),
        ("k?k", "kxk"),
        ("k?a=1", "k"),
        ("kk~k", "kk"),
        ("k$HOME", "k"),
        ("k${HOME}k", "kk"),
        *[(f"k{control}k", "kk") for control in "\x01\t\n\r\x1b\x7f"],
    )
    for key, *other in _cases(trial, pairs):
        if other:
            await _special(trial, key, *other)


async def _special(trial: Trial, key: str, other: str) -> None:
    """Ask for `key` where only `other`, which a store might take it for, is set; then set it too."""
    because = f"{key!r} is not {other!r}"
    store = await trial.open()
    if isinstance(await store.expect(Set(other, b"other"), _REFUSED, because), Exception):
        return
    await store.expect(Get(key), gives(None) | raises(), because)
    await store.expect(Exists(key), gives(value=False) | raises(), because)
    refused = isinstance(await store.expect(Set(key, b"value"), _REFUSED, because), Exception)
    await _told_apart(trial, store, {other: b"other"} if refused else {other: b"other", key: b"value"}, because)
    if trial.offers(Need.DELETES):
        await store.expect(Delete(key), _REFUSED, because)
        await store.expect(Get(other), gives(b"other"), because)


@clause(
    "KEY-8",
    Level.MUST,
    "a long key is never cut",
    "A long key (255-byte segment; 1,024 bytes in all) works, or is refused with an error before anything is stored; it is never "
    "cut.",
    needs="W",
)
async def _long_key(trial: Trial) -> None:
    beginnings = ("k" * 254, "\u00e9" * 127, "d" * 255 + "/", "/".join(["d" * 203] * 5) + "/kkk")
    for first, second in _cases(trial, [(beginning + "a", beginning + "b") for beginning in beginnings]):
        await _apart_or_refused(trial, first, second, f"a key of {len(first.encode())} bytes is stored whole or not at all")


@clause("KEY-9", Level.MUST, "no parent is made first", "A nested key needs no parent to be made first.", needs="W")
async def _no_parent(trial: Trial) -> None:
    store = await trial.open()
    directory = ""
    for number in range(5):
        directory = trial.directory(number, below=directory)
    key = trial.legal(trial.key(below=directory))
    await store.set(key, b"value")
    await store.expect(Get(key), gives(b"value"), "a set of a nested key is all that it needs")


@clause(
    "KEY-10",
    Level.MUST,
    "a key below a key",
    "`a` and `a/b`: both live side by side, or the second set raises and the first keeps its value.",
    needs="W",
)
async def _below_a_key(trial: Trial) -> None:
    parent = trial.legal(trial.directory())
    for child in (trial.key(below=parent), trial.key(below=trial.directory(1, below=parent))):
        await _apart_or_refused(trial, parent, child, "one key lies below the other")
        await _apart_or_refused(trial, child, parent, "one key lies below the other")


def _illegal(trial: Trial, store: Handle) -> list[tuple[str, str]]:
    """Illegal keys, each with a legal one that a store might take it for.

    The absolute path is that of a decoy, since a store may follow it.
    """
    absolute = next(
        decoy.path for decoy in trial.world.decoys(store.place.path) if decoy.place == "absolute" and not decoy.is_directory
    )
    return [
        ("", "a"),
        (absolute, absolute.lstrip("/")),
        ("a/", "a"),
        ("a//b", "a/b"),
        (".", "a"),
        ("./a", "a"),
        ("a/./b", "a/b"),
        ("a/.", "a"),
        ("a/../b", "b"),
        ("a\0b", "a"),
        ("a\ud800", "a?"),
    ]


@clause(
    "KEY-11",
    Level.MUST,
    "an illegal key is no alias",
    "An illegal key (empty, `/a`, `a/`, `a//b`, `.`, `a/./b`, NUL, lone surrogate) is refused with `ValueError`, or is a key of "
    "its own under KEY-1; it never aliases another key.",
    needs="W",
    guarded=True,
)
async def _illegal_key(trial: Trial) -> None:
    for key, other in _illegal(trial, await trial.open()):
        because = f"{key!r} is no legal key, and is not {other!r}"
        store = await trial.open()
        contents: dict[str, bytes] = {}
        if trial.legal_among([other]) and not isinstance(await store.expect(Set(other, b"other"), _REFUSED), Exception):
            contents[other] = b"other"
        await store.expect(Get(key), gives(None) | raises(ValueError), because)
        await store.expect(Exists(key), gives(value=False) | raises(ValueError), because)
        if not isinstance(await store.expect(Set(key, b"value"), returns | raises(ValueError), because), ValueError):
            contents[key] = b"value"
        await _told_apart(trial, store, contents, because)


@clause(
    "KEY-12",
    Level.SHOULD,
    "every operation refuses an illegal key",
    "An illegal key is refused with `ValueError` by every operation alike.",
    needs="W",
    guarded=True,
)
async def _refused_by_all(trial: Trial) -> None:
    store = await trial.open()
    for key, _ in _illegal(trial, store):
        operations: list[Operation] = [Get(key), GetPartialValues(((key, None),)), Exists(key), GetSize(key)]
        operations += [Set(key, b"value"), SetIfNotExists(key, b"value")]
        if trial.offers(Need.DELETES):
            operations.append(Delete(key))
        for operation in operations:
            with trial.apart():
                await store.expect(operation, raises(ValueError), f"{key!r} is no legal key")


def _no_strings(name: str) -> list[str]:
    """What is no `str`, though a type checker is told so: the bytes of a key among them."""
    return [cast("str", key) for key in (name.encode(), 5, None, (name,))]


@clause("KEY-13", Level.SHOULD, "a key is a str", "A key that is not a `str` raises `TypeError`.")
async def _no_str(trial: Trial) -> None:
    store, contents = await trial.stocked({trial.key(): b"value"})
    for key in _no_strings(next(iter(contents), "k")):
        operations: list[Operation] = [Get(key), Exists(key), GetSize(key)]
        if trial.offers(Need.WRITES):
            operations += [Set(key, b"other"), SetIfNotExists(key, b"other")]
        if trial.offers(Need.DELETES):
            operations.append(Delete(key))
        for operation in operations:
            with trial.apart():
                await store.expect(operation, raises(TypeError), f"the key is of the class {type(key).__name__}")


@clause(
    "KEY-13a",
    Level.MUST,
    "what is no str names nothing",
    "A key that is not a `str` stores and returns nothing.",
)
async def _names_nothing(trial: Trial) -> None:
    store, contents = await trial.stocked({trial.key(): b"value"})
    for key in _no_strings(next(iter(contents), "k")):
        because = f"the key is of the class {type(key).__name__}"
        await store.expect(Get(key), gives(None) | raises(), because)
        if trial.offers(Need.WRITES):
            await store.expect(Set(key, b"other"), _REFUSED, because)
            await _told_apart(trial, store, contents, because)
            await store.expect(Get(key), gives(None) | raises(), because)


CLAUSES = (
    _legal_key, _punctuation, _percent, _case, _unicode_forms, _dots, _special_characters, _long_key, _no_parent, _below_a_key,
    _illegal_key, _refused_by_all, _no_str, _names_nothing,
)  # fmt: skip
