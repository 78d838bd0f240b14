"""The fields of one question, alone or in a case: what was typed as a draft, and a draft as what is typed.

What the fields do not check the rules do: here it is only read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind
from wtforms.validators import AnyOf

from core.errors import Problem
from question_bank.items.rules import (
    LETTERS,
    MOST_BLANKS,
    MOST_CITATIONS,
    OBJECTIVE,
    TRUE_FALSE_OPTIONS,
    WITH_OPTIONS,
    CitationDraft,
    Difficulty,
    ItemDraft,
    QuestionType,
)
from question_bank.items.wording import BLANK
from question_bank.items.words import DIFFICULTIES, TYPES
from question_bank.statutes.rules import article_label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FIRST_OPTIONS = 4
FIRST_CITATIONS = 1
SHUFFLED = frozenset({QuestionType.SINGLE, QuestionType.MULTIPLE})
TYPED_BLANK = re.compile("_{3,}|＿{2,}")
"""Typed or pasted, a blank is seldom exactly four low lines."""


def choices_of(words: Mapping[Any, Any]) -> list[SelectChoice]:
    """The members of an enumeration with their words, to choose from."""
    return [SelectChoice(str(value), label) for value, label in words.items()]


@dataclass(frozen=True, slots=True)
class NamedLaws:
    """What is known of the laws that a form names.

    `short_titles` gives the short title of each name, `in_force` by short title the version that is meant where
    none was typed.
    """

    short_titles: Mapping[str, str]
    in_force: Mapping[str, date]


class CitationForm(Form):
    law = StringField(_l("法规"))
    version = StringField(_l("版本"))
    article = StringField(_l("条"))
    paragraph = StringField(_l("款"))


class QuestionFields(Form):
    """What every question has; which of the fields count, its type decides."""

    type = RadioField(
        _l("题型"),
        [AnyOf([kind.value for kind in QuestionType], message=_l("请选择题型。"))],
        choices=choices_of(TYPES),
        default=QuestionType.SINGLE.value,
        validate_choice=False,
    )
    stem = TextAreaField(_l("题干"))
    options = FieldList(TextAreaField(), min_entries=FIRST_OPTIONS, max_entries=len(LETTERS))
    answer = SelectMultipleField(
        _l("答案"), choices=[SelectChoice(letter) for letter in LETTERS], validate_choice=False
    )
    shuffle = BooleanField(_l("组卷时可以打乱选项"), default=True)
    accepted = FieldList(TextAreaField(), min_entries=MOST_BLANKS, max_entries=MOST_BLANKS)
    explanation = TextAreaField(_l("解析"))
    difficulty = RadioField(
        _l("难度"),
        [AnyOf([level.value for level in Difficulty], message=_l("请选择难度。"))],
        choices=choices_of(DIFFICULTIES),
        default=Difficulty.MEDIUM.value,
        validate_choice=False,
    )
    citations = FieldList(FormField(CitationForm), min_entries=FIRST_CITATIONS, max_entries=MOST_CITATIONS)

    @property
    def kind(self) -> QuestionType:
        """The type that was chosen; 单选 where what was sent is none."""
        return next((kind for kind in QuestionType if kind.value == self.type.data), QuestionType.SINGLE)

    @property
    def blanks_shown(self) -> int:
        """For how many blanks there is a place to type: those of the stem, and whatever was typed already."""
        typed = [n for n, entry in enumerate(self.accepted, start=1) if (entry.data or "").strip()]
        asked = min(MOST_BLANKS, len(TYPED_BLANK.findall(self.stem.data or "")))
        return max(1, asked, *typed)

    def laws(self) -> set[str]:
        """The names under which the rows cite laws, without 《》."""
        return {_bare(row.law.data) for row in self.citations if _bare(row.law.data)}

    def show_question(self, draft: ItemDraft) -> None:
        """Fill the fields with a draft."""
        self.type.data = draft.type.value
        self.stem.data = draft.stem
        fill(self.options, [text for _letter, text in draft.options])
        self.answer.data = list(draft.answer)
        self.shuffle.data = draft.shuffle
        fill(self.accepted, ["\n".join(texts) for texts in draft.accepted])
        self.explanation.data = draft.explanation
        self.difficulty.data = draft.difficulty.value
        fill(self.citations, [_typed(cited) for cited in draft.citations])

    def question(self, laws: NamedLaws) -> tuple[ItemDraft, list[Problem]]:
        """What was typed, and what could not be read of it. Fields that the type does not have are left out."""
        kind, levels = self.kind, {level.value: level for level in Difficulty}
        stem = _lines(self.stem.data)
        options, answer = self._options(kind)
        citations, problems = self._citations(laws)
        draft = ItemDraft(
            type=kind,
            stem=TYPED_BLANK.sub(BLANK, stem) if kind is QuestionType.BLANK else stem,
            options=options,
            answer=answer,
            explanation=_lines(self.explanation.data),
            difficulty=levels.get(self.difficulty.data, Difficulty.MEDIUM),
            citations=tuple(citations),
            shuffle=bool(self.shuffle.data) and kind in SHUFFLED,
            accepted=self._accepted() if kind is QuestionType.BLANK else (),
        )
        return draft, problems

    def is_empty(self) -> bool:
        """Whether nothing was typed that would be missed."""
        typed = [self.stem, self.explanation, *self.options, *self.accepted]
        rows = [field for row in self.citations for field in row]
        return not any((field.data or "").strip() for field in (*typed, *rows))

    def drop_option(self, index: int) -> None:
        """Take an option out; those after it move up, and so do the letters of the key."""
        fill(self.options, [entry.data for n, entry in enumerate(self.options) if n != index])
        gone = LETTERS[index]
        self.answer.data = [
            chr(ord(letter) - 1) if letter > gone else letter
            for letter in self.answer.data or []
            if letter != gone
        ]

    def _options(self, kind: QuestionType) -> tuple[tuple[tuple[str, str], ...], str]:
        """Options and key; of what is not shown of a type nothing counts."""
        ticked = "".join(sorted(self.answer.data or []))
        if kind is QuestionType.TRUE_FALSE:
            return TRUE_FALSE_OPTIONS, "".join(letter for letter in ticked if letter in "AB")
        if kind not in WITH_OPTIONS:
            return (), ""
        texts = [(entry.data or "").strip() for entry in self.options]
        while texts and not texts[-1]:
            texts.pop()
        return tuple(zip(LETTERS, texts, strict=False)), ticked

    def _accepted(self) -> tuple[tuple[str, ...], ...]:
        lines = [(entry.data or "").splitlines() for entry in self.accepted][: self.blanks_shown]
        asked = [tuple(text.strip() for text in texts if text.strip()) for texts in lines]
        return tuple(asked) if TYPED_BLANK.search(self.stem.data or "") or any(asked) else ()

    def _citations(self, laws: NamedLaws) -> tuple[list[CitationDraft], list[Problem]]:
        citations: list[CitationDraft] = []
        problems: list[Problem] = []
        for number, row in enumerate(self.citations, start=1):
            if not any((field.data or "").strip() for field in row):
                continue
            read = _citation(row.form, number, laws)
            if isinstance(read, CitationDraft):
                citations.append(read)
            else:
                problems.append(Problem("citations", read, "citations"))
        return citations, problems


class CaseQuestionForm(QuestionFields):
    """A question of a case: of one of the types that a machine can mark."""

    type = RadioField(
        _l("题型"),
        [AnyOf([kind.value for kind in QuestionType if kind in OBJECTIVE], message=_l("请选择题型。"))],
        choices=choices_of({kind: word for kind, word in TYPES.items() if kind in OBJECTIVE}),
        default=QuestionType.SINGLE.value,
        validate_choice=False,
    )


def fill(rows: FieldList[Any], values: Sequence[Any]) -> None:
    """Make the rows hold these values and no others, with empty ones up to the least number of rows."""
    while len(rows) > 0:
        rows.pop_entry()
    for value in [*values, *[None] * (rows.min_entries - len(values))]:
        rows.append_entry(value)


def _citation(row: Form, number: int, laws: NamedLaws) -> CitationDraft | str:
    """The citation that a row names, or what is wrong with the row."""
    names = ("law", "version", "article", "paragraph")
    law, typed, article, paragraph = ((row[name].data or "").strip() for name in names)
    law = _bare(law)
    short = laws.short_titles.get(law, law)
    version = _day(typed) if typed else laws.in_force.get(short)
    if not law or not article:
        message: str = _("第 %(n)s 条依据要写明法规和条号。", n=number)
    elif version is None and typed:
        message = _("第 %(n)s 条依据的版本应写成 2021-01-22 这样的日期。", n=number)
    elif version is None:
        message = _("法规库中没有《%(law)s》的现行版本，请核对名称或写明版本。", law=law)
    elif paragraph and not (paragraph.isascii() and paragraph.isdigit() and len(paragraph) < 4):
        message = _("第 %(n)s 条依据的款次应是数字，如 2。", n=number)
    else:
        label = article_label(article) or article
        return CitationDraft(short, version, label, int(paragraph) if paragraph else None)
    return message


def _typed(cited: CitationDraft) -> dict[str, str]:
    return {
        "law": cited.law,
        "version": cited.version.isoformat(),
        "article": cited.article,
        "paragraph": str(cited.paragraph or ""),
    }


def _bare(name: str | None) -> str:
    return (name or "").strip().strip("《》").strip()


def _lines(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n").strip()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
