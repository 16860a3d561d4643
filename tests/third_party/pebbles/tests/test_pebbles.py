"""The store, judged by pytest."""

from pebbles import SQLiteStore

import conformance


@conformance.subject()
def sqlite_store(tmp_path, read_only):
    """A store in a new database."""
    return SQLiteStore(tmp_path / "pebbles.db", read_only=read_only)
