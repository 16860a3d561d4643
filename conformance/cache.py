"""The one folder in which the kit keeps what helps its next run: failing traces, examples, the type checker's cache."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

VARIABLE = "STOREPROTO_CACHE"
"""The environment variable that names the folder; set to nothing, it switches the cache off."""

_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# What storeproto keeps between runs; it can be deleted at any time.\n"


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the folder, which exists; None where there is to be none, or it cannot be made.

    It is what `STOREPROTO_CACHE` names, else `storeproto` in the platform's folder for a user's caches.

    Args:
        environment: the environment variables.
    """
    named = environment.get(VARIABLE)
    if named == "":
        return None
    with suppress(OSError, RuntimeError):  # a cache that cannot be had is done without
        folder = Path(named).expanduser() if named else _platform_folder(environment) / "storeproto"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        tag = folder / "CACHEDIR.TAG"  # by which back-up programs know a cache
        if not tag.exists():
            tag.write_text(_TAG, encoding="ascii")
        return folder if os.access(folder, os.W_OK | os.X_OK) else None
    return None


def _platform_folder(environment: Mapping[str, str]) -> Path:
    """The folder for a user's caches, as the platform's own rules name it."""
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    given = Path(environment.get("XDG_CACHE_HOME", ""))
    return given if given.is_absolute() else Path.home() / ".cache"
