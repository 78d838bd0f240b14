"""Strata of a paper spec, filling them from a pool, and what a pool cannot fill.

A stratum is a section, or one difficulty of a section that asks for a mix. Strata of one type may overlap
(«10 of the Constitution, 15 of any law»), so filling is a matching between items and strata.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from core.people.rules import UnitFamily
from exam.papers.rules import TYPE_WORDS
from question_bank.items.rules import Difficulty, QuestionType

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from exam.papers.rules import PaperSpec

DIFFICULTY_WORDS = {Difficulty.EASY: "易", Difficulty.MEDIUM: "中", Difficulty.HARD: "难"}


class Classified(Protocol):
    """What strata read of an item."""

    @property
    def type(self) -> QuestionType: ...
    @property
    def law(self) -> str: ...
    @property
    def difficulty(self) -> Difficulty: ...
    @property
    def questions(self) -> Collection[object]: ...
    @property
    def part(self) -> str: ...
    @property
    def families(self) -> Collection[str]: ...


@dataclass(frozen=True, slots=True)
class Stratum:
    """`wanted` items of one type for section `section` (from 1); `laws` empty and `difficulty` None mean any.

    `questions` is how many questions an item has: more than one only of a 案例分析. `parts` and `families` as in
    `exam.papers.rules.Section`.
    """

    section: int
    type: QuestionType
    laws: tuple[str, ...]
    difficulty: Difficulty | None
    wanted: int
    questions: int = 1
    parts: tuple[str, ...] = ()
    families: tuple[str, ...] = ()

    def takes(self, item: Classified) -> bool:
        """Whether the item may fill a place of this stratum."""
        return (
            item.type is self.type
            and (not self.laws or item.law in self.laws)
            and self.difficulty in (None, item.difficulty)
            and max(1, len(item.questions)) == self.questions
            and (not self.parts or item.part in self.parts)
            and (not self.families or not item.families or not set(self.families).isdisjoint(item.families))
        )


def strata_of(spec: PaperSpec) -> tuple[Stratum, ...]:
    """The strata in order of section, then of the section's mix."""
    return tuple(
        Stratum(
            number,
            section.type,
            section.laws,
            difficulty,
            wanted,
            section.questions,
            section.parts,
            section.families,
        )
        for number, section in enumerate(spec.sections, start=1)
        for difficulty, wanted in (section.difficulty or ((None, section.count),))
    )


class Filling:
    """Places of strata being filled, one item after another.

    `offer` keeps an item whenever it and those kept before can be placed together, moving earlier ones
    between overlapping strata where that makes room. What is kept never goes away again. So, in whatever
    order items are offered, as many places are filled as the items can fill, and items offered earlier are
    preferred to later ones: the sets that can be placed form a (transversal) matroid, and this is its greedy
    algorithm.

    Which place an item gets is part of the draw, so it is fixed: search breadth first from the item's strata, in
    their order, for one with a free place; from a full stratum go on, item by item in the order in which they came
    to it, to the other strata of that item, in their order. Along the path found, from its end, each item moves one
    stratum on; who moves or is new joins at the end of its stratum.
    """

    def __init__(self, strata: Sequence[Stratum]) -> None:
        self._free = [stratum.wanted for stratum in strata]
        self._placed: list[list[tuple[int, tuple[int, ...]]]] = [[] for _ in strata]
        self._spanned: set[tuple[int, ...]] = set()
        self.missing = sum(self._free)

    def offer(self, item: int, eligible: tuple[int, ...]) -> bool:
        """Keep the item, a number of the caller's, if there is room; `eligible` are indexes of its strata."""
        if eligible in self._spanned:
            return False
        if not self._place(item, eligible):
            # No later item of the same strata will find room either.
            self._spanned.add(eligible)
            return False
        self.missing -= 1
        return True

    def items(self, stratum: int) -> list[int]:
        """The items that fill the stratum, in no particular order."""
        return [item for item, _ in self._placed[stratum]]

    def free(self, stratum: int) -> int:
        """How many places of the stratum are still free."""
        return self._free[stratum]

    def competing(self, stratum: int) -> list[int]:
        """The strata that hold the items fit for `stratum`, for those strata, and so on; itself among them.

        When `stratum` has a free place though everything was offered, these together want more items than
        there are for them: no item outside them fits any of them, or it would have been kept or moved here.
        """
        found = {stratum}
        grew = True
        while grew:
            before = len(found)
            found.update(
                other
                for other, placed in enumerate(self._placed)
                if any(not found.isdisjoint(eligible) for _, eligible in placed)
            )
            grew = len(found) > before
        return sorted(found)

    def _place(self, item: int, eligible: tuple[int, ...]) -> bool:
        # By stratum: the one whose item at that index could move here; None where the new item goes at once.
        origin: dict[int, tuple[int, int] | None] = dict.fromkeys(eligible)
        queue = list(eligible)
        for stratum in queue:
            if self._free[stratum]:
                self._move(item, eligible, stratum, origin)
                return True
            for index, (_, others) in enumerate(self._placed[stratum]):
                fresh = [other for other in others if other not in origin]
                origin.update(dict.fromkeys(fresh, (stratum, index)))
                queue += fresh
        return False

    def _move(
        self, item: int, eligible: tuple[int, ...], target: int, origin: dict[int, tuple[int, int] | None]
    ) -> None:
        self._free[target] -= 1
        while (step := origin[target]) is not None:
            source, index = step
            self._placed[target].append(self._placed[source].pop(index))
            target = source
        self._placed[target].append((item, eligible))


@dataclass(frozen=True, slots=True)
class Shortage:
    """Strata, usually one, that together want more items than the pool has for them."""

    strata: tuple[Stratum, ...]
    wanted: int
    available: int

    @property
    def sections(self) -> tuple[int, ...]:
        """The numbers of the sections concerned, from 1, rising."""
        return tuple(sorted({stratum.section for stratum in self.strata}))

    @property
    def words(self) -> str:
        """What is short, in plain Chinese."""
        parts = "、".join(stratum_words(stratum) for stratum in self.strata)
        together = "合计" if len(self.strata) > 1 else ""
        return f"{parts}{together}需要 {self.wanted} 题，可用的只有 {self.available} 题。"


def stratum_words(stratum: Stratum) -> str:
    """A stratum in plain Chinese: 第 2 部分（多选题，难度中，《宪法》）."""
    words = [TYPE_WORDS[stratum.type]]
    if stratum.difficulty is not None:
        words.append(f"难度{DIFFICULTY_WORDS[stratum.difficulty]}")
    if stratum.questions > 1:
        words.append(f"每题 {stratum.questions} 小题")
    words += stratum.parts
    if stratum.families:
        words.append("适用" + "、".join(UnitFamily(family).label for family in stratum.families))
    words += [f"《{law}》" for law in stratum.laws]
    return f"第 {stratum.section} 部分（{'，'.join(words)}）"


def eligibility(item: Classified, strata: Sequence[Stratum]) -> tuple[int, ...]:
    """The indexes of the strata that the item may fill."""
    return tuple(index for index, stratum in enumerate(strata) if stratum.takes(item))


def shortages(spec: PaperSpec, pool: Iterable[Classified]) -> tuple[Shortage, ...]:
    """What the spec cannot draw from the pool; empty when one paper can be drawn.

    Each shortage is a set of strata, and `available` counts the items fit for any of them: by Hall's theorem
    there is such a set whenever a paper cannot be filled. Strata that overlap are counted together.
    """
    strata = strata_of(spec)
    filling = Filling(strata)
    for number, item in enumerate(pool):
        filling.offer(number, eligibility(item, strata))
    found: list[Shortage] = []
    told: set[int] = set()
    for index in range(len(strata)):
        if filling.free(index) and index not in told:
            short = filling.competing(index)
            told.update(short)
            found.append(
                Shortage(
                    tuple(strata[i] for i in short),
                    sum(strata[i].wanted for i in short),
                    sum(len(filling.items(i)) for i in short),
                )
            )
    return tuple(found)
