"""How LocalStore keeps values in the files of a directory."""
