"""Acts that two people carry out: one proposes, another signs, and only then does anything change (ADR 19)."""
