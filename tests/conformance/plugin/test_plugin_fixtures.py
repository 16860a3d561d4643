"""The fixtures for other people's suites, by the example in the documentation."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "pytest.md"


def test_documented_example(pytester, suite):
    """The example of the fixtures in the documentation passes."""
    pytester.path.joinpath("test_stores.py").unlink()
    example = re.search(r"```python\n(# test_fixtures\.py\n.*?)```", PAGE.read_text(), re.DOTALL)
    pytester.makepyfile(test_fixtures=example[1])
    suite().assert_outcomes(passed=9)


def test_fixtures_are_described(suite):
    """What each fixture is, `--fixtures` tells."""
    suite("--fixtures").stdout.fnmatch_lines(["faulty_store*", "*A FaultyStore on an empty MemoryStore*"])
