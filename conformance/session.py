"""One subject, made ready to be asked: a worker for its calls, a directory for its stores, and what it says of itself."""

from __future__ import annotations

import asyncio
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from conformance.awaiting import close_store
from conformance.durability.processes import Processes
from conformance.profile import Profile
from conformance.recipe import Place, Recipe, TargetError
from conformance.subject import Subject
from conformance.survey import Survey, survey
from conformance.trial import Watch, whatever_it_raises
from conformance.worker import BlockedError, Worker


class Session:
    """Holds what the trials of one subject share; closed at the end of a `with` block.

    Args:
        subject: the store under test.
        profile: how long one call may take.
        cache: the folder of what helps the next run; None for a run that keeps nothing.
    """

    def __init__(self, subject: Subject, profile: Profile, cache: Path | None = None) -> None:
        self.subject = subject
        self.profile = profile
        self.cache = cache
        self.watch = Watch()
        self.worker = Worker(self.watch)
        opening = subject.opening
        self.processes = Processes([opening.target.partition(":")[0]] if isinstance(opening, Recipe) else [])
        self._directory = tempfile.TemporaryDirectory(prefix="storeproto-", ignore_cleanup_errors=True)
        self.workspace = Path(self._directory.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.worker.close()
        self.processes.close()
        self._directory.cleanup()

    def survey(self) -> Survey:
        """Open a store once, and ask it what it is.

        Raises:
            TargetError: it cannot be opened.
        """

        async def open_once() -> Survey:
            async with AsyncExitStack() as stack:
                place = Place(self.workspace / "survey", f"survey{time.time_ns():x}")
                place.path.mkdir()
                self.watch.operation, self.watch.until = f"opening {self.subject.name!r}", time.monotonic() + self.profile.deadline
                try:
                    store = await self.subject.opening.open(place, stack)
                except (TargetError, KeyboardInterrupt, asyncio.CancelledError):
                    raise
                except BaseException as error:  # a native panic too
                    raise TargetError(f"opening {self.subject.name!r} raised {type(error).__name__}: {_line(error)}") from error
                finally:
                    self.watch.until = float("inf")
                found = survey(self.subject, store)
                self.watch.operation, self.watch.until = f"closing {self.subject.name!r}", time.monotonic() + self.profile.deadline
                with whatever_it_raises():
                    async with asyncio.timeout(self.profile.deadline):
                        await close_store(store)
                return found

        try:
            return self.worker.run(open_once)
        except BlockedError as error:
            raise TargetError(
                f"{error.operation} did not return within {self.profile.deadline:g} s; "
                "a store that needs longer needs a longer deadline (check --timeout SECONDS)"
            ) from None
        finally:
            self.watch.until = float("inf")


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or "no message"
