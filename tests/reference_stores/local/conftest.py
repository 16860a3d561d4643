"""A local store on each of its two ways into the file system, and what its tests need around it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from reference_stores import LocalStore
from reference_stores.local_files import system_calls


@pytest.fixture(params=["linux", "portable"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With and without the calls that only Linux has."""
    if request.param == "portable":
        monkeypatch.setattr(system_calls, "has_openat2", lambda _: False)
        monkeypatch.setattr(system_calls, "has_renameat2", lambda: False)
    elif sys.platform != "linux":
        pytest.skip("needs Linux")
    return request.param


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root some levels below the test's own directory."""
    return tmp_path / "deep" / "er" / "root"


@pytest.fixture
def store(system: str, root: Path) -> Iterator[LocalStore]:
    """An empty store, whose root does not exist yet."""
    with LocalStore(root) as store:
        yield store


@pytest.fixture
def filled(store: LocalStore) -> LocalStore:
    """A store with the keys `a/b` and `c`."""
    store.set_sync("a/b", b"first")
    store.set_sync("c", b"third")
    return store


@pytest.fixture
def names(root: Path) -> Callable[[], set[str]]:
    """The names of all files and directories below the root, but for the staging area's."""

    def found() -> set[str]:
        every = [path.relative_to(root).as_posix() for path in root.rglob("*")]
        return {name for name in every if not name.startswith(".storeproto-staging")}

    return found


@pytest.fixture
def staged(root: Path) -> Callable[[], list[str]]:
    """The names of all that is in the staging area."""
    return lambda: [path.name for path in root.glob(".storeproto-staging*/*/*")]


class Gate:
    """Holds a call up: it is called, waits, and goes on when it is let."""

    def __init__(self) -> None:
        self.reached = Event()
        self.opened = Event()

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with the gate before it, which lets all calls pass once it was opened."""

        def held_up(*args: Any, **kwargs: Any) -> Any:
            self.reached.set()
            assert self.opened.wait(30)
            return function(*args, **kwargs)

        return held_up


@pytest.fixture
def gate() -> Iterator[Gate]:
    """A gate, open at the end in any case."""
    gate = Gate()
    yield gate
    gate.opened.set()


@pytest.fixture
def others() -> Iterator[ThreadPoolExecutor]:
    """Threads of the test's own."""
    with ThreadPoolExecutor(8) as executor:
        yield executor


@pytest.fixture
def run_python() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start another Python with a program and arguments; it is killed at the end."""
    started: list[subprocess.Popen[str]] = []

    def run(program: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(  # noqa: S603  # the programs stand in these tests
            [sys.executable, "-c", program, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()
