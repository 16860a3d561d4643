"""Opening an archive of many members."""

import zarr.storage
from benchmarks import media
from benchmarks.contestants import OURS, ZARR
from benchmarks.operations import Bound

from reference_stores import ZipStore

MANY = 100_000


def test_opening_many_members(compared, is_small):
    """Opening an archive of 100,000 members takes at most half as long as zarr's store takes."""
    number = MANY // 10 if is_small else MANY
    with media.directory(in_memory=True) as root:
        path = root / "many.zip"
        with ZipStore(path, mode="w") as store:
            for place in range(number):
                store.set_sync(f"array/c/{place // 1000}/{place % 1000}", b"value")

        async def open_ours() -> None:
            ZipStore(path).close()

        async def open_theirs() -> None:
            (await zarr.storage.ZipStore.open(path, mode="r")).close()

        calls = {OURS: open_ours, ZARR: open_theirs}
        assert not compared("zip", f"opening {number:,} members", calls, (Bound(0.5),)).above
