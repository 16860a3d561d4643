"""Each operation of each reference store beside zarr's store of the same name, obstore's, and the bare call."""

import pytest
from benchmarks.contestants import PROTOTYPE
from benchmarks.operations import BOUNDS, OPERATIONS, OTHERWISE

# Some hundred MiB a turn, which the archive and the server would have to keep.
TOO_MUCH = {("zip", "set, 4 MiB, 64 at once"), ("remote", "set, 4 MiB, 64 at once"), ("remote", "get, 4 MiB, 64 at once")}
# Not what a small run is for: they take as long as all the rest.
SLOW = {("local", "4 MiB, 64 at once"), ("remote", "KiB, 64 at once"), ("remote", "0 B, 64 at once")}


@pytest.mark.filterwarnings("ignore:Duplicate name")  # zarr's zip store appends what is set again
@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("medium", OTHERWISE)
def test_an_operation(contestants, compared, is_small, medium: str, name: str):
    """No operation takes longer than is allowed, beside zarr's."""
    operation = OPERATIONS[name]
    if (medium, name) in TOO_MUCH or (medium == "zip" and operation.method in ("delete", "delete_dir")):
        pytest.skip("the store does not do that")
    if is_small and any(medium == slow and name.endswith(end) for slow, end in SLOW):
        pytest.skip("not in a small run")
    calls = {
        one.name: operation.bind(one)
        for one in contestants(medium, operation.writes)
        if operation.method not in one.lacks and (operation.has_values or one.name != PROTOTYPE)
    }
    bound = BOUNDS.get((medium, name), OTHERWISE[medium])
    row = compared(medium, name, calls, bound)
    assert row.found <= bound.most
