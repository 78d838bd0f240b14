"""Sheets as people make them, and files that mean harm."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from datetime import date

import openpyxl
import pytest

from core.errors import Invalid
from question_bank.items.rules import QuestionType
from question_bank.transfer import xlsx
from question_bank.transfer.rows import ReadRow, StoredRow
from tests.examples import size
from tests.question_bank.transfer.conftest import BOOK, saved, workbook

HEADING = ["题型", "题干", "选项A", "选项B", "选项C", "选项D", "答案", "解析", "法律法规", "条款", "难度"]
SINGLE = [
    "单选题",
    "违法行为在多少年内未被发现的不再处罚？",
    "一年",
    "二年",
    "三年",
    "五年",
    "B",
    "二年。",
    "行政处罚法",
    "第三十六条第一款",
    "易",
]


def row(**changes: object) -> list[object]:
    values = dict(zip(HEADING, SINGLE, strict=True)) | changes
    return [values[title] for title in HEADING]


def read(stream) -> list[ReadRow]:
    return [found for found in xlsx.read(stream, BOOK) if isinstance(found, ReadRow)]


def read_rows(*rows: list[object]) -> list[ReadRow]:
    return read(saved(workbook([list(made) for made in rows])))


def codes(found: ReadRow) -> list[str]:
    return [problem.code for problem in found.problems]


def refused(stream) -> str:
    with pytest.raises(Invalid) as caught:
        list(xlsx.read(stream, BOOK))
    (problem,) = caught.value.problems
    assert problem.message.endswith(("。", "）"))
    return problem.code


def test_the_template_as_people_use_it():
    (found,) = read_rows(HEADING, row())
    assert (found.label, found.number, found.problems, found.warnings) == ("第 2 行", 2, (), ())
    assert found.draft.answer == "B"
    assert found.draft.options == (("A", "一年"), ("B", "二年"), ("C", "三年"), ("D", "五年"))
    assert (found.draft.citations[0].article, found.draft.citations[0].paragraph) == ("36", 1)


def test_headings_in_other_words_and_order_below_a_title():
    (found,) = read_rows(
        ["2026 年题库"],
        [],
        [
            "序号",
            "正确答案",
            "问题*",
            " 试题类型 ",
            "A",
            "B选项",
            "选项3",
            "参考解析",
            "答案解析",
            "法条依据",
            "法条",
            "难易程度",
        ],
        [1, "B", SINGLE[1], "单选", "一年", "二年", "三年", "x", "二年。", "行政处罚法", 36, "简单"],
    )
    assert found.problems == ()
    assert found.number == 4
    assert [text for _letter, text in found.draft.options] == ["一年", "二年", "三年"]


def test_columns_that_are_not_read_are_told():
    remarks = [
        r
        for r in xlsx.read(saved(workbook([[*HEADING, "出题单位"], [*row(), "甲"]])), BOOK)
        if not isinstance(r, ReadRow)
    ]
    assert [remark.code for remark in remarks] == ["unknown_column"]
    assert "出题单位" in remarks[0].message


def test_blank_rows_and_leading_blanks_do_not_matter():
    rows = read_rows(
        HEADING, [], row(), [None] * 11, [" ", ""], row(题干="  听证应当公开举行吗，谁来主持？ ")
    )
    assert [found.number for found in rows] == [3, 6]
    assert rows[1].draft.stem == "听证应当公开举行吗，谁来主持？"


def test_numbers_percents_and_days_are_read_as_they_look():
    made = workbook([HEADING, row(选项A=1, 选项B=2.0, 选项C=0.5, 选项D=None)])
    sheet = made.active
    sheet["F2"] = 0.05
    sheet["F2"].number_format = "0%"
    (found,) = read(saved(made))
    assert [text for _letter, text in found.draft.options] == ["1", "2", "0.5", "5%"]
    sheet["F2"], sheet["F2"].number_format = date(2026, 1, 2), 'yyyy"年"m"月"d"日"'
    (found,) = read(saved(made))
    assert found.draft.options[3] == ("D", "2026年1月2日")
    assert [warning.code for warning in found.warnings] == ["date_cell"]


def test_a_boolean_cell_is_a_verdict():
    (found,) = read_rows(
        HEADING, row(题型="判断", 选项A=None, 选项B=None, 选项C=None, 选项D=None, 答案=False)
    )
    assert found.draft.answer == "B"


def test_merged_cells_are_filled_downwards():
    made = workbook([HEADING, row(), row(题型=None, 题干="听证应当公开举行吗，谁来主持？", 法律法规=None)])
    made.active.merge_cells("A2:A3")
    made.active.merge_cells("I2:I3")
    rows = read(saved(made))
    assert [codes(found) for found in rows] == [[], []]
    assert rows[1].draft.citations == rows[0].draft.citations


def test_cells_merged_across_columns_do_not_become_options():
    made = workbook(
        [
            HEADING,
            row(
                题型="判断题",
                题干="规章可以设定行政拘留。",
                选项A=None,
                选项B=None,
                选项C=None,
                选项D=None,
                答案="错",
            ),
        ]
    )
    made.active.merge_cells("B2:F2")
    (found,) = read(saved(made))
    assert found.problems == ()


def test_a_merged_column_does_not_make_rows_below_the_last():
    made = workbook([HEADING, row()])
    made.active.merge_cells("A2:A500")
    assert len(read(saved(made))) == 1


def cached(formula_value: str | None) -> io.BytesIO:
    """A sheet whose key is a formula, with or without the result that an office program keeps."""
    stream = saved(workbook([HEADING, row(答案="=CHAR(66)")]))
    target = io.BytesIO()
    with zipfile.ZipFile(stream) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for part in source.infolist():
            data = source.read(part)
            if part.filename.endswith("sheet1.xml") and formula_value is not None:
                data = data.replace(b"<v></v>", b"<v/>").replace(b"<v />", b"<v/>")
                data = data.replace(b"</f><v/>", f"</f><v>{formula_value}</v>".encode())
                data = data.replace(b'<c r="G2">', b'<c r="G2" t="str">')
            made.writestr(part.filename, data)
    target.seek(0)
    return target


def test_a_formula_is_read_as_its_kept_result_and_told():
    (found,) = read(cached("B"))
    assert found.draft.answer == "B"
    assert codes(found) == []
    assert [warning.code for warning in found.warnings] == ["formula"]


def test_a_formula_without_a_kept_result_is_a_problem():
    (found,) = read(cached(None))
    assert "formula_empty" in codes(found)


def test_hidden_rows_are_read_and_told():
    made = workbook([HEADING, row()])
    made.active.row_dimensions[2].hidden = True
    (found,) = read(saved(made))
    assert [warning.code for warning in found.warnings] == ["hidden_row"]


def test_several_sheets_each_with_its_heading():
    made = workbook(
        [HEADING, row()],
        [["说明"], ["请逐题填写"]],
        [
            ["答案", "题目", "选项", "题型", "解析", "依据"],
            ["对", "听证应当公开举行，谁来主持？", None, "判断", "公开。", "《行政处罚法》第六十四条"],
        ],
    )
    rows = read(saved(made))
    assert [found.label for found in rows] == ["第 2 行", "工作表“题3”第 2 行"]
    assert all(found.problems == () for found in rows)


def test_options_in_one_cell():
    (found,) = read_rows(
        ["题型", "题目", "选项", "答案", "解析", "依据"],
        ["单选", SINGLE[1], "A.一年 B.二年\nC、三年", "B", "二年。", "《行政处罚法》第三十六条"],
    )
    assert [text for _letter, text in found.draft.options] == ["一年", "二年", "三年"]


def test_a_case_takes_the_rows_of_its_questions():
    rows = read_rows(
        HEADING,
        row(
            题型="案例分析题",
            题干="某县公安局对甲作出拘留决定。",
            选项A=None,
            选项B=None,
            选项C=None,
            选项D=None,
            答案=None,
        ),
        row(题型="案例单选题", 解析=None, 法律法规=None, 条款=None),
        row(
            题型="案例判断题",
            题干="甲可以申请行政复议。",
            选项A=None,
            选项B=None,
            选项C=None,
            选项D=None,
            答案="√",
        ),
        row(),
    )
    assert [found.draft.type for found in rows] == [QuestionType.CASE, QuestionType.SINGLE]
    assert [question.answer for question in rows[0].draft.questions] == ["B", "A"]
    assert rows[0].problems == ()


def test_problems_stand_beside_their_row():
    rows = read_rows(
        HEADING,
        row(答案=None),
        row(答案="E"),
        row(法律法规="不存在的法"),
        row(条款="第九百条"),
        row(法律法规=None, 条款=None),
        row(题干=None),
    )
    assert [codes(found) for found in rows] == [
        ["no_key"],
        ["answer"],
        ["law_unknown"],
        ["citations"],
        ["citations"],
        ["no_stem"],
    ]


def test_files_that_are_none():
    assert refused(io.BytesIO(b"%PDF-1.7 ...")) == "no_archive"
    assert refused(io.BytesIO(b"\xd0\xcf\x11\xe0" + b"x" * 600)) == "old_format"
    assert refused(io.BytesIO(b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"))) == "encrypted"
    assert refused(saved(workbook([["姓名", "单位"], ["甲", "乙"]]))) == "no_heading"


def altered(**parts: bytes | str) -> io.BytesIO:
    """A good workbook with parts replaced or added; «__» in a name stands for «/»."""
    given = {name.replace("__", "/").replace("_xml", ".xml"): data for name, data in parts.items()}
    target = io.BytesIO()
    with (
        zipfile.ZipFile(saved(workbook([HEADING, row()]))) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for part in source.infolist():
            if part.filename not in given:
                made.writestr(part.filename, source.read(part))
        for name, data in given.items():
            made.writestr(name, data)
    target.seek(0)
    return target


def test_bombs_are_refused_before_they_are_unpacked():
    assert refused(altered(xl__worksheets__sheet1_xml=b" " * (30 * 1024 * 1024))) == "too_large_inside"
    many = {f"xl__media__{n}_xml": b"<a/>" for n in range(2_100)}
    assert refused(altered(**many)) == "too_many_parts"


def test_entities_and_external_references_are_refused():
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    outside = '<!DOCTYPE x SYSTEM "file:///etc/passwd"><sst/>'
    assert refused(altered(xl__worksheets__sheet1_xml=bomb)) == "document_type"
    assert refused(altered(xl__sharedStrings_xml=outside)) == "document_type"
    assert (
        refused(altered(xl__worksheets__sheet1_xml=("\ufeff" + bomb).encode("utf-16-le"))) == "document_type"
    )


def test_paths_out_of_the_archive_are_refused():
    for name in ("../evil.xml", "/etc/evil.xml", "xl/../../evil.xml", "C:\\evil.xml", "..\\evil.xml"):
        target = altered()
        with zipfile.ZipFile(target, "a") as archive:
            archive.writestr(name, "<a/>")
        target.seek(0)
        assert refused(target) == "part_name", name


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/><sheetData>{}</sheetData></worksheet>'


def inline(place: str, text: object) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def test_a_sheet_that_claims_to_be_full_is_read_as_what_is_there():
    cells = "".join(inline(f"{'ABCDEFGHIJK'[n]}1", title) for n, title in enumerate(HEADING))
    values = "".join(inline(f"{'ABCDEFGHIJK'[n]}2", value) for n, value in enumerate(SINGLE))
    stream = altered(
        xl__worksheets__sheet1_xml=SHEET.format(f'<row r="1">{cells}</row><row r="2">{values}</row>')
    )
    assert [found.problems for found in read(stream)] == [()]


def test_a_million_empty_rows_cost_little():
    cells = "".join(inline(f"{'ABCDEFGHIJK'[n]}1", title) for n, title in enumerate(HEADING))
    values = "".join(inline(f"{'ABCDEFGHIJK'[n]}1000002", value) for n, value in enumerate(SINGLE))
    empty = "".join(f'<row r="{n}"/>' for n in range(2, size(1_000_000) + 2))
    stream = altered(
        xl__worksheets__sheet1_xml=SHEET.format(
            f'<row r="1">{cells}</row>{empty}<row r="1000002">{values}</row>'
        )
    )
    assert [found.number for found in read(stream)] == [1_000_002]


def test_rows_that_are_only_formatted_are_not_kept():
    cells = "".join(inline(f"{'ABCDEFGHIJK'[n]}1", title) for n, title in enumerate(HEADING))
    values = "".join(inline(f"{'ABCDEFGHIJK'[n]}2", value) for n, value in enumerate(SINGLE))
    empty = "".join(f'<row r="{n}" ht="20"><c r="A{n}" s="1"/></row>' for n in range(3, 40_003))
    stream = altered(
        xl__worksheets__sheet1_xml=SHEET.format(f'<row r="1">{cells}</row><row r="2">{values}</row>{empty}')
    )
    tracemalloc.start()
    rows = read(stream)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(rows), peak < 10 * 1024 * 1024) == (1, True)


def test_a_row_number_out_of_range_ends_the_reading():
    cells = "".join(inline(f"{'ABCDEFGHIJK'[n]}1", title) for n, title in enumerate(HEADING))
    stream = altered(
        xl__worksheets__sheet1_xml=SHEET.format(
            f'<row r="1">{cells}</row><row r="999999999"><c r="A999999999"><v>1</v></c></row>'
        )
    )
    assert refused(stream) == "too_many_rows"


def test_too_many_columns_are_refused():
    assert refused(saved(workbook([[*HEADING, *(f"列{n}" for n in range(60))], row()]))) == "too_many_columns"


def test_texts_that_look_like_formulas_are_neutralised_and_come_back():
    draft = read_rows(HEADING, row(选项A="甲"))[0].draft
    from dataclasses import replace

    evil = replace(
        draft,
        stem='=HYPERLINK("http://x","y") 下列说法正确的是',
        options=(("A", "+1"), ("B", "-1"), ("C", "@SUM(A1)"), ("D", "五年")),
    )
    out = io.BytesIO()
    assert xlsx.write([StoredRow("q-1", evil)], out, BOOK) == []
    out.seek(0)
    sheet = openpyxl.load_workbook(out)["题库"]
    assert all(cell.data_type != "f" for cells in sheet.iter_rows() for cell in cells)
    assert sheet["C2"].value.startswith("'=")
    out.seek(0)
    assert read(out)[0].draft == evil


def test_the_template_has_drop_downs_and_holds_no_question():
    data = xlsx.template(BOOK)
    sheet = openpyxl.load_workbook(io.BytesIO(data))["题库"]
    lists = [str(rule.sqref) for rule in sheet.data_validations.dataValidation]
    assert len(lists) >= 4
    assert read(io.BytesIO(data)) == []
    assert [cell.value for cell in sheet[1]][1:3] == ["题型", "题干"]


def test_a_heading_of_two_rows():
    above = ["题型", "题干", "选项", None, None, "答案"]
    below = [None, None, "A", "B", "C", None]
    (found,) = read_rows(above, below, ["单选题", "听证应当怎样举行？", "公开", "秘密", "随意", "A"])
    assert [text for _letter, text in found.draft.options] == ["公开", "秘密", "随意"]
    assert found.number == 3


def test_a_heading_of_one_row_is_not_joined_with_the_first_question():
    rows = [["题干", "选项", "答案"], ["听证应当怎样举行？", "A.公开|B.秘密", "A"]]
    (found,) = read_rows(*rows)
    assert found.draft.answer == "A"


def test_a_merged_cell_beyond_the_last_one_of_a_row():
    made = workbook(
        [
            ["题干", "选项A", "选项B", "答案", "难度"],
            *([f"第 {n} 个问题怎样？", "甲", "乙", "A", "难"] for n in (1, 2)),
        ]
    )
    made.active.merge_cells("E2:E3")
    assert [found.draft.difficulty.value for found in read(saved(made))] == ["hard", "hard"]


def test_cells_and_rows_that_name_no_place_stand_where_they_follow_one_another():
    def bare(text: object) -> str:
        return '<c s="0"/>' if text is None else f'<c t="inlineStr"><is><t>{text}</t></is></c>'

    rows = [HEADING, [], row(题型=None)]
    written = "".join(f"<row>{''.join(map(bare, cells))}</row>" for cells in rows)
    (found,) = read(altered(xl__worksheets__sheet1_xml=SHEET.format(written)))
    assert (found.number, found.draft.stem, found.draft.answer) == (3, SINGLE[1], "B")


def drawn(row_number: int) -> io.BytesIO:
    """A sheet on which a picture lies, beginning at a row (from 0)."""
    space = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
    drawing = f'<wsDr xmlns="{space}"><twoCellAnchor><from><col>1</col><row>{row_number}</row></from><pic/></twoCellAnchor></wsDr>'
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/drawing"
    relations = f'<Relationships><Relationship Id="r1" Type="{kind}" Target="../drawings/drawing1.xml"/></Relationships>'
    target = altered(xl__drawings__drawing1_xml=drawing)
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr("xl/worksheets/_rels/sheet1.xml.rels", relations)
    target.seek(0)
    return target


def test_a_picture_that_lies_on_a_row_is_told_beside_it():
    (found,) = read(drawn(1))
    assert [warning.code for warning in found.warnings] == ["picture"]
    (found,) = read(drawn(7))
    assert found.warnings == ()


def test_a_hidden_column_that_is_read_is_told():
    made = workbook([HEADING, row()])
    made.active.column_dimensions["G"].hidden = True
    remarks = [told for told in xlsx.read(saved(made), BOOK) if not isinstance(told, ReadRow)]
    assert [(remark.code, "答案" in remark.message) for remark in remarks] == [("hidden_column", True)]


def test_renumbered_copies_ask_the_same():
    first, second = read_rows(HEADING, row(题干=f"1、{SINGLE[1]}"), row(题干=f"（27）{SINGLE[1]}"))
    assert first.draft == second.draft
