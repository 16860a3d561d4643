"""The errors are also the built-in ones that the documented interface names."""

import pytest

from storeproto import InvalidKeyError, KeyConflictError, ReadOnlyStoreError, StoreClosedError, UnsupportedOperationError
from storeproto.errors import closed_error, missing_key_error, read_only_error, unsupported_error


class SomeStore:
    """Any class; its name is in the messages."""


@pytest.mark.parametrize(
    ("error", "built_in"),
    [
        (InvalidKeyError, ValueError),
        (KeyConflictError, ValueError),
        (ReadOnlyStoreError, ValueError),
        (StoreClosedError, ValueError),
        (UnsupportedOperationError, NotImplementedError),
    ],
)
def test_each_error_is_a_built_in_one(error, built_in):
    """A caller that knows only the built-in errors catches ours."""
    assert issubclass(error, built_in)


@pytest.mark.parametrize("error", [InvalidKeyError, KeyConflictError, ReadOnlyStoreError, StoreClosedError])
def test_value_errors_are_told_apart(error):
    """No error is a kind of another one: a read-only store is not a bad key."""
    assert error.__bases__ == (ValueError,)


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (read_only_error(SomeStore(), "set"), ReadOnlyStoreError, "set: this SomeStore is read-only"),
        (closed_error(SomeStore(), "get"), StoreClosedError, "get: this SomeStore is closed"),
        (
            unsupported_error(SomeStore(), "delete", "supports_deletes"),
            UnsupportedOperationError,
            "delete: SomeStore does not offer it (supports_deletes is False)",
        ),
        (missing_key_error("a\nb"), FileNotFoundError, "no value is stored under the key 'a\\nb'"),
    ],
    ids=["read-only", "closed", "unsupported", "missing"],
)
def test_a_made_error_says_what_was_asked_of_what(error, kind, text):
    """Each error names the operation and the store's class, or the escaped key (ERR-1, SAF-6)."""
    assert (type(error), str(error)[: len(text)]) == (kind, text)
