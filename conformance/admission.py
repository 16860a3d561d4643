r"""Admission: the one function that every key and prefix passes before any store sees it.

A store under test may be broken: it may decode `%2e%2e`, turn `\` into `/`, expand `~`, or hand `/` to a recursive delete. Outside
the guard (`conformance.guard`) a name is therefore sent only if it stays strictly below the store's root however it may be read.
"""

from __future__ import annotations

import ntpath
import os
import posixpath
import re
import unicodedata
from collections.abc import Callable
from typing import Final, cast
from urllib.parse import unquote


class NotAdmittedError(Exception):
    """A key or prefix that must not reach a store here."""


# Operations whose argument is a prefix or nothing: for them `""` is the root of the kit's own store, an ordinary argument.
_PREFIX_OPERATIONS: Final = frozenset(
    {"clear", "delete_dir", "getsize_prefix", "is_empty", "list", "list_dir", "list_pages", "list_prefix"}
)

# No reading changes a name like this one, and it has no segment that begins with a dot.
_PLAIN: Final = re.compile(r"\w[\w.-]*(?:/\w[\w.-]*)*/?", re.ASCII)

# Names of nothing but these parts are a root, a home or a climb: nothing in a test store is called so.
_BARE: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?/*(?:~[^/]*)?(?:/*\.{1,2}(?=/|\Z))*/*", re.ASCII | re.IGNORECASE)
_SHARE: Final = re.compile(r"//[^/]+(?:/[^/]*)?/*")

# A scheme before a slash, or one of those behind which fsspec takes a host path without any.
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:/|(?:\A|:)(?:file|local):", re.ASCII | re.IGNORECASE)

_POSIX_ROOT: Final = "/a/b/root"
_WINDOWS_ROOT: Final = r"\\server\share\a\root"  # on no drive, so that `C:x` leaves it whatever the letter

# A name that is read in more ways than this (variables that name each other) is refused as undecided.
_MOST_FORMS: Final = 500
_LONGEST_FORM: Final = 100_000


def _strip_segments(name: str) -> str:
    return "/".join([segment.strip() for segment in name.split("/")])


def _cut_at_nul(name: str) -> str:
    return name.partition("\x00")[0]


def _without_references(name: str) -> str:
    """What a shell makes of variables that are not set."""
    return re.sub(r"\$\w+|\$\{[^}]*\}|%[^%]+%", "", name)


_READINGS: Final[tuple[Callable[[str], str], ...]] = (
    unquote,
    lambda name: name.replace("\\", "/"),
    lambda name: unicodedata.normalize("NFKC", name),
    str.strip,
    _strip_segments,
    _cut_at_nul,
    posixpath.expanduser,
    ntpath.expanduser,
    posixpath.expandvars,
    ntpath.expandvars,
    _without_references,
)


def _forms(name: str) -> set[str] | None:
    """Every form that the readings make of `name`, in any order and any number; None where there is no end of them."""
    forms = {name}
    waiting = [name]
    while waiting:
        form = waiting.pop()
        for reading in _READINGS:
            try:
                new = reading(form)
            except ValueError:  # a user's name that no system has: a store that reads so raises as well
                continue
            if new not in forms:
                if len(forms) == _MOST_FORMS or len(new) > _LONGEST_FORM:
                    return None
                forms.add(new)
                waiting.append(new)
    return forms


def _strictly_below(form: str) -> bool:
    """Whether `form`, taken as it stands, names something below the root on any system."""
    if form.startswith("~") or _SCHEME.search(form) or ".." in form.replace("\\", "/").split("/"):
        return False
    posix = posixpath.normpath(posixpath.join(_POSIX_ROOT, form))
    windows = ntpath.normpath(ntpath.join(_WINDOWS_ROOT, form))
    return posix.startswith(_POSIX_ROOT + "/") and windows.startswith(_WINDOWS_ROOT + "\\")


def _bare(form: str) -> bool:
    """Whether `form` is a root, a home, a drive or a climb alone, with no name behind it."""
    path = form.replace("\\", "/")
    if path.strip("./") == "" and ".." not in path and not path.startswith("/"):
        return False  # nothing, or `.`: the store's own root
    return _BARE.fullmatch(path) is not None or _SHARE.fullmatch(path) is not None


def _refusal(name: object, operation: str, why: str, remedy: str) -> NotAdmittedError:
    return NotAdmittedError(f"{operation}({name!r}) is not sent to the store: {why}; {remedy}")


def _as_text(name: object) -> str:
    if isinstance(name, str):
        return name
    if isinstance(name, bytes | os.PathLike):
        return os.fsdecode(cast("bytes | os.PathLike[str]", name))
    return str(name)


def admit(name: object, *, operation: str, destructive: bool, guarded: bool) -> None:
    r"""Return if `name` may be sent to a store, and raise if not.

    Outside the guard a name must stay strictly below the root as given and after percent-decoding, `\` to `/`, NFKC, stripping and
    expansion of `~`, `$NAME` and `%NAME%`, in every order. `""` is admitted for the operations that take a prefix.

    Args:
        name: the key or prefix; of an object that is no `str`, what it reads as is judged.
        operation: the store's method, for example "delete_dir".
        destructive: whether that method removes something.
        guarded: whether this is the guard's child process.

    Raises:
        NotAdmittedError: outside the guard, the name could leave the root; for a destructive call, it is a root, a home or a climb.
    """
    text = _as_text(name)
    if _PLAIN.fullmatch(text) or (text == "" and (guarded or operation in _PREFIX_OPERATIONS)):
        return
    forms = _forms(text)
    if forms is None:
        raise _refusal(name, operation, "there is no end of the ways to read it", "choose a name without references to variables")
    if destructive:
        for form in sorted(forms):
            if _bare(form):
                reading = "it" if form == text else f"it reads as {form!r}, which"
                raise _refusal(
                    name,
                    operation,
                    f"{reading} is a root, a home or a climb alone, and a store that follows it would remove all there",
                    "name a decoy below it",
                )
    if guarded:
        return
    for form in sorted(forms):
        if not _strictly_below(form):
            reading = "it" if form == text else f"it reads as {form!r}, which"
            raise _refusal(
                name,
                operation,
                f"{reading} is not strictly below the store's root",
                "send it inside the guard, or put special characters between others, as in 'k%2Fk'",
            )
