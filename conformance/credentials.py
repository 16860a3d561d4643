"""The credentials among the arguments that a subject gives its store."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, cast
from urllib.parse import unquote

from conformance.recipe import Recipe
from conformance.subject import Subject

_NAME: Final = re.compile(
    r"secret|passw|passphrase|token|credential|connection_?string|(?:api|account|private|sas)_?key|signature", re.IGNORECASE
)
_IN_URL: Final = re.compile(
    r"://[^/@\s:]*:([^/@\s]+)@|[?&](?:sig|signature|token|password|secret|x-amz-signature)=([^&\s#]+)", re.IGNORECASE
)
_SHORTEST: Final = 6
"""Characters: what is shorter occurs by chance, or is a word like `anon`."""


def credentials(subject: Subject) -> dict[str, str]:
    """Return each credential that the recipe of `subject` holds, and the name of the argument that it is in."""
    if not isinstance(subject.opening, Recipe):
        return {}
    found = dict(_in("", subject.opening.arguments))
    forms = [(form, name) for secret, name in found.items() for form in (secret, unquote(secret))]
    return {secret: name for secret, name in forms if len(secret) >= _SHORTEST}


def _in(name: str, value: object) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            if _NAME.search(name):
                yield value, name
            for match_ in _IN_URL.finditer(value):
                yield match_[1] or match_[2], name
        case Mapping():
            for inner, item in cast("Mapping[str, object]", value).items():
                yield from _in(inner, item)
        case list() | tuple():
            for item in cast("list[object]", value):
                yield from _in(name, item)
        case _:
            pass
