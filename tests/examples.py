"""How much the dear tests try: a share at the desk, all of it in CI, many times as much by `make test-deep`."""

from __future__ import annotations

import os
from fractions import Fraction

SHARES = {"desk": Fraction(1, 5), "ci": Fraction(1), "deep": Fraction(20)}
PROFILE = os.environ.get("KAOFA_TEST_PROFILE") or ("ci" if os.environ.get("CI") else "desk")
FEWEST = 10
BY_DEFAULT = 100
"""Examples of a property that names no number."""


def examples(number: int = BY_DEFAULT) -> int:
    """How many of so many examples this run tries."""
    return max(FEWEST, int(number * SHARES[PROFILE]))


def size(number: int) -> int:
    """How large a thing is made that may have this size; never larger, for the number is a limit."""
    return min(number, int(number * SHARES[PROFILE]))
