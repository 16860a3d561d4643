"""Many operations at once: the deterministic event loop, programs of clients, and the judge of what they saw."""
