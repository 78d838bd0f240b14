"""A published claim (how many sat, which rate): is it possible, and do the records bear it out? Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from core.errors import Invalid, Problem
from core.shares import percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exam.reports.rules import PassRate

LARGEST_CLAIM = 10_000_000
"""More people than that no claim counts; the bound keeps the list of numerators short."""

_RATE = re.compile(r"(?P<whole>0|[1-9][0-9]{0,2})(\.(?P<decimals>[0-9]{1,10}))?")


@dataclass(frozen=True, slots=True)
class CheckedDefinition:
    """What one definition gives; `rate` printed at the claim's decimals (None: nobody sat), and if it matches."""

    name: str
    sat: int
    passed: int
    rate: str | None
    matches: bool


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The numerators that give the claimed rate, each definition's figures, and those that reproduce the claim."""

    possible_passed: tuple[int, ...]
    definitions: tuple[CheckedDefinition, ...]
    reproduced_by: tuple[str, ...]


def claim_problems(n: int, rate: str) -> list[Problem]:
    """Everything that makes a claim of `n` sat and a `rate` in per cent no claim at all."""
    problems = []
    if not 1 <= n <= LARGEST_CLAIM:
        message = f"参加人数应为 1 至 {LARGEST_CLAIM} 的整数。"
        problems.append(Problem("claim_sat", message, where="sat"))
    parts = _RATE.fullmatch(_bare(rate))
    if parts is None:
        message = "合格率应为百分数，照公布的位数填写，如 75、75.0 或 75.00。"
        problems.append(Problem("claim_rate", message, where="rate"))
    elif Fraction(parts[0]) > 100:
        problems.append(Problem("claim_rate_over_100", "合格率不能超过 100%，请核对。", where="rate"))
    return problems


def possible_numerators(n: int, rate: str) -> list[int]:
    """Which whole numbers of passes of `n` give the rate when rounded half up at the decimals it is printed with.

    Exact: k is possible if rate - h <= 100·k/n < rate + h with h half a unit of the last decimal. A per cent
    sign may follow. Raises `Invalid` with every problem of the claim.
    """
    value, decimals = _claimed(n, rate)
    half = Fraction(1, 2 * 10**decimals)
    first = ceil((value - half) * n / 100)
    beyond = ceil((value + half) * n / 100)
    return list(range(max(first, 0), min(beyond, n + 1)))


def reconcile(n: int, rate: str, results: Mapping[str, PassRate]) -> Reconciliation:
    """A claim against the results by definition name.

    A definition matches when as many sat and its rate prints as claimed. Raises `Invalid` as above.
    """
    value, decimals = _claimed(n, rate)
    claimed = percent(value / 100, decimals)
    checked = []
    for name, result in results.items():
        printed = None if result.rate is None else percent(result.rate, decimals)
        matches = result.sat == n and printed == claimed
        checked.append(CheckedDefinition(name, result.sat, result.passed, printed, matches))
    return Reconciliation(
        possible_passed=tuple(possible_numerators(n, rate)),
        definitions=tuple(checked),
        reproduced_by=tuple(check.name for check in checked if check.matches),
    )


def _bare(rate: str) -> str:
    return rate.strip().removesuffix("%").removesuffix("％").rstrip()


def _claimed(n: int, rate: str) -> tuple[Fraction, int]:
    problems = claim_problems(n, rate)
    if problems:
        raise Invalid(problems)
    bare = _bare(rate)
    return Fraction(bare), len(bare.partition(".")[2])
