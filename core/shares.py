"""Shares of a whole: printed exactly, and the interval in which the true share lies. Pure."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction


def wilson(hits: int, total: int) -> tuple[Decimal, Decimal]:
    """Wilson's score interval at 95 %, in per cent with two decimals, each end rounded half up.

    (p + z²/2n ± z·√(p(1-p)/n + z²/4n²)) / (1 + z²/n), p = hits / total, n = total, z = 1.959963984540054 (Wilson 1927).
    `ValueError` unless 0 <= hits <= total and total > 0.
    """
    if not 0 <= hits <= total or total == 0:
        raise ValueError("wilson takes 0 <= hits <= total, total > 0")
    with localcontext() as context:
        context.prec = 60
        n, z = Decimal(total), Decimal("1.959963984540054")
        centre = hits + z * z / 2
        spread = z * (Decimal(hits) * (total - hits) / n + z * z / 4).sqrt()
        low, high = (100 * (centre + side) / (n + z * z) for side in (-spread, spread))
        cent = Decimal("0.01")
        low, high = (x.quantize(cent, rounding=ROUND_HALF_UP) for x in (low, high))
    return max(Decimal("0.00"), low), min(Decimal("100.00"), high)  # of equals the first: no "-0.00"


def percent(rate: Fraction, decimals: int = 2) -> str:
    """The rate in per cent as printed, rounded half up by exact arithmetic: 2/3 is "66.67"."""
    scale = 10**decimals
    whole, rest = divmod(int(rate * 100 * scale + Fraction(1, 2)), scale)
    return f"{whole}.{rest:0{decimals}}" if decimals else str(whole)
