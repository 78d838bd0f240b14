"""Work that takes longer than a page may: rows that tell how far it is, and the rules by which a process does it."""
