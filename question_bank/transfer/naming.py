"""How files name types, difficulties and kinds of bodies, whatever the language of the pages. Pure."""

from __future__ import annotations

from core.people.rules import UnitFamily
from question_bank.items.rules import Difficulty, ItemDraft, QuestionType

TYPE_NAMES = {
    QuestionType.SINGLE: "单选题",
    QuestionType.MULTIPLE: "多选题",
    QuestionType.TRUE_FALSE: "判断题",
    QuestionType.BLANK: "填空题",
    QuestionType.SHORT: "简答题",
    QuestionType.CASE: "案例分析题",
}
DIFFICULTY_NAMES = {Difficulty.EASY: "易", Difficulty.MEDIUM: "中", Difficulty.HARD: "难"}
FAMILY_NAMES = {family: family.label for family in UnitFamily}
CHOICES = frozenset({QuestionType.SINGLE, QuestionType.MULTIPLE})


def answer_words(draft: ItemDraft) -> str:
    """The key as people write it: AC; 正确; for gaps one a line, what is accepted between |."""
    match draft.type:
        case QuestionType.TRUE_FALSE:
            return {"A": "正确", "B": "错误"}.get(draft.answer, "")
        case QuestionType.BLANK:
            return "\n".join("|".join(texts) for texts in draft.accepted)
        case QuestionType.SHORT:
            return draft.reference
        case _:
            return draft.answer


def key_words(draft: ItemDraft) -> str:
    """The key in words that do not depend on the order of options: their texts, «；» between, those of a case by
    question."""
    if draft.type is QuestionType.CASE:
        return " / ".join(key_words(question) for question in draft.questions)
    if draft.type in CHOICES:
        return "；".join(sorted(text for letter, text in draft.options if letter in draft.answer))
    return answer_words(draft)
