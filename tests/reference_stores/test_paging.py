"""Lists of keys in pages."""

from reference_stores import MemoryStore
from reference_stores.paging import PAGE_SIZE, pages


def test_a_page_is_full_before_the_next_one_begins():
    """Every page but the last has as many keys as fit."""
    assert [len(page) for page in pages(["k"] * (2 * PAGE_SIZE + 1))] == [PAGE_SIZE, PAGE_SIZE, 1]


def test_no_keys_make_no_page():
    """There is no empty page."""
    assert [*pages([])] == []


async def test_a_memory_store_is_listed_in_pages():
    """The pages of a string prefix have its keys, and no others."""
    store = MemoryStore()
    for key in ("ab/c", "abd", "b"):
        await store.set(key, b"")
    assert [sorted(page) async for page in store.list_pages("ab")] == [["ab/c", "abd"]]
