"""Marking by people (阅卷): whose mark goes where, when two marks agree, and what an answer then earns. Pure.

Each answer has two seats, for two different people. Their marks are in steps of half a mark. Where they are no more
than the spec's `most_apart` apart, the answer earns their mean, exactly; otherwise a third person decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from core.errors import Problem
from exam.papers.rules import HALF, plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

SEATS = (1, 2)


@dataclass(frozen=True, slots=True)
class Given:
    """The mark that counts in a seat: the last that its marker, an account, gave there."""

    seat: int
    marker: int
    marks: Decimal


class Stage(StrEnum):
    """How far the marking of an answer is. An answer is settled when it is agreed or decided."""

    OPEN = "open"
    DISPUTED = "disputed"
    AGREED = "agreed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the marks given so far come to; `marks` is set when they agree."""

    stage: Stage
    marks: Decimal | None = None


def verdict(given: Sequence[Given], most_apart: Decimal) -> Verdict:
    """Whether two marks are there and agree. Raises ValueError for more than two, or two of one person."""
    if len({one.seat for one in given}) != len(given) or len({one.marker for one in given}) != len(given):
        raise ValueError("an answer is marked by two different people, each once")
    if len(given) < len(SEATS):
        return Verdict(Stage.OPEN)
    first, second = (one.marks for one in given)
    if abs(first - second) > most_apart:
        return Verdict(Stage.DISPUTED)
    return Verdict(Stage.AGREED, (first + second) / 2)


def seat_for(marker: int, given: Sequence[Given]) -> int | None:
    """The seat for a marker's mark: the own one, else the first that is free; None when two others have marked."""
    own = next((one.seat for one in given if one.marker == marker), None)
    taken = {one.seat for one in given}
    return own or next((seat for seat in SEATS if seat not in taken), None)


def may_change(marker: int, given: Sequence[Given]) -> bool:
    """Whether a marker may give another mark: until the second person has marked."""
    return len(given) < len(SEATS) and any(one.marker == marker for one in given)


def may_decide(decider: int, given: Sequence[Given]) -> bool:
    """Whether somebody may decide between two marks: not who gave one of them."""
    return all(one.marker != decider for one in given)


def mark_problems(marks: Decimal | None, most: Decimal) -> list[Problem]:
    """What is wrong with a mark for an answer that earns at most `most`."""
    if marks is None or not marks.is_finite() or not 0 <= marks <= most or marks % HALF:
        text = f"评分应当是 0 至 {plain(most)} 之间的数，以 0.5 分为一档，如 {plain(most - HALF)}。"
        return [Problem("marks", text, "marks")]
    return []
