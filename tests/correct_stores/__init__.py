"""Small, correct stores of different build, on none of which the kit may raise an alarm; two more are in `broken_stores`."""
