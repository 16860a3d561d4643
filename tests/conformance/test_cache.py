"""The folder in which the kit keeps what helps its next run."""

import sys

import pytest

from conformance.cache import cache_folder

ON_LINUX = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="XDG_CACHE_HOME is of other platforms")


def test_named_folder_is_made(tmp_path):
    """STOREPROTO_CACHE names the folder, which is made."""
    assert cache_folder({"STOREPROTO_CACHE": str(tmp_path / "own")}) == tmp_path / "own"


def test_folder_says_that_it_is_a_cache(tmp_path):
    """The folder is marked as a cache, which back-ups leave out."""
    cache_folder({"STOREPROTO_CACHE": str(tmp_path)})
    assert (tmp_path / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")


@ON_LINUX
def test_platform_folder(tmp_path):
    """Else it is `storeproto` in the platform's folder for caches."""
    assert cache_folder({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "storeproto"


def test_switched_off():
    """STOREPROTO_CACHE set to nothing switches the cache off."""
    assert cache_folder({"STOREPROTO_CACHE": ""}) is None


def test_folder_that_cannot_be_made(tmp_path):
    """A folder that cannot be made is done without."""
    (tmp_path / "file").write_bytes(b"")
    assert cache_folder({"STOREPROTO_CACHE": str(tmp_path / "file" / "cache")}) is None


def test_tests_have_none():
    """The tests of the kit do not write to the user's cache."""
    assert cache_folder() is None
