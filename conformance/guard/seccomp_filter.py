"""The seccomp filter that holds up each system call that might change a file, until the watch has answered it."""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from typing import Final

from conformance.guard.linux import system_call
from conformance.guard.system_calls import AUDIT_ARCHITECTURE, CLONE, HIDDEN, SECCOMP, WATCHED, Opening

WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
"""The flags of a call that opens a file, any of which means that it may change something."""

# Instructions of the classic Berkeley packet filter, on 32-bit words of `struct seccomp_data`.
_LOAD: Final = 0x20
_JUMP_EQUAL: Final = 0x15
_JUMP_GREATER_OR_EQUAL: Final = 0x35
_JUMP_ANY_BIT: Final = 0x45
_RETURN: Final = 0x06

_NUMBER_AT: Final = 0
_ARCHITECTURE_AT: Final = 4
_ARGUMENTS_AT: Final = 16

_ALLOW: Final = 0x7FFF0000
_NOTIFY: Final = 0x7FC00000
_NO_SUCH_CALL: Final = 0x00050000 | errno.ENOSYS

_X32_CALLS: Final = 0x40000000  # the same calls under other numbers
_CLONE_THREAD: Final = 0x00010000

_SET_MODE_FILTER: Final = 1
_NEW_LISTENER: Final = 1 << 3
_WAIT_KILLABLE: Final = 1 << 5  # Linux 5.19: a signal does not break off a call that is being judged


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _lower_half(argument: int) -> int:
    return _ARGUMENTS_AT + 8 * argument + (4 if sys.byteorder == "big" else 0)


def _program(machine: str) -> bytes:
    """The filter: a chain of comparisons, each with its answer directly behind it."""
    program = [
        _instruction(_LOAD, _ARCHITECTURE_AT),
        _instruction(_JUMP_EQUAL, AUDIT_ARCHITECTURE[machine], 1, 0),
        _instruction(_RETURN, _NO_SUCH_CALL),
        _instruction(_LOAD, _NUMBER_AT),
        _instruction(_JUMP_GREATER_OR_EQUAL, _X32_CALLS, 0, 1),
        _instruction(_RETURN, _NO_SUCH_CALL),
    ]
    for call in (*WATCHED, *HIDDEN):
        number = call.number(machine)
        if number is None:
            continue
        match call.opening:
            case Opening(flags=flags, structure=False):
                answer = _if_any_bit(flags, WRITING, _NOTIFY, _ALLOW)
            case _ if call is CLONE:
                answer = _if_any_bit(0, _CLONE_THREAD, _ALLOW, _NOTIFY)
            case _:
                answer = [_instruction(_RETURN, _NO_SUCH_CALL if call in HIDDEN else _NOTIFY)]
        program += [_instruction(_JUMP_EQUAL, number, 0, len(answer)), *answer]
    program.append(_instruction(_RETURN, _ALLOW))
    return b"".join(program)


def _if_any_bit(argument: int, bits: int, then: int, otherwise: int) -> list[bytes]:
    return [
        _instruction(_LOAD, _lower_half(argument)),
        _instruction(_JUMP_ANY_BIT, bits, 0, 1),
        _instruction(_RETURN, then),
        _instruction(_RETURN, otherwise),
    ]


def install_filter() -> int:
    """Put the filter on this thread and all that it starts; return the handle at which the watch is told of the calls.

    Raises:
        OSError: the kernel has no such filters, or another watch is there.
    """
    machine = os.uname().machine
    program = ctypes.create_string_buffer(_program(machine))
    description = struct.pack("@HP", (len(program) - 1) // 8, ctypes.addressof(program))
    try:
        return system_call(SECCOMP[machine], _SET_MODE_FILTER, _NEW_LISTENER | _WAIT_KILLABLE, description)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return system_call(SECCOMP[machine], _SET_MODE_FILTER, _NEW_LISTENER, description)
