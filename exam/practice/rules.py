"""What comes next in practice, and how somebody stands in each law. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from random import Random

FEW = 3
"""A law of which fewer questions were answered says nothing about a weakness yet."""


@dataclass(frozen=True, slots=True)
class PracticeItem:
    """An item that may be practised, with the law that it counts for."""

    item_id: int
    code: str
    law: str


@dataclass(frozen=True, slots=True)
class Practised:
    """A person's last answer to an item."""

    correct: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class LawStanding:
    """A law in practice: of `items` that can be practised, how many were answered, and how many last rightly."""

    law: str
    items: int
    answered: int
    right: int

    @property
    def wrong(self) -> int:
        return self.answered - self.right


def wrong_items(items: Sequence[PracticeItem], history: Mapping[int, Practised]) -> list[PracticeItem]:
    """The 错题本: what was last answered wrongly, the longest ago first. A right answer takes an item out."""
    found = [item for item in items if item.item_id in history and not history[item.item_id].correct]
    return sorted(found, key=lambda item: (history[item.item_id].at, item.item_id))


def next_item(
    items: Sequence[PracticeItem], history: Mapping[int, Practised], *, just_answered: int | None, rng: Random
) -> PracticeItem | None:
    """What to practise next of `items`: one not seen yet, else one last answered wrongly, else the longest ago.

    Never the item just answered, unless there is no other. None when there is nothing to practise.
    """
    others = [item for item in items if item.item_id != just_answered] or list(items)
    unseen = [item for item in others if item.item_id not in history]
    if unseen:
        return rng.choice(unseen)
    again = wrong_items(others, history) or sorted(
        others, key=lambda item: (history[item.item_id].at, item.item_id)
    )
    return again[0] if again else None


def standings(items: Sequence[PracticeItem], history: Mapping[int, Practised]) -> list[LawStanding]:
    """How a person stands in each law, by law."""
    answered = [item for item in items if item.item_id in history]
    counts = Counter(item.law for item in items)
    seen = Counter(item.law for item in answered)
    right = Counter(item.law for item in answered if history[item.item_id].correct)
    return [LawStanding(law, counts[law], seen[law], right[law]) for law in sorted(counts)]


def weakest(
    rates: Mapping[str, tuple[int, int]], laws: Collection[str], *, most: int
) -> list[tuple[str, int, int]]:
    """The laws with the lowest share right, as (law, right, answered): at most `most`, the weakest first.

    `rates` gives (right, answered) by law; laws outside `laws`, with hardly an answer or all right, are left out.
    """
    found = [
        (law, right, answered)
        for law, (right, answered) in rates.items()
        if law in laws and answered >= FEW and right < answered
    ]
    return sorted(found, key=lambda row: (Fraction(row[1], row[2]), row[0]))[:most]
