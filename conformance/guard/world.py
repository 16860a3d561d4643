"""The guarded world: what a job inside the child process can see and do."""

from __future__ import annotations

from pathlib import Path

from conformance.guard.channel import Channel
from conformance.guard.scratch import Decoy, ScratchTree, disturbances
from conformance.guard.values import JSON, Attempt, Disturbance, Measure, binds_native


class GuardedWorld:
    """The scratch tree and the parent, from inside the guard.

    Args:
        tree: the scratch tree.
        enforcement: what confines this process.
        channel: the line to the parent.
    """

    def __init__(self, tree: ScratchTree, enforcement: frozenset[Measure], channel: Channel) -> None:
        self.tree = tree
        self.enforcement = enforcement
        self._channel = channel
        self._unused = iter(range(len(tree.slots)))
        self._attempts: list[Attempt] = []
        self._beside: dict[Path, tuple[Decoy, ...]] = {}
        self._before = tree.survey()

    @property
    def binds_native(self) -> bool:
        """Whether the operating system holds back native code and subprocesses too; else ask only pure Python to destroy."""
        return binds_native(self.enforcement)

    @property
    def names_native(self) -> bool:
        """Whether `attempts` shows what native code tried; else it shows what the standard library was asked for."""
        return "seccomp-notify" in self.enforcement

    def new_root(self) -> Path:
        """Make an empty directory for a store, several levels below the top of the scratch tree.

        Raises:
            RuntimeError: all that the tree has room for are made.
        """
        number = next(self._unused, None)
        if number is None:
            raise RuntimeError(f"all {len(self.tree.slots)} roots of this guard are in use; give run_guarded a larger `roots`")
        slot = self.tree.slots[number]
        root = Path(self.tree.root_in(slot))
        self._beside[root] = tuple(Decoy(*decoy) for decoy in self._channel.ask("decoys", number))
        self._before |= self.tree.survey(slot)
        root.mkdir()
        return root

    def decoys(self, root: Path) -> tuple[Decoy, ...]:
        """Return what a store in `root`, which `new_root` made, must not reach."""
        return (*self._beside[root], *self.tree.decoys)

    def attempts(self) -> tuple[Attempt, ...]:
        """Return all that the guard has refused so far, in order; from native code too where `names_native`."""
        self._attempts += (Attempt(*attempt) for attempt in self._channel.ask("attempts", len(self._attempts)))
        return tuple(self._attempts)

    def disturbances(self) -> tuple[Disturbance, ...]:
        """Return what outside the roots is no longer as it was made: nothing, where the guard could hold it back."""
        return disturbances(self._before, self.tree.survey())

    def send(self, message: JSON) -> None:
        """Send `message` to the parent, where it is kept even if this process dies next.

        Raises:
            TypeError: it is no JSON.
        """
        self._channel.send("message", message)
