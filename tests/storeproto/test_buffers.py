"""What get returns and what set takes."""

import array
import mmap

import numpy as np
import pytest
from zarr.core.buffer.cpu import Buffer as ZarrBuffer

from storeproto import BufferClass, BufferPrototype, SupportsToBytes, as_bytes, default_buffer_prototype


class Convertible:
    """No buffer, but an object with to_bytes(), as zarr's Buffer is."""

    def to_bytes(self):
        """Return the contents, as another class of bytes."""
        return bytearray(b"abc")


class Subclass(bytes):
    """bytes with a class of its own."""

    __slots__ = ()


@pytest.fixture
def mapped():
    """A memory map with the contents abc."""
    with mmap.mmap(-1, 3) as memory:
        memory[:] = b"abc"
        yield memory


@pytest.mark.parametrize(
    "value",
    [
        b"abc",
        Subclass(b"abc"),
        bytearray(b"abc"),
        memoryview(b"xabcx")[1:4],
        memoryview(b"axbxc")[::2],
        memoryview(b"cba")[::-1],
        array.array("B", b"abc"),
        Convertible(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_any_buffer_becomes_plain_bytes(value):
    """as_bytes gives plain bytes for any buffer, contiguous or not, and for what has to_bytes() (SET-11)."""
    assert (type(as_bytes(value)), as_bytes(value)) == (bytes, b"abc")


def test_a_memory_map_becomes_bytes(mapped):
    """as_bytes takes a memory map, which is no instance of Buffer on Python 3.11."""
    assert as_bytes(mapped) == b"abc"


def test_bytes_are_not_copied():
    """as_bytes gives bytes back as they are: nothing can change them."""
    value = b"abc"
    assert as_bytes(value) is value


def test_a_later_change_of_the_buffer_does_not_show():
    """What as_bytes returned stays when the buffer it was made from changes (SET-8)."""
    value = bytearray(b"abc")
    found = as_bytes(value)
    value[0] = 0
    assert found == b"abc"


@pytest.mark.parametrize(
    "array",
    [
        np.frombuffer(bytearray(b"abc"), "B"),
        np.frombuffer(b"abc", "B"),
        np.frombuffer(b"xabcx", "B")[1:4],
        np.frombuffer(b"abcx", "B", count=3),
        np.ndarray((3,), "B", b"cba", offset=2, strides=(-1,)),
        np.ndarray((3,), "B", b"axbxc", strides=(2,)),
    ],
    ids=["changeable", "whole", "part", "beginning", "reversed", "scattered"],
)
def test_a_zarr_buffer_becomes_its_bytes(array):
    """as_bytes gives the contents of a zarr buffer, wherever in the memory behind its array they are."""
    value = as_bytes(ZarrBuffer.from_array_like(array))
    assert (type(value), value) == (bytes, b"abc")


def test_bytes_in_a_zarr_buffer_are_not_copied():
    """as_bytes gives back the bytes that a zarr buffer was made from: nothing can change them."""
    value = b"abc"
    assert as_bytes(ZarrBuffer.from_bytes(value)) is value


def test_a_later_change_of_a_zarr_buffer_does_not_show():
    """What as_bytes returned stays when the array behind a zarr buffer changes (SET-8)."""
    array = np.frombuffer(bytearray(b"abc"), "B")
    found = as_bytes(ZarrBuffer.from_array_like(array))
    array[0] = 0
    assert found == b"abc"


@pytest.mark.parametrize(
    "value", [None, "abc", 3, True, [1, 2], object(), Convertible, bytes], ids=lambda value: type(value).__name__
)
def test_what_is_no_buffer_is_refused(value):
    """What is neither a buffer nor has to_bytes() is refused, and so is an integer, whose to_bytes() is another (SET-9)."""
    with pytest.raises(TypeError, match=rf"a value must be a buffer .* or have to_bytes\(\), not {type(value).__name__}"):
        as_bytes(value)


def test_the_default_prototype_gives_bytes():
    """The default prototype's buffer class gives the bytes themselves."""
    value = b"abc"
    assert default_buffer_prototype().buffer.from_bytes(value) is value


def test_there_is_one_default_prototype():
    """The default prototype is always the same object."""
    assert default_buffer_prototype() is default_buffer_prototype()


def test_the_default_prototype_says_what_it_is():
    """The repr of the default prototype names its class."""
    assert repr(default_buffer_prototype()) == "BytesPrototype()"


def test_the_default_prototype_is_a_prototype():
    """The default prototype is an instance of the run-time protocol."""
    assert isinstance(default_buffer_prototype(), BufferPrototype)


def test_its_buffer_class_is_a_buffer_class():
    """What the default prototype's buffer gives is an instance of the run-time protocol."""
    assert isinstance(default_buffer_prototype().buffer, BufferClass)


@pytest.mark.parametrize(("value", "expected"), [(Convertible(), True), (b"abc", False)])
def test_supports_to_bytes_is_checked_at_run_time(value, expected):
    """SupportsToBytes tells what has to_bytes() from what does not."""
    assert isinstance(value, SupportsToBytes) is expected
