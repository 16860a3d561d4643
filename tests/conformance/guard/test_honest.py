"""A store that keeps to its root is not disturbed by the guard."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["memory", "files", "handles"])
def honest(request, once):
    """What came of an honest store."""
    return once("be_honest", request.param)


def test_honest_store_works(honest):
    """Every operation of an honest store works inside the guard, removing and making its own root included."""
    assert honest.error is None


def test_store_of_zarr_makes_no_attempt(guarded):
    """The guard finds nothing in zarr's own file store, which removes and makes its root, used with ordinary keys."""
    pytest.importorskip("zarr")
    result = guarded("use_local_store_of_zarr")
    assert (result.error, result.attempts) == (None, [])


def test_honest_store_makes_no_attempt(honest):
    """The guard finds nothing in an honest store."""
    assert honest.attempts == []
