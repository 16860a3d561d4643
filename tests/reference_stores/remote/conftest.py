"""Remote stores, one on each kind of file system."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import pytest
from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem

from reference_stores import RemoteStore

BUCKET = "bucket"


class FilesOfAnyKind(LocalFileSystem):
    """A file system of which RemoteStore knows nothing."""

    protocol = "anyfile"
    cachable = False


@pytest.fixture
def any_files() -> AsyncFileSystemWrapper:
    """An asynchronous file system of which RemoteStore knows nothing."""
    return AsyncFileSystemWrapper(FilesOfAnyKind(), asynchronous=True)


Opening = Callable[[], RemoteStore]


@pytest.fixture
def reopen_on(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Opening]:
    """Choose a new root on a kind of file system; return what opens it, as often as it is called."""
    root = f"root-{uuid4().hex}"

    def choose(kind: str) -> Opening:
        if kind == "memory":
            fs = MemoryFileSystem(global_store=False, skip_instance_cache=True)
            return lambda: RemoteStore(AsyncFileSystemWrapper(fs, asynchronous=True), path=root)
        if kind == "file":
            return lambda: RemoteStore.from_url(f"file://{tmp_path}/{root}")
        if kind == "any":
            any_files = request.getfixturevalue("any_files")
            return lambda: RemoteStore(any_files, path=f"{tmp_path}/{root}")
        if kind == "s3":
            options = request.getfixturevalue("s3_options")
            return lambda: RemoteStore.from_url(f"s3://{BUCKET}/{root}", dict(options))
        url = request.getfixturevalue("webdav_url")
        return lambda: RemoteStore.from_url(f"webdav://{root}", {"base_url": url})

    return choose


@pytest.fixture(params=["memory", "file", "any", "s3", "webdav"])
def reopen(request: pytest.FixtureRequest, reopen_on: Callable[[str], Opening]) -> Opening:
    """Open one new root, as often as it is called; one run for each kind of file system."""
    return reopen_on(request.param)


@pytest.fixture
async def store(reopen: Opening) -> AsyncIterator[RemoteStore]:
    """A new, empty store; one run for each kind of file system."""
    async with reopen() as store:
        yield store


@pytest.fixture
async def s3_store(s3_options: dict[str, object]) -> AsyncIterator[RemoteStore]:
    """A new, empty store on S3."""
    async with RemoteStore.from_url(f"s3://{BUCKET}/root-{uuid4().hex}", dict(s3_options)) as store:
        yield store


@pytest.fixture
async def files_store(any_files: AsyncFileSystemWrapper, tmp_path: Path) -> AsyncIterator[RemoteStore]:
    """A new, empty store on a file system of which RemoteStore knows nothing."""
    async with RemoteStore(any_files, path=f"{tmp_path}/root") as store:
        yield store
