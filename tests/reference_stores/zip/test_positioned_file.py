"""A file without a position."""

import os

import pytest

from reference_stores.zip_archives import positioned_file
from reference_stores.zip_archives.positioned_file import PositionedFile


@pytest.fixture(params=["pread", "lseek"])
def file(request, tmp_path, monkeypatch):
    """A new file, read and written with the system's own calls or with what stands in for them."""
    if request.param == "lseek":
        monkeypatch.setattr(positioned_file, "_read_at", positioned_file._seek_and_read)
        monkeypatch.setattr(positioned_file, "_write_at", positioned_file._seek_and_write)
    return PositionedFile(tmp_path / "file", os.O_RDWR | os.O_CREAT)


def test_what_was_written_is_read_at_its_place(file):
    """Places are given with each call."""
    file.write(b"world", 5)
    file.write(b"hello", 0)
    assert (file.read(4, 3), file.size()) == (b"lowo", 10)


def test_only_the_end_of_the_file_cuts_a_read_short(file):
    """What is there comes, and nothing behind the end."""
    file.write(b"0123", 0)
    assert (file.read(10, 2), file.read(10, 4), file.read(0, 0)) == (b"23", b"", b"")


def test_short_answers_of_the_system_are_put_together(file, monkeypatch):
    """A read or write that the system does in parts is whole for the caller."""
    read, write = positioned_file._read_at, positioned_file._write_at
    monkeypatch.setattr(positioned_file, "_read_at", lambda descriptor, size, offset: read(descriptor, min(size, 3), offset))
    monkeypatch.setattr(positioned_file, "_write_at", lambda descriptor, data, offset: write(descriptor, data[:3], offset))
    file.write(b"0123456789", 0)
    assert (file.read(10, 0), file.read(20, 5)) == (b"0123456789", b"56789")


def test_truncate_cuts_off(file):
    """What is behind the new end is gone."""
    file.write(b"0123", 0)
    file.truncate(2)
    assert file.read(10, 0) == b"01"


def test_a_file_that_cannot_be_opened_is_an_error(tmp_path):
    """The error is the system's, and dropping the object is none."""
    with pytest.raises(FileNotFoundError):
        PositionedFile(tmp_path / "missing", os.O_RDONLY)
