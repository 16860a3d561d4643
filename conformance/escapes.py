"""Ways out of a store's root: keys that lead to the guard's decoys, and a lookout for what happens there."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from conformance.guard import Decoy, Disturbance, GuardedWorld

_DECOY: Final = "{decoy}"
"""Stands in a script's key for the decoy's absolute path."""

# How the way to a decoy is spelled; the first argument is a directory in which the store holds a key.
_CLIMBS: Final[tuple[Callable[[str, str], str], ...]] = (
    lambda _, climb: climb,
    lambda inside, climb: f"{inside}/../{climb}",
    lambda _, climb: f"./{climb}",
    lambda _, climb: f"/{climb}",
    lambda _, climb: climb.replace(".", "%2e").replace("/", "%2f"),
    lambda _, climb: climb.replace(".", "%252e").replace("/", "%252f"),
    lambda _, climb: climb.replace("/", "\\"),
    lambda _, climb: climb.replace("..", "\uff0e\uff0e"),  # which NFKC makes `..` of
    lambda _, climb: f" {climb}",
)
_PATHS: Final[tuple[Callable[[str, str], str], ...]] = (
    lambda _, path: path,
    lambda _, path: f"/{path}",
    lambda inside, path: f"{inside}/{path}",
    lambda _, path: f"file://{path}",
    lambda _, path: f"file:{path}",
    lambda _, path: f"local://{path}",
    lambda _, path: f"C:{path}",
    lambda _, path: path.replace("/", "%2F"),
)
_HOMES: Final = ("~/", "$HOME/", "${HOME}/")


@dataclass(frozen=True)
class Escape:
    """A key that leads to a decoy, if a store follows it.

    Attributes:
        key: the key.
        target: the absolute path that it leads to: the decoy's, or one beside it where there is nothing.
        decoy: the decoy.
        script_key: the same key in a script.
        script_target: Python for the path in a script.
        script_setting: a statement that a script needs before it; empty for none.
    """

    key: str
    target: str
    decoy: Decoy
    script_key: str
    script_target: str
    script_setting: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing at the target."""
        return self.target != self.decoy.path and not self.target.startswith(self.decoy.path + os.sep)

    def python(self, call: str) -> str:
        """Return the Python of a call with the script's key, in which the decoy's path is a variable."""
        return re.sub(r"'[^']*\{decoy\}[^']*'", r"f\g<0>", call)


def escapes(
    world: GuardedWorld, root: Path, place: str, inside: str, *, directories: bool = False, beside: str = ""
) -> Iterator[Escape]:
    """Give every way from a store's root to a decoy, or where `beside` is given to the path beside it whose name ends so.

    Args:
        world: the guard's.
        root: the store's root.
        place: the variable of the root in scripts.
        inside: a directory in which the store holds a key.
        directories: lead to the decoys that are directories, and not to the files.
        beside: what is added to a decoy's name.
    """
    decoys = world.decoys(root)
    holders = {decoy.path for decoy in decoys if decoy.is_directory}
    for decoy in decoys:
        target = decoy.path + beside
        directory, name = os.path.split(target)
        if decoy.is_directory != directories or directory in holders:
            continue
        elsewhere = f"tempfile.mkdtemp() + '/decoy{beside}'"
        match decoy.place:
            case "neighbour":
                climb = decoy.key_from(root) + beside
                climb_in_script = f"{'../' * climb.count('../')}decoy{beside}"
                target_in_script = f"os.path.abspath({place} + '/{climb_in_script}')"
                for spell in _CLIMBS if directory == str(root.parent) else _CLIMBS[:1]:
                    yield Escape(spell(inside, climb), target, decoy, spell(inside, climb_in_script), target_in_script)
            case "absolute":
                for spell in _PATHS:
                    yield Escape(spell(inside, target), target, decoy, spell(inside, _DECOY), elsewhere)
            case "home":
                for home in _HOMES:
                    setting = "os.environ['HOME'] = os.path.dirname(decoy)"
                    yield Escape(home + name, target, decoy, f"{home}decoy{beside}", elsewhere, setting)
            case "working directory":
                yield Escape(name, target, decoy, f"decoy{beside}", elsewhere, "os.chdir(os.path.dirname(decoy))")
            case _:
                pass  # links lead there, and no key


class Lookout:
    """Sees what a store does outside its root.

    Args:
        world: the guard's.
    """

    def __init__(self, world: GuardedWorld) -> None:
        self._world = world
        self._attempts = len(world.attempts())
        # Where each attempt of native code is seen and refused, nothing is left to be found on the disk, and looking takes long.
        self._searches = not world.names_native
        self._disturbances: set[Disturbance] = {*world.disturbances()} if self._searches else set()

    def look(self) -> dict[str, str]:
        """Return what happened since the last look: the path, and what was tried or done there."""
        attempts = self._world.attempts()[self._attempts :]
        self._attempts += len(attempts)
        happened = {attempt.path: f"it tried {attempt}" for attempt in reversed(attempts)}  # the first at each path
        if self._searches:
            disturbances = [found for found in self._world.disturbances() if found not in self._disturbances]
            self._disturbances.update(disturbances)
            happened |= {found.path: str(found) for found in disturbances}
        return happened


def within(paths: Iterable[str], top: str) -> bool:
    """Whether all of the paths are `top` or below it."""
    return all(path == top or path.startswith(top + os.sep) for path in paths)
