"""What must not be shown: credentials in URLs, in options, and in the errors of those that were given them (clause SAF-6)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

_MASK: Final = "***"
# Names of options that hold a credential, or something that holds one: key, secret, token, passwd, auth, sas_token, ...
_TELLING: Final = re.compile(r"key|secret|token|pass|auth|sas|cred|sign|conn|user|cert|cookie|header", re.IGNORECASE)
_USER_INFO: Final = re.compile(r"(?<=://)[^/?#\s]*@")
_QUERY_VALUE: Final = re.compile(r"(?<=[?&])([^=&#\s]+)=([^&#\s]+)")
_SHORTEST: Final = 3  # a shorter text is found by chance


def mask_url(url: str) -> str:
    """Return `url` with the user and password, and each value of the query, replaced by asterisks."""
    return _QUERY_VALUE.sub(rf"\1={_MASK}", _USER_INFO.sub(f"{_MASK}@", url))


def secrets_in_url(url: str) -> Iterator[str]:
    """Give what `mask_url` hides."""
    for user_info in _USER_INFO.findall(url):
        yield user_info
        yield from user_info[:-1].split(":", 1)
    for _, value in _QUERY_VALUE.findall(url):
        yield value


def secrets_in_options(options: object, *, telling: bool = False) -> Iterator[str]:
    """Give each text in `options`, however deep, that stands under a telling name or in a URL.

    Args:
        options: what a file system was made with: mappings, sequences, texts and whatever else.
        telling: a name above was a telling one.
    """
    if isinstance(options, bytes):
        options = options.decode("latin-1")
    if isinstance(options, str):
        yield from secrets_in_url(options)
        if telling:
            yield options
    elif isinstance(options, Mapping):
        for name, value in cast("Mapping[object, object]", options).items():
            yield from secrets_in_options(value, telling=telling or _TELLING.search(str(name)) is not None)
    elif isinstance(options, (list, tuple, set, frozenset)):
        # A named tuple, as aiohttp's BasicAuth is, may be given under any name, or none.
        holds_login = telling or hasattr(cast("Any", options), "password")
        for value in cast("list[object]", options):
            yield from secrets_in_options(value, telling=holds_login)


class Secrets:
    """Texts that are masked where they show in the error of a back end.

    Args:
        found: the texts.
    """

    __slots__ = ("_pattern",)

    def __init__(self, found: Iterator[str]) -> None:
        texts = sorted({text for text in found if len(text) >= _SHORTEST}, key=len, reverse=True)
        self._pattern = re.compile("|".join([re.escape(text) for text in texts])) if texts else None

    def masked(self, error: Exception) -> Exception | None:
        """Return an error of the same built-in class that says the same with asterisks; None where `error` shows no secret.

        What an error shows is its own text and that of the errors that led to it, which a traceback prints too.
        """
        pattern = self._pattern
        if pattern is None or not any(pattern.search(f"{shown} {shown!r}") for shown in _chain(error)):
            return None
        text = pattern.sub(_MASK, str(error))
        builtin = next(kind for kind in type(error).__mro__ if kind.__module__ == "builtins")
        try:
            return cast("Exception", builtin(f"{text} ({type(error).__name__}; credentials are masked)"))
        except TypeError:  # UnicodeError and the like want more than a text
            return OSError(text)


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
