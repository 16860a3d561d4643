"""A local store between processes: killed writers, live ones, forks, and few open files."""

import os
import signal
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

READER = """
import asyncio, resource, sys
from reference_stores import LocalStore, system_calls
if sys.argv[2] == "portable":
    system_calls.has_openat2 = lambda _: False
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
async def main():
    with LocalStore(sys.argv[1], always_use_threads=sys.argv[3] == "threads") as store:
        values = await asyncio.gather(*[store.get(f"k{number % 10}") for number in range(1000)])
        print({len(value) for value in values})
asyncio.run(main())
"""


@pytest.mark.parametrize("acknowledged", [1, 7, 40])
async def test_a_killed_writer_leaves_whole_values(store: LocalStore, root: Path, run_python, acknowledged: int):
    """Each key has its last acknowledged value, or the one in flight, and nothing else is listed."""
    writer = run_python(WRITER, root)
    for _ in range(acknowledged):
        writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    rest = writer.communicate()[0].split()
    last = int(rest[-1]) if rest else acknowledged - 1
    values = [store.get_sync(f"d/{number % 4}") for number in range(max(last - 2, 0), last + 1)]
    assert {len(value) for value in values if value} == {16_000}
    assert all(len({value[at : at + 8] for at in range(0, 16_000, 8)}) == 1 for value in values if value)
    assert all(int.from_bytes(v[:8], "big") in (n, n + 4) for n, v in zip(range(max(last - 2, 0), last + 1), values, strict=True))
    assert all(key.startswith("d/") for key in [key async for key in store.list()])


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
