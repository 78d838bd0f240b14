"""A draft as the candidate will see it, without its key. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from question_bank.items.rules import QuestionType
from question_bank.items.wording import BLANK

if TYPE_CHECKING:
    from question_bank.items.rules import ItemDraft


@dataclass(frozen=True, slots=True)
class PreviewQuestion:
    """What templates/components/question.html draws a question from."""

    position: int
    type: str
    stem: str
    options: tuple[tuple[str, str], ...]
    blanks: int
    of_case: bool
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """The material of a case, "" for others, and the questions under it."""

    material: str
    questions: tuple[PreviewQuestion, ...]


def preview_of(draft: ItemDraft) -> Preview:
    """The draft as it stands, complete or not: a missing stem or option is shown as «……» or left out."""
    is_case = draft.type is QuestionType.CASE
    return Preview(
        material=(draft.stem or "……") if is_case else "",
        questions=tuple(
            PreviewQuestion(
                position=number,
                type=question.type.value,
                stem=question.stem or "……",
                options=tuple(option for option in question.options if option[1].strip()),
                blanks=question.stem.count(BLANK) if question.type is QuestionType.BLANK else 0,
                of_case=is_case,
            )
            for number, question in enumerate(draft.questions if is_case else (draft,), start=1)
        ),
    )
