"""The life of a local store: opening, closing, copies of the handle, and what is left behind."""

import asyncio
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from open_files import open_below

from reference_stores import LocalStore
from storeproto import ReadOnlyStoreError, StoreClosedError

READS = {
    "get": lambda store: store.get("c"),
    "get_partial_values": lambda store: store.get_partial_values(None, []),
    "exists": lambda store: store.exists("c"),
    "getsize": lambda store: store.getsize("c"),
    "is_empty": lambda store: store.is_empty(""),
    "getsize_prefix": lambda store: store.getsize_prefix(""),
    "list": lambda store: anext(store.list()),
    "list_pages": lambda store: anext(store.list_pages()),
    "list_prefix": lambda store: anext(store.list_prefix("")),
    "list_dir": lambda store: anext(store.list_dir("")),
}
CHANGES = {
    "set": lambda store: store.set("c", b""),
    "set with a byte range": lambda store: store.set("c", b"", (0, 0)),
    "set_if_not_exists": lambda store: store.set_if_not_exists("c", b""),
    "set_partial_values": lambda store: store.set_partial_values([]),
    "delete": lambda store: store.delete("c"),
    "delete_dir": lambda store: store.delete_dir("a"),
    "clear": lambda store: store.clear(),
}


def names_in(directory: Path) -> list[str]:
    """The names in a directory, in order."""
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize("operation", READS | CHANGES)
async def test_after_close_every_operation_raises(filled: LocalStore, operation: str):
    """A closed handle is of no use, and says so."""
    filled.close()
    with pytest.raises(StoreClosedError, match="closed"):
        await (READS | CHANGES)[operation](filled)


@pytest.mark.parametrize("operation", CHANGES)
async def test_a_read_only_handle_refuses_every_change(filled: LocalStore, operation: str, names):
    """Nothing changes."""
    with filled.with_read_only(read_only=True) as handle, pytest.raises(ReadOnlyStoreError, match="read-only"):
        await CHANGES[operation](handle)
    assert (names(), filled.get_sync("c")) == ({"a", "a/b", "c"}, b"third")


async def test_opening_what_does_not_exist_makes_nothing(system: str, root: Path):
    """Reading and listing find nothing, and the root is made by the first write."""
    with LocalStore(root, read_only=True) as store:
        found = [await store.get("k"), await store.exists("k"), [key async for key in store.list()], await store.is_empty()]
    assert (found, root.parent.exists()) == ([None, False, [], True], False)


async def test_a_read_only_handle_sees_what_others_write(filled: LocalStore, root: Path):
    """Also where the root did not exist when it was opened."""
    with LocalStore(root / "inner", read_only=True) as reader, LocalStore(root / "inner") as writer:
        before = await reader.get("k")
        await writer.set("k", b"value")
        assert (before, await reader.get("k")) == (None, b"value")


async def test_a_reader_finds_a_root_again_that_was_made_anew(filled: LocalStore, root: Path):
    """A handle is on the directory of that name, not on one that is gone."""
    with LocalStore(root) as reader:
        await reader.get("c")
        (root / "c").unlink()
        (root / "a" / "b").unlink()
        (root / "a").rmdir()
        filled.close()
        reader.close()
    with LocalStore(root) as reader:
        before = await reader.get("c")
        root.rmdir()
        root.mkdir()
        (root / "c").write_bytes(b"new")
        assert (before, await reader.get("c")) == (None, b"new")


async def test_a_root_that_is_no_directory_is_an_error(system: str, tmp_path: Path):
    """It is not taken for an empty store."""
    (tmp_path / "file").write_bytes(b"")
    with LocalStore(tmp_path / "file") as store, pytest.raises(NotADirectoryError):
        await store.get("k")


def test_a_root_that_is_no_path_is_refused():
    """The error says what was given."""
    with pytest.raises(TypeError, match="int: 3"):
        LocalStore(3)  # type: ignore[arg-type]


def test_the_root_is_absolute(root: Path, monkeypatch: pytest.MonkeyPatch):
    """A change of the working directory does not move the store."""
    root.mkdir(parents=True)
    monkeypatch.chdir(root.parent)
    assert LocalStore("root/../root").root == root


def test_with_closes(filled: LocalStore):
    """After an exception too."""
    with pytest.raises(ZeroDivisionError), filled:
        raise ZeroDivisionError
    with pytest.raises(StoreClosedError):
        filled.get_sync("c")


async def test_async_with_closes(filled: LocalStore):
    """A second close does nothing."""
    async with filled:
        pass
    filled.close()
    with pytest.raises(StoreClosedError):
        await filled.get("c")


async def test_closing_one_handle_does_not_disturb_another(filled: LocalStore):
    """Not even one that is about to write."""
    other = filled.with_read_only(read_only=False)
    filled.close()
    await other.set("a/b", b"new")
    assert await other.get("a/b") == b"new"
    other.close()


@pytest.mark.parametrize("change", ["set", "delete_dir"])
async def test_what_has_begun_before_close_still_ends(filled: LocalStore, gate, monkeypatch, change: str):
    """An operation that was not refused is done."""
    with filled.with_read_only(read_only=False) as other:
        monkeypatch.setattr("reference_stores.local_files.files.new_name", gate.before(os.urandom(8).hex().encode))
        monkeypatch.setattr("reference_stores.local_files.staging_area.new_name", gate.before(os.urandom(8).hex().encode))
        task = asyncio.create_task(filled.set("a/b", b"new") if change == "set" else filled.delete_dir("a"))
        await asyncio.to_thread(gate.reached.wait, 30)
        filled.close()
        gate.opened.set()
        await task
        assert other.get_sync("a/b") == (b"new" if change == "set" else None)


def test_close_leaves_nothing_but_the_keys(filled: LocalStore, root: Path):
    """The staging area goes with the last handle that wrote."""
    filled.close()
    assert names_in(root) == ["a", "c"]


def test_a_handle_that_is_forgotten_leaves_nothing_but_the_keys(system: str, root: Path):
    """So it does when a handle is not closed."""
    LocalStore(root).set_sync("k", b"value")
    assert names_in(root) == ["k"]


def test_no_open_file_is_left(filled: LocalStore, root: Path):
    """Handles of many stores do not add up."""
    before = open_below(root)
    for _ in range(3):
        with LocalStore(root) as store:
            store.set_sync("k", b"value")
            store.get_sync("k")
            store.delete_sync("k")
    assert open_below(root) == before


def test_a_store_works_in_one_event_loop_after_the_other(filled: LocalStore):
    """Nothing in it belongs to a loop."""
    found = [asyncio.run(filled.get_partial_values(None, [("c", None)])) for _ in range(2)]
    assert found == [[b"third"]] * 2


def test_a_store_works_in_many_event_loops_at_once(filled: LocalStore, others: ThreadPoolExecutor):
    """Each loop's reads come back to it."""

    async def read_many() -> set[bytes | None]:
        return {*await asyncio.gather(*[filled.get("c") for _ in range(50)])}

    assert [*others.map(lambda _: asyncio.run(read_many()), range(8))] == [{b"third"}] * 8


@pytest.mark.parametrize("read_only", [False, True])
def test_a_pickled_store_has_the_same_mode_and_data(filled: LocalStore, root: Path, read_only: bool):
    """Its options go with it."""
    store = LocalStore(root, read_only=read_only, durable=True)
    with pickle.loads(pickle.dumps(store)) as copy:  # noqa: S301
        assert (copy == store, copy.read_only, copy._options, copy.get_sync("c")) == (True, read_only, store._options, b"third")


def test_equality_is_of_location_and_mode(root: Path):
    """Handles are equal, and hash alike, if both are."""
    store = LocalStore(root)
    others = [LocalStore(str(root)), LocalStore(root, read_only=True), LocalStore(root.parent), str(store)]
    assert [store == other for other in others] == [True, False, False, False]
    assert hash(store) == hash(others[0])


def test_a_store_names_itself(root: Path):
    """By its class and its location; no root can forge a line."""
    assert (str(LocalStore(root)), repr(LocalStore("/a\nb"))) == (f"file://{root}", "LocalStore('file:///a\\nb')")
