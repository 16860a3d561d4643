"""The keys that lead to decoys."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from conformance.admission import admit
from conformance.escapes import Escape, escapes, within
from conformance.guard import Decoy

SLOT = "/scratch/nest/stores/slot0"
ROOT = Path(SLOT, "root")
DECOYS = (
    Decoy("/scratch/nest/decoy-1", "content", "neighbour"),
    Decoy(f"{SLOT}/root-2", None, "neighbour"),
    Decoy(f"{SLOT}/decoy-2", "content", "neighbour"),
    Decoy(f"{SLOT}/root-2/inner-2", "content", "neighbour"),
    Decoy("/scratch/absolute/decoy-3", "content", "absolute"),
    Decoy("/scratch/home/decoy-4", "content", "home"),
    Decoy("/scratch/working/decoy-5", "content", "working directory"),
    Decoy("/scratch/link/decoy-6", "content", "link target"),
)


class World:
    """The decoys of a guarded world."""

    def decoys(self, root: Path) -> tuple[Decoy, ...]:
        return DECOYS


def ways(**options: Any) -> list[Escape]:
    """All the ways from the root."""
    return [*escapes(World(), ROOT, "store_path", "inside", **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize("decoy", [DECOYS[0], DECOYS[2]], ids=["far", "near"])
def test_climbs(decoy: Decoy):
    """The first way to a neighbour climbs to it."""
    first = next(way for way in ways() if way.decoy == decoy)
    assert os.path.normpath(ROOT / first.key) == decoy.path


def test_goes_to_every_place():
    """There is a way to each kind of decoy, but for those that links lead to."""
    assert {way.decoy.place for way in ways()} == {"neighbour", "absolute", "home", "working directory"}


def test_goes_to_files():
    """Ways lead to files, but not to those in a decoy that is a directory."""
    assert {way.target for way in ways()} == {decoy.path for decoy in DECOYS[:6] if decoy.content and "inner" not in decoy.path} | {
        DECOYS[6].path
    }


def test_goes_to_directories():
    """Where it is asked for, they lead to directories alone."""
    assert {way.target for way in ways(directories=True)} == {f"{SLOT}/root-2"}


def test_goes_beside():
    """Where it is asked for, they lead to places beside the decoys, where there is nothing."""
    assert all(way.empty and way.target == way.decoy.path + "-new" for way in ways(beside="-new"))


@pytest.mark.parametrize("way", [*ways(), *ways(directories=True), *ways(beside="-new")], ids=lambda way: way.key)
def test_is_admitted_in_the_guard(way: Escape):
    """Each may be given to a destructive call inside the guard: none is a root, a home or a climb alone."""
    admit(way.key, operation="delete_dir", destructive=True, guarded=True)


@pytest.mark.parametrize("way", [*ways(), *ways(directories=True)], ids=lambda way: way.key)
def test_script_has_a_decoy_of_its_own(way: Escape):
    """A script names no decoy of the guard's."""
    assert "scratch" not in way.script_key + way.script_target + way.script_setting


def test_python_of_a_path():
    """The path of the script's decoy is a variable in the call."""
    way = next(way for way in ways() if way.script_key == "file://{decoy}")
    assert way.python("await store.delete('file://{decoy}')") == "await store.delete(f'file://{decoy}')"


def test_python_of_a_climb():
    """A key that climbs stands in the call as it is, braces and all."""
    way = next(way for way in ways() if way.script_key == "${HOME}/decoy")
    assert way.python("await store.delete('${HOME}/decoy')") == "await store.delete('${HOME}/decoy')"


@pytest.mark.parametrize(("path", "expected"), [("/a/b", True), ("/a/b/c", True), ("/a/bc", False), ("/a", False)])
def test_within(path: str, expected: bool):
    """A path is within a directory if it is that directory or below it."""
    assert within([path], "/a/b") is expected
