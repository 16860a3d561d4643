"""The scratch tree: places for stores under test, and the decoys around them that nothing may touch."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from conformance.guard.values import Disturbance

MARKER: Final = ".storeproto-scratch-tree"
"""The name of the file at the top of every scratch tree."""

# From a root, one `..` leads to its slot, the next to `stores`, then through the nest; the top is one further than any decoy.
_NEST: Final = ("nest",) * 4
_STORES: Final = "stores"
_ROOT: Final = "root"


class Decoy(NamedTuple):
    """A file or directory outside every root, that a store which escapes would find.

    Args:
        path: its absolute path.
        content: what the file holds, and nothing else on the machine does; None for a directory.
        place: "neighbour" of a root or of one of its parents, so that `..` reaches it; "absolute"; in the "home" or the "working
            directory" of the process; or a "link target", for symbolic links inside a root to point to.
    """

    path: str
    content: str | None
    place: str

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return self.content is None

    def key_from(self, root: Path) -> str:
        """Return the key that leads from `root` to this decoy: a climb to a neighbour, the absolute path of any other."""
        return os.path.relpath(self.path, root).replace(os.sep, "/") if self.place == "neighbour" else self.path


class ScratchTree(NamedTuple):
    """A scratch tree on the disk.

    Args:
        top: its directory. No decoy lies in it directly, and no key need climb to it.
        slots: the directories that hold one root each. They are made beforehand, since the kernel must know them when it confines
            the process; their decoys follow when a root is wanted.
        temporary: the process's own temporary directory.
        home: its home directory.
        working: its working directory.
        decoys: the decoys, without those beside a single root.
    """

    top: str
    slots: tuple[str, ...]
    temporary: str
    home: str
    working: str
    decoys: tuple[Decoy, ...]

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        """Return the tree whose `_asdict()` came as JSON."""
        fields = {**fields, "slots": tuple(fields["slots"]), "decoys": tuple(Decoy(*decoy) for decoy in fields["decoys"])}
        return cls(**fields)

    @property
    def roots(self) -> tuple[str, ...]:
        """The path of each root, made or not."""
        return tuple(map(self.root_in, self.slots))

    @staticmethod
    def root_in(slot: str) -> str:
        """Return the path of the root in a slot."""
        return slot + os.sep + _ROOT

    def survey(self, start: str | None = None) -> dict[str, Entry]:
        """Return what is in the tree, or below the directory `start` of it, outside the roots and the temporary directory."""
        found: dict[str, Entry] = {}
        waiting = [start or self.top]
        skipped = {*self.roots, self.temporary}
        while waiting:
            directory = waiting.pop()
            found[directory] = Entry.of(os.lstat(directory))
            with os.scandir(directory) as entries:
                for entry in entries:
                    if entry.path in skipped:
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        found[entry.path] = Entry.of(os.lstat(entry.path))
        return found


class Entry(NamedTuple):
    """What tells whether a file or directory has been touched: the system sets `changed` whenever any of it changes."""

    mode: int
    identity: tuple[int, int] = (0, 0)
    content: tuple[int, int] = (0, 0)
    changed: int = 0

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        """Return what `status` says; of a directory the mode alone, since its entries are compared one by one."""
        if stat.S_ISDIR(status.st_mode):
            return cls(status.st_mode)
        identity = (status.st_dev, status.st_ino)
        return cls(status.st_mode, identity, (status.st_size, status.st_mtime_ns), status.st_ctime_ns)


def disturbances(before: dict[str, Entry], after: dict[str, Entry]) -> tuple[Disturbance, ...]:
    """Return how the survey `after` differs from `before`, by path."""
    return tuple(_compare(before, after))


def _compare(before: dict[str, Entry], after: dict[str, Entry]) -> Iterator[Disturbance]:
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if old == new:
            continue
        if old is None:
            yield Disturbance(path, "added")
        elif new is None:
            yield Disturbance(path, "removed")
        elif stat.S_IFMT(old.mode) != stat.S_IFMT(new.mode) or old.identity != new.identity:
            yield Disturbance(path, "replaced")
        elif old.content != new.content:
            yield Disturbance(path, "modified")
        else:
            yield Disturbance(path, "touched" if old.mode == new.mode else "mode changed")


@contextmanager
def scratch_tree(slots: int, owner: int | None) -> Generator[ScratchTree]:
    """Make a scratch tree in a fresh temporary directory, and remove it in the end.

    Args:
        slots: for how many roots.
        owner: the user that is to write in the roots, where that is not this process's own.
    """
    import tempfile

    top = os.path.realpath(tempfile.mkdtemp(prefix="storeproto-"))
    Path(top, MARKER).touch()
    identity = os.lstat(top)
    try:
        yield _build(Path(top), slots, owner)
    finally:
        try:
            _remove(top, identity)
        except KeyboardInterrupt:  # whoever is impatient wants no remains either
            _remove(top, identity)
            raise


def _build(top: Path, slots: int, owner: int | None) -> ScratchTree:
    top.chmod(0o755)  # mkdtemp leaves it to this user alone
    decoys: list[Decoy] = []
    stores = top.joinpath(*_NEST, _STORES)
    stores.mkdir(parents=True)
    for directory in (*stores.parents[: len(_NEST)], stores):
        decoys += make_decoys(directory, "neighbour")
    for place in ("absolute", "home", "link target", "working directory"):
        directory = top / place.partition(" ")[0]
        directory.mkdir()
        decoys += make_decoys(directory, place)
    temporary = top / "temporary"
    made = [stores / f"slot{number}" for number in range(slots)]
    for directory in (temporary, *made):
        directory.mkdir()
    if owner is not None:
        os.chown(temporary, owner, owner)
        for slot in made:
            # Sticky: the owner makes and removes its root here, and cannot touch the decoys of another user.
            os.chown(slot, -1, owner)
            slot.chmod(0o1775)
    places = (str(temporary), str(top / "home"), str(top / "working"))
    return ScratchTree(str(top), tuple(map(str, made)), *places, tuple(decoys))


def make_decoys(directory: Path, place: str) -> tuple[Decoy, ...]:
    """Make decoys in `directory`: a file, and a directory with one; its name begins as a root's does (`startswith` is no check)."""
    # Of digits alone: letters at the end of a name mean something to some stores (icechunk takes a `c` for a chunk).
    token = f"{secrets.randbelow(10**16):016}"
    inner = directory / f"{_ROOT}-{token}"
    inner.mkdir()
    decoys = [Decoy(str(inner), None, place)]
    for path in (directory / f"decoy-{token}", inner / f"inner-{token}"):
        content = f"the content of a decoy, {secrets.token_hex(16)}"
        path.write_text(content, encoding="ascii")
        decoys.append(Decoy(str(path), content, place))
    return tuple(decoys)


def _remove(top: str, identity: os.stat_result) -> None:
    """Remove the tree at `top`, following no link.

    Raises:
        RuntimeError: it is not the directory that was made.
    """
    import shutil

    if not os.path.lexists(top):
        return  # a store that nothing confined may have removed it
    if not os.path.samestat(os.lstat(top), identity) or not Path(top, MARKER).is_file():
        raise RuntimeError(f"{top} is no longer the scratch tree that was made there; it is left alone: look at it, and remove it")
    for directory, names, _ in os.walk(top):  # follows no links
        for name in names:
            path = Path(directory, name)
            if not path.is_symlink():
                path.chmod(0o700)  # a store may have left directories that cannot be read
    with os.scandir(top) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            elif entry.name != MARKER:
                Path(entry).unlink()
    Path(top, MARKER).unlink()  # last, so that an interrupted removal can be taken up again
    Path(top).rmdir()
