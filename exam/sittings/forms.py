"""The paper's form without scripts: what was posted, as events that the journal knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exam.sittings.answers import TEXT_MARK, parse_batch
from question_bank.items.rules import QuestionType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from werkzeug.datastructures import MultiDict

    from exam.sittings.answers import Batch
    from exam.sittings.queries import QuestionRow, Sheet


def batch_of(form: MultiDict[str, str], paper: Iterable[QuestionRow], sheet: Sheet) -> Batch:
    """What the posted form changes on the answer sheet, numbered on from the journal's last seq.

    A radio, or a group of boxes, that is not in the form is left as it was: a browser sends no field for an
    empty group, nor for one that the candidate never saw. Clearing is said by `clear` = position. The fields of
    a 填空题, one for each blank, are lines of one text. Raises `BadBatch` for what is no option letter.
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
        if question.type == QuestionType.BLANK:
            text = "\n".join(typed)
            if (TEXT_MARK + text if text.strip() else "") != before:
                events.append({"seq": seq, "position": question.position, "text": text})
        elif sorted(typed) != sorted(before):
            events.append({"seq": seq, "position": question.position, "choice": typed})
    return parse_batch({"events": events})
