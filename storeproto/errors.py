"""The errors that stores raise: each also one of the built-in classes that the documented interface names.

Callers that know nothing of this package catch `ValueError`, `NotImplementedError` and `FileNotFoundError`; those that do can tell
a read-only store from a bad key.
"""

from __future__ import annotations


class InvalidKeyError(ValueError):
    """A key or prefix that the key grammar does not allow (see `storeproto.keys`)."""


class KeyConflictError(ValueError):
    """A key that cannot live beside another one in this store, as `a` beside `a/b` where both would be files."""


class ReadOnlyStoreError(ValueError):
    """A change was asked of a read-only handle."""


class StoreClosedError(ValueError):
    """An operation was asked of a handle after its `close` (like an operation on a closed file)."""


class UnsupportedOperationError(NotImplementedError):
    """An operation whose capability flag is False for this store."""


def read_only_error(store: object, operation: str) -> ReadOnlyStoreError:
    """The error for `operation` (a method's name) on the read-only handle `store`."""
    return ReadOnlyStoreError(
        f"{operation}: this {type(store).__name__} is read-only; open it with read_only=False, or take store.with_read_only(False)"
    )


def closed_error(store: object, operation: str) -> StoreClosedError:
    """The error for `operation` (a method's name) on the handle `store` after its close."""
    return StoreClosedError(f"{operation}: this {type(store).__name__} is closed; open a new one")


def unsupported_error(store: object, operation: str, flag: str) -> UnsupportedOperationError:
    """The error for `operation` (a method's name) where the capability `flag` of `store` is False."""
    return UnsupportedOperationError(f"{operation}: {type(store).__name__} does not offer it ({flag} is False)")


def missing_key_error(key: str) -> FileNotFoundError:
    """The error of `getsize` for a key that is not set (the documented interface asks for FileNotFoundError)."""
    return FileNotFoundError(f"no value is stored under the key {key!r}")
