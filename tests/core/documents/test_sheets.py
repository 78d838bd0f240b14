from __future__ import annotations

import io
import time
import zipfile
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from core.documents.sheets import MOST_BYTES, Column, read_rows, write_sheet
from core.errors import Invalid
from tests.examples import size

COLUMNS = (
    Column("id_number", "身份证号"),
    Column("name", "姓名"),
    Column("unit", "单位", aliases=("单位编码",), required=False),
)


def book(*rows, **cells) -> io.BytesIO:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    for place, value in cells.items():
        made.active[place] = value
    stream = io.BytesIO()
    made.save(stream)
    stream.seek(0)
    return stream


def refused(stream: io.BytesIO, limit: int = 5000) -> set[str]:
    with pytest.raises(Invalid) as caught:
        read_rows(stream, COLUMNS, limit)
    assert all(problem.message.endswith("。") for problem in caught.value.problems)
    return {problem.code for problem in caught.value.problems}


def test_reads_rows_by_heading_in_any_order_below_a_title():
    stream = book(
        ["考生名单"],
        [],
        ["姓 名", "序号", "身份证号*", "单位编码"],
        ["张三", 1, " 51050218800101001X ", "u1"],
    )
    (row,) = read_rows(stream, COLUMNS)
    assert row.number == 4
    assert row.where == "第 4 行"
    assert row.values == {"id_number": "51050218800101001X", "name": "张三", "unit": "u1"}


def test_missing_optional_column_is_empty_and_blank_rows_are_left_out():
    rows = read_rows(book(["身份证号", "姓名"], ["1", "甲"], [None, None], ["", " "], ["2", "乙"]), COLUMNS)
    assert [(row.number, row.values["name"], row.values["unit"]) for row in rows] == [
        (2, "甲", ""),
        (5, "乙", ""),
    ]


def test_numbers_and_dates_become_plain_text():
    rows = read_rows(book(["身份证号", "姓名", "单位"], [12, 1.5, date(2026, 1, 31)]), COLUMNS)
    assert rows[0].values == {"id_number": "12", "name": "1.5", "unit": "2026-01-31"}


def test_every_bad_cell_is_told_with_its_row():
    stream = book(
        ["身份证号", "姓名"], [510502188001010013, "甲"], ["1", "=1+1"], ["2", "乙"], ["3", "字" * 1001]
    )
    rows = read_rows(stream, COLUMNS)
    told = [(key, p.code, p.where) for row in rows for key, p in row.refused.items()]
    assert told == [
        ("id_number", "number_cell", "第 2 行"),
        ("name", "formula", "第 3 行"),
        ("name", "cell_too_long", "第 5 行"),
    ]
    assert [row.number for row in rows] == [2, 3, 4, 5], "the other cells are read all the same"


def test_files_that_are_no_sheet():
    assert refused(io.BytesIO(b"")) == {"empty_file"}
    assert refused(io.BytesIO(b"name,id\n1,2\n")) == {"not_xlsx"}
    assert refused(io.BytesIO(b"\xd0\xcf\x11\xe0" + b"x" * 600)) == {"old_format"}
    assert refused(io.BytesIO(b"PK\x03\x04" + b"0" * 500)) == {"not_xlsx"}
    assert refused(io.BytesIO(b"x" * (MOST_BYTES + 1))) == {"too_large"}


def test_a_truncated_or_damaged_sheet_is_told_as_broken():
    whole = book(["身份证号", "姓名"], ["1", "甲"]).getvalue()
    assert refused(io.BytesIO(whole[:-40])) == {"not_xlsx"}
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as source, zipfile.ZipFile(stream, "w") as target:
        for part in source.infolist():
            data = source.read(part)
            target.writestr(part.filename, data[: len(data) // 2] if "sheet1" in part.filename else data)
    stream.seek(0)
    assert refused(stream) == {"broken"}


def test_a_bomb_is_refused_before_it_is_unpacked():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (21 * 1024 * 1024))
    stream.seek(0)
    assert refused(stream) == {"too_large_inside"}


def _with_sheet(xml: str) -> io.BytesIO:
    whole = book(["身份证号", "姓名"], ["1", "甲"]).getvalue()
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(whole)) as source,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for part in source.infolist():
            target.writestr(part.filename, xml if "sheet1" in part.filename else source.read(part))
    stream.seek(0)
    return stream


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'


def test_a_row_number_beyond_the_last_one_ends_the_reading():
    head = "".join(
        f'<c r="{place}1" t="inlineStr"><is><t>{title}</t></is></c>'
        for place, title in (("A", "身份证号"), ("B", "姓名"))
    )
    far = f'<row r="1">{head}</row><row r="999999999"><c r="A999999999"><v>1</v></c></row>'
    assert refused(_with_sheet(SHEET.format(far))) == {"too_many_rows"}


def test_a_far_column_does_not_widen_every_row():
    rows = "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(1, 20_000))
    assert refused(_with_sheet(SHEET.format(rows))) == {"no_heading"}


def test_a_hundred_thousand_empty_rows_are_no_rows():
    rows = "".join(f'<row r="{n}"><c r="A{n}" s="0"/></row>' for n in range(1, size(100_000) + 1))
    assert refused(_with_sheet(SHEET.format(rows))) == {"no_heading"}


def test_sizes_and_headings_that_are_refused():
    assert refused(book(["身份证号", "姓名"])) == {"no_rows"}
    with pytest.raises(Invalid, match="“姓名”。"):
        read_rows(book(["身份证号"], ["1"]), COLUMNS)
    assert refused(book(["身份证号", "姓名", "姓名"], ["1", "甲", "乙"])) == {"double_heading"}
    assert refused(book(["身份证号", "姓名", *range(49)], ["1", "甲"])) == {"too_many_columns"}
    assert refused(book(["身份证号", "姓名"], ["1", "甲"], ["2", "乙"], ["3", "丙"]), limit=2) == {
        "too_many_rows"
    }


def test_what_is_written_is_text_that_no_program_calculates():
    columns = (*COLUMNS, Column("score", "成绩", numeric=True))
    data = write_sheet(
        "成绩单[1]",
        columns,
        [["510502188001010013", "=HYPERLINK(1)", "-1", 86.5], ["2", "·甲", None, None]],
        note="演示数据",
    )
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet["A1"].value == "演示数据"
    assert [cell.value for cell in sheet[2]] == ["身份证号", "姓名", "单位", "成绩"]
    assert sheet["A3"].value == "510502188001010013"
    assert sheet["A3"].number_format == "@"
    assert sheet["B3"].value == "'=HYPERLINK(1)"
    assert sheet["B3"].data_type == "s"
    assert sheet["D3"].value == 86.5
    rows = read_rows(io.BytesIO(data), COLUMNS)
    assert rows[0].values == {"id_number": "510502188001010013", "name": "=HYPERLINK(1)", "unit": "-1"}


def test_signs_of_formulas_are_escaped_in_the_note_too():
    sheet = openpyxl.load_workbook(io.BytesIO(write_sheet("x", COLUMNS, [], note="@x"))).active
    assert sheet["A1"].value == "'@x"


def test_a_share_is_a_number_that_the_cell_shows_with_its_decimals():
    columns = (Column("name", "名称"), Column("rate", "合格率（%）", numeric=True, number_format="0.00"))
    sheet = openpyxl.load_workbook(io.BytesIO(write_sheet("x", columns, [["甲", Decimal("88.60")]]))).active
    assert (sheet["B2"].value, sheet["B2"].number_format) == (88.6, "0.00")


def test_figures_with_leading_zeros_are_read_as_the_cell_shows_them():
    made = openpyxl.load_workbook(book(["身份证号", "姓名"], [123, "甲"]))
    made.active["A2"].number_format = "000000"
    stream = io.BytesIO()
    made.save(stream)
    stream.seek(0)
    assert read_rows(stream, COLUMNS)[0].values["id_number"] == "000123"


def test_rows_that_are_only_formatted_cost_little():
    empty = "".join(f'<row r="{n}" ht="20"><c r="A{n}" s="1"/></row>' for n in range(3, 100_003))
    began = time.process_time()
    assert refused(_with_sheet(SHEET.format(empty))) == {"no_heading"}
    assert time.process_time() - began < 3
