"""The examples of the documentation, performed."""

import sys

import pytest
from documented_examples import LANGUAGES, STAND_INS, Block, Performance, blocks, pages, run_shown_tests

PAGES = {page.stem: page for page in pages()}


@pytest.mark.parametrize("name", PAGES)
def test_examples(name, tmp_path, monkeypatch):
    """Each example of a page runs, and prints what the page says that it prints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a file that is changed within a second must be read again
    for folder in (STAND_INS, tmp_path):
        monkeypatch.syspath_prepend(str(folder))
    assert Performance(tmp_path).perform(blocks(PAGES[name])) == []


def test_shown_tests(tmp_path):
    """The tests that the pages show pass."""
    done = run_shown_tests(tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", PAGES)
def test_each_block_is_of_a_kind_that_is_performed(name):
    """A block says of what kind it is, so that none is left out by a slip."""
    assert [block.line for block in blocks(PAGES[name]) if block.language not in LANGUAGES] == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("pycon", ">>> 1 + 1\n3\n"),
        ("pycon", ">>> int('x')\nTraceback (most recent call last):\n    ...\nValueError: another message\n"),
        ("console", "$ echo one\ntwo\n"),
    ],
    ids=["an answer", "an error", "what a command prints"],
)
def test_a_wrong_example_is_found(language, text, tmp_path):
    """What an example shows and does not come so is told."""
    assert len(Performance(tmp_path).perform([Block(tmp_path, 1, language, text)])) == 1


def test_a_command_that_is_no_more_is_found(tmp_path):
    """A command with an option that the command line does not know is refused."""
    with pytest.raises(SystemExit):
        Performance(tmp_path).perform([Block(tmp_path, 1, "sh", "storeproto check memory --colour\n")])
