"""The form of a paper spec. What it does not check the rules do: it only turns what was typed into a spec."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind
from wtforms.validators import AnyOf, InputRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from core.people.rules import UnitFamily
from core.web.fields import Marks, Whole
from core.web.forms import error_links
from exam.papers.rules import MOST_SECTIONS, USUALLY_APART, PaperSpec, Section
from question_bank.items.rules import PARTS, Difficulty, QuestionType
from question_bank.items.words import TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from core.errors import Problem

PLACE = "sections"
FIELDS_OF_PROBLEMS = {
    "type": "type",
    "questions": "questions",
    "marks": "marks",
    "marks_by_halves": "marks",
    "half_marks_not_exact": "marks",
    "laws": "laws",
    "parts": "parts",
    "families": "families",
    "difficulty": Difficulty.EASY.value,
    "difficulty_sum": Difficulty.EASY.value,
}
"""Beside which field of its part a problem stands; at the number of questions unless told."""

OF_THE_WHOLE = frozenset({"pass_mark_above_total", "too_many_questions", "no_sections"})
"""Problems of sums, which say nothing while one of the summands could not be read."""


class SectionForm(Form):
    type = SelectField(
        _l("题型"),
        [AnyOf([kind.value for kind in QuestionType], message=_l("请选择题型。"))],
        choices=[SelectChoice(kind.value, words) for kind, words in TYPES.items()],
        validate_choice=False,
    )
    count = Whole(_l("题数"), [InputRequired(_l("请填写题数。"))])
    marks = Marks(_l("每题分值"), [InputRequired(_l("请填写每题分值。"))])
    questions = Whole(_l("每案小题数"), [Optional()])
    easy = Whole(_l("易"), [Optional()])
    medium = Whole(_l("中"), [Optional()])
    hard = Whole(_l("难"), [Optional()])
    laws = TextAreaField(_l("限于这些法律"), [Optional()])
    parts = SelectMultipleField(
        _l("限于清单的这些部分"),
        choices=[SelectChoice(part) for part in PARTS],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validate_choice=False,
    )
    families = SelectMultipleField(
        _l("限于适用这些单位的试题"),
        choices=[SelectChoice(family.value, family.label) for family in UnitFamily],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validate_choice=False,
    )

    def section(self, short_titles: Mapping[str, str]) -> Section:
        """What was typed; what could not be read counts as one question of one mark."""
        mix = tuple((level, self[level.value].data) for level in Difficulty if self[level.value].data)
        return Section(
            type=QuestionType(self.type.data if self.type.data in set(QuestionType) else QuestionType.SINGLE),
            count=1 if self.count.data is None else self.count.data,
            marks=Decimal(1) if self.marks.data is None else self.marks.data,
            laws=tuple(short_titles.get(law, law) for law in self.typed_laws()),
            difficulty=mix,
            questions=1 if self.questions.data is None else self.questions.data,
            parts=tuple(self.parts.data or ()),
            families=tuple(self.families.data or ()),
        )

    def show(self, section: Section) -> None:
        self.type.data = section.type.value
        self.count.data, self.marks.data = section.count, section.marks
        self.questions.data = section.questions if section.type is QuestionType.CASE else None
        for level, wanted in section.difficulty:
            self[level.value].data = wanted
        self.laws.data = "\n".join(section.laws)
        self.parts.data, self.families.data = list(section.parts), list(section.families)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is said of laws, parts or families."""
        fields = (self.laws, self.parts, self.families)
        return any(field.data or field.errors for field in fields)

    def typed_laws(self) -> list[str]:
        """The names of laws, one a line or separated by 、 or ；, without 《》."""
        text = (self.laws.data or "").replace("、", "\n").replace("；", "\n")
        names = (line.strip().strip("《》").strip() for line in text.splitlines())
        return [name for name in names if name]


class SpecForm(FlaskForm):  # type: ignore[misc]  # flask-wtf publishes no types
    name = StringField(_l("名称"), description=_l("建立场次时按名称选用，定下后不再改。"))
    minutes = Whole(_l("时长（分钟）"), [InputRequired(_l("请填写时长。"))])
    pass_mark = Marks(_l("合格分"), [InputRequired(_l("请填写合格分。"))])
    half_marks_for_incomplete = BooleanField(
        _l("多选题少选得一半分"), description=_l("不选中则多选题全部选对才得分。错选都不得分。")
    )
    with_short = BooleanField(
        _l("含简答题"),
        description=_l(
            "通常不含。简答题由两名评阅人分别评分，相差过大时由考务人员裁定。全部评完之前，这份试卷没有成绩，不发证书，也不计入统计。"
        ),
    )
    most_apart = Marks(_l("两人评分最多相差（分）"), [Optional()], default=USUALLY_APART)
    sections = FieldList(FormField(SectionForm), max_entries=MOST_SECTIONS)

    def show(self, spec: PaperSpec, *, named: bool) -> None:
        """Fill the form with a spec; its name too when it stays."""
        self.name.data = spec.name if named else ""
        self.minutes.data, self.pass_mark.data = spec.minutes, spec.pass_mark
        self.half_marks_for_incomplete.data = spec.half_marks_for_incomplete
        self.with_short.data = spec.most_apart is not None
        self.most_apart.data = USUALLY_APART if spec.most_apart is None else spec.most_apart
        for section in spec.sections:
            self.sections.append_entry()
            self.sections[-1].form.show(section)

    def typed_laws(self) -> set[str]:
        """The names of laws in any of the parts."""
        return {law for entry in self.sections for law in entry.form.typed_laws()}

    def spec(self, short_titles: Mapping[str, str]) -> PaperSpec:
        """What was typed; what could not be read is replaced, so that the rest can be judged."""
        return PaperSpec(
            name=(self.name.data or "").strip(),
            sections=tuple(entry.form.section(short_titles) for entry in self.sections),
            pass_mark=Decimal(1) if self.pass_mark.data is None else self.pass_mark.data,
            minutes=1 if self.minutes.data is None else self.minutes.data,
            half_marks_for_incomplete=bool(self.half_marks_for_incomplete.data),
            most_apart=self._most_apart() if self.with_short.data else None,
        )

    def _most_apart(self) -> Decimal:
        return USUALLY_APART if self.most_apart.data is None else self.most_apart.data

    def add_problems(self, problems: Iterable[Problem]) -> None:
        """What is wrong with what could be read, beside what the fields alone have found."""
        self.show_problems(p for p in problems if p.code not in OF_THE_WHOLE)

    def show_problems(self, problems: Iterable[Problem]) -> None:
        """Each problem beside its field, or above the form when it has none."""
        for problem in problems:
            field = self._field_of(problem)
            if field is None:
                self.form_errors.append(problem.message)
            elif not field.process_errors:
                field.errors = [*field.errors, problem.message]
        self.sections.errors = [entry.errors for entry in self.sections if entry.errors]

    def _field_of(self, problem: Problem) -> Any:
        place, _dot, number = problem.where.partition(".")
        if place == PLACE and number.isdigit():
            return self.sections[int(number) - 1].form[FIELDS_OF_PROBLEMS.get(problem.code, "count")]
        return None if place == PLACE else self._fields.get(place)

    def summary(self) -> list[tuple[str, str]]:
        """Every error as (the id of its field, the message), those of a part with its number."""
        of_parts = [
            (target, _of_part(number, message))
            for number, entry in enumerate(self.sections, start=1)
            for target, message in error_links(entry.form)
        ]
        own = [link for link in error_links(self) if not link[0].startswith(f"{self.sections.id}-")]
        return [*own, *of_parts]


def _of_part(number: int, message: str) -> str:
    """The message with its part, unless it names that by itself."""
    named = _("第 %(n)s 部分", n=number)
    return message if message.startswith(named) else f"{named}：{message}"


def with_part(typed: MultiDict[str, str]) -> MultiDict[str, str]:
    """What was typed, and an empty part more."""
    known = [int(index) for key in typed if (index := _index(key))]
    more = MultiDict(typed)
    more[f"{PLACE}-{max(known, default=-1) + 1}-type"] = QuestionType.SINGLE.value
    return more


def without_part(typed: MultiDict[str, str], index: str) -> MultiDict[str, str]:
    """What was typed but for the part at that index, from "0"."""
    return MultiDict([(key, value) for key, value in typed.items(multi=True) if _index(key) != index])


def _index(key: str) -> str:
    place, _dash, rest = key.partition("-")
    index = rest.partition("-")[0]
    return index if place == PLACE and index.isascii() and index.isdigit() and len(index) < 5 else ""
