"""Rules of items: their types, their difficulty, the states they pass through. Pure."""

from __future__ import annotations

from enum import StrEnum


class QuestionType(StrEnum):
    """单选, 多选, 判断."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    TRUE_FALSE = "true_false"


class Difficulty(StrEnum):
    """The author's estimate: 易, 中, 难."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


class ItemState(StrEnum):
    """Where an item stands: only an approved one is drawn."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    RETIRED = "retired"
