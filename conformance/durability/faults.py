"""Faults of the file system, made in a process of their own: no space, no file handle left, no permission (DUR-3, DUR-5).

Each is a job, which says what went wrong, or why it could not be made; nothing where all was right.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from conformance.durability.jobs import Visitor, opened
from conformance.durability.limits import soft_limit
from conformance.durability.line import Line
from conformance.durability.values import describe, value_of
from conformance.operations import (
    Exists,
    Get,
    GetPartialValues,
    GetSize,
    IsEmpty,
    ListAll,
    ListDir,
    ListPrefix,
    Operation,
    Set,
    SetIfNotExists,
)
from conformance.rendering import brief

_SPACE = 1 << 16
"""Bytes that a file may have where there is no more space."""
_CAP_DAC_OVERRIDE = 1 << 1
_CAP_DAC_READ_SEARCH = 1 << 2


def write_without_space(given: dict[str, Any], line: Line) -> None:
    """Set more than there is space for."""
    asyncio.run(_write_without_space(given, line))


async def _write_without_space(given: dict[str, Any], line: Line) -> None:
    import resource

    key, other = given["key"], given["other"]
    old, new = value_of(key, 4), b"a longer value;" * (1 << 16)
    async with opened(given) as visitor:
        await visitor.perform(Set(key, old))
        for operation, before in ((Set(key, new), old), (Set(other, new), None), (SetIfNotExists(other, new), None)):
            with soft_limit(resource.RLIMIT_FSIZE, _SPACE):
                refused = await _raises(visitor, operation)
            found = await visitor.perform(Get(operation.key))
            if not refused and found == new:
                line.send("unmade", "a limit on the size of files does not stop the store from writing a long value")
                return
            if not refused:
                line.send("wrong", [f"{operation} raises", f"it returned, and then get gives {describe(found, [new])}"])
                return
            if found != before:
                line.send("wrong", [f"after {operation} raised, get gives {brief(before)}", describe(found, [new])])
                return
        if given["lists"] and (found := await visitor.perform(ListAll())) != [key]:
            line.send("wrong", [f"list() after that: {[key]}", brief(found)])
            return
        await visitor.perform(Set(key, new))
        if (found := await visitor.perform(Get(key))) != new:
            line.send("wrong", ["a set lands when there is space again", describe(found, [new])])


async def _raises(visitor: Visitor, operation: Operation) -> bool:
    try:
        await visitor.perform(operation)
    except Exception:  # noqa: BLE001  # any error will do
        return True
    return False


def read_without_handles(given: dict[str, Any], line: Line) -> None:
    """Read and list where no file can be opened."""
    asyncio.run(_read_while(_no_handles, given, line))


def read_without_permission(given: dict[str, Any], line: Line) -> None:
    """Read and list where neither a file nor a directory can be read."""
    _give_up_root(Path(given["path"]), line)
    asyncio.run(_read_while(_no_permission(Path(given["path"])), given, line))


async def _read_while(fault: Callable[[], Any], given: dict[str, Any], line: Line) -> None:
    """Ask everything while the fault lasts: each answer is right, or an error."""
    key, value = given["key"], value_of(given["key"], 4)
    async with opened(given) as visitor:
        await visitor.perform(Set(key, value))
        questions: list[tuple[Operation, object]] = [
            (Get(key), value), (GetPartialValues(((key, None),)), [value]), (Exists(key), True), (GetSize(key), len(value)),
        ]  # fmt: skip
        if given["lists"]:
            directory = key.partition("/")[0]
            questions += [
                (ListAll(), [key]), (ListPrefix(f"{directory}/"), [key]), (ListDir(directory), [key.partition("/")[2]]),
                (IsEmpty(directory), False),
            ]  # fmt: skip
        # Whatever is imported, or started, with the first call of its kind is there before the fault.
        questions = [(question, right) for question, right in questions if await visitor.perform(question) == right]
        with fault():
            answers = [(question, right, await _answer(visitor, question)) for question, right in questions]
        for question, right, answer in answers:
            if not isinstance(answer, Exception) and answer != right:
                line.send("wrong", [f"{question}: an error, or {brief(right)}", brief(answer)])
                return
        for question, right in questions:
            if (answer := await _answer(visitor, question)) != right:
                line.send("wrong", [f"{question}: {brief(right)}, once that is over", brief(answer)])
                return


async def _answer(visitor: Visitor, question: Operation) -> object:
    try:
        return await visitor.perform(question)
    except Exception as error:  # noqa: BLE001  # judged by who asks
        return error


@contextmanager
def _no_handles() -> Generator[None]:
    """Let nothing be opened: all the handles that this process may have are taken."""
    import resource

    taken = [os.open(os.devnull, os.O_RDONLY)]
    try:
        with soft_limit(resource.RLIMIT_NOFILE, taken[0] + 1):
            with suppress(OSError):  # as it should be
                while True:
                    taken.append(os.open(os.devnull, os.O_RDONLY))
            yield
    finally:
        for handle in taken:
            os.close(handle)


def _no_permission(top: Path) -> Callable[[], Any]:
    @contextmanager
    def unreadable() -> Generator[None]:
        """Let nothing below `top` be opened or listed."""
        found = [Path(directory) for directory, _, _ in os.walk(top)]
        found += [path for directory in found for path in directory.iterdir() if path.is_file() and not path.is_symlink()]
        modes = {path: path.stat().st_mode & 0o7777 for path in found}
        for path in reversed(found):
            path.chmod(0)
        try:
            yield
        finally:
            for path in found:
                path.chmod(0o700)
            for path, mode in modes.items():
                path.chmod(mode)

    return unreadable


def _give_up_root(directory: Path, line: Line) -> None:
    """Give up the capability to read what is unreadable; it binds the threads that are started from now on, too.

    Raises:
        PermissionError: what cannot be read can be read all the same.
    """
    if sys.platform == "linux" and os.geteuid() == 0:
        from conformance.guard.linux import permitted_capabilities, set_capabilities

        kept = permitted_capabilities() & ~(_CAP_DAC_OVERRIDE | _CAP_DAC_READ_SEARCH)
        set_capabilities(kept, kept)
    probe = directory / "probe"
    probe.touch(mode=0)
    readable = os.access(probe, os.R_OK, effective_ids=os.access in os.supports_effective_ids)
    probe.unlink()
    if readable:
        line.send("unmade", "this user reads every file, whatever its permissions")
        raise PermissionError("this user reads every file")
