"""What pages call the parts of a paper."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from exam.papers.rules import plain
from question_bank.items.rules import QuestionType
from question_bank.statutes.rules import chinese_number

if TYPE_CHECKING:
    from exam.papers.rules import Section

HEADINGS = MappingProxyType(
    {
        QuestionType.SINGLE: _l("单项选择题"),
        QuestionType.MULTIPLE: _l("多项选择题"),
        QuestionType.TRUE_FALSE: _l("判断题"),
        QuestionType.BLANK: _l("填空题"),
        QuestionType.SHORT: _l("简答题"),
        QuestionType.CASE: _l("案例分析题"),
    }
)


def section_title(number: int, kind: QuestionType) -> str:
    """A part of the paper as its heading says it: 一、单项选择题."""
    return f"{chinese_number(number)}、{HEADINGS[kind]}"


def section_note(section: Section) -> str:
    """How many questions a part has, and what each is worth."""
    if section.type is QuestionType.CASE:
        return str(
            _(
                "%(n)s 个案例，每个 %(q)s 小题，每小题 %(marks)s 分",
                n=section.count,
                q=section.questions,
                marks=plain(section.marks),
            )
        )
    return str(_("%(n)s 题，每题 %(marks)s 分", n=section.count, marks=plain(section.marks)))
