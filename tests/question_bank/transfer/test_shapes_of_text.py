"""What people's texts mean is what is read, or something is said: no question is misread in silence."""

from __future__ import annotations

import pytest

from question_bank.transfer.lines import TextLine, read_text
from question_bank.transfer.rows import ReadRow
from tests.question_bank.transfer.conftest import BOOK
from tests.question_bank.transfer.shapes_of_text import SHAPES, Truth

LACKING = {"citations", "explanation"}


def truth_of(row: ReadRow) -> Truth | None:
    """What a row was read as; None where it is refused."""
    if row.draft is None or any(problem.where not in LACKING for problem in row.problems):
        return None
    draft = row.draft
    match draft.type.value:
        case "true_false":
            return "true_false", draft.stem, (), "对" if draft.answer == "A" else "错"
        case "blank":
            return "blank", draft.stem, (), "；".join("|".join(texts) for texts in draft.accepted)
        case "short":
            return "short", draft.stem, (), draft.reference
        case kind:
            return kind, draft.stem, tuple(text for _letter, text in draft.options), draft.answer


@pytest.mark.parametrize("shape", SHAPES, ids=[shape.name for shape in SHAPES])
def test_a_shape_is_read_as_it_is_meant(shape):
    found = list(read_text([TextLine(n, line) for n, line in enumerate(shape.text.split("\n"), 1)], BOOK))
    rows = [row for row in found if isinstance(row, ReadRow)]
    read = [truth_of(row) for row in rows]
    accepted = [truth for truth in read if truth is not None]
    assert [truth for truth in accepted if truth not in shape.truth] == [], "misread"
    assert accepted == list(shape.truth), [[p.message for p in row.problems] for row in rows]
    assert read.count(None) == shape.refused
    said = {problem.code for problem in found if not isinstance(problem, ReadRow)}
    said |= {warning.code for row in rows for warning in row.warnings}
    assert not shape.tells or said & shape.tells


def test_hundreds_of_lines_for_one_question_are_refused():
    text = "1. 听证怎样举行？\nA. 公开\nB. 秘密\n答案：A\n解析：" + "一句话。\n" * 400
    (row,) = (
        row
        for row in read_text([TextLine(n, line) for n, line in enumerate(text.split("\n"), 1)], BOOK)
        if isinstance(row, ReadRow)
    )
    assert "swallowed" in {problem.code for problem in row.problems}


def test_missing_numbers_are_named_for_the_file():
    text = "\n".join(
        f"{n}. 第 {n} 个问题怎样回答？\nA. 甲{n}\nB. 乙{n}\n答案：A" for n in (1, 2, 3, 7, 8, 10)
    )
    found = read_text([TextLine(n, line) for n, line in enumerate(text.split("\n"), 1)], BOOK)
    assert [told.message for told in found if not isinstance(told, ReadRow)] == ["编号 1–10 缺 4–6、9。"]
