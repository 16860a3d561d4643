"""Replacing parts of values: planned whole before anything changes, then laid over the old value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_stores.partial_writes import apply_patches, plan_patches, plan_range
from storeproto import InvalidKeyError, OffsetByteRequest, RangeByteRequest, SuffixByteRequest

OLD = b"0123456789"


def after(writes):
    """OLD after the writes (start, value)."""
    return apply_patches(OLD, plan_patches([("k", start, value) for start, value in writes])["k"])


@pytest.mark.parametrize(
    ("writes", "new"),
    [
        ([(0, b"ab")], b"ab23456789"),
        ([(4, b"ab")], b"0123ab6789"),
        ([(8, b"ab")], b"01234567ab"),
        ([(9, b"abc")], b"012345678abc"),
        ([(10, b"ab")], b"0123456789ab"),
        ([(12, b"ab")], b"0123456789\0\0ab"),
        ([(5, b"cd"), (1, b"ab")], b"0ab34cd789"),
        ([(2, b"ab"), (4, b"cd")], b"01abcd6789"),
        ([(3, b"")], OLD),
        ([(99, b"")], OLD),
        ([(3, b""), (3, b"ab")], b"012ab56789"),
        ([(3, b"ab"), (4, b"")], b"012ab56789"),
    ],
)
def test_the_named_bytes_are_replaced(writes, new):
    """Exactly the named bytes change; past the end the value grows, with zero bytes in a gap (PWR-1 to PWR-4)."""
    assert after(writes) == new


@given(st.binary(max_size=20), st.integers(0, 25), st.binary(max_size=10))
def test_a_patch_does_what_a_file_does(old, start, value):
    """A patch gives what seeking and writing in a file gives."""
    expected = old if not value else old.ljust(start, b"\0")[:start] + value + old[start + len(value) :]
    assert apply_patches(old, [(start, value)]) == expected


def test_each_key_has_its_patches_in_order():
    """A plan holds the patches of each key, in the order of their starts (PWR-2)."""
    plan = plan_patches([("b", 5, b"x"), ("a", 1, bytearray(b"y")), ("b", 0, b"z")])
    assert plan == {"b": [(0, b"z"), (5, b"x")], "a": [(1, b"y")]}


def test_nothing_is_planned_for_nothing():
    """No write at all is an empty plan."""
    assert plan_patches(iter(())) == {}


def test_a_plan_keeps_no_reference_to_the_buffer():
    """A change of the caller's buffer after planning does not show (SET-8)."""
    value = bytearray(b"ab")
    plan = plan_patches([("k", 0, value)])
    value[0] = 0
    assert plan == {"k": [(0, b"ab")]}


@pytest.mark.parametrize(
    ("writes", "error", "message"),
    [
        ([("k", -1, b"a")], ValueError, "the start -1 in the value of the key 'k' is negative"),
        ([("k", 0, b"ab"), ("k", 1, b"c")], ValueError, "ranges of the key 'k' overlap at byte 1"),
        ([("k", 3, b"a"), ("k", 0, b"abcd")], ValueError, "ranges of the key 'k' overlap at byte 3"),
        ([("k", 2, b"a"), ("k", 2, b"a")], ValueError, "ranges of the key 'k' overlap at byte 2"),
        ([("a/../b", 0, b"a")], InvalidKeyError, "is not allowed"),
        ([("k", 0, "text")], TypeError, "a value must be a buffer"),
        ([("k", "0", b"a")], TypeError, "integer"),
        ([(3, 0, b"a")], TypeError, "the key must be a str"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(writes, error, message):
    """A negative start, an overlap, an illegal key and what is no value are refused (PWR-5, PWR-6, SET-9)."""
    with pytest.raises(error, match=message):
        plan_patches([("other", 0, b"fine"), *writes])


def test_the_same_bytes_of_two_keys_do_not_overlap():
    """Ranges overlap only within one key."""
    assert len(plan_patches([("a", 0, b"x"), ("b", 0, b"x")])) == 2


@pytest.mark.parametrize("byte_range", [RangeByteRequest(2, 5), (2, 3), (2, None)], ids=repr)
def test_a_range_is_one_patch(byte_range):
    """A set with a byte range is the one patch that starts there (PWR-7)."""
    assert plan_range("k", bytearray(b"abc"), byte_range) == {"k": [(2, b"abc")]}


@pytest.mark.parametrize("byte_range", [(None, 3), (None, None)], ids=repr)
def test_a_range_without_a_start_begins_at_the_beginning(byte_range):
    """A pair without a start is a patch at 0."""
    assert plan_range("k", b"abc", byte_range) == {"k": [(0, b"abc")]}


@pytest.mark.parametrize("byte_range", [RangeByteRequest(2, 4), RangeByteRequest(2, 6), (2, 2), (None, 4)], ids=repr)
def test_a_range_that_is_not_as_long_as_the_value_is_refused(byte_range):
    """A byte range whose length is not the value's raises ValueError that gives both."""
    with pytest.raises(ValueError, match=r"names \d bytes, and the value has 3"):
        plan_range("k", b"abc", byte_range)


@pytest.mark.parametrize("byte_range", [OffsetByteRequest(2), SuffixByteRequest(3), 2, "ab", (1, 2, 3), (1,)], ids=repr)
def test_what_is_no_range_is_refused(byte_range):
    """An offset, a suffix, or what is neither a range nor a pair raises TypeError that names it."""
    with pytest.raises(TypeError, match="is not allowed: give a RangeByteRequest or"):
        plan_range("k", b"abc", byte_range)


@pytest.mark.parametrize(("byte_range", "error"), [((-1, 3), ValueError), (("a", 3), TypeError), ((0, "b"), TypeError)], ids=repr)
def test_a_pair_with_a_wrong_part_is_refused(byte_range, error):
    """A pair's parts are None or integers that are not negative."""
    with pytest.raises(error):
        plan_range("k", b"abc", byte_range)
