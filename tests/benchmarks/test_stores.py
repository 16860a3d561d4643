"""Each operation of each reference store beside zarr's store of the same name, obstore's, and the bare call."""

import pytest
from benchmarks.contestants import PROTOTYPE
from benchmarks.operations import OPERATIONS, OTHERWISE, bounds_of

# Some hundred MiB a turn, which the archive and the server would have to keep.
TOO_MUCH = {("zip", "set, 4 MiB, 64 at once")}
# Of the server's time, these tell no more than what is asked for at once of the other sizes.
AT_ONCE_ON_THE_SERVER = {"get, 1 KiB, 64 at once", "set, 1 KiB, 64 at once"}
# Not what a small run is for: they take as long as all the rest.
SLOW = {("local", "4 MiB, 64 at once"), ("remote", "KiB, 64 at once")}


def is_told(medium: str, name: str) -> bool:
    """Whether the operation tells something about the medium."""
    operation = OPERATIONS[name]
    if operation.only not in ("", medium) or (medium, name) in TOO_MUCH:
        return False
    if medium == "zip":
        return operation.method not in ("delete", "delete_dir")
    return medium != "remote" or operation.at_once == 1 or name in AT_ONCE_ON_THE_SERVER


@pytest.mark.filterwarnings("ignore:Duplicate name")  # zarr's zip store appends what is set again
@pytest.mark.parametrize(
    ("medium", "name"), [(medium, name) for name in OPERATIONS for medium in OTHERWISE if is_told(medium, name)]
)
def test_an_operation(contestants, compared, is_small, medium: str, name: str):
    """No operation takes longer than is allowed, beside zarr's."""
    operation = OPERATIONS[name]
    if is_small and any(medium == slow and name.endswith(end) for slow, end in SLOW):
        pytest.skip("not in a small run")
    calls = {
        one.name: operation.bind(one)
        for one in contestants(medium, operation.writes)
        if operation.method not in one.lacks and (operation.has_values or one.name != PROTOTYPE)
    }
    assert not compared(medium, name, calls, bounds_of(medium, name)).above
