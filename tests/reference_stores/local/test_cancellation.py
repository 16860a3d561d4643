"""A cancelled change of a local store never appears later."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from reference_stores import LocalStore
from reference_stores.commit_token import AbandonedError, CommitToken
from reference_stores.local_files.staging_area import StagingArea

CHANGES: dict[str, Callable[[LocalStore], Awaitable[None]]] = {
    "set": lambda store: store.set("a/b", b"late"),
    "set_if_not_exists": lambda store: store.set_if_not_exists("new", b"late"),
    "set_partial_values": lambda store: store.set_partial_values([("a/b", 0, b"late")]),
}


@pytest.fixture
async def workers() -> AsyncIterator[ThreadPoolExecutor]:
    """The event loop's worker threads; shutting them down waits for all that they do."""
    with ThreadPoolExecutor(4) as executor:
        asyncio.get_running_loop().set_default_executor(executor)
        yield executor


@pytest.mark.parametrize("change", CHANGES)
async def test_a_write_cancelled_before_its_commit_never_lands(filled, workers, gate, monkeypatch, staged, change: str):
    """The value that a later operation set stays, and nothing stays staged."""
    monkeypatch.setattr(StagingArea, "write", gate.before(StagingArea.write))
    writing = asyncio.create_task(CHANGES[change](filled))
    await asyncio.to_thread(gate.reached.wait, 30)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    filled.root.joinpath("a", "b").write_bytes(b"later")
    gate.opened.set()
    workers.shutdown()
    assert (filled.get_sync("a/b"), filled.get_sync("new"), staged()) == (b"later", None, [])


@pytest.mark.parametrize("change", ["set", "set_partial_values"])
async def test_a_write_cancelled_in_its_commit_ends_after_it(filled: LocalStore, workers, gate, monkeypatch, change: str):
    """Cancelled twice even, the operation is over only when nothing of it can appear any more."""
    monkeypatch.setattr(os, "rename", gate.before(os.rename))
    writing = asyncio.create_task(CHANGES[change](filled))
    await asyncio.to_thread(gate.reached.wait, 30)
    before = []
    for _ in range(2):
        writing.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        before.append(writing.done())
    gate.opened.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert (before, filled.get_sync("a/b")[:4]) == ([False, False], b"late")


@pytest.mark.parametrize("operation", ["delete", "delete_dir"])
async def test_a_delete_cancelled_before_its_commit_never_happens(filled, workers, gate, monkeypatch, operation: str):
    """What is there stays there."""
    monkeypatch.setattr(CommitToken, "__enter__", gate.before(CommitToken.__enter__))
    deleting = asyncio.create_task(getattr(filled, operation)("a/b" if operation == "delete" else "a"))
    await asyncio.to_thread(gate.reached.wait, 30)
    deleting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await deleting
    gate.opened.set()
    workers.shutdown()
    assert filled.get_sync("a/b") == b"first"


async def test_a_change_cancelled_before_a_thread_took_it_never_happens(filled: LocalStore, gate):
    """It does not even begin."""
    with ThreadPoolExecutor(1) as executor:
        asyncio.get_running_loop().set_default_executor(executor)
        executor.submit(gate.before(int))
        writing = asyncio.create_task(filled.set("c", b"late"))
        await asyncio.sleep(0)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        gate.opened.set()
    assert filled.get_sync("c") == b"third"


async def test_a_cancelled_read_disturbs_no_other(filled: LocalStore, gate, monkeypatch: pytest.MonkeyPatch):
    """Reads that share a hop with it are answered."""
    with ThreadPoolExecutor(1) as executor:
        asyncio.get_running_loop().set_default_executor(executor)
        executor.submit(gate.before(int))
        reader = LocalStore(filled.root)  # has not opened its root: it can answer nothing at once
        reads = [asyncio.create_task(reader.get_partial_values(None, [("c", None)])) for _ in range(3)]
        await asyncio.sleep(0)
        reads[1].cancel()
        gate.opened.set()
        found = await asyncio.gather(*reads, return_exceptions=True)
    assert [found[0], type(found[1]), found[2]] == [[b"third"], asyncio.CancelledError, [b"third"]]


def test_an_abandoned_token_allows_no_step():
    """Abandoned first, nothing is published, and nobody need wait."""
    token = CommitToken()
    under_way = token.abandon(lambda: None)
    with pytest.raises(AbandonedError), token:
        pass
    assert not under_way


def test_a_step_that_was_begun_is_told_of_and_told_when_it_ends():
    """Who abandons the token in the middle of a step learns both."""
    token, ends = CommitToken(), []
    with token:
        under_way = token.abandon(lambda: ends.append("end"))
        before = [*ends]
    assert (under_way, before, ends) == (True, [], ["end"])


def test_a_token_guards_one_step_after_the_other():
    """An operation of many steps takes those that come before it was abandoned."""
    token = CommitToken()
    with token:
        pass
    token.abandon(lambda: None)
    with pytest.raises(AbandonedError):
        token.__enter__()
