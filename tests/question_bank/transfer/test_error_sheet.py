"""The sheet of problems, put right and brought in again, for files of every kind."""

from __future__ import annotations

import io

import openpyxl
import pytest

from question_bank.transfer import aiken, csv_file, gift, json_file, moodle_xml, qti_packages, text, xlsx
from question_bank.transfer.error_sheet import SheetRow, error_sheet
from question_bank.transfer.models import Outcome
from question_bank.transfer.rows import ReadRow
from tests.question_bank.transfer.conftest import BOOK, saved, workbook
from tests.question_bank.transfer.foreign import faults, key
from tests.question_bank.transfer.shapes import OPTIONS, STEM, canvas, canvas_item, correct, moodle

TEXT = f"1. {STEM}\nA. 半年\nB. 一年\nC. 两年\n\n2. 听证应当公开举行。\n\n参考答案：1. B 2. √\n"
JSON = f'[{{"question": "{STEM}", "options": ["半年", "一年", "两年"], "answer": "B"}}]'
AIKEN = f"{STEM}\nA. 半年\nB. 一年\nC. 两年\nANSWER: B\n"
HEADING = ["题型", "题干", "选项", None, None, "答案"]
CASE = [
    ["案例分析题", "某县公安局对甲作出拘留决定。", None, None, None, None],
    ["案例单选题", STEM, *OPTIONS, "B"],
    ["案例判断题", "甲可以申请行政复议。", None, None, None, "对"],
]


def rows_of(reader, data: bytes) -> list[ReadRow]:
    return [row for row in reader(io.BytesIO(data), BOOK) if isinstance(row, ReadRow)]


def given_back(rows: list[ReadRow]) -> bytes:
    """The sheet of problems of these rows."""
    return error_sheet(
        (SheetRow(r.sheet, r.heading, r.cells, r.label, Outcome.REJECTED, ["请核对。"]) for r in rows),
        taken=False,
    )


def kinds(rows: list[ReadRow]) -> list[tuple[str, list[str]]]:
    return [(key(row), faults(row)) for row in rows]


@pytest.mark.parametrize(
    ("reader", "data"),
    [
        (text.read, TEXT.encode()),
        (json_file.read, JSON.encode()),
        (gift.read, f"{STEM} {{ ~半年 =一年 ~两年 }}".encode()),
        (aiken.read, AIKEN.encode()),
        (moodle_xml.read, moodle(STEM, ("半年", 0), ("一年", 100))),
        (qti_packages.read, canvas(canvas_item(correct("b")))),
        (csv_file.read, f"题干,选项,答案\n{STEM},A.半年|B.一年,B\n".encode()),
        (xlsx.read, saved(workbook([HEADING, [None, STEM, *OPTIONS, "B"]])).getvalue()),
        (xlsx.read, saved(workbook([HEADING, *CASE])).getvalue()),
    ],
    ids=["text", "json", "gift", "aiken", "moodle", "qti 1", "csv", "sheet", "case"],
)
def test_what_was_given_back_is_read_as_before(reader, data):
    before = rows_of(reader, data)
    assert before
    again = rows_of(xlsx.read, given_back(before))
    assert kinds(again) == kinds(before)
    assert [len(row.draft.questions) for row in again] == [len(row.draft.questions) for row in before]


def test_a_question_that_was_put_right_in_the_sheet_of_problems_is_taken():
    (bad,) = rows_of(text.read, TEXT.partition("\n\n")[0].encode())
    assert faults(bad) == ["no_key"]
    made = openpyxl.load_workbook(io.BytesIO(given_back([bad])))
    cell = made.active["A2"]
    cell.value = f"{cell.value}\n答案：B"
    (good,) = rows_of(xlsx.read, saved(made).getvalue())
    assert (key(good), faults(good), good.label) == ("single 半年|一年|两年 B", [], "第 2 行")


def test_an_original_that_holds_no_question_is_refused_with_words():
    (row,) = rows_of(xlsx.read, saved(workbook([["原文", "位置"], ['{"question": ', "第 1 项"]])).getvalue())
    assert faults(row) == ["json"]
