"""What the tests of the zip store share."""

import zipfile

import pytest

from reference_stores import ZipStore


@pytest.fixture
def path(tmp_path):
    """Where an archive may be made."""
    return tmp_path / "archive.zip"


@pytest.fixture
def store(path):
    """A new store to be written to."""
    with ZipStore(path, mode="w") as new:
        yield new


@pytest.fixture
def old_archive(path):
    """An archive of three members that another tool has made."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a", "b/c", "b/d"):
            archive.writestr(name, name * 100)
    return path


@pytest.fixture
def collected():
    """Everything that a listing gives."""

    async def collect(listing):
        return [name async for name in listing]

    return collect


@pytest.fixture
def names():
    """The names in the directory of an archive, as the standard library reads it."""

    def read_names(path):
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()

    return read_names
