"""The two indexes of keys by directory give the same answers."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_stores.key_index import KeyIndex, ScanIndex

names = st.sampled_from(["a", "b", "ab", "a.", "é"])
some_keys = st.lists(names, min_size=1, max_size=4).map("/".join)
prefixes = st.one_of(st.just(""), some_keys, some_keys.map(lambda key: key + "/"), some_keys.map(lambda key: key[:-1]))

KEYS = ["a", "a/b/c", "a/b/d", "a/e", "ab/c", "z"]


changes = st.lists(st.tuples(st.sampled_from(["set", "remove", "list"]), some_keys), max_size=40)


class ForgetfulIndex(KeyIndex):
    """One that soon forgets what it knows, since it has little room for removed keys."""

    __slots__ = ()

    _LEAST_ROOM = 3


def changed(keys, index, history):
    """Apply a history of (what is done, key) as a store does, which tells the index what it has removed."""
    for what, key in history:
        if what == "set":
            keys[key] = None
        elif what == "list":
            index.has_below(key)
        elif key in keys:
            del keys[key]
            index.removed.append(key)
    return index


@pytest.fixture(params=[KeyIndex, ScanIndex])
def index(request):
    """Each index, over KEYS."""
    return request.param(dict.fromkeys(KEYS))


@pytest.mark.parametrize(
    ("directory", "children"), [("", {"a", "ab", "z"}), ("a", {"b", "e"}), ("a/b", {"c", "d"}), ("z", set()), ("missing", set())]
)
def test_the_children_of_a_directory(index, directory, children):
    """Children are the names of keys and directories immediately below."""
    assert set(index.children(directory)) == children


def test_children_come_once(index):
    """A name that is a key and a directory, or the directory of several keys, is one child."""
    assert len(index.children("")) == 3


@pytest.mark.parametrize(
    ("directory", "expected"), [("", True), ("a", True), ("a/b", True), ("a/b/c", False), ("z", False), ("x", False)]
)
def test_whether_anything_is_below(index, directory, expected):
    """A name is a directory when a key is below it, and not for being a key."""
    assert index.has_below(directory) is expected


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("", set(KEYS)),
        ("a", {"a", "a/b/c", "a/b/d", "a/e", "ab/c"}),
        ("a/", {"a/b/c", "a/b/d", "a/e"}),
        ("a/b", {"a/b/c", "a/b/d"}),
        ("a/b/c", {"a/b/c"}),
        ("z/", set()),
        ("x", set()),
    ],
)
def test_the_keys_that_begin_with_a_string(index, prefix, found):
    """A string prefix is one of the whole key, wherever it ends."""
    assert set(index.beginning_with(prefix)) == found


@pytest.mark.parametrize("kind", [KeyIndex, ScanIndex])
def test_a_cleared_index_is_empty(kind):
    """When all keys are gone and it is to forget them, no key is left, and nothing is below the root."""
    keys = dict.fromkeys(KEYS)
    index = kind(keys)
    index.beginning_with("a")
    keys.clear()
    index.forget()
    assert (keys, index.has_below(""), index.children(""), index.beginning_with("")) == ({}, False, [], [])


@given(st.sampled_from([KeyIndex, ForgetfulIndex]), changes, prefixes)
def test_keys_begin_alike_in_both(kind, history, prefix):
    """After any changes both indexes find the same keys, each once."""
    keys: dict[str, None] = {}
    index = changed(keys, kind(keys), history)
    assert sorted(index.beginning_with(prefix)) == sorted(ScanIndex(keys).beginning_with(prefix))


@given(st.sampled_from([KeyIndex, ForgetfulIndex]), changes, st.one_of(st.just(""), some_keys))
def test_children_are_alike_in_both(kind, history, directory):
    """After any changes both indexes give a directory the same children, each once."""
    keys: dict[str, None] = {}
    index = changed(keys, kind(keys), history)
    assert sorted(index.children(directory)) == sorted(ScanIndex(keys).children(directory))


@given(st.sampled_from([KeyIndex, ForgetfulIndex]), changes, st.one_of(st.just(""), some_keys))
def test_directories_are_alike_in_both(kind, history, directory):
    """After any changes both indexes agree on what is a directory."""
    keys: dict[str, None] = {}
    index = changed(keys, kind(keys), history)
    assert index.has_below(directory) is ScanIndex(keys).has_below(directory)


@given(st.sampled_from([KeyIndex, ForgetfulIndex]), changes)
def test_a_kept_index_is_that_of_its_keys(kind, history):
    """After any changes the index is what a new one of the same keys would be: nothing of gone keys is left in it."""
    keys: dict[str, None] = {}
    index = changed(keys, kind(keys), history)
    new = KeyIndex(keys)
    assert index.has_below("") is new.has_below("")
    assert (index._found, index._directories) == (new._found, new._directories)


class CountingKeys(dict):
    """Keys that count how many of them were looked at."""

    looked_at = 0

    def __iter__(self) -> Iterator[str]:
        """Count each key that is gone through."""
        return self._counted(super().__iter__())

    def __reversed__(self) -> Iterator[str]:
        """Count each key that is gone through from the end."""
        return self._counted(super().__reversed__())

    def _counted(self, keys: Iterator[str]) -> Iterator[str]:
        for key in keys:
            self.looked_at += 1
            yield key


@pytest.mark.parametrize(
    "ask", [lambda index: index.children("a"), lambda index: index.has_below("a"), lambda index: index.beginning_with("a/")]
)
def test_an_answer_does_not_look_at_the_other_keys(ask):
    """A question about one directory does not go through the keys of the others."""
    keys = CountingKeys.fromkeys(["a/b", *[f"other/{number}" for number in range(100)]])
    index = KeyIndex(keys)
    index.has_below("")
    keys.looked_at = 0
    ask(index)
    assert keys.looked_at == 0


@pytest.mark.parametrize("known", [0, 3])
def test_a_key_is_looked_at_once(known):
    """What is new is looked at by the first question after it, and nothing else is."""
    keys = CountingKeys.fromkeys([f"a/{number}" for number in range(known)])
    index = KeyIndex(keys)
    index.has_below("")
    keys.looked_at = 0
    keys["b/new"] = None
    assert (index.children("b"), index.children("b"), keys.looked_at) == (["new"], ["new"], 1)


def test_no_more_removed_keys_are_kept_than_is_said():
    """Without a question ever, the index keeps no more than so many removed keys."""
    index = KeyIndex({})
    for number in range(2 * KeyIndex._LEAST_ROOM):
        index.removed.append(f"a/{number}")
    assert len(index.removed) == KeyIndex._LEAST_ROOM


@pytest.mark.parametrize("most", [10, 3_000])
def test_what_was_removed_is_all_that_is_looked_at(most):
    """Of many keys, no more are gone through than had been removed, twice over, were they as many as half of all."""
    keys = CountingKeys.fromkeys([f"a/{number}" for number in range(5_000)])
    index = KeyIndex(keys)
    index.has_below("")
    keys.looked_at = 0
    for number in range(most):
        del keys[f"a/{number}"]
        index.removed.append(f"a/{number}")
    assert (len(index.children("a")), keys.looked_at <= 2 * most) == (5_000 - most, True)
