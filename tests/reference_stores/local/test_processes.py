"""A local store between processes: killed writers, live ones, forks, and few open files."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reference_stores import LocalStore

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals and forks")

WRITER = """
import sys
from reference_stores import LocalStore
store = LocalStore(sys.argv[1])
for number in range(10**9):
    store.set_sync(f"d/{number % 4}", number.to_bytes(8, "big") * 2000)
    print(number, flush=True)
"""

# Stops in the middle of a write, and goes on when it is told.
STOPPING_WRITER = """
import os, sys
from reference_stores import LocalStore
store = LocalStore(sys.argv[1])
store.set_sync("warm/up", b"")
rename = os.rename
def stop(*args, **kwargs):
    print("staged", flush=True)
    sys.stdin.readline()
    rename(*args, **kwargs)
os.rename = stop
store.set_sync("d/e", b"value")
print("done", flush=True)
"""

FORKING_WRITER = """
import asyncio, os, sys, threading
from reference_stores import LocalStore
store = LocalStore(sys.argv[1])
asyncio.run(store.set("parent", b"1"))
child = os.fork()
if child == 0:
    asyncio.run(store.set("child", b"2"))
    assert asyncio.run(store.get("parent")) == b"1"
    store.close()
    os._exit(0)
print(os.waitpid(child, 0)[1])
asyncio.run(store.set("after", b"3"))
print(*sorted(key for key in map(store.get_sync, ("parent", "child", "after"))))
store.close()
print(sorted(os.listdir(sys.argv[1])))
"""

CREATOR = """
import sys
from reference_stores import LocalStore
from reference_stores.commit_token import CommitToken
store = LocalStore(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for number in range(200):
    store._files.set_if_not_exists(CommitToken(), f"k{number}", sys.argv[2].encode())
    print(store.get_sync(f"k{number}").decode())
"""

# Has no handles of directories, like Windows.
OTHER_SYSTEM = """
import os
for name in ("O_DIRECTORY", "O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK", "O_NOCTTY", "O_PATH", "preadv", "pread"):
    delattr(os, name)
os.supports_dir_fd = set()
from reference_stores.local import LocalStore
try:
    LocalStore("x")
except NotImplementedError as error:
    print(error)
"""

READER = """
import asyncio, resource, sys
from reference_stores import LocalStore
from reference_stores.local_files import system_calls
if sys.argv[2] == "portable":
    system_calls.has_openat2 = lambda _: False
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
async def main():
    with LocalStore(sys.argv[1], always_use_threads=sys.argv[3] == "threads") as store:
        values = await asyncio.gather(*[store.get(f"k{number % 10}") for number in range(1000)])
        print({len(value) for value in values})
asyncio.run(main())
"""


def refuse(handle: int, operation: int):
    """Do as a file system without locks does."""
    raise OSError(errno.ENOTSUP, "Operation not supported")


@pytest.mark.parametrize("acknowledged", [1, 7, 40])
async def test_a_killed_writer_leaves_whole_values(store: LocalStore, root: Path, run_python, acknowledged: int):
    """Each key has its last acknowledged value, or the one in flight, and nothing else is listed."""
    writer = run_python(WRITER, root)
    for _ in range(acknowledged):
        last = int(writer.stdout.readline())
    writer.kill()
    last = int([last, *writer.stdout.read().split()][-1])
    newest = range(max(last - 3, 0), last + 1)
    found = [store.get_sync(f"d/{number % 4}") for number in newest]
    whole = [{number.to_bytes(8, "big") * 2000, (number + 4).to_bytes(8, "big") * 2000} for number in newest]
    assert all(value in values for value, values in zip(found, whole, strict=True))
    assert {key async for key in store.list()} <= {f"d/{number}" for number in range(4)}


@pytest.fixture
def stopped(root: Path, run_python: Callable[..., subprocess.Popen[str]]) -> subprocess.Popen[str]:
    """A writer that stands between writing a value and renaming it."""
    writer = run_python(STOPPING_WRITER, root)
    assert writer.stdout.readline() == "staged\n"
    return writer


async def test_what_a_killed_writer_left_is_not_listed(store: LocalStore, stopped: subprocess.Popen[str], staged):
    """Its file is there, and no listing shows it."""
    stopped.kill()
    stopped.wait()
    listed = [key async for key in store.list()] + [name async for name in store.list_dir("")]
    assert (listed, len(staged())) == (["warm/up", "warm"], 1)


async def test_what_a_killed_writer_left_is_removed_by_the_next(store: LocalStore, stopped: subprocess.Popen[str], staged):
    """The first write of another handle clears it."""
    stopped.kill()
    stopped.wait()
    await store.set("k", b"value")
    assert staged() == []


async def test_where_there_are_no_locks_leftovers_stay(store: LocalStore, stopped, staged, monkeypatch: pytest.MonkeyPatch):
    """Nobody can tell there whether their writer lives."""
    monkeypatch.setattr("fcntl.flock", refuse)
    stopped.kill()
    stopped.wait()
    await store.set("k", b"value")
    assert (len(staged()), await store.get("k")) == (1, b"value")


async def test_what_a_live_writer_has_staged_is_left_alone(store: LocalStore, stopped: subprocess.Popen[str], staged):
    """Its write ends as if no other had been there."""
    await store.set("k", b"value")
    found = len(staged())
    store.close()
    stopped.communicate("go\n")
    with LocalStore(store.root) as again:
        assert (found, again.get_sync("d/e")) == (1, b"value")


def test_a_forked_child_writes_beside_its_parent(store: LocalStore, root: Path, run_python):
    """Neither disturbs the other, and nothing is left behind."""
    output = run_python(FORKING_WRITER, root).communicate(timeout=60)[0]
    assert output.splitlines() == ["0", "b'1' b'2' b'3'", "['after', 'child', 'parent']"]


def test_of_creators_in_many_processes_one_wins(store: LocalStore, root: Path, run_python):
    """Each key is made once, and every process sees the winner's value."""
    creators = [run_python(CREATOR, root, number) for number in range(3)]
    for creator in creators:
        creator.stdout.readline()
    for creator in creators:
        creator.stdin.write("go\n")
        creator.stdin.flush()
    seen = [creator.communicate(timeout=60)[0].split() for creator in creators]
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.parametrize("way", ["shared", "threads"])
@pytest.mark.parametrize("size", [100, 300_000])
def test_a_thousand_reads_need_few_open_files(store: LocalStore, system: str, run_python, size: int, way: str):
    """Each is answered in full where the process may open few files."""
    for number in range(10):
        store.set_sync(f"k{number}", os.urandom(size))
    output = run_python(READER, store.root, system, way).communicate(timeout=60)[0]
    assert output.strip() == str({size})


def test_a_system_without_directory_handles_is_told_so(run_python):
    """The module can be imported there, and the error names stores that need none."""
    assert "no handles of directories; MemoryStore" in run_python(OTHER_SYSTEM).communicate(timeout=60)[0]
