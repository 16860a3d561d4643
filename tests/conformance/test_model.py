"""The model: what the contract allows each operation to come to."""

import pytest

from conformance.expectation import Raised, Returned
from conformance.model import Model, range_clause
from conformance.operations import (
    Clear,
    Delete,
    DeleteDir,
    Get,
    GetPartialValues,
    GetSize,
    GetSizePrefix,
    IsEmpty,
    ListDir,
    ListPrefix,
    Set,
    SetEach,
    SetIfNotExists,
    SetPartialValues,
    SetRange,
)
from storeproto import OffsetByteRequest, RangeByteRequest, SuffixByteRequest

CONTENTS = {"a": b"value", "a/b": b"", "a-b/c": b"xyz", "ab": b"1"}


@pytest.mark.parametrize(
    ("operation", "value"),
    [
        (Get("a"), b"value"),
        (Get("missing"), None),
        (Get("a", SuffixByteRequest(9)), b"value"),
        (Get("missing", RangeByteRequest(0, 1)), None),
        (GetPartialValues((("a", RangeByteRequest(1, 3)), ("missing", None))), [b"al", None]),
        (GetSize("a/b"), 0),
        (IsEmpty("a"), False),
        (IsEmpty("ab"), True),
        (GetSizePrefix("a"), 0),
        (GetSizePrefix(""), 9),
        (ListPrefix("a"), ["a", "a/b", "a-b/c", "ab"]),
        (ListPrefix("a/"), ["a/b"]),
        (ListDir(""), ["a", "a-b", "ab"]),
        (ListDir("a/"), ["b"]),
    ],
    ids=str,
)
def test_allows_the_right_answer(operation, value):
    """The answer that the contract fixes is allowed."""
    assert Model(CONTENTS).allows(operation).allows(Returned(value))


@pytest.mark.parametrize(
    ("operation", "value"),
    [
        (Get("a"), b"valu"),
        (Get("a"), None),
        (Get("missing"), b""),
        (Get("missing", RangeByteRequest(0, 1)), b""),
        (IsEmpty("a"), 0),
        (ListDir(""), ["a", "a", "a-b", "ab"]),
        (ListPrefix(""), ["a", "a/b", "ab"]),
        (GetPartialValues((("missing", None),)), []),
    ],
    ids=str,
)
def test_allows_no_wrong_answer(operation, value):
    """Another answer is not."""
    assert not Model(CONTENTS).allows(operation).allows(Returned(value))


@pytest.mark.parametrize(
    "request_",
    [RangeByteRequest(5, 6), RangeByteRequest(2, 2), OffsetByteRequest(5), SuffixByteRequest(0)],
    ids=str,
)
def test_allows_empty_or_an_error_where_no_byte_is_named(request_):
    """A request that names no byte may give nothing or an error."""
    allowed = Model(CONTENTS).allows(Get("a", request_))
    assert [allowed.allows(outcome) for outcome in (Returned(b""), Raised(OSError()), Returned(b"v"))] == [True, True, False]


@pytest.mark.parametrize("key", ["a/b/c", "a", "x:y"], ids=str)
def test_allows_a_key_to_be_refused_beside_another(key):
    """A set may be refused for a key below another one, one that another is below, and one with odd characters."""
    assert Model({"a/b": b""}).allows(Set(key, b"v")).allows(Raised(ValueError()))


def test_allows_a_key_to_be_refused_for_its_case():
    """A set may be refused for a key that differs from a live one in case alone."""
    assert Model({"a": b""}).allows(Set("A", b"v")).allows(Raised(ValueError()))


def test_allows_no_refusal_of_a_live_key():
    """An overwrite is not refused."""
    assert not Model({"x:y": b""}).allows(Set("x:y", b"v")).allows(Raised(ValueError()))


@pytest.mark.parametrize(
    ("operation", "after"),
    [
        (Set("a", b"new"), {**CONTENTS, "a": b"new"}),
        (SetIfNotExists("a", b"new"), CONTENTS),
        (SetIfNotExists("b", b"new"), {**CONTENTS, "b": b"new"}),
        (SetRange("a", b"XY", start=1), {**CONTENTS, "a": b"vXYue"}),
        (SetPartialValues((("a", 6, b"!"), ("n", 0, b"x"))), {**CONTENTS, "a": b"value\0!", "n": b"x"}),
        (SetEach("e/{}", 2), {**CONTENTS, "e/0": b"v", "e/1": b"v"}),
        (Delete("a"), {key: value for key, value in CONTENTS.items() if key != "a"}),
        (DeleteDir("a"), {key: value for key, value in CONTENTS.items() if key != "a/b"}),
        (DeleteDir("a/"), {key: value for key, value in CONTENTS.items() if key != "a/b"}),
        (DeleteDir(""), {}),
        (Clear(), {}),
        (Get("a"), CONTENTS),
    ],
    ids=str,
)
def test_changes_as_the_operation_must(operation, after):
    """The contents follow each operation."""
    model = Model(CONTENTS)
    model.apply(operation)
    assert model.contents == after


@pytest.mark.parametrize(
    ("request_", "size", "clause"),
    [
        (RangeByteRequest(0, 5), 5, "RNG-1"),
        (RangeByteRequest(0, 6), 5, "RNG-2"),
        (RangeByteRequest(5, 6), 5, "RNG-3"),
        (RangeByteRequest(2, 2), 5, "RNG-5"),
        (OffsetByteRequest(9), 5, "RNG-6"),
        (SuffixByteRequest(5), 5, "RNG-7"),
        (SuffixByteRequest(6), 5, "RNG-8"),
        (SuffixByteRequest(0), 5, "RNG-9"),
        (SuffixByteRequest(1), 0, "RNG-10"),
    ],
    ids=str,
)
def test_names_the_clause_of_a_request(request_, size, clause):
    """Each byte request is ruled on by one clause."""
    assert range_clause(request_, size) == clause
