"""Programs that showed a fault, kept from one run to the next, so that what was found once is found at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from conformance.admission import NotAdmittedError, admit
from conformance.operations import Operation
from conformance.saving import SCHEMA, SavedTraceError, decode, encode
from conformance.search.program import Program
from conformance.subject import Subject

_MOST = 100
"""Programs of one subject: more are the faults of a store that has hardly begun."""


class KeptPrograms:
    """The programs of one subject, in a file of the cache.

    Args:
        cache: the kit's cache folder; None keeps nothing.
        subject: the store under test.
    """

    def __init__(self, cache: Path | None, subject: Subject) -> None:
        self._subject = subject
        self._file = cache and cache / "programs" / f"{file_name(subject)}.json"

    def read(self) -> list[Program]:
        """Return the programs that the subject still takes; nothing where there is no file, or none that can be read."""
        if self._file is None:
            return []
        with suppress(OSError, ValueError, KeyError, TypeError, SavedTraceError):
            found: Any = json.loads(self._file.read_text(encoding="utf-8"))
            if found["schema"] == SCHEMA:
                return [program for program in map(decode, found["programs"]) if self._takes(program)]
        return []

    def write(self, programs: Iterable[Program]) -> None:
        """Keep these and no others."""
        if self._file is None:
            return
        kept = [[encode(operation) for operation in program] for program in dict.fromkeys(programs)]
        text = json.dumps({"schema": SCHEMA, "subject": self._subject.name, "programs": kept[:_MOST]}, indent=1)
        with suppress(OSError):  # what cannot be kept is found again
            if not kept:
                self._file.unlink(missing_ok=True)
                return
            self._file.parent.mkdir(parents=True, exist_ok=True)
            new = self._file.with_suffix(".new")
            new.write_text(text, encoding="utf-8")
            new.replace(self._file)

    def _takes(self, program: object) -> bool:
        """Whether the store may be given all of `program`, which a file holds: anyone may have written it."""
        return (
            isinstance(program, tuple)
            and program != ()
            and all(isinstance(operation, Operation) and self._admits(operation) for operation in cast("tuple[object]", program))
        )

    def _admits(self, operation: Operation) -> bool:
        grammar = self._subject.grammar
        key, value = getattr(operation, "key", None), getattr(operation, "value", None)
        if (key is not None and not grammar.legal(key)) or (isinstance(value, bytes) and not grammar.value(value)):
            return False
        try:
            for name in operation.names():
                if name != "":  # the store's own root
                    admit(name.removesuffix("/"), operation=operation.method, destructive=True, guarded=False)
        except NotAdmittedError:
            return False
        return True


def file_name(subject: Subject) -> str:
    """A name for what is kept of `subject`, which no other subject has."""
    readable = re.sub(r"[^\w.-]+", "-", subject.name)[:60]
    return f"{readable}-{sha256(f'{subject.name} {subject.opening}'.encode()).hexdigest()[:12]}"
