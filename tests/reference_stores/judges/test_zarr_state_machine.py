"""zarr's state machine of stores, on the reference stores behind the adapter."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from zarr.testing.stateful import ZarrStoreStateMachine

from reference_stores.adapters.zarr import to_zarr

SETTINGS = settings(
    max_examples=8,
    stateful_step_count=50,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


class WithoutClear(ZarrStoreStateMachine):
    """The machine for a store that cannot be cleared: each program begins with a new one."""

    init_store = None
    clear = None


@pytest.mark.parametrize(
    ("name", "machine"),
    [
        ("memory", ZarrStoreStateMachine),
        ("logging", ZarrStoreStateMachine),
        ("local", ZarrStoreStateMachine),
        ("remote", ZarrStoreStateMachine),
        ("zip", WithoutClear),
    ],
    ids=["memory", "logging", "local", "remote", "zip"],
)
def test_agrees_with_the_model(opened, name: str, machine: type[ZarrStoreStateMachine]):
    """Programs of zarr's rules leave in the store what they leave in zarr's model."""
    run_state_machine_as_test(lambda: machine(to_zarr(opened(name))), settings=SETTINGS)
