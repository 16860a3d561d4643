"""The fixtures for other people's suites; the example in the documentation is performed with the others (tests/docs)."""


def test_fixtures_are_described(suite):
    """What each fixture is, `--fixtures` tells."""
    suite("--fixtures").stdout.fnmatch_lines(["faulty_store*", "*A FaultyStore on an empty MemoryStore*"])
