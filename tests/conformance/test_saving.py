"""Traces as JSON values and back."""

import json

import pytest

from conformance.expectation import gives, gives_names, raises, returns
from conformance.operations import Get, GetPartialValues, Set, SetEach, SetPartialValues
from conformance.rendering import pattern
from conformance.saving import SavedTraceError, decode, decode_trace, encode, encode_trace
from conformance.trace import Asked, Opened, Performed, Trace
from storeproto import RangeByteRequest, SuffixByteRequest

VALUES = [
    Get("k", SuffixByteRequest(3)),
    GetPartialValues((("k", RangeByteRequest(0, 1)), ("l", None))),
    Set("\u00e9/\\", bytes(range(256))),
    Set("k", pattern(70_000, 3)),
    SetEach("d/{}", 3, b"x"),
    SetPartialValues((("k", 1, b"x"),)),
    gives(b"v") | raises(ValueError, FileNotFoundError),
    gives(None),
    gives(True),  # noqa: FBT003  # the value
    gives_names(["a", "b"], "['a', 'b']"),
    returns,
]


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_round_trip(value):
    """What is encoded, through JSON text, is decoded to the same."""
    assert decode(json.loads(json.dumps(encode(value)))) == value


def test_list_stays_a_list():
    """A list comes back as a list: what a store returns in one is compared with it."""
    assert decode(json.loads(json.dumps(encode(gives([None, b"v"]))))) == gives([None, b"v"])


def test_large_pattern_is_short():
    """A large value of the kit's own takes a few characters."""
    assert len(json.dumps(encode(Set("k", pattern(8 << 20))))) < 200


def test_trace_round_trip():
    """A trace is decoded to its essential steps."""
    trace = Trace([Opened("store", "place"), Performed("store", Set("k", b"v")), Asked("store", Get("k"), "", gives(b"v"))])
    assert decode_trace(json.loads(json.dumps(encode_trace(trace)))).steps == trace.steps


@pytest.mark.parametrize(
    "saved",
    [
        1,
        {"kind": "os.system"},
        [{"kind": "Set"}],
        [{"kind": "Set", "key": 1, "nothing": 2}],
        {"error": "SystemExit"},
        [{"bytes": "!"}],
    ],
    ids=str,
)
def test_refuses_what_is_no_trace(saved):
    """What is not a list of steps is refused by one line, and names nothing but the kit's own values."""
    with pytest.raises(SavedTraceError):
        decode_trace(saved)
