"""The child's end of its two pipes to the parent: one JSON value a line, each way."""

from __future__ import annotations

import json
import os
from threading import RLock

from conformance.guard.values import JSON


class Channel:
    """A line to the parent, for all threads of the child.

    Args:
        incoming: the handle to read from.
        outgoing: the handle to write to.
    """

    def __init__(self, incoming: int, outgoing: int) -> None:
        self._incoming = os.fdopen(incoming, "rb")
        self._outgoing = outgoing
        self._lock = RLock()  # of one thread, too: the audit hook may report while a message is being made

    @classmethod
    def of_standard_streams(cls) -> Channel:
        """Take standard input and output for the channel; the store's own output goes to standard error from now on."""
        channel = cls(os.dup(0), os.dup(1))
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        return channel

    def send(self, kind: str, value: JSON) -> None:
        """Send a message.

        Raises:
            TypeError: `value` is no JSON.
        """
        line = memoryview(json.dumps([kind, value]).encode() + b"\n")
        with self._lock:
            while line:
                line = line[os.write(self._outgoing, line) :]

    def receive(self) -> JSON:
        """Return the next value that the parent sent."""
        return json.loads(self._incoming.readline())

    def ask(self, kind: str, about: JSON) -> JSON:
        """Return the parent's answer to a question."""
        with self._lock:
            self.send(kind, about)
            return self.receive()
