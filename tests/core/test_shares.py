"""Shares: their interval, and how they are printed."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.shares import percent, wilson

Z = Fraction("1.959963984540054")


@pytest.mark.parametrize(
    ("hits", "total", "interval"),
    [
        (0, 1, ("0.00", "79.35")),
        (1, 1, ("20.65", "100.00")),
        (5, 10, ("23.66", "76.34")),
        (0, 10, ("0.00", "27.75")),
        (81, 263, ("25.53", "36.62")),
    ],
)
def test_wilson_of_textbook_cases(hits, total, interval):
    assert tuple(map(str, wilson(hits, total))) == interval


def beyond(p: Fraction, hits: int, total: int) -> Fraction:
    """Zero at the ends of the exact interval, negative inside: the score test itself, not its solved form."""
    return (Fraction(hits, total) - p) ** 2 * total - Z**2 * p * (1 - p)


@given(st.integers(1, 10**6).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_wilson_ends_are_the_exact_ends_rounded(case):
    hits, total = case
    low, high = (Fraction(end) / 100 for end in wilson(hits, total))
    half = Fraction(5, 10**5)
    assert 0 <= low <= Fraction(hits, total) + half
    assert Fraction(hits, total) - half <= high <= 1
    if hits and low >= half:
        assert beyond(low - half, hits, total) >= 0
        assert beyond(min(low + half, Fraction(hits, total)), hits, total) <= 0
    if hits < total and high <= 1 - half:
        assert beyond(high + half, hits, total) >= 0
        assert beyond(max(high - half, Fraction(hits, total)), hits, total) <= 0


@pytest.mark.parametrize(("hits", "total"), [(0, 0), (-1, 5), (6, 5)])
def test_wilson_of_impossible_counts(hits, total):
    with pytest.raises(ValueError, match="wilson"):
        wilson(hits, total)


@pytest.mark.parametrize(
    ("rate", "decimals", "printed"),
    [
        (Fraction(2, 3), 2, "66.67"),
        (Fraction(1, 8), 0, "13"),
        (Fraction(1, 8), 1, "12.5"),
        (Fraction(12345, 10**6), 2, "1.23"),
        (Fraction(12355, 10**6), 2, "1.24"),
        (Fraction(1, 20000), 2, "0.01"),
        (Fraction(0), 2, "0.00"),
        (Fraction(1), 3, "100.000"),
        (Fraction(99995, 10**5), 2, "100.00"),
        (Fraction(99995, 10**5) - Fraction(1, 10**9), 2, "99.99"),
    ],
)
def test_percent_rounds_half_up(rate, decimals, printed):
    assert percent(rate, decimals) == printed


@given(st.fractions(0, 1), st.integers(0, 8))
def test_percent_is_within_half_a_unit(rate, decimals):
    assert -Fraction(1, 2) < (Fraction(percent(rate, decimals)) - rate * 100) * 10**decimals <= Fraction(1, 2)
