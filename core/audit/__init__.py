"""The log of what was done, by whom, and to what; only ever added to."""
