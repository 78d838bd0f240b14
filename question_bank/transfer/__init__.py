"""Questions in from the files that people have, and out again."""
