"""How keys are named in a file system: each segment is one name, its characters in UTF-8."""

from __future__ import annotations

import os
import sys
from typing import Final

from storeproto import InvalidKeyError
from storeproto.keys import check_key

_LONGEST_SEGMENT: Final = 255
_LONGEST_PATH: Final = 4095

_NAMES_ARE_UTF_8: Final = sys.getfilesystemencoding() == "utf-8"


def path_of(key: str) -> bytes:
    """Return the path of a key, or of a directory, in the root.

    Raises:
        InvalidKeyError: the grammar does not allow it, or no file can have such a long name (KEY-8).
        TypeError: it is not a `str`.
    """
    path = check_key(key).encode()
    if len(path) > _LONGEST_SEGMENT:
        if len(path) > _LONGEST_PATH:
            raise InvalidKeyError(
                f"the key {key[:40]!r}... is not allowed: it has {len(path)} bytes, and a file's path has at most {_LONGEST_PATH}"
            )
        for segment in path.split(b"/"):
            if len(segment) > _LONGEST_SEGMENT:
                raise InvalidKeyError(
                    f"the key {key!r} is not allowed: a segment has {len(segment)} bytes, "
                    f"and a file's name has at most {_LONGEST_SEGMENT}"
                )
    return path


def segment_of(name: str) -> str | None:
    """Return the segment that a file's name (as `os` gives it) stands for; None where it stands for none: it is not UTF-8."""
    if name.isascii():
        return name
    try:
        if _NAMES_ARE_UTF_8:
            name.encode()  # a byte that is no UTF-8 is a lone surrogate in it
            return name
        return os.fsencode(name).decode()
    except UnicodeError:
        return None
