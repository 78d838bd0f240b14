"""CSV as office programs and databases write it."""

from __future__ import annotations

import io

import pytest

from core.errors import Invalid
from question_bank.transfer import csv_file
from question_bank.transfer.rows import ReadRow
from tests.question_bank.transfer.conftest import BOOK

HEADING = "题型,题干,选项A,选项B,答案,解析,法律法规,条款"
LINE = '单选题,"听证应当怎样举行，请选择？",公开举行,"秘密举行\n或者不举行",A,见法条。,行政处罚法,第三十六条'


def read(content: str, encoding: str = "utf-8"):
    return [
        row for row in csv_file.read(io.BytesIO(content.encode(encoding)), BOOK) if isinstance(row, ReadRow)
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_encodings_and_line_ends(encoding, ending):
    rows = read(ending.join([HEADING, LINE, LINE.replace("A,见", "B,见")]), encoding)
    assert [row.problems for row in rows] == [(), ()]
    assert [(row.number, row.draft.answer) for row in rows] == [(2, "A"), (4, "B")]
    assert rows[0].draft.options[1][1] == "秘密举行\n或者不举行"


@pytest.mark.parametrize("mark", ["\t", ";", "|"])
def test_other_marks_between_the_columns(mark):
    (row,) = read(
        HEADING.replace(",", mark)
        + "\n"
        + LINE.replace('"听证应当怎样举行，请选择？"', "听证怎样举行？").replace(",", mark)
    )
    assert row.problems == ()


def test_lines_above_the_heading_and_a_heading_of_two_rows():
    rows = read("2026 年题库\n题型,题干,选项,,答案\n,,A,B,\n单选题,听证应当怎样举行？,公开,秘密,A\n")
    assert [text for _letter, text in rows[0].draft.options] == ["公开", "秘密"]


def test_an_apostrophe_that_keeps_a_formula_away_is_taken_off():
    (row,) = read(HEADING + "\n" + LINE.replace("公开举行", "'=1+1"))
    assert row.draft.options[0][1] == "=1+1"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("a,b\n1,2\n", "no_heading"),
        (HEADING + '\n"单选题,断了\n' + LINE, "csv"),
        (HEADING + "\n" + ",".join("x" * 60), "too_many_columns"),
        (HEADING.replace("解析", "答案") + "\n" + LINE, "double_heading"),
        (HEADING + "\n" + "字" * 200_000, "csv"),
    ],
)
def test_what_cannot_be_read_is_refused(content, code):
    with pytest.raises(Invalid) as caught:
        read(content)
    assert caught.value.problems[0].code == code
