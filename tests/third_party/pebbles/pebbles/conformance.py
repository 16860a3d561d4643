"""The store as the conformance kit opens it."""

from conformance import Recipe, Subject

_OPENING = Recipe("pebbles:SQLiteStore", {"path": "{tmp_path}/pebbles.db", "read_only": "{read_only}"})

subject = Subject(name="pebbles", opening=_OPENING, reopening=_OPENING, on_host_files=True)
