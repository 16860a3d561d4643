"""A job's line to the process that ordered it: one JSON value a line, shared by all jobs of one server."""

from __future__ import annotations

import json
import os
from typing import Any

MOST = 4096
"""Bytes of a message: what a pipe takes in one piece, so that the messages of several processes do not mix."""


class Line:
    """Sends what one job has to say.

    Args:
        handle: the pipe's end to write to.
        job: the job's number.
    """

    def __init__(self, handle: int, job: int) -> None:
        self._handle = handle
        self._job = job

    def send(self, kind: str, value: Any = None) -> None:
        """Send a message; it arrives even if this process is killed next.

        Raises:
            ValueError: it is longer than a pipe takes in one piece.
        """
        line = json.dumps([self._job, kind, value]).encode() + b"\n"
        if len(line) > MOST:
            raise ValueError(f"a message of {len(line)} bytes is too long: {MOST} are allowed")
        os.write(self._handle, line)

    def send_text(self, kind: str, text: str) -> None:
        """Send a text, cut to what fits."""
        self.send(kind, text[-MOST // 8 :])
