"""What the result page shows, worded and put together from what the queries found."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from exam.papers.rules import plain
from exam.papers.words import section_title
from exam.results.rules import to_hundredths
from question_bank.items.rules import QuestionType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exam.results.queries import OwnResult, ReviewedQuestion, WrittenMark
    from question_bank.items.pool import CitedArticle


def result(
    own: OwnResult,
    *,
    certificate: Any,
    written: Sequence[WrittenMark],
    reviewed: Sequence[ReviewedQuestion],
) -> dict[str, Any]:
    """The context of a released result. `certificate` is a link to it with its last valid day, or None."""
    assert own.result is not None
    return {
        **head(own),
        "result": own.result,
        "sections": [_section(part) for part in own.result.sections],
        "laws": own.result.laws,
        "written": [_written(mark) for mark in written],
        "certificate": certificate,
        "keys": [_reviewed(question) for question in reviewed],
        "keys_later": own.keys_later,
        "keys_held": own.keys_held,
    }


def head(own: OwnResult) -> dict[str, Any]:
    """What stands above a result, released or not."""
    return {
        "sitting": {
            "id": own.sitting.id,
            "session_name": own.session.name,
            "candidate_name": own.person_name,
            "held_on": own.session.held_on,
            "is_rehearsal": own.session.is_rehearsal,
            "receipt": own.sitting.receipt,
        },
    }


def _section(part: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": section_title(part["section"], QuestionType(part["type"])),
        "score_hundredths": to_hundredths(Decimal(part["awarded"])),
        "total_hundredths": to_hundredths(Decimal(part["total"])),
        "correct": part["correct"],
        "asked": part["asked"],
    }


def has_written(own: OwnResult) -> bool:
    """Whether people have marked some of a result."""
    return own.result is not None and any(part["type"] == QuestionType.SHORT for part in own.result.sections)


def _written(mark: WrittenMark) -> dict[str, Any]:
    return {
        "position": mark.position,
        "answered": mark.answered,
        "score_hundredths": to_hundredths(mark.awarded),
        "total_hundredths": to_hundredths(mark.marks),
    }


def _reviewed(question: ReviewedQuestion) -> dict[str, Any]:
    return {
        "position": question.position,
        "material": question.material,
        "stem": question.stem,
        "options": question.options,
        "chosen": question.chosen,
        "key": question.key,
        "correct": question.correct,
        "awarded": plain(question.awarded),
        "marks": plain(question.marks),
        "explanation": question.explanation,
        "citations": [_citation(article) for article in question.citations],
        "by_people": question.by_people,
    }


def _citation(article: CitedArticle) -> str:
    """《行政处罚法》（2021-01-22）第三十六条第一款, with the numbers as the bank keeps them."""
    number, _dash, suffix = article.article.partition("之")
    words = _("第 %(n)s 条", n=number) + (f"之{suffix}" if suffix else "")
    if article.paragraph is not None:
        words += _("第 %(n)s 款", n=article.paragraph)
    return f"《{article.law}》{words}"
