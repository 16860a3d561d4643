"""One writer of a file at a time."""

import errno

import pytest

from reference_stores.zip_archives import writer_lock
from reference_stores.zip_archives.writer_lock import WriterLock


@pytest.fixture
def path(tmp_path):
    """A file."""
    made = tmp_path / "file"
    made.touch()
    return made


class NoLocks:
    """fcntl on a file system without locks."""

    LOCK_EX = LOCK_NB = LOCK_UN = 0

    def flock(self, _descriptor, _operation):
        """Refuse."""
        raise OSError(errno.EOPNOTSUPP, "not supported")


class BytesLocks:
    """msvcrt, where another process has the lock."""

    LK_NBLCK = 0

    def locking(self, _descriptor, _mode, _size):
        """Refuse."""
        raise PermissionError(errno.EACCES, "locked")


@pytest.fixture(params=["flock", "a file system without locks", "a system without locks"])
def lock(request, path, monkeypatch):
    """A lock that is held, whatever the system offers."""
    if request.param == "a file system without locks":
        monkeypatch.setattr(writer_lock, "_fcntl", NoLocks())
    if request.param == "a system without locks":
        monkeypatch.setattr(writer_lock, "_fcntl", None)
    held = WriterLock(path)
    yield held
    held.release()


def test_a_second_one_is_refused(lock, path):
    """Within a process a lock always holds."""
    with pytest.raises(BlockingIOError, match="another writer"):
        WriterLock(path)
    assert lock.identity


def test_after_release_the_next_one_comes(lock, path):
    """Release lets go, and a second release of the first does not take it from the next one."""
    lock.release()
    second = WriterLock(path)
    lock.release()
    with pytest.raises(BlockingIOError):
        WriterLock(path)
    second.release()


def test_a_locked_byte_of_another_process_is_a_refusal(path, monkeypatch):
    """Where there is msvcrt in the place of fcntl, its error becomes the same one."""
    monkeypatch.setattr(writer_lock, "_fcntl", None)
    monkeypatch.setattr(writer_lock, "_msvcrt", BytesLocks())
    with pytest.raises(BlockingIOError, match="another writer"):
        WriterLock(path)


def test_an_error_of_the_system_is_raised(path, monkeypatch):
    """What is neither a refusal nor a lack of locks is not hidden, and leaves no lock behind."""
    with monkeypatch.context() as patch:
        broken = NoLocks()
        broken.flock = lambda *_: (_ for _ in ()).throw(OSError(errno.EIO, "broken"))
        patch.setattr(writer_lock, "_fcntl", broken)
        with pytest.raises(OSError, match="broken"):
            WriterLock(path)
    WriterLock(path).release()


def test_there_must_be_a_file(tmp_path):
    """A lock makes no file."""
    with pytest.raises(FileNotFoundError):
        WriterLock(tmp_path / "missing")
