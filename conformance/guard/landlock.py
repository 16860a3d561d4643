"""Landlock: the kernel keeps this process, its threads, its native code and its children from changing files elsewhere."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from typing import Final

from conformance.guard.linux import system_call

_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_VERSION: Final = 1  # flag of _CREATE_RULESET
_PATH_BENEATH: Final = 1  # type of rule

# Rights: WRITE_FILE, then REMOVE_DIR to MAKE_SYM, REFER (link and rename between directories) and TRUNCATE. Reading stays free.
_WRITE_FILE: Final = 1 << 1
_TRUNCATE: Final = 1 << 14
_CHANGES: Final = _WRITE_FILE | sum(1 << bit for bit in range(4, 14)) | _TRUNCATE

_LEAST_VERSION: Final = 3  # Linux 6.2: before it the kernel does not hold back truncation
_SCOPE_VERSION: Final = 6  # Linux 6.12: it can also hold back signals
_SCOPE_SIGNAL: Final = 1 << 1


def confine(directories: Iterable[str], *, devices: Iterable[str]) -> None:
    """Allow changes below `directories` and writing to `devices` alone, from now on; it needs no_new_privs or a privilege.

    Raises:
        OSError: the kernel has no Landlock, or too old a one.
    """
    version = system_call(_CREATE_RULESET, None, 0, _VERSION)
    if version < _LEAST_VERSION:
        raise OSError(f"Landlock has version {version} here, and truncation is confined from {_LEAST_VERSION} on")
    scope = _SCOPE_SIGNAL if version >= _SCOPE_VERSION else 0
    attributes = struct.pack("=QQQ", _CHANGES, 0, scope)  # files, network, scope
    ruleset = system_call(_CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for directory in directories:
            _allow(ruleset, directory, _CHANGES)
        for device in devices:
            _allow(ruleset, device, _WRITE_FILE | _TRUNCATE)
        system_call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        system_call(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, handle), 0)
    finally:
        os.close(handle)
