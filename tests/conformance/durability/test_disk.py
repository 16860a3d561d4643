"""What a power cut may leave of a directory."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from conformance.durability.disk import Disk, TooMuchError, Tree, write_tree

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no handles of directories")


def synchronise(disk: Disk, path: Path) -> None:
    """Bring a file, or the names in a directory, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    disk.synchronise(handle)
    os.close(handle)


def left(disk: Disk, survivors: str) -> Tree:
    """What a cut leaves where just this survives of what is not synchronised."""
    return next(image.tree for image in disk.images() if image.survivors == survivors)


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    """The disk with one file `old` and one directory `d` on it."""
    (tmp_path / "old").write_bytes(b"old")
    (tmp_path / "d").mkdir()
    return Disk(str(tmp_path))


def test_what_is_there_at_first_survives(disk):
    """All that is there when the watch begins is on the disk."""
    assert {str(sorted(image.tree.items())) for image in disk.images()} == {"[('d', None), ('old', b'old')]"}


def test_contents_that_are_not_synchronised(disk, tmp_path):
    """A file whose name survives and whose contents were not synchronised is empty."""
    (tmp_path / "new").write_bytes(b"new")
    assert left(disk, "the names alone")["new"] == b""


def test_name_that_is_not_synchronised(disk, tmp_path):
    """A file that was synchronised, and its directory not, may be gone."""
    (tmp_path / "new").write_bytes(b"new")
    synchronise(disk, tmp_path / "new")
    assert "new" not in left(disk, "nothing")


def test_name_alone_is_synchronised(disk, tmp_path):
    """A directory that was synchronised, and the file not, keeps an empty file."""
    (tmp_path / "new").write_bytes(b"new")
    synchronise(disk, tmp_path)
    assert left(disk, "nothing")["new"] == b""


def test_both_are_synchronised(disk, tmp_path):
    """A file survives any cut when it and its directory were synchronised."""
    (tmp_path / "new").write_bytes(b"new")
    synchronise(disk, tmp_path / "new")
    synchronise(disk, tmp_path)
    assert {image.tree["new"] for image in disk.images()} == {b"new"}


def test_written_after_it_was_synchronised(disk, tmp_path):
    """What was written after the synchronisation may be lost."""
    with (tmp_path / "old").open("ab") as file:
        file.write(b" and more")
    assert left(disk, "nothing")["old"] == b"old"


def test_written_in_place(disk, tmp_path):
    """A half of what was written over a file may survive, either half."""
    (tmp_path / "old").write_bytes(b"OLDNEW")
    halves = [left(disk, f"the names, and the {half} half of the contents")["old"] for half in ("first", "second")]
    assert halves == [b"OLD", b"oldNEW"]


def test_appended_with_a_hole(disk, tmp_path):
    """The end of what was appended may survive without its beginning."""
    (tmp_path / "old").write_bytes(b"old12345")
    assert left(disk, "the names, and the second half of the contents")["old"] == b"old\x00\x00345"


def test_renamed_over_another(disk, tmp_path):
    """A file that took the place of another, unsynchronised, leaves an empty file or the old one."""
    (tmp_path / "temporary").write_bytes(b"new")
    (tmp_path / "temporary").rename(tmp_path / "old")
    assert (left(disk, "the names alone")["old"], left(disk, "nothing")["old"]) == (b"", b"old")


def test_new_directory(disk, tmp_path):
    """What is in a new directory is lost with the directory's own name."""
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / "new").write_bytes(b"new")
    synchronise(disk, tmp_path / "e" / "new")
    synchronise(disk, tmp_path / "e")
    assert "e/new" not in left(disk, "nothing")


def test_removed_name_comes_back(disk, tmp_path):
    """A name that was removed, and its directory not synchronised, is there again, with its contents."""
    (tmp_path / "old").unlink()
    assert left(disk, "nothing")["old"] == b"old"


def test_removed_name_stays_away(disk, tmp_path):
    """A name that was removed is gone when its directory was synchronised."""
    (tmp_path / "old").unlink()
    synchronise(disk, tmp_path)
    assert not any("old" in image.tree for image in disk.images())


def test_rename_is_one_step(disk, tmp_path):
    """A file that was moved to another directory is never in neither of them."""
    (tmp_path / "old").rename(tmp_path / "d" / "moved")
    synchronise(disk, tmp_path)
    assert left(disk, "nothing") == {"d": None, "d/moved": b"old"}


def test_directories_that_were_put_into_each_other(disk, tmp_path):
    """Two directories, each on the disk as if it were in the other, end somewhere."""
    (tmp_path / "d" / "e").mkdir()
    synchronise(disk, tmp_path / "d")
    (tmp_path / "d" / "e").rename(tmp_path / "e")
    (tmp_path / "d").rename(tmp_path / "e" / "d")
    synchronise(disk, tmp_path / "e")
    assert left(disk, "nothing")["d/e/d"] is None


def test_number_of_a_file_that_is_gone(disk, tmp_path):
    """A new file does not have the contents of an older one whose number the system could give it."""
    for number in range(20):
        (tmp_path / "temporary").write_bytes(b"synchronised")
        synchronise(disk, tmp_path / "temporary")
        (tmp_path / "temporary").unlink()
        (tmp_path / f"new{number}").touch()
    assert {left(disk, "the names alone")[f"new{number}"] for number in range(20)} == {b""}


def test_one_file_alone_is_lost(disk, tmp_path):
    """Of two files that were written, either may be lost alone."""
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"b")
    tree = left(disk, "all but the contents of a")
    assert (tree["a"], tree["b"]) == (b"", b"b")


def test_everything_is_synchronised(disk, tmp_path):
    """After sync() nothing can be lost."""
    (tmp_path / "d" / "new").write_bytes(b"new")
    disk.synchronise_all()
    assert {image.tree["d/new"] for image in disk.images()} == {b"new"}


def test_what_is_not_synchronised_is_named(disk, tmp_path):
    """What is not on the disk is said by its path, contents and names apart."""
    (tmp_path / "d" / "new").write_bytes(b"new")
    assert disk.unsynchronised() == ["the contents of d/new", "the names in d"]


def test_large_file_is_refused(disk, tmp_path):
    """A file that is too long to be copied at each moment ends the watch with the reason."""
    with (tmp_path / "long").open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(TooMuchError, match="more than 64 MiB"):
        [*disk.images()]


def test_tree_is_written(tmp_path):
    """An image becomes files, directories and links."""
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "file").write_bytes(b"contents")
    (tmp_path / "made" / "link").symlink_to("file")
    [tree, *_] = [image.tree for image in Disk(str(tmp_path)).images()]
    write_tree(tree, str(tmp_path / "copy"))
    assert Path(tmp_path / "copy" / "made" / "link").read_bytes() == b"contents"
