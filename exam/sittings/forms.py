"""What a candidate's page posts beside its saves: the form without scripts, and what a restored server forgot."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from core.errors import Invalid
from exam.papers.rules import OPTION_LETTERS
from exam.sittings.answers import (
    LARGEST_SEQ,
    LONGEST_TEXTS,
    TEXT_MARK,
    UNREADABLE,
    QuestionShape,
    parse_batch,
)
from question_bank.items.rules import QuestionType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from werkzeug.datastructures import MultiDict

    from exam.sittings.answers import Batch
    from exam.sittings.queries import QuestionRow, Sheet


SPARE_BYTES = 64 * 1024
"""Bytes of a form beside what is written in it."""

BYTES_OF_A_CHARACTER = 12
"""The most that a character takes in a form: `%F0%9F%98%80`; a Chinese one takes nine."""

TOO_LONG_TIMES = 4
"""A form so many times longer than the paper permits is still read, so that the page comes back with what was typed."""

RECEIPT = re.compile("[0-9A-Z-]{0,80}")


class Loss(NamedTuple):
    """A page had events up to `known` acknowledged and found them up to `found`, or its hand-in forgotten."""

    known: int
    found: int
    receipt: str


def loss_of(payload: object) -> Loss:
    """Read the decoded JSON `{"known": 10, "found": 3, "receipt": ""}`. Raises `Invalid` for what is none."""
    values = payload if type(payload) is dict else {}
    known, found, receipt = (values.get(name) for name in Loss._fields)
    if type(known) is int and type(found) is int and type(receipt) is str:
        in_range = 0 <= known <= LARGEST_SEQ and 0 <= found <= LARGEST_SEQ
        if in_range and RECEIPT.fullmatch(receipt):
            return Loss(known, found, receipt)
    raise Invalid.one("loss", "应当是含有 known、found、receipt 的 JSON 对象。", "known")


def batch_of(form: MultiDict[str, str], paper: Sequence[QuestionRow], sheet: Sheet) -> Batch:
    """What the posted form changes on the answer sheet, numbered on from the journal's last seq.

    A radio, or a group of boxes, that is not in the form is left as it was: a browser sends no field for an
    empty group, nor for one that the candidate never saw. Clearing is said by `clear` = position. The fields of
    a 填空题, one for each blank, are lines of one text. Raises `BadBatch` for what does not fit the paper, and for a
    text that is too long.
    """
    events: list[dict[str, object]] = []
    cleared = form.get("clear", "")
    for question in paper:
        typed = form.getlist(f"q{question.position}")
        if cleared == str(question.position):
            typed = []
        elif not typed:
            continue
        seq, before = sheet.last_seq + len(events) + 1, sheet.answers.get(question.position, "")
        if question.type in LONGEST_TEXTS:
            text = "\n".join(map(readable_text, typed))
            if (TEXT_MARK + text if text.strip() else "") != before:
                events.append({"seq": seq, "position": question.position, "text": text})
        elif sorted(typed) != sorted(before):
            events.append({"seq": seq, "position": question.position, "choice": typed})
    shapes = {q.position: QuestionShape(QuestionType(q.type), len(q.option_order)) for q in paper}
    return parse_batch({"events": events}, question_types=shapes)


def readable_text(typed: str) -> str:
    """A text as the journal takes it: lines end as we end them, a pasted tab or the like becomes a space."""
    return UNREADABLE.sub(" ", typed.replace("\r\n", "\n").replace("\r", "\n"))


def largest_form(paper: Iterable[QuestionRow]) -> int:
    """Bytes up to which the form of a paper is read: all that may be written in it, and what is merely too long."""
    letters = sum(LONGEST_TEXTS.get(QuestionType(question.type), 0) for question in paper)
    return SPARE_BYTES + TOO_LONG_TIMES * BYTES_OF_A_CHARACTER * letters


def typed_in(form: MultiDict[str, str], paper: Iterable[QuestionRow]) -> dict[int, str]:
    """What stands in a posted form, right or wrong, as the paper shows answers: letters, or "=" and a text."""
    typed = {}
    for question in paper:
        values = form.getlist(f"q{question.position}")
        if not values:
            continue
        if question.type in LONGEST_TEXTS:
            text = "\n".join(map(readable_text, values))
            typed[question.position] = TEXT_MARK + text if text.strip() else ""
        else:
            typed[question.position] = "".join(letter for letter in OPTION_LETTERS if letter in values)
    return typed
