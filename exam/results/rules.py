"""Marking: a paper with its keys and an answer sheet in, exact marks out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from exam.papers.rules import (
    OPTION_LETTERS,
    TYPE_WORDS,
    plain,
    question_count,
    total_marks,
)
from question_bank.items.rules import QuestionType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from exam.papers.rules import PaperSpec

MARKING_VERSION = "kaofa-marking-1"
"""Kept with each result; changes with any change of what `mark_paper` awards."""

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
    letters too. Raises ValueError for a key that is empty or names no option.
    """

    position: int
    section: int
    type: QuestionType
    law: str
    option_order: str
    key: frozenset[str]
    marks: Decimal

    def __post_init__(self) -> None:
        if not self.key or not self.key.issubset(self.option_order):
            raise ValueError(
                f"question {self.position}: key {sorted(self.key)} of options {self.option_order!r}"
            )

    def shown_key(self) -> str:
        """The key in the letters as this candidate saw them, sorted."""
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
    """How many of a law's questions were answered correctly."""

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


def mark_paper(spec: PaperSpec, questions: Sequence[KeyedQuestion], sheet: Mapping[int, str]) -> Marks:
    """Mark a sheet (position → letters as shown, as `exam.sittings.answers.replay` gives it).

    A question earns all of its marks when the chosen options are exactly the key, and otherwise nothing; with
    the spec's switch, a 多选题 whose non-empty choice lacks something but has no error earns half. A letter
    that the question does not show is an error. Passed means a score of at least the spec's pass mark. Exact:
    nothing is rounded. Raises ValueError when a position occurs twice.
    """
    ordered = sorted(questions, key=lambda question: question.position)
    if len({question.position for question in ordered}) != len(ordered):
        raise ValueError("a position occurs twice on the paper")
    half = spec.half_marks_for_incomplete
    marks = tuple(_mark(question, sheet.get(question.position, ""), half_marks=half) for question in ordered)
    score = sum((mark.awarded for mark in marks), NONE)
    return Marks(
        score=score,
        total=sum((question.marks for question in ordered), NONE),
        passed=score >= spec.pass_mark,
        questions=marks,
        sections=_sections(ordered, marks),
        laws=_laws(ordered, marks),
    )


def _mark(question: KeyedQuestion, choice: str, *, half_marks: bool) -> QuestionMark:
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


def _sections(questions: Sequence[KeyedQuestion], marks: Sequence[QuestionMark]) -> tuple[SectionMarks, ...]:
    by_section: dict[int, list[tuple[KeyedQuestion, QuestionMark]]] = {}
    for question, mark in zip(questions, marks, strict=True):
        by_section.setdefault(question.section, []).append((question, mark))
    return tuple(
        SectionMarks(
            section=section,
            type=pairs[0][0].type,
            awarded=sum((mark.awarded for _, mark in pairs), NONE),
            total=sum((question.marks for question, _ in pairs), NONE),
            correct=sum(mark.correct for _, mark in pairs),
            asked=len(pairs),
        )
        for section, pairs in sorted(by_section.items())
    )


def _laws(questions: Sequence[KeyedQuestion], marks: Sequence[QuestionMark]) -> tuple[LawRate, ...]:
    asked = Counter(question.law for question in questions)
    correct = Counter(question.law for question, mark in zip(questions, marks, strict=True) if mark.correct)
    return tuple(LawRate(law, correct[law], asked[law]) for law in sorted(asked))


def marking_rule_words(spec: PaperSpec) -> str:
    """The marking rule as the instructions page prints it, in Chinese."""
    sections = "；".join(
        f"{TYPE_WORDS[section.type]} {section.count} 题，每题 {plain(section.marks)} 分"
        for section in spec.sections
    )
    rules = ["单选题、判断题选对得分，选错、不选不得分。"]
    if any(section.type is QuestionType.MULTIPLE for section in spec.sections):
        incomplete = (
            "少选且无错选得一半分，错选、不选不得分"
            if spec.half_marks_for_incomplete
            else "少选、错选、不选均不得分"
        )
        rules.append(f"多选题全部选对得满分，{incomplete}。")
    return (
        f"共 {question_count(spec)} 题，满分 {plain(total_marks(spec))} 分，{plain(spec.pass_mark)} 分及格，"
        f"限时 {spec.minutes} 分钟。{sections}。{''.join(rules)}"
    )
