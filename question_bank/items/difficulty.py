"""The author's estimate of a question's difficulty beside the share of right answers. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from core.shares import wilson
from question_bank.items.rules import Difficulty

if TYPE_CHECKING:
    from decimal import Decimal

FEWEST_ANSWERS = 30
"""Of fewer answers the share says nothing: its interval at 95 % is wider than 30 points around the middle."""

EXPECTED: dict[Difficulty, tuple[int, int]] = {
    Difficulty.EASY: (60, 100),
    Difficulty.MEDIUM: (35, 85),
    Difficulty.HARD: (0, 65),
}
"""Between which shares of right answers, in per cent, an estimate is borne out.

In Chinese test practice a question is called 易 from 70 %, 中 from 40 to 70 %, 难 below 40 % of right answers. That is
for papers that tell people apart. Here everybody has learnt and is asked whether they know enough (60 of 100 marks),
so that most questions are answered rightly by more than half: the bands are widened, and overlap, so that only what
plainly contradicts its estimate is told.
"""


class Fit(StrEnum):
    """How an estimate and what was observed go together."""

    UNKNOWN = "unknown"
    BORNE_OUT = "borne_out"
    EASIER = "easier"
    HARDER = "harder"

    @property
    def contradicts(self) -> bool:
        return self in {Fit.EASIER, Fit.HARDER}


def fit(estimate: Difficulty, *, answered: int, correct: int) -> Fit:
    """Whether `correct` of `answered` right answers bear the estimate out, or the question is easier or harder.

    It contradicts only when the whole interval of the share (Wilson, 95 %) lies beyond what the estimate expects, and
    never on fewer than `FEWEST_ANSWERS`.
    """
    if answered < FEWEST_ANSWERS:
        return Fit.UNKNOWN
    low, high = wilson(correct, answered)
    least, most = EXPECTED[estimate]
    if low > most:
        return Fit.EASIER
    return Fit.HARDER if high < least else Fit.BORNE_OUT


@dataclass(frozen=True, slots=True)
class Fared:
    """How a version, or question `part` of a case (0: the whole), fared in `sources` sources; beside its estimate."""

    part: int
    estimate: Difficulty
    answered: int
    correct: int
    sources: int

    @property
    def share(self) -> Fraction | None:
        """The share of right answers; None before the first answer."""
        return Fraction(self.correct, self.answered) if self.answered else None

    @property
    def interval(self) -> tuple[Decimal, Decimal] | None:
        """In per cent, at 95 %; None before the first answer."""
        return wilson(self.correct, self.answered) if self.answered else None

    @property
    def fit(self) -> Fit:
        return fit(self.estimate, answered=self.answered, correct=self.correct)
