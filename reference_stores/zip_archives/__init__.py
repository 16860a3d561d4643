"""How ZipStore keeps values in a zip archive."""
