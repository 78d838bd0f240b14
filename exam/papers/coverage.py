"""What can be drawn for the paper specs: part by part, and what is short."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import Problem
from exam.papers.queries import pool, specs
from exam.papers.rules import DEFAULT_SPEC
from exam.papers.strata import shortages, strata_of, stratum_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from exam.papers.rules import PaperSpec
    from question_bank.items.pool import PoolRow

FEWEST_TIMES = 3
"""A part of a paper is thin when fewer than three different papers could be filled from its questions."""

STATES = ("good", "thin", "short")


@dataclass(frozen=True, slots=True)
class PartLine:
    """A part of a spec's paper, or one difficulty of it: how many items it wants and how many there are."""

    spec: str
    part: str
    wanted: int
    available: int

    @property
    def state(self) -> str:
        """ "short" when no paper can be drawn, "thin" when hardly a second one, else "good"."""
        if self.available < self.wanted:
            return "short"
        return "thin" if self.available < FEWEST_TIMES * self.wanted else "good"


def part_lines(spec: PaperSpec, rows: Sequence[PoolRow]) -> list[PartLine]:
    """The parts of a spec in order with what the pool has for each; parts that overlap are each counted whole."""
    return [
        PartLine(spec.name, stratum_words(stratum), stratum.wanted, sum(stratum.takes(row) for row in rows))
        for stratum in strata_of(spec)
    ]


def spec_state(spec: PaperSpec, rows: Sequence[PoolRow]) -> str:
    """How the pool stands to a spec as a whole: as the worst of its parts, overlaps counted."""
    if shortages(spec, rows):
        return "short"
    return max((line.state for line in part_lines(spec, rows)), key=STATES.index)


def uncovered(on: date) -> list[Problem]:
    """Each shortage of each spec's latest version on the law of that day; of the preset when there is no spec."""
    rows = pool(on)
    return [
        Problem("shortage", shortage.words, spec.name)
        for spec in [stored.spec for stored in specs()] or [DEFAULT_SPEC]
        for shortage in shortages(spec, rows)
    ]
