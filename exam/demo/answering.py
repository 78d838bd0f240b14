"""From a sitting's outcome, fixed beforehand, to answers that the real marking turns into it. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from exam.demo.population import stream
from exam.papers.rules import OPTION_LETTERS, total_marks
from exam.results.rules import mark_paper
from question_bank.items.rules import Difficulty, QuestionType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from exam.papers.draw import NumberStream
    from exam.papers.rules import PaperSpec
    from exam.results.rules import KeyedQuestion, Marks

WEAKEST = Decimal("0.45")
"""The lowest score of an invented fail, as a share of the pass mark."""

BLANK_ONE_IN = 12
"""Of so many questions that are not answered correctly, one is left open."""

CHANCE = 1000
ESTIMATED = {Difficulty.EASY: 0, Difficulty.MEDIUM: 220, Difficulty.HARD: 440}
AMISS = 500
"""How hard a question is to the invented candidates follows the author's estimate, but for what this is amiss; a
person's chance makes up to `CHANCE`."""


def hardness_of(item_version_id: int, estimate: Difficulty) -> int:
    """How hard a version is to everyone: the harder, the later of a paper's questions it is known."""
    return ESTIMATED[estimate] + stream("hardness", item_version_id).below(AMISS)


def answers_for(
    *,
    passed: bool,
    spec: PaperSpec,
    questions: Sequence[KeyedQuestion],
    hardness: Mapping[int, int],
    numbers: NumberStream,
) -> tuple[dict[int, str], Marks]:
    """A sheet (position → letters as shown) that passes or fails as wanted, and its marks.

    What is known is rather what is less hard; `hardness` is by position. Raises ValueError where no sheet can: the rules of marking have the last word.
    """
    target = _target(passed=passed, spec=spec, numbers=numbers)
    score = Decimal()
    sheet: dict[int, str] = {}
    for question in sorted(questions, key=lambda q: hardness[q.position] + numbers.below(CHANCE)):
        fits = score + question.marks <= target
        if fits or (passed and score < spec.pass_mark):
            sheet[question.position] = question.shown_key()
            score += question.marks
        else:
            wrong = _wrong(question, numbers)
            if wrong:
                sheet[question.position] = wrong
    marks = mark_paper(spec, questions, sheet)
    if marks.passed is not passed:
        raise ValueError(f"no sheet of this paper comes to passed={passed}")
    return sheet, marks


def _target(*, passed: bool, spec: PaperSpec, numbers: NumberStream) -> Decimal:
    """The score to come near to: of two throws the one nearer to the pass mark, as most results lie there."""
    lowest = spec.pass_mark if passed else spec.pass_mark * WEAKEST
    highest = total_marks(spec) if passed else spec.pass_mark - Decimal("0.01")
    throws = [lowest + (highest - lowest) * numbers.below(1000) / 1000 for _ in range(2)]
    return min(throws) if passed else max(throws)


def _wrong(question: KeyedQuestion, numbers: NumberStream) -> str:
    """A choice that earns nothing under any rule: it has a letter outside the key, or it is empty."""
    key = question.shown_key()
    shown = OPTION_LETTERS[: len(question.option_order)]
    outside = [letter for letter in shown if letter not in key]
    if not outside or numbers.below(BLANK_ONE_IN) == 0:
        return ""
    error = outside[numbers.below(len(outside))]
    if question.type is not QuestionType.MULTIPLE:
        return error
    kept = [letter for letter in key if numbers.below(3)]
    return "".join(sorted([error, *kept]))
