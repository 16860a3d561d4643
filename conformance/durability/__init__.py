"""Other processes, and what befalls them: kills, full disks, missing file handles and faults of a backend."""
