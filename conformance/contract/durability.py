"""DUR: what outlives a kill, a full disk and a fault of the backend."""

from __future__ import annotations

from conformance.clause import Level, undecided

CLAUSES = (
    undecided(
        "DUR-1",
        Level.MUST,
        "a killed writer leaves whole values",
        "A process killed (SIGKILL) in the middle of sets leaves, for each key, the last published acknowledged value or a later "
        "one in flight, whole.",
        needs="EW",
    ),
    undecided(
        "DUR-2",
        Level.MUST,
        "what a killed writer leaves is in no one's way",
        "What is left behind by the kill is never listed, and never stops a later set, delete_dir or clear.",
        needs="EW",
    ),
    undecided(
        "DUR-3",
        Level.MUST,
        "no space left",
        "A write that fails for lack of space raises, and the old value stays.",
        needs="WX",
    ),
    undecided(
        "DUR-4",
        Level.MUST,
        "a kill after close",
        "What was acknowledged before close survives a kill after close.",
        needs="EW",
    ),
    undecided(
        "DUR-5",
        Level.MUST,
        "a fault of the backend is raised",
        "A fault of the backend (time-out, refused connection, 5xx, permission) is raised; it is never None, never empty, never "
        "short (exceptions that the store was configured to take for missing aside).",
        needs="B",
    ),
    undecided(
        "DUR-6",
        Level.MUST,
        "a short read is never returned",
        "A short read from the backend is raised or retried, never returned.",
        needs="B",
    ),
    undecided(
        "DUR-7",
        Level.MAY,
        "a power cut",
        "What was acknowledged survives a power cut, where the store promises it (checked on the order of write, fsync, rename and "
        "directory fsync, or on a file system that can be cut).",
        needs="EW",
    ),
)
