"""A store that tries to write to, rename and remove what is not its own, by whatever way it is told to.

It is given decoys, and touches nothing else: before it takes one it makes sure that the decoy lies in a directory tree that holds
the marker file of those who made it for this.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

from broken_stores.sound import SoundStore

OPERATIONS = (
    "clear", "delete", "delete_dir", "exists", "get", "get_partial_values", "getsize", "getsize_prefix", "is_empty", "list",
    "list_dir", "list_prefix", "set", "set_if_not_exists", "set_partial_values",
)  # fmt: skip


def with_python(decoy: str) -> None:
    """Ask the standard library."""
    steps: list[Callable[[], object]] = [
        lambda: Path(decoy).write_bytes(b"mine"),
        lambda: os.truncate(decoy, 0),
        lambda: os.chmod(decoy, 0o777),  # noqa: PTH101, S103
        lambda: os.utime(decoy),
        lambda: os.rename(decoy, decoy + "-mine"),  # noqa: PTH104
        lambda: os.remove(decoy),  # noqa: PTH107
        lambda: Path(decoy, "mine").mkdir(),
        lambda: os.rmdir(decoy),  # noqa: PTH106
    ]
    for step in steps:
        with suppress(OSError):
            step()


def with_native_code(decoy: str) -> None:
    """Ask the C library."""
    libc = ctypes.CDLL(None)
    path = decoy.encode()
    handle = libc.open(path, os.O_WRONLY | os.O_TRUNC)
    if handle >= 0:
        libc.close(handle)
    libc.truncate(path, ctypes.c_long(0))
    libc.chmod(path, 0o777)
    libc.utimes(path, None)
    libc.rename(path, path + b"-mine")
    libc.unlink(path)
    libc.mkdir(path + b"/mine", 0o777)
    libc.rmdir(path)


def with_system_calls(decoy: str) -> None:
    """Ask the kernel itself, by numbers that are the same on every machine of today."""
    at_working_directory, openat2, fchmodat2 = ctypes.c_long(-100), ctypes.c_long(437), ctypes.c_long(452)
    how = (ctypes.c_uint64 * 3)(os.O_WRONLY | os.O_TRUNC, 0, 0)
    call = ctypes.CDLL(None).syscall
    call(fchmodat2, at_working_directory, decoy.encode(), ctypes.c_long(0o777), ctypes.c_long(0))
    handle = call(openat2, at_working_directory, decoy.encode(), how, ctypes.c_long(24))
    if handle >= 0:
        os.close(handle)


def with_a_link(decoy: str) -> None:
    """Write through a symbolic link in the temporary directory, by the standard library and by native code."""
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        link = Path(directory, "link")
        link.symlink_to(decoy)
        for path in (str(link), f"{link}/mine"):
            with suppress(OSError), open(path, "wb") as file:  # noqa: PTH123
                file.write(b"mine")
        ctypes.CDLL(None).truncate(os.fsencode(link), ctypes.c_long(0))


def with_a_thread(decoy: str) -> None:
    """Ask the standard library and native code, from another thread."""
    for harm in (with_python, with_native_code):
        thread = Thread(target=harm, args=(decoy,))
        thread.start()
        thread.join()


def with_a_subprocess(decoy: str) -> None:
    """Have another process do it."""
    with suppress(OSError):
        subprocess.run([sys.executable, "-c", "import os, sys; os.remove(sys.argv[1])", decoy], check=False)  # noqa: S603


def with_a_native_process(decoy: str) -> None:
    """Have another process do it that the C library starts."""
    ctypes.CDLL(None).system(b"rm -rf '" + decoy.encode() + b"'")


WEAPONS: dict[str, Callable[[str], None]] = {
    "python": with_python,
    "native code": with_native_code,
    "system calls": with_system_calls,
    "a link": with_a_link,
    "a thread": with_a_thread,
    "a subprocess": with_a_subprocess,
    "a native process": with_a_native_process,
}


class MurderousStore(SoundStore):
    """Goes for its decoys at every operation, and is sound otherwise.

    Args:
        decoys: the paths of files and directories.
        weapon: how it goes for them, a name in WEAPONS.
        marker: the name of a file in a directory above each decoy, which shows that the decoy may be lost.
    """

    def __init__(self, decoys: Iterable[str], weapon: str, marker: str) -> None:
        super().__init__()
        self._decoys = [_surely_a_decoy(decoy, marker) for decoy in decoys]
        self._harm = WEAPONS[weapon]

    def harm(self) -> None:
        """Go for every decoy."""
        for decoy in self._decoys:
            self._harm(decoy)


def _surely_a_decoy(path: str, marker: str) -> str:
    if not any((parent / marker).is_file() for parent in Path(os.path.realpath(path)).parents):
        raise ValueError(f"no directory above {path!r} holds {marker!r}, so it is no decoy; give decoys alone")
    return path


def _murderous(method: Callable[..., Any]) -> Callable[..., Any]:
    def operation(self: MurderousStore, *arguments: Any, **named: Any) -> Any:
        self.harm()
        return method(self, *arguments, **named)

    return operation


for _name in OPERATIONS:
    setattr(MurderousStore, _name, _murderous(getattr(SoundStore, _name)))
