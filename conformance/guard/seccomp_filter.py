"""Seccomp filters that hold up system calls until another process has answered them."""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Iterable
from typing import Final, NamedTuple

from conformance.guard.linux import system_call
from conformance.guard.system_calls import AUDIT_ARCHITECTURE, CLONE, HIDDEN, SECCOMP, WATCHED, Opening, SystemCall

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

ALLOW: Final = 0x7FFF0000
"""The kernel does what is asked for."""
NOTIFY: Final = 0x7FC00000
"""The call is held up."""
NO_SUCH_CALL: Final = 0x00050000 | errno.ENOSYS
"""The process is told that the kernel has no such call."""

_X32_CALLS: Final = 0x40000000  # the same calls under other numbers
_CLONE_THREAD: Final = 0x00010000

_SET_MODE_FILTER: Final = 1
_EVERY_THREAD: Final = 1 << 0 | 1 << 4  # Linux 5.7: TSYNC beside a listener
_NEW_LISTENER: Final = 1 << 3
_WAIT_KILLABLE: Final = 1 << 5  # Linux 5.19: a signal does not break off a call that is being judged


class Rule(NamedTuple):
    """What becomes of one system call.

    Args:
        call: the call.
        answer: ALLOW, NOTIFY or NO_SUCH_CALL; where `bits` are given, if the argument has any of them.
        argument: the position of the argument that decides.
        bits: of that argument's lower half; 0 where nothing is to be decided.
        otherwise: the answer where it has none of them.
    """

    call: SystemCall
    answer: int = NOTIFY
    argument: int = 0
    bits: int = 0
    otherwise: int = ALLOW


def _guarding() -> Iterable[Rule]:
    """What the guard's watch is told of."""
    for call in WATCHED:
        match call.opening:
            case Opening(flags=flags, structure=False):
                yield Rule(call, argument=flags, bits=WRITING)
            case _ if call is CLONE:
                yield Rule(call, ALLOW, bits=_CLONE_THREAD, otherwise=NOTIFY)
            case _:
                yield Rule(call)
    for call in HIDDEN:
        yield Rule(call, NO_SUCH_CALL)


GUARDING: Final = tuple(_guarding())
"""The rules under which the guard's child lives."""


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _lower_half(argument: int) -> int:
    return _ARGUMENTS_AT + 8 * argument + (4 if sys.byteorder == "big" else 0)


def _program(machine: str, rules: Iterable[Rule]) -> bytes:
    """The filter: a chain of comparisons, each with its answer directly behind it."""
    program = [
        _instruction(_LOAD, _ARCHITECTURE_AT),
        _instruction(_JUMP_EQUAL, AUDIT_ARCHITECTURE[machine], 1, 0),
        _instruction(_RETURN, NO_SUCH_CALL),
        _instruction(_LOAD, _NUMBER_AT),
        _instruction(_JUMP_GREATER_OR_EQUAL, _X32_CALLS, 0, 1),
        _instruction(_RETURN, NO_SUCH_CALL),
    ]
    for rule in rules:
        number = rule.call.number(machine)
        if number is None:
            continue
        answer = _if_any_bit(rule) if rule.bits else [_instruction(_RETURN, rule.answer)]
        program += [_instruction(_JUMP_EQUAL, number, 0, len(answer)), *answer]
    program.append(_instruction(_RETURN, ALLOW))
    return b"".join(program)


def _if_any_bit(rule: Rule) -> list[bytes]:
    return [
        _instruction(_LOAD, _lower_half(rule.argument)),
        _instruction(_JUMP_ANY_BIT, rule.bits, 0, 1),
        _instruction(_RETURN, rule.answer),
        _instruction(_RETURN, rule.otherwise),
    ]


def install_filter(rules: Iterable[Rule] = GUARDING, *, every_thread: bool = False) -> int:
    """Put a filter on this thread and all that it starts; return the handle at which its notices come.

    Args:
        rules: what becomes of which call; all others are allowed.
        every_thread: put it on the threads that this process has already, too.

    Raises:
        OSError: the kernel has no such filters, or another process is told of calls already.
    """
    machine = os.uname().machine
    program = ctypes.create_string_buffer(_program(machine, rules))
    description = struct.pack("@HP", (len(program) - 1) // 8, ctypes.addressof(program))
    flags = _NEW_LISTENER | (_EVERY_THREAD if every_thread else 0)
    try:
        return system_call(SECCOMP[machine], _SET_MODE_FILTER, flags | _WAIT_KILLABLE, description)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return system_call(SECCOMP[machine], _SET_MODE_FILTER, flags, description)
