"""The author's form. What it does not check the rules do: it only turns what was typed into a draft."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind
from wtforms.validators import AnyOf, Optional

from core.errors import Problem
from question_bank.items.rules import (
    LETTERS,
    TRUE_FALSE_OPTIONS,
    CitationDraft,
    Difficulty,
    ItemDraft,
    QuestionType,
)
from question_bank.items.words import DIFFICULTIES, STATES, TYPES
from question_bank.statutes.rules import article_label

if TYPE_CHECKING:
    from collections.abc import Mapping

CITATION_ROWS = 5


def choices_of(words: Mapping[Any, Any]) -> list[SelectChoice]:
    """The members of an enumeration with their words, to choose from."""
    return [SelectChoice(str(value), label) for value, label in words.items()]


def any_or(words: Mapping[Any, Any]) -> list[SelectChoice]:
    """The same with «全部» first, for filters."""
    return [SelectChoice("", _l("全部")), *choices_of(words)]


class ItemFilterForm(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    class Meta:
        csrf = False

    text = StringField(_l("题干或编号"))
    law = SelectField(_l("法规"))
    type = SelectField(_l("题型"), choices=any_or(TYPES))
    difficulty = SelectField(_l("难度"), choices=any_or(DIFFICULTIES))
    state = SelectField(_l("状态"), choices=any_or(STATES))


class CitationForm(Form):
    law = StringField(_l("法规"))
    version = StringField(_l("版本"))
    article = StringField(_l("条"))
    paragraph = StringField(_l("款"))


class ItemForm(FlaskForm):  # type: ignore[misc]
    code = StringField(
        _l("编号"), [Optional()], description=_l("留空则自动编号。只用小写字母、数字和连字符。")
    )
    type = RadioField(
        _l("题型"),
        [AnyOf([kind.value for kind in QuestionType], message=_l("请选择题型。"))],
        choices=choices_of(TYPES),
        default=QuestionType.SINGLE.value,
        validate_choice=False,
    )
    stem = TextAreaField(_l("题干"), description=_l("一题只考一个问题；盖住选项，内行也能作答。"))
    options = FieldList(TextAreaField(), min_entries=len(LETTERS), max_entries=len(LETTERS))
    answer = SelectMultipleField(
        _l("答案"), choices=[SelectChoice(letter) for letter in LETTERS], validate_choice=False
    )
    explanation = TextAreaField(_l("解析"), description=_l("说明答案的依据，以及其他选项错在哪里。"))
    difficulty = RadioField(
        _l("难度"),
        [AnyOf([level.value for level in Difficulty], message=_l("请选择难度。"))],
        choices=choices_of(DIFFICULTIES),
        default=Difficulty.MEDIUM.value,
        validate_choice=False,
    )
    citations = FieldList(FormField(CitationForm), min_entries=CITATION_ROWS, max_entries=CITATION_ROWS * 2)
    part = StringField(_l("部分"), [Optional()], description=_l("如：综合清单、专业清单。"))
    shuffle = BooleanField(_l("组卷时可以打乱选项"), default=True)
    base = HiddenField()

    def show(self, draft: ItemDraft, number: int) -> None:
        """Fill the form with a stored version."""
        self.type.data = draft.type.value
        self.stem.data = draft.stem
        for entry, (_letter, text) in zip(self.options, draft.options, strict=False):
            entry.data = text
        self.answer.data = list(draft.answer)
        self.explanation.data = draft.explanation
        self.difficulty.data = draft.difficulty.value
        for row, cited in zip(self.citations, draft.citations, strict=False):
            row.law.data = cited.law
            row.version.data = cited.version.isoformat()
            row.article.data = cited.article
            row.paragraph.data = str(cited.paragraph or "")
        self.part.data = draft.part
        self.shuffle.data = draft.shuffle
        self.base.data = str(number)

    def laws(self) -> set[str]:
        """The names under which the rows cite laws, without 《》."""
        return {_bare(row.law.data) for row in self.citations if _bare(row.law.data)}

    def draft(
        self, short_titles: Mapping[str, str], in_force: Mapping[str, date]
    ) -> tuple[ItemDraft, list[Problem]]:
        """What was typed as a draft, and what could not be read of it.

        `short_titles` gives the short title of each name of `laws()`, `in_force` the version that is meant
        where none was typed.
        """
        fixed = self.type.data == QuestionType.TRUE_FALSE
        texts = [(entry.data or "").strip() for entry in self.options]
        while texts and not texts[-1]:
            texts.pop()
        citations, problems = self._citations(short_titles, in_force)
        draft = ItemDraft(
            type=QuestionType(self.type.data),
            stem=_lines(self.stem.data),
            options=TRUE_FALSE_OPTIONS if fixed else tuple(zip(LETTERS, texts, strict=False)),
            answer="".join(sorted(self.answer.data or [])),
            explanation=_lines(self.explanation.data),
            difficulty=Difficulty(self.difficulty.data),
            citations=tuple(citations),
            part=(self.part.data or "").strip(),
            shuffle=bool(self.shuffle.data) and not fixed,
        )
        return draft, problems

    def _citations(
        self, short_titles: Mapping[str, str], in_force: Mapping[str, date]
    ) -> tuple[list[CitationDraft], list[Problem]]:
        citations, problems = [], []
        for number, row in enumerate(self.citations, start=1):
            law, typed = _bare(row.law.data), (row.version.data or "").strip()
            article, paragraph = (row.article.data or "").strip(), (row.paragraph.data or "").strip()
            if not (law or article or typed):
                continue
            short = short_titles.get(law, law)
            version = _day(typed) if typed else in_force.get(short)
            if not law or not article:
                message = _("第 %(n)s 条依据要写明法规和条号。", n=number)
            elif version is None and typed:
                message = _("第 %(n)s 条依据的版本应写成 2021-01-22 这样的日期。", n=number)
            elif version is None:
                message = _("法规库中没有《%(law)s》的现行版本，请核对名称或写明版本。", law=law)
            elif paragraph and not (paragraph.isascii() and paragraph.isdigit() and len(paragraph) < 4):
                message = _("第 %(n)s 条依据的款次应是数字，如 2。", n=number)
            else:
                label = article_label(article) or article
                citations.append(CitationDraft(short, version, label, int(paragraph) if paragraph else None))
                continue
            problems.append(Problem("citations", message, "citations"))
        return citations, problems


def _bare(name: str | None) -> str:
    return (name or "").strip().strip("《》").strip()


def _lines(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n").strip()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
