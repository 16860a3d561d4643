"""The writable area, and what a path really names."""

from __future__ import annotations

import os

import pytest

from conformance.guard.area import WritableArea, real_path


@pytest.fixture
def area(tmp_path):
    """An area of one directory, for this process."""
    return WritableArea([str(tmp_path / "root")], os.getpid())


@pytest.mark.parametrize("name", ["root", "root/a", "root/a/b"])
def test_directory_and_what_is_below_may_be_changed(area, tmp_path, name):
    """The area is its directories, themselves too, and all below."""
    assert area.contains(str(tmp_path / name))


@pytest.mark.parametrize("name", ["rootling", "roo", "other/root", ""])
def test_nothing_else_may_be_changed(area, tmp_path, name):
    """Names that begin alike, parents and neighbours are outside."""
    assert not area.contains(str(tmp_path / name))


@pytest.mark.parametrize("path", [os.devnull, "/proc/self/comm", "/proc/{process}/task/1/comm", "pipe:[12]", "/memfd:a (deleted)"])
def test_what_is_no_file_may_be_changed(area, path):
    """The null device, the process's own entries in /proc, pipes and memory are no files to be harmed."""
    assert area.contains(path.format(process=os.getpid()))


@pytest.mark.parametrize("path", ["/proc/1/comm", "/proc/sys/kernel/core_pattern", "/dev/sda"])
def test_devices_and_other_processes_are_outside(area, path):
    """Other processes' entries in /proc, the kernel's settings and devices may not be changed."""
    assert not area.contains(path)


@pytest.fixture
def linked(tmp_path):
    """A directory with a link to a neighbour of it."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to(tmp_path / "outside")
    return tmp_path


@pytest.mark.parametrize(
    ("path", "follows", "expected"),
    [
        ("root/link", True, "outside"),
        ("root/link", False, "root/link"),
        ("root/link/", False, "outside"),
        ("root/link/a", False, "outside/a"),
        ("root/link/..", False, ""),
        ("root/link/../a", False, "a"),
        ("root/missing/a", True, "root/missing/a"),
        ("root/a/../../a", False, "a"),
    ],
)
def test_real_path(linked, path, follows, expected):
    """Links on the way are followed, the last one if it is to be; `..` goes up from where a link led."""
    assert real_path(f"{linked}/{path}", follows=follows) == str(linked / expected)


def test_real_path_of_the_root():
    """The root of the file system is itself."""
    assert (real_path("/", follows=False), real_path("/a", follows=False)) == ("/", "/a")
