"""The bank's forms: what the list is filtered by, and the author's form of an item of any type."""

from __future__ import annotations

import re
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from core.people.rules import UnitFamily
from core.web.forms import field_at
from question_bank.items.queries import ItemFilter
from question_bank.items.question_forms import CaseQuestionForm, NamedLaws, QuestionFields, choices_of, fill
from question_bank.items.rules import (
    FEWEST_QUESTIONS,
    MOST_QUESTIONS,
    PARTS,
    Difficulty,
    ItemDraft,
    ItemState,
    QuestionType,
    Use,
)
from question_bank.items.words import DIFFICULTIES, STATES, TYPES, USES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from core.errors import Problem

Kind = TypeVar("Kind", bound=StrEnum)

ACT = re.compile(r"(add|remove|up|down) ([a-z]+(?:-\d{1,2}(?:-[a-z]+(?:-\d{1,2})?)?)?)")
"""What the button of a row sends: «add citations», «remove questions-0-options-2», «up questions-1»."""


def any_or(words: Mapping[Any, Any]) -> list[SelectChoice]:
    """The members of an enumeration with «全部» first, for filters."""
    return [SelectChoice("", _l("全部")), *choices_of(words)]


def member(kind: type[Kind], value: str | None) -> Kind | None:
    """The member of an enumeration that a page sent; None for "" and for what is none of them."""
    return next((member for member in kind if member.value == value), None)


def whole_number(text: str | None) -> int:
    """The number that a hidden field carries; -1, which counts nothing, for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else -1


class ItemFilterForm(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    class Meta:
        csrf = False

    text = StringField(_l("题干或编号"))
    law = SelectField(_l("法规"))
    type = SelectField(_l("题型"), choices=any_or(TYPES))
    difficulty = SelectField(_l("难度"), choices=any_or(DIFFICULTIES))
    state = SelectField(_l("状态"), choices=any_or(STATES))
    use = SelectField(_l("用途"), choices=any_or(USES))
    contradicted = BooleanField(_l("估计与实测不符"))

    def wanted(self) -> ItemFilter:
        """What was asked for; what is none of a choice counts as all."""
        return ItemFilter(
            law=self.law.data or "",
            type=member(QuestionType, self.type.data),
            difficulty=member(Difficulty, self.difficulty.data),
            state=member(ItemState, self.state.data),
            use=member(Use, self.use.data),
            contradicted=bool(self.contradicted.data),
            text=(self.text.data or "").strip()[:100],
        )


class UseForm(FlaskForm):  # type: ignore[misc]
    """Whether items are kept for sessions; `expected` is how many the page said would change, `seen` which sessions
    ahead it named."""

    reserved = HiddenField()
    expected = HiddenField()
    seen = HiddenField()
    reason = TextAreaField(_l("理由"), description=_l("理由会记入日志，事后可查。"))


class ItemForm(QuestionFields, FlaskForm):  # type: ignore[misc]
    """An item as its author writes it: the question that it asks, or the material of a case with its questions."""

    reference = TextAreaField(_l("参考答案"))
    questions = FieldList(
        FormField(CaseQuestionForm), min_entries=FEWEST_QUESTIONS, max_entries=MOST_QUESTIONS
    )
    part = SelectField(
        _l("清单部分"),
        choices=[SelectChoice("", _l("不指明")), *choices_of({part: part for part in PARTS})],
        description=_l("《应知应会清单》中的哪一部分。"),
        validate_choice=False,
    )
    families = SelectMultipleField(
        _l("适用单位"),
        choices=choices_of({family: family.label for family in UnitFamily}),
        description=_l("只适合某几类单位的考生时勾选；都不勾选即各类单位通用。"),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validate_choice=False,
    )
    reserved = BooleanField(
        _l("仅供考试"),
        default=True,
        description=_l(
            "审核通过后，没有这一标记的试题会出现在考生的练习中，答题后显示答案和解析。准备用于考试的题请保留标记；以后可以改。"
        ),
    )
    code = StringField(
        _l("编号"), [Optional()], description=_l("留空则自动编号。只用小写字母、数字和连字符。")
    )
    base = HiddenField()

    def show(self, draft: ItemDraft, number: int) -> None:
        """Fill the form with a stored version."""
        self.show_question(draft)
        self.reference.data = draft.reference
        for index, question in enumerate(draft.questions):
            if index == len(self.questions):
                self.questions.append_entry()
            self.questions[index].form.show_question(question)
        self.part.data = draft.part
        self.families.data = [family.value for family in draft.families]
        self.base.data = str(number)

    def all_laws(self) -> set[str]:
        """The names under which the item and its questions cite laws, without 《》."""
        return self.laws().union(*(entry.form.laws() for entry in self.questions))

    def draft(self, laws: NamedLaws) -> tuple[ItemDraft, list[Problem]]:
        """What was typed as a draft, and what could not be read of it."""
        draft, problems = self.question(laws)
        chosen = set(self.families.data or [])
        draft = replace(
            draft,
            part=self.part.data or "",
            families=tuple(family for family in UnitFamily if family.value in chosen),
        )
        if draft.type is QuestionType.SHORT:
            return replace(
                draft, reference=(self.reference.data or "").replace("\r\n", "\n").strip()
            ), problems
        if draft.type is QuestionType.CASE:
            questions = []
            for number, form in enumerate(self._typed_questions(), start=1):
                question, unread = form.question(laws)
                questions.append(question)
                problems += [_of_question(problem, number) for problem in unread]
            return replace(draft, questions=tuple(questions)), problems
        return draft, problems

    def arrange(self, act: str) -> str:
        """Add, take out or move a row, as the act of a button says; returns the id of the row to look at next.

        An act that is none of the form's changes nothing and returns "".
        """
        found = ACT.fullmatch(act)
        if found is None:
            return ""
        if found[1] == "add":
            return _add(field_at(self, found[2]))
        where, _dash, index = found[2].rpartition("-")
        rows = field_at(self, where)
        if not isinstance(rows, FieldList) or not (index.isdecimal() and int(index) < len(rows)):
            return ""
        if found[1] == "remove":
            within = field_at(self, where.rpartition("-")[0])
            return _remove(within.form if isinstance(within, FormField) else self, rows, int(index))
        return _move(rows, int(index), -1 if found[1] == "up" else 1)

    def _typed_questions(self) -> Iterator[CaseQuestionForm]:
        """The questions of a case up to the last in which something was typed."""
        forms = [entry.form for entry in self.questions]
        while forms and forms[-1].is_empty():
            forms.pop()
        yield from forms


def _of_question(problem: Problem, number: int) -> Problem:
    message = _("第 %(n)s 小题：%(message)s", n=number, message=problem.message)
    return replace(problem, message=message, where=f"questions-{number - 1}-{problem.where}")


def _add(rows: object) -> str:
    if not isinstance(rows, FieldList) or len(rows) >= (rows.max_entries or 0):
        return ""
    added: str = rows.append_entry().id
    return added


def _remove(form: Form, rows: FieldList[Any], index: int) -> str:
    if isinstance(form, QuestionFields) and rows is form.options:
        form.drop_option(index)
    else:
        fill(rows, [entry.data for n, entry in enumerate(rows) if n != index])
    return f"{rows.id}-{min(index, len(rows) - 1)}"


def _move(rows: FieldList[Any], index: int, by: int) -> str:
    values = [entry.data for entry in rows]
    to = min(max(index + by, 0), len(values) - 1)
    values.insert(to, values.pop(index))
    fill(rows, values)
    return f"{rows.id}-{to}"
