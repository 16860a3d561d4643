"""What a waiter and the worker that acts for it agree on, so that nothing lands after the waiter has gone."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from types import TracebackType


class AbandonedError(Exception):
    """The waiter has gone: the worker is to publish nothing more. Nobody sees it but the worker."""


class CommitToken:
    """Guards each step by which a worker makes a change visible: `with token: os.rename(...)`.

    Either the step comes first, and whoever abandons the token learns that one is under way and when it has ended, or the token is
    abandoned first, and the step is never taken. The lock is held for neither the step nor the wait.
    """

    __slots__ = ("_abandoned", "_lock", "_on_end", "_publishing")

    def __init__(self) -> None:
        self._lock = Lock()
        self._abandoned = False
        self._publishing = False
        self._on_end: Callable[[], object] | None = None

    def __enter__(self) -> None:
        with self._lock:
            if self._abandoned:
                raise AbandonedError
            self._publishing = True

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        with self._lock:
            self._publishing = False
            on_end = self._on_end
        if on_end is not None:
            on_end()

    def abandon(self, on_end: Callable[[], object]) -> bool:
        """Allow no further step. Return whether one is under way; `on_end` is then called, by the worker, when it has ended."""
        with self._lock:
            self._abandoned = True
            if self._publishing:
                self._on_end = on_end
            return self._publishing
