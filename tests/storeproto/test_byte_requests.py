"""Byte requests: checked when made, frozen, compared by value, resolved against a size."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storeproto import OffsetByteRequest, RangeByteRequest, SuffixByteRequest, from_pair, resolve

VALUE = b"0123456789"
REQUESTS = [RangeByteRequest(1, 3), OffsetByteRequest(2), SuffixByteRequest(3)]
sizes = st.integers(0, 20)


class Index:
    """An integer by __index__ alone, as numpy's are."""

    def __index__(self) -> int:
        return 3

    def __repr__(self) -> str:
        return "Index()"


def read(request):
    """The bytes of VALUE that a request names."""
    return VALUE[resolve(request, len(VALUE))]


@pytest.mark.parametrize(("start", "end"), [(-1, 3), (0, -1), (3, 2), (-2, -1)])
def test_a_reversed_or_negative_range_is_refused(start, end):
    """A RangeByteRequest is refused when it is made unless 0 <= start <= end (RNG-11)."""
    with pytest.raises(ValueError, match=rf"RangeByteRequest\(start={start}, end={end}\) is not allowed"):
        RangeByteRequest(start, end)


@pytest.mark.parametrize("kind", [OffsetByteRequest, SuffixByteRequest])
def test_a_negative_offset_or_suffix_is_refused(kind):
    """A negative offset or suffix is refused when the request is made (RNG-11)."""
    with pytest.raises(ValueError, match=rf"{kind.__name__}\(.*=-1\) is not allowed"):
        kind(-1)


@pytest.mark.parametrize("make", [lambda part: RangeByteRequest(0, part), OffsetByteRequest, SuffixByteRequest])
@pytest.mark.parametrize("part", ["1", 1.5, None])
def test_a_part_that_is_no_integer_is_refused(make, part):
    """A bound, offset or suffix that is no integer raises TypeError."""
    with pytest.raises(TypeError):
        make(part)


@pytest.mark.parametrize("make", [lambda part: RangeByteRequest(0, part), OffsetByteRequest, SuffixByteRequest])
def test_any_integer_will_do(make):
    """What is an integer by __index__ is taken for the integer that it is."""
    assert make(Index()) == make(3)


@pytest.mark.parametrize("request_", REQUESTS, ids=repr)
def test_a_request_does_not_change(request_):
    """An attribute of a request cannot be assigned."""
    with pytest.raises(AttributeError, match="cannot be assigned"):
        setattr(request_, request_.__match_args__[0], 5)


@pytest.mark.parametrize("request_", REQUESTS, ids=repr)
def test_a_request_loses_nothing(request_):
    """An attribute of a request cannot be deleted."""
    with pytest.raises(AttributeError, match="cannot be deleted"):
        delattr(request_, request_.__match_args__[0])


@pytest.mark.parametrize("request_", REQUESTS, ids=repr)
def test_a_request_takes_no_further_attribute(request_):
    """A request has its own attributes and no others."""
    with pytest.raises(AttributeError):
        request_.length = 5


@pytest.mark.parametrize("request_", REQUESTS, ids=repr)
@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, lambda request_: pickle.loads(pickle.dumps(request_))])  # noqa: S301  # our own bytes
def test_a_copied_request_is_equal(request_, how):
    """A request that was copied or pickled equals the one it came from, and so does its hash."""
    assert (how(request_), hash(how(request_))) == (request_, hash(request_))


@pytest.mark.parametrize("other", [RangeByteRequest(1, 4), RangeByteRequest(0, 3), OffsetByteRequest(1), (1, 3), None])
def test_other_requests_are_not_equal(other):
    """Requests with other values, of another kind, and what is no request are not equal."""
    assert RangeByteRequest(1, 3) != other


def test_an_offset_is_no_suffix():
    """An offset and a suffix with the same number are different requests."""
    assert OffsetByteRequest(2) != SuffixByteRequest(2)


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (RangeByteRequest(1, 3), "RangeByteRequest(start=1, end=3)"),
        (OffsetByteRequest(2), "OffsetByteRequest(offset=2)"),
        (SuffixByteRequest(3), "SuffixByteRequest(suffix=3)"),
    ],
)
def test_the_representation_makes_the_request_again(request_, text):
    """The repr of a request is the call that makes it."""
    assert repr(request_) == text


def test_requests_are_matched_by_position():
    """The parts of a request can be named in a match statement, in the order of the constructor."""
    match RangeByteRequest(1, 3):
        case RangeByteRequest(start, end):
            assert (start, end) == (1, 3)


@pytest.mark.parametrize(
    ("pair", "request_"),
    [
        ((None, None), None),
        ((3, None), OffsetByteRequest(3)),
        ((0, None), OffsetByteRequest(0)),
        ((None, 3), RangeByteRequest(0, 3)),
        ((2, 3), RangeByteRequest(2, 5)),
        ((2, 0), RangeByteRequest(2, 2)),
        ((Index(), Index()), RangeByteRequest(3, 6)),
    ],
    ids=repr,
)
def test_a_pair_is_start_and_length(pair, request_):
    """The older form is (start, length), and either of them may be left None."""
    assert from_pair(pair) == request_


@pytest.mark.parametrize("pair", [(-1, 2), (-1, None), (None, -1), (3, -1), (), (1,), (1, 2, 3)], ids=repr)
def test_a_pair_that_makes_no_request_is_refused(pair):
    """A pair with a negative part, or with other than two parts, raises ValueError that names it."""
    with pytest.raises(ValueError, match=r"the byte range \(.*\) is not allowed: a pair is \(start, length\)"):
        from_pair(pair)


@pytest.mark.parametrize("pair", [("1", 2), (1, 2.5), (b"", None)], ids=repr)
def test_a_pair_of_other_than_integers_is_refused(pair):
    """A part of a pair that is neither None nor an integer raises TypeError that names the pair."""
    with pytest.raises(TypeError, match=r"the byte range \(.*\) is not allowed"):
        from_pair(pair)


@given(st.integers(0, 20), st.integers(0, 20), sizes)
def test_a_range_is_the_slice(first, second, size):
    """A range names what the slice with its bounds names; what lies past the end is left out (RNG-1, RNG-2, RNG-3, RNG-5)."""
    start, end = sorted((first, second))
    value = bytes(range(size))
    assert value[resolve(RangeByteRequest(start, end), size)] == value[start:end]


@given(st.integers(0, 20), sizes)
def test_an_offset_is_the_slice_from_it(offset, size):
    """An offset names all from there on, and nothing at or past the end (RNG-6)."""
    value = bytes(range(size))
    assert value[resolve(OffsetByteRequest(offset), size)] == value[offset:]


@pytest.mark.parametrize(("suffix", "expected"), [(0, b""), (1, b"9"), (10, VALUE), (11, VALUE), (1000, VALUE)])
def test_a_suffix_is_the_last_bytes(suffix, expected):
    """A suffix names the last bytes: all where it is longer than the value, none for 0 (RNG-7, RNG-8, RNG-9)."""
    assert read(SuffixByteRequest(suffix)) == expected


@pytest.mark.parametrize(
    ("request_", "expected"), [(None, VALUE), ((2, 3), b"234"), ((None, 3), b"012"), ((7, None), b"789"), ((None, None), VALUE)]
)
def test_none_and_pairs_are_resolved(request_, expected):
    """None names the whole value, and a pair what it stands for."""
    assert read(request_) == expected


@given(
    st.sampled_from([RangeByteRequest(3, 9), RangeByteRequest(30, 31), OffsetByteRequest(7), SuffixByteRequest(7), (3, 9), None]),
    sizes,
)
def test_a_resolved_slice_lies_in_the_value(request_, size):
    """A resolved slice is 0 <= start <= stop <= size, so that its length is what will be read."""
    found = resolve(request_, size)
    assert 0 <= found.start <= found.stop <= size


@pytest.mark.parametrize("request_", [3, "bytes=0-3", [0, 3], b"", slice(0, 3), object()], ids=lambda value: type(value).__name__)
def test_what_is_no_request_is_refused(request_):
    """An object that is neither a request nor a pair raises TypeError that names it and the classes (RNG-14)."""
    with pytest.raises(TypeError, match="is not a byte request: give a RangeByteRequest"):
        resolve(request_, 10)
