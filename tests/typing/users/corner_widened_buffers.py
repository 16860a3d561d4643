"""A store of bytes is no store of objects: what is read could be widened, but what is written could not.

`get_partial_values` gives a list, which makes the class of the values invariant, and so closes the hole.
"""

from __future__ import annotations

from typing import assert_type

from storeproto import BufferPrototype, PrototypeStore, Store, supports_writes


async def write_anything(store: Store[object]) -> None:
    """A store of objects takes an integer."""
    if supports_writes(store):
        await store.set("k", 3)


async def widen(store: Store) -> None:
    """So a store of bytes may not be handed over as one."""
    await write_anything(store)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    wider: Store[bytes | bytearray] = store  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    wider.close()


async def read_anything(store: PrototypeStore[object, BufferPrototype[bytes]]) -> object:
    """Not even to one who only means to read."""
    return await store.exists("k")


async def widen_for_reading(store: Store) -> None:
    """The type of the values is the store's own; a function that takes any is generic over it."""
    await read_anything(store)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def either(store: Store[bytes] | Store[bytearray, BufferPrototype[bytearray]]) -> None:
    """A union of stores of different values is read as such, and cannot be narrowed for writes."""
    assert_type(await store.get("k"), bytes | bytearray | None)
