"""The key and prefix grammar of the store contract (clauses KEY-1 to KEY-13): check, join, normalise.

A *key* is a non-empty `str` of segments joined by `/`. No segment is empty, `.` or `..`; there is no NUL and no lone surrogate.
Everything else is data: nothing is decoded, folded or expanded. A *prefix* is `""`, a key, or a key with one `/` behind it. A
*string prefix*, which only `list_prefix` takes, is a leading part of a key whose last segment is not `.` or `..`.
"""

from __future__ import annotations

import re
from typing import Final

from storeproto.errors import InvalidKeyError

# An empty or dotted segment, or a character that no key may have. One search: this runs on most store calls.
_ILLEGAL: Final = re.compile(r"[\x00\ud800-\udfff]|(?:^|/)\.{0,2}(?:/|\Z)")
_ALLOWED: Final = "a key is non-empty segments joined by '/', none of them '.' or '..', without NUL and lone surrogates"


def _refusal(what: str, given: str) -> InvalidKeyError:
    return InvalidKeyError(f"{what} {given!r} is not allowed: {_ALLOWED}")


def _require_str(what: str, given: object) -> None:
    if not isinstance(given, str):
        raise TypeError(f"{what} must be a str, not {type(given).__name__}: {given!r}")


def is_key(key: str) -> bool:
    """Whether `key` obeys the grammar."""
    return _ILLEGAL.search(key) is None


def check_key(key: str) -> str:
    """Return `key` unchanged.

    Raises:
        InvalidKeyError: it is not a key (KEY-11, KEY-12).
        TypeError: it is not a `str` (KEY-13).
    """
    _require_str("the key", key)
    if _ILLEGAL.search(key) is not None:
        raise _refusal("the key", key)
    return key


def check_prefix(prefix: str) -> str:
    """Return the directory that `prefix` names, without a `/` behind it: `""` for the root, `"a"` for `"a"` and `"a/"`.

    Raises:
        InvalidKeyError: it is not a prefix.
        TypeError: it is not a `str`.
    """
    _require_str("the prefix", prefix)
    if prefix == "":
        return prefix
    directory = prefix.removesuffix("/")
    if _ILLEGAL.search(directory) is not None:
        raise _refusal("the prefix", prefix)
    return directory


def check_string_prefix(prefix: str) -> str:
    """Return `prefix` unchanged: what `list_prefix` takes, `""` and `"a/"` and the beginning of a segment alike (LST-4).

    Raises:
        InvalidKeyError: no key can begin with it.
        TypeError: it is not a `str`.
    """
    _require_str("the prefix", prefix)
    if prefix != "" and _ILLEGAL.search(prefix.removesuffix("/")) is not None:
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
    _require_str("the path", path)
    return check_prefix(join(*path.split("/")))
