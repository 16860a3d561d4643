"""Which values among the arguments of a store are credentials: by the name of the argument, or by their place in a URL."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, cast

_NAME: Final = re.compile(
    r"secret|passw|passphrase|token|credential|connection_?string|(?:api|account|private|sas)_?key|signature", re.IGNORECASE
)
_IN_URL: Final = re.compile(
    r"://[^/@\s:]*:([^/@\s]+)@|[?&](?:sig|signature|token|password|secret|x-amz-signature)=([^&\s#]+)", re.IGNORECASE
)
_SHORTEST: Final = 6
"""Characters: what is shorter occurs by chance, or is a word like `anon`."""


def secrets_in(name: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield each credential in the argument `name`, with the name that tells it."""
    match value:
        case str():
            in_url = [match_[1] or match_[2] for match_ in _IN_URL.finditer(value)]
            found = [value, *in_url] if _NAME.search(name) else in_url
            yield from [(secret, name) for secret in found if len(secret) >= _SHORTEST]
        case Mapping():
            for inner, item in cast("Mapping[str, object]", value).items():
                yield from secrets_in(inner, item)
        case list() | tuple():
            for item in cast("list[object]", value):
                yield from secrets_in(name, item)
        case _:
            pass


def is_secret(name: str, value: object) -> bool:
    """Whether `value` is a string that is a credential, or holds one."""
    return isinstance(value, str) and any(secrets_in(name, value))
