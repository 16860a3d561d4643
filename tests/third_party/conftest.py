"""The package `pebbles` is another's: its tests run in its own environment, where the story says so."""

collect_ignore = ["pebbles"]
