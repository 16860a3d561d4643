"""Mappings as stores."""

from collections.abc import Iterator, MutableMapping

import pytest

import conformance
from reference_stores.adapters.mapping import from_mapping
from storeproto import InvalidKeyError, ReadOnlyStoreError, Store

SUBJECT = conformance.Subject(name="mapping", opening=conformance.Recipe("adapter_targets:mapping"))


class Bare(MutableMapping[str, bytes]):
    """What a mapping must have, and no more; it counts how often its keys are gone through."""

    def __init__(self) -> None:
        self.data: dict[str, bytes] = {}
        self.iterations = 0

    def __getitem__(self, key: str) -> bytes:
        return self.data[key]

    def __setitem__(self, key: str, value: bytes) -> None:
        self.data[key] = value

    def __delitem__(self, key: str) -> None:
        del self.data[key]

    def __iter__(self) -> Iterator[str]:
        self.iterations += 1
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)


def test_conforms():
    """It keeps every MUST of the contract."""
    assert conformance.check(SUBJECT, operations=2000, guard=False).conforms


def test_is_a_store():
    """It is a Store."""
    assert isinstance(from_mapping({}), Store)


async def test_changes_show_in_the_mapping():
    """What is set in the store is in the mapping, as bytes."""
    mapping = Bare()
    await from_mapping(mapping).set("k", bytearray(b"value"))
    assert mapping.data == {"k": b"value"}


async def test_changes_of_the_mapping_show():
    """What is set in the mapping is in the store, in its listings too."""
    mapping = Bare()
    store = from_mapping(mapping)
    mapping["a/b"] = b"value"
    assert [name async for name in store.list_dir("")] == ["a"]


@pytest.mark.parametrize("value", [b"value", bytearray(b"value"), memoryview(b"value")], ids=lambda value: type(value).__name__)
async def test_values_that_are_buffers(value):
    """Any buffer in the mapping is a value."""
    assert await from_mapping({"k": value}).get("k") == b"value"


async def test_a_missing_key():
    """KeyError of the mapping means that the key is missing."""
    store = from_mapping(Bare())
    await store.delete("k")
    assert await store.get("k") is None


async def test_another_error():
    """Any other error of the mapping is raised."""

    class Broken(Bare):
        def __getitem__(self, key: str) -> bytes:
            raise OSError("the disk is gone")

    with pytest.raises(OSError, match="gone"):
        await from_mapping(Broken()).get("k")


async def test_one_key_needs_no_listing():
    """What is done with one key does not go through the others, which may be slow."""
    mapping = Bare()
    store = from_mapping(mapping)
    mapping.iterations = 0
    await store.set("k", b"value")
    await store.get("k")
    await store.getsize("k")
    await store.delete("k")
    assert mapping.iterations == 0


def test_bad_keys():
    """A mapping with a key that is not allowed is refused."""
    with pytest.raises(InvalidKeyError):
        from_mapping({"a//b": b""})


def test_bad_values():
    """A mapping with a value that is no buffer is refused."""
    with pytest.raises(TypeError):
        from_mapping({"a": "text"})


async def test_read_only():
    """A read-only store refuses changes."""
    with pytest.raises(ReadOnlyStoreError):
        await from_mapping({}, read_only=True).set("k", b"")


def test_equality():
    """Stores over one mapping are equal."""
    mapping = Bare()
    assert from_mapping(mapping) == from_mapping(mapping)
