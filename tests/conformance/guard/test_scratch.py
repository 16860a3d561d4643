"""The scratch tree: what is in it, what shows that it was touched, and how it goes."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from conformance.guard.scratch import MARKER, ScratchTree, disturbances, make_decoys, scratch_tree


@pytest.fixture(autouse=True)
def _place(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def tree():
    """A scratch tree of one root, which is made."""
    with scratch_tree(1, None) as made:
        Path(made.roots[0]).mkdir()
        yield made


@pytest.fixture
def decoy(tree):
    """A file that is a decoy beside the tree's root."""
    return Path(make_decoys(Path(tree.slots[0]), "neighbour")[1].path)


CHANGES = {
    "modified": lambda path: path.write_text("other"),
    "removed": lambda path: path.unlink(),
    "mode changed": lambda path: path.chmod(0o600),
    "touched": lambda path: os.link(path, path.parent / "root" / "link"),
    "replaced": lambda path: (path.with_name("root").rmdir(), path.rename(path.with_name("root")), path.mkdir()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_change_of_a_decoy_is_seen(tree, decoy, change):
    """Whatever is done to a decoy shows as what it is."""
    before = tree.survey()
    CHANGES[change](decoy)
    assert disturbances(before, tree.survey()) == ((str(decoy), change),)


def test_new_file_is_seen(tree):
    """A file that was not there shows."""
    before = tree.survey()
    new = Path(tree.slots[0], "new")
    new.touch()
    assert disturbances(before, tree.survey()) == ((str(new), "added"),)


@pytest.mark.parametrize("place", ["roots", "temporary"])
def test_what_the_process_may_change_is_no_disturbance(tree, place):
    """What happens in a root or the temporary directory does not show."""
    before = tree.survey()
    Path(tree.temporary if place == "temporary" else tree.roots[0], "new").touch()
    assert disturbances(before, tree.survey()) == ()


def test_reading_is_no_disturbance(tree, decoy):
    """Reading a decoy does not show."""
    before = tree.survey()
    decoy.read_text()
    assert disturbances(before, tree.survey()) == ()


def test_neighbours_lie_on_each_level_that_a_key_can_climb_to(tree):
    """There are decoys beside the root and beside each of its parents, and none as high as the top."""
    root = Path(tree.roots[0])
    decoys = (*make_decoys(Path(tree.slots[0]), "neighbour"), *tree.decoys)
    climbs = {decoy.key_from(root).count("../") for decoy in decoys if decoy.place == "neighbour"}
    assert climbs == {1, 2, 3, 4, 5, 6}
    assert root.parents[6] == Path(tree.top)


def test_decoy_that_is_no_neighbour_is_named_by_its_absolute_path(tree):
    """The key to a decoy elsewhere in the tree does not climb to the top."""
    assert all(decoy.key_from(Path(tree.roots[0])) == decoy.path for decoy in tree.decoys if decoy.place != "neighbour")


def test_sibling_begins_with_the_name_of_the_root(tree):
    """A decoy beside the root shows a store that compares the beginnings of paths."""
    assert make_decoys(Path(tree.slots[0]), "neighbour")[0].path.startswith(tree.roots[0])


def test_tree_survives_json(tree):
    """The child gets the tree as JSON."""
    assert ScratchTree.from_json(tree._asdict()) == tree


def test_tree_is_removed_after_an_error(tmp_path):
    """An error does not leave the tree behind."""
    with pytest.raises(ValueError, match="interrupted"), scratch_tree(1, None):
        raise ValueError("interrupted")
    assert list(tmp_path.iterdir()) == []


def test_interrupted_removal_is_finished(tmp_path, monkeypatch):
    """Who interrupts the removal of the tree finds it removed all the same."""
    steps = iter([KeyboardInterrupt])
    remove = shutil.rmtree

    def interrupted(path):
        remove(path)
        for step in steps:
            raise step

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    with pytest.raises(KeyboardInterrupt), scratch_tree(1, None):
        pass
    assert list(tmp_path.iterdir()) == []


def test_what_was_added_at_the_top_is_removed_too(tmp_path):
    """A file or a link that a store left at the top of the tree goes with it, and what the link points to stays."""
    (tmp_path / "kept").mkdir()
    with scratch_tree(1, None) as tree:
        Path(tree.top, "out").symlink_to(tmp_path / "kept")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


@pytest.mark.parametrize("marked", [True, False])
def test_another_directory_in_its_place_is_left_alone(tmp_path, marked):
    """What is not the tree that was made is not removed, marker or not."""
    with pytest.raises(RuntimeError, match="no longer the scratch tree"), scratch_tree(1, None) as tree:  # noqa: PT012  # at its end
        Path(tree.top).rename(tmp_path / "moved")
        Path(tree.top).mkdir()
        if marked:
            Path(tree.top, MARKER).touch()
    assert Path(tree.top).exists()


def test_link_in_its_place_is_left_alone(tmp_path):
    """A link to the tree that was made is not followed."""
    with pytest.raises(RuntimeError, match="no longer the scratch tree"), scratch_tree(1, None) as tree:  # noqa: PT012  # at its end
        Path(tree.top).rename(tmp_path / "moved")
        Path(tree.top).symlink_to(tmp_path / "moved")
    assert (tmp_path / "moved" / MARKER).exists()
