"""Ways to read a made-up file of another system, for the tests of those formats."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from core.errors import Problem
from question_bank.items.rules import QuestionType
from question_bank.transfer.rows import ReadRow
from tests.question_bank.transfer.conftest import BOOK

if TYPE_CHECKING:
    from question_bank.transfer.rows import Reader


def read(reader: Reader, data: str | bytes) -> tuple[list[ReadRow], list[str]]:
    """The rows, and the codes of the remarks on the file."""
    raw = data.encode() if isinstance(data, str) else data
    found = list(reader(io.BytesIO(raw), BOOK))
    rows = [row for row in found if isinstance(row, ReadRow)]
    return rows, [remark.code for remark in found if isinstance(remark, Problem)]


def one(reader: Reader, data: str | bytes) -> ReadRow:
    (row,), _remarks = read(reader, data)
    return row


def key(row: ReadRow) -> str:
    """Type, options and key on one line: «single 甲|乙 B»."""
    draft = row.draft
    assert draft is not None, row.problems
    options = "|".join(text for _letter, text in draft.options)
    answer = draft.answer
    if draft.type is QuestionType.BLANK:
        answer = "；".join("/".join(texts) for texts in draft.accepted)
    return " ".join(filter(None, (draft.type.value, options, answer)))


def faults(row: ReadRow) -> list[str]:
    """The codes of the problems, without those of what such files never hold."""
    return [problem.code for problem in row.problems if problem.code not in {"citations", "explanation"}]


def warned(row: ReadRow) -> list[str]:
    return [warning.code for warning in row.warnings]


def words(row: ReadRow) -> str:
    """Everything that is said of the row."""
    return "\n".join(remark.message for remark in (*row.problems, *row.warnings))
