"""Which files a store holds open: of its own directory alone, since the process opens and closes others meanwhile."""

from pathlib import Path

import pytest

_DESCRIPTORS = Path("/proc/self/fd")


def open_below(directory: Path) -> list[str]:
    """The paths of this process's open files that are in a directory or are the directory itself, in order.

    Skips the test on a system that does not tell which files are open.
    """
    if not _DESCRIPTORS.exists():
        pytest.skip("this system does not tell which files are open")
    found: list[Path] = []
    for descriptor in _DESCRIPTORS.iterdir():
        try:
            found.append(descriptor.readlink())
        except FileNotFoundError:  # it was closed meanwhile, as the descriptor of this very listing is
            continue
    return sorted(str(path) for path in found if path.is_relative_to(directory))
