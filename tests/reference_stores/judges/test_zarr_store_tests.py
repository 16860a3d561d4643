"""zarr's own tests of stores, on the reference stores behind the adapter; what is overridden says why.

fsspec's abstract tests are not run: they test file systems, with directories and paths, and a store is none.
"""

import pickle
from typing import Any

import pytest
from zarr.core.buffer import Buffer, cpu, default_buffer_prototype
from zarr.testing.store import StoreTests

from reference_stores.adapters.zarr import ZarrAdapter
from storeproto import ReadOnlyStoreError, Store, StoreClosedError, UnsupportedOperationError


class Judged(ZarrAdapter):
    """The adapter, made by zarr's tests: with a `read_only`, and errors of read-only stores in zarr's words.

    Args:
        inner: the reference store.
        read_only: the mode; that of the inner store where it is None.
    """

    def __init__(self, inner: Store, *, read_only: bool | None = None) -> None:
        super().__init__(inner if read_only in (None, inner.read_only) else inner.with_read_only(read_only))

    async def set(self, key: str, value: Buffer) -> None:
        try:
            await super().set(key, value)
        except ReadOnlyStoreError:
            self._check_writable()  # zarr's tests look for zarr's words
            raise

    async def delete(self, key: str) -> None:
        try:
            await super().delete(key)
        except ReadOnlyStoreError:
            self._check_writable()
            raise


class Judge(StoreTests[Judged, cpu.Buffer]):
    """What is the same for all the stores."""

    store_cls = Judged
    buffer_cls = cpu.Buffer
    name: str

    @pytest.fixture
    def store_kwargs(self, opened) -> dict[str, Any]:
        return {"inner": opened(self.name)}

    async def set(self, store: Judged, key: str, value: Buffer) -> None:
        """Store past the adapter."""
        await store.inner.set(key, value.to_bytes())

    async def get(self, store: Judged, key: str) -> Buffer:
        """Read past the adapter."""
        return self.buffer_cls.from_bytes(await store.inner.get(key))

    def test_store_repr(self, store: Judged):
        """The text of a store names the one inside."""
        assert repr(store) == f"ZarrAdapter({store.inner!r})"

    def test_store_supports_writes(self, store: Judged):
        """It can be written to."""
        assert store.supports_writes

    def test_store_supports_listing(self, store: Judged):
        """It can be listed."""
        assert store.supports_listing

    async def test_get_raises(self, store: Judged):
        """A pair is no byte range; overridden, since zarr's test looks for zarr's words."""
        await self.set(store, "c/0", self.buffer_cls.from_bytes(b"1234"))
        with pytest.raises(TypeError, match="is not one of zarr's byte requests"):
            await store.get("c/0", default_buffer_prototype(), byte_range=(0, 2))

    async def test_use_after_close(self, store: Judged):
        """A closed store raises; zarr's own open again without a word."""
        store.close()
        with pytest.raises(StoreClosedError):
            await store.get("c/0", default_buffer_prototype())


class _InMemory(Judge):
    async def test_serializable_store(self, store: Judged):
        """Pickling is refused; overridden, since the copy could not share the data."""
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(store)


class TestMemoryStore(_InMemory):
    """MemoryStore."""

    name = "memory"


class TestLoggingStore(_InMemory):
    """LoggingStore, over a MemoryStore."""

    name = "logging"


class TestLocalStore(Judge):
    """LocalStore."""

    name = "local"


class TestRemoteStore(Judge):
    """RemoteStore, over fsspec's memory."""

    name = "remote"


class TestZipStore(Judge):
    """ZipStore, opened to be written."""

    name = "zip"

    async def test_clear(self, store: Judged):
        """There is no clear; overridden, since an archive cannot lose a member, as its flag says."""
        with pytest.raises(UnsupportedOperationError):
            await store.clear()

    async def test_read_only_store_raises(self, open_kwargs: dict[str, Any]):
        """A read-only store refuses a set; overridden, since zarr's test deletes too, and an archive cannot."""
        store = await Judged.open(**open_kwargs, read_only=True)
        with pytest.raises(ValueError, match="read-only mode"):
            await store.set("foo", self.buffer_cls.from_bytes(b"bar"))

    async def test_with_read_only_store(self, open_kwargs: dict[str, Any]):
        """A writable handle comes of a read-only one; overridden, since zarr's test deletes too, and an archive cannot."""
        store = await Judged.open(**open_kwargs, read_only=True)
        await store.with_read_only(read_only=False).set("foo", self.buffer_cls.from_bytes(b"bar"))
        assert store.read_only
        assert await store.exists("foo")
