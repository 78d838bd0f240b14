"""Marking: a paper with its keys and an answer sheet in, exact marks out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from exam.papers.rules import OPTION_LETTERS
from exam.sittings.answers import TEXT_MARK
from question_bank.items.rules import QuestionType
from question_bank.items.wording import normalised_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from exam.papers.rules import PaperSpec

MARKING_VERSION = "kaofa-marking-4"
"""Kept with each result; changes with any change of what `mark_paper` awards."""
UNSEEN_COUNTED = frozenset({"kaofa-marking-1", "kaofa-marking-2", "kaofa-marking-3"})
"""Versions in which an answer to a 填空题 with a character that nobody sees was wrong. What they marked is shown as
they marked it; only a new mark follows the present version."""

NONE = Decimal()


def to_hundredths(marks: Decimal) -> int:
    """Marks as whole hundredths, as they are stored; ValueError if that would round."""
    hundredths = marks.scaleb(2)
    if not hundredths.is_finite() or hundredths != int(hundredths):
        raise ValueError(f"{marks} marks are not a whole number of hundredths")
    return int(hundredths)


def from_hundredths(hundredths: int) -> Decimal:
    """Stored hundredths as marks, exact: 250 → 2.50."""
    return Decimal(hundredths).scaleb(-2)


@dataclass(frozen=True, slots=True)
class KeyedQuestion:
    """A question of a drawn paper with its key.

    `option_order` lists the author's letters in the order shown ("CADB" shows C as A); `key` holds the author's
    letters too. A 填空题 has neither but `accepted`: for each blank the texts that count. A 简答题 has no key at
    all: people mark it. Raises ValueError for a key that is empty or names no option, and for a blank that accepts
    nothing.
    """

    position: int
    section: int
    type: QuestionType
    law: str
    option_order: str
    key: frozenset[str]
    marks: Decimal
    accepted: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        if self.type is QuestionType.BLANK:
            if not self.accepted or not all(self.accepted):
                raise ValueError(f"question {self.position} has a blank that accepts nothing")
        elif self.type is not QuestionType.SHORT and not (self.key and self.key.issubset(self.option_order)):
            raise ValueError(
                f"question {self.position}: key {sorted(self.key)} of options {self.option_order!r}"
            )

    def shown_key(self) -> str:
        """The key in the letters as this candidate saw them, sorted; of a 填空题 the first text of each blank."""
        if self.accepted:
            return "；".join(texts[0] for texts in self.accepted)
        return "".join(
            shown
            for shown, original in zip(OPTION_LETTERS, self.option_order, strict=False)
            if original in self.key
        )


@dataclass(frozen=True, slots=True)
class QuestionMark:
    """What one question earned. `correct` means fully; an incomplete choice may earn half and is not correct."""

    position: int
    awarded: Decimal
    correct: bool
    answered: bool


@dataclass(frozen=True, slots=True)
class SectionMarks:
    """What a section (numbered from 1) earned, of `total` marks."""

    section: int
    type: QuestionType
    awarded: Decimal
    total: Decimal
    correct: int
    asked: int


@dataclass(frozen=True, slots=True)
class LawRate:
    """How many of a law's questions were answered correctly; those that people mark are not among them."""

    law: str
    correct: int
    asked: int


@dataclass(frozen=True, slots=True)
class Marks:
    """A marked paper: questions by position, sections by number, laws by code point."""

    score: Decimal
    total: Decimal
    passed: bool
    questions: tuple[QuestionMark, ...]
    sections: tuple[SectionMarks, ...]
    laws: tuple[LawRate, ...]


def mark_paper(
    spec: PaperSpec,
    questions: Sequence[KeyedQuestion],
    sheet: Mapping[int, str],
    by_people: Mapping[int, Decimal] = MappingProxyType({}),
    *,
    rule_version: str = MARKING_VERSION,
) -> Marks:
    """Mark a sheet (position → letters as shown, as `exam.sittings.answers.replay` gives it).

    A question earns all of its marks when the chosen options are exactly the key, and otherwise nothing; a 填空题
    when each blank has one of its accepted texts, compared by `normalised_text`. With the spec's switch, a 多选题
    whose non-empty choice lacks something but has no error earns half. A letter that the question does not show is
    an error. `rule_version` is that of the result which is shown again. An answered 简答题 earns what `by_people` has for its position,
    an empty one nothing. Passed means a score of at least the spec's pass mark. Exact: nothing is rounded. Raises
    ValueError when a position occurs twice, and for a 简答题 that people have not marked, or not within its marks.
    """
    ordered = sorted(questions, key=lambda question: question.position)
    if len({question.position for question in ordered}) != len(ordered):
        raise ValueError("a position occurs twice on the paper")
    half = spec.half_marks_for_incomplete
    marks = tuple(
        _mark_written(question, sheet, by_people)
        if question.type is QuestionType.SHORT
        else _mark(
            question,
            sheet.get(question.position, ""),
            half_marks=half,
            unseen_counts=rule_version in UNSEEN_COUNTED,
        )
        for question in ordered
    )
    score = sum((mark.awarded for mark in marks), NONE)
    return Marks(
        score=score,
        total=sum((question.marks for question in ordered), NONE),
        passed=score >= spec.pass_mark,
        questions=marks,
        sections=_sections(spec, ordered, marks),
        laws=_laws(ordered, marks),
    )


def is_right(question: KeyedQuestion, choice: str) -> bool:
    """Whether an answer, as the sheet holds it, is fully right."""
    return _mark(question, choice, half_marks=False, unseen_counts=False).correct


def _mark(question: KeyedQuestion, choice: str, *, half_marks: bool, unseen_counts: bool) -> QuestionMark:
    if question.type is QuestionType.BLANK:
        return _mark_text(question, choice, unseen_counts=unseen_counts)
    order = question.option_order
    chosen = {
        order[shown] if (shown := OPTION_LETTERS.find(letter)) in range(len(order)) else "?"
        for letter in choice
    }
    if chosen == question.key:
        return QuestionMark(question.position, question.marks, correct=True, answered=True)
    incomplete = question.type is QuestionType.MULTIPLE and chosen and chosen < question.key
    awarded = question.marks / 2 if half_marks and incomplete else NONE
    return QuestionMark(question.position, awarded, correct=False, answered=bool(chosen))


def _mark_text(question: KeyedQuestion, answer: str, *, unseen_counts: bool) -> QuestionMark:
    texts = answer.removeprefix(TEXT_MARK).split("\n")
    right = fills(texts, question.accepted, unseen_counts=unseen_counts)
    return QuestionMark(
        question.position, question.marks if right else NONE, correct=right, answered=bool(answer)
    )


def _mark_written(
    question: KeyedQuestion, sheet: Mapping[int, str], by_people: Mapping[int, Decimal]
) -> QuestionMark:
    if question.position not in sheet:
        return QuestionMark(question.position, NONE, correct=False, answered=False)
    awarded = by_people.get(question.position)
    if awarded is None or not 0 <= awarded <= question.marks:
        raise ValueError(f"question {question.position}: marks by people {awarded} of {question.marks}")
    return QuestionMark(question.position, awarded, correct=awarded == question.marks, answered=True)


def fills(texts: Sequence[str], accepted: Sequence[Sequence[str]], *, unseen_counts: bool = False) -> bool:
    """Whether each blank of a 填空题 has one of its accepted texts, both as `normalised_text` compares them."""
    return len(texts) == len(accepted) and all(
        normalised_text(text, unseen_counts=unseen_counts)
        in {normalised_text(one, unseen_counts=unseen_counts) for one in these}
        for text, these in zip(texts, accepted, strict=True)
    )


def _sections(
    spec: PaperSpec, questions: Sequence[KeyedQuestion], marks: Sequence[QuestionMark]
) -> tuple[SectionMarks, ...]:
    by_section: dict[int, list[tuple[KeyedQuestion, QuestionMark]]] = {}
    for question, mark in zip(questions, marks, strict=True):
        by_section.setdefault(question.section, []).append((question, mark))
    return tuple(
        SectionMarks(
            section=section,
            type=spec.sections[section - 1].type,
            awarded=sum((mark.awarded for _, mark in pairs), NONE),
            total=sum((question.marks for question, _ in pairs), NONE),
            correct=sum(mark.correct for _, mark in pairs),
            asked=len(pairs),
        )
        for section, pairs in sorted(by_section.items())
    )


def _laws(questions: Sequence[KeyedQuestion], marks: Sequence[QuestionMark]) -> tuple[LawRate, ...]:
    pairs = [
        (question.law, mark.correct)
        for question, mark in zip(questions, marks, strict=True)
        if question.type is not QuestionType.SHORT
    ]
    asked = Counter(law for law, _ in pairs)
    correct = Counter(law for law, is_correct in pairs if is_correct)
    return tuple(LawRate(law, correct[law], asked[law]) for law in sorted(asked))
