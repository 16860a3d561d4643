"""Reports are passed on: what only this machine and its user should know is taken out of them."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

_SECRETS = (
    # The password in a URL, and the token in its place.
    (re.compile(r"(?P<before>\b[a-z][a-z0-9+.-]*://)[^\s/@'\"]+@", re.IGNORECASE), r"\g<before>***@"),
    # The value that follows a name for secrets: secret_key='...', "token": "...", sig=...
    (
        re.compile(
            r"(?P<before>(?:secret|password|passwd|token|signature|\bsig|credential|api_?key|access_?key|account_?key|"
            r"authorization)[a-z_-]*(?:\\?['\"])?\s*[=:]\s*(?:(?:bearer|basic)\s+)?)(?P<quote>\\?['\"]?)(?!os\.environ\[)[^\s'\"&,;)}\\]+",
            re.IGNORECASE,
        ),
        r"\g<before>\g<quote>***",
    ),
    # Keys that tell themselves by their form.
    (re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"), "***"),
)


@lru_cache(maxsize=1)
def _home() -> re.Pattern[str] | None:
    """The user's home where it is named; None where it cannot be told, or is the root."""
    try:
        home = str(Path.home())
    except RuntimeError:
        return None
    return re.compile(rf"(?<![\w.-]){re.escape(home)}(?![\w.-])") if len(home) > 1 else None


def scrubbed(text: str) -> str:
    """Return `text` without credentials, and with `~` for the user's home."""
    home = _home()
    if home is not None:
        text = home.sub("~", text)
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def scrubbed_json(value: object) -> Any:
    """Return a JSON value with its strings scrubbed, also where a name in an object says that the value is secret."""
    match value:
        case str():
            return scrubbed(value)
        case list():
            items = cast("list[object]", value)
            return [scrubbed_json(item) for item in items]
        case dict():
            members = cast("dict[str, object]", value)
            return {name: _member(name, item) for name, item in members.items()}
        case _:
            return value


def _member(name: str, value: object) -> Any:
    if isinstance(value, str):
        shown = scrubbed(f"{name}={value}")
        return shown.removeprefix(f"{name}=") if shown.startswith(f"{name}=") else scrubbed(value)
    return scrubbed_json(value)
