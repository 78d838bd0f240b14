"""The paper's form without scripts: what was posted, as events that the journal knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exam.sittings.answers import parse_batch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from werkzeug.datastructures import MultiDict

    from exam.sittings.answers import Batch
    from exam.sittings.queries import QuestionRow, Sheet


def batch_of(form: MultiDict[str, str], paper: Iterable[QuestionRow], sheet: Sheet) -> Batch:
    """What the posted form changes on the answer sheet, numbered on from the journal's last seq.

    A radio, or a group of boxes, that is not in the form is left as it was: a browser sends no field for an
    empty group, nor for one that the candidate never saw. Clearing is said by `clear` = position.
    Raises `BadBatch` for what is no option letter.
    """
    events: list[dict[str, object]] = []
    cleared = form.get("clear", "")
    for question in paper:
        letters = form.getlist(f"q{question.position}")
        if cleared == str(question.position):
            letters = []
        elif not letters:
            continue
        if sorted(letters) != sorted(sheet.answers.get(question.position, "")):
            seq = sheet.last_seq + len(events) + 1
            events.append({"seq": seq, "position": question.position, "choice": letters})
    return parse_batch({"events": events})
