"""The key and prefix grammar."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storeproto import InvalidKeyError
from storeproto.keys import below, check_key, check_prefix, check_string_prefix, is_key, join, normalise

LEGAL = [
    "a",
    "a/b",
    "a/b/c.d",
    "a..b",
    "...",
    ".a",
    "a.",
    "a/.zarray",
    "a/...",
    "%2F",
    "%2e%2e",
    "~",
    "$HOME",
    "C:\\x",
    " ",
    "a\n",
    "\x01",
    "é",
    "e\u0301",
    "\U0001f600",
    "x" * 1024,
]
ILLEGAL = [
    "",
    "/",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "./a",
    "../a",
    "a/.",
    "a/..",
    "a/./b",
    "a/../b",
    "a\0",
    "\0",
    "\ud800",
    "a/\udfff",
]
NO_STR = [None, 1, b"a", ["a"], True]
illegal_by_definition = re.compile(r"[\x00\ud800-\udfff]|(?:^|/)\.{0,2}(?:/|\Z)")


@pytest.mark.parametrize("key", LEGAL, ids=ascii)
def test_a_legal_key_comes_back_unchanged(key):
    """check_key returns a legal key as it was given (KEY-1 to KEY-7)."""
    assert check_key(key) is key


@pytest.mark.parametrize("key", ILLEGAL, ids=ascii)
def test_an_illegal_key_is_refused(key):
    """check_key refuses an illegal key with InvalidKeyError (KEY-11)."""
    with pytest.raises(InvalidKeyError):
        check_key(key)


@pytest.mark.parametrize("check", [check_key, check_prefix, check_string_prefix, normalise])
@pytest.mark.parametrize("given_object", NO_STR, ids=repr)
def test_what_is_no_str_is_refused(check, given_object):
    """A key, prefix or path that is not a str raises TypeError, whatever else it is (KEY-13)."""
    with pytest.raises(TypeError, match="must be a str, not"):
        check(given_object)


@pytest.mark.parametrize("check", [check_key, check_prefix, check_string_prefix, normalise])
def test_a_refusal_names_what_was_given_and_what_is_allowed(check):
    """The message of a refusal holds the key, escaped, and the grammar (ERR-1)."""
    with pytest.raises(InvalidKeyError, match=r"'a/\.\./\\x00b' is not allowed: a key is non-empty segments"):
        check("a/../\0b")


@given(st.text(alphabet="/.a\0\ud800é\n", max_size=12))
def test_is_key_is_the_grammar(key):
    """is_key agrees with the grammar written as one regular expression."""
    assert is_key(key) is (illegal_by_definition.search(key) is None)


@pytest.mark.parametrize(("prefix", "directory"), [("", ""), ("a", "a"), ("a/", "a"), ("a/b", "a/b"), ("a/b/", "a/b")])
def test_a_prefix_names_its_directory(prefix, directory):
    """check_prefix gives the directory without a slash, with or without one in the prefix (LST-6, DEL-7)."""
    assert check_prefix(prefix) == directory


@pytest.mark.parametrize("prefix", [*[key for key in ILLEGAL if key not in ("", "a/")], "a//", "./", "../"], ids=ascii)
@pytest.mark.parametrize("check", [check_prefix, check_string_prefix])
def test_an_illegal_prefix_is_refused(check, prefix):
    """A prefix that is neither empty nor a key, with one slash behind it or none, is refused (KEY-12)."""
    with pytest.raises(InvalidKeyError):
        check(prefix)


@pytest.mark.parametrize("prefix", ["", "a", "a/", "a/b", "a/b.", "a/..."])
def test_a_string_prefix_comes_back_unchanged(prefix):
    """check_string_prefix returns what list_prefix may be given as it is (LST-4)."""
    assert check_string_prefix(prefix) is prefix


@pytest.mark.parametrize(("directory", "beginning"), [("", ""), ("a", "a/"), ("a/b", "a/b/")])
def test_what_the_keys_below_a_directory_begin_with(directory, beginning):
    """Keys below a directory begin with it and one slash; those below the root with anything."""
    assert below(directory) == beginning


@pytest.mark.parametrize(
    ("parts", "joined"),
    [((), ""), (("",), ""), (("a",), "a"), (("", "a"), "a"), (("a", ""), "a"), (("a", "b/c", "", "d"), "a/b/c/d")],
)
def test_join_leaves_out_empty_parts(parts, joined):
    """Join puts one slash between the parts that are not empty."""
    assert join(*parts) == joined


@pytest.mark.parametrize(
    ("path", "normal"),
    [("", ""), ("/", ""), ("//", ""), ("a", "a"), ("/a/", "a"), ("a//b", "a/b"), ("//a///b//", "a/b"), ("a. ", "a. ")],
)
def test_normalise_takes_needless_slashes_away(path, normal):
    """A path is known without leading, trailing and doubled slashes, and otherwise as given."""
    assert normalise(path) == normal


@pytest.mark.parametrize("path", [".", "..", "a/..", "../a", "a/./b", "a\0", "\ud800"], ids=ascii)
def test_normalise_refuses_what_no_key_may_have(path):
    """A path with a dotted segment, a NUL or a lone surrogate is refused, never resolved."""
    with pytest.raises(InvalidKeyError):
        normalise(path)
