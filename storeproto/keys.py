"""The key and prefix grammar of the store contract (clauses KEY-1 to KEY-13): check, join, normalise.

A *key* is a non-empty `str` of segments joined by `/`. No segment is empty, `.` or `..`; there is no NUL and no lone surrogate.
Everything else is data: nothing is decoded, folded or expanded. A *prefix* is `""`, a key, or a key with one `/` behind it. A
*string prefix*, which only `list_prefix` takes, is a leading part of a key whose last segment is not `.` or `..`.
"""

from __future__ import annotations

import re
from typing import Final

from storeproto.errors import InvalidKeyError

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_ALLOWED: Final = "a key is non-empty segments joined by '/', none of them '.' or '..', without NUL and lone surrogates"


def _refusal(what: str, given: str) -> InvalidKeyError:
    return InvalidKeyError(f"{what} {given!r} is not allowed: {_ALLOWED}")


def _no_str(what: str, given: object) -> TypeError:
    return TypeError(f"{what} must be a str, not {type(given).__name__}: {given!r}")


def is_key(key: str) -> bool:
    """Whether `key` obeys the grammar."""
    # Searches for fixed strings: this runs on most store calls, and one regular expression for all of it takes three times as long.
    framed = f"/{key}/"
    if "//" in framed or "\0" in key or ("/." in framed and ("/./" in framed or "/../" in framed)):
        return False
    return key.isascii() or _SURROGATE.search(key) is None


def check_key(key: str) -> str:
    """Return `key` unchanged.

    Raises:
        InvalidKeyError: it is not a key (KEY-11, KEY-12).
        TypeError: it is not a `str` (KEY-13).
    """
    if not isinstance(key, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # for callers without a type checker
        raise _no_str("the key", key)
    framed = f"/{key}/"  # what `is_key` says of nearly all keys, without the price of a call
    if "//" not in framed and "/." not in framed and "\0" not in key and key.isascii():
        return key
    if not is_key(key):
        raise _refusal("the key", key)
    return key


def check_prefix(prefix: str) -> str:
    """Return the directory that `prefix` names, without a `/` behind it: `""` for the root, `"a"` for `"a"` and `"a/"`.

    Raises:
        InvalidKeyError: it is not a prefix.
        TypeError: it is not a `str`.
    """
    if not isinstance(prefix, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # for callers without a type checker
        raise _no_str("the prefix", prefix)
    if prefix == "":
        return prefix
    directory = prefix.removesuffix("/")
    if not is_key(directory):
        raise _refusal("the prefix", prefix)
    return directory


def check_string_prefix(prefix: str) -> str:
    """Return `prefix` unchanged: what `list_prefix` takes, `""` and `"a/"` and the beginning of a segment alike (LST-4).

    Raises:
        InvalidKeyError: no key can begin with it.
        TypeError: it is not a `str`.
    """
    if not isinstance(prefix, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # for callers without a type checker
        raise _no_str("the prefix", prefix)
    if prefix != "" and not is_key(prefix.removesuffix("/")):
        raise _refusal("the prefix", prefix)
    return prefix


def below(directory: str) -> str:
    """What every key below `directory` begins with: the contract's `dir(p)` of a directory that `check_prefix` returned."""
    return directory and directory + "/"


def join(*parts: str) -> str:
    """Join directories and a last part with `/`, leaving out the empty ones: `join("", "a", "b")` is `"a/b"`."""
    return "/".join([part for part in parts if part])


def normalise(path: str) -> str:
    """Return the path of a `StorePath`: as given, without leading, trailing and doubled slashes; `""` is the root.

    Raises:
        InvalidKeyError: a segment is `.` or `..`, or there is a NUL or a lone surrogate.
        TypeError: it is not a `str`.
    """
    if not isinstance(path, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # for callers without a type checker
        raise _no_str("the path", path)
    return check_prefix(join(*path.split("/")))
