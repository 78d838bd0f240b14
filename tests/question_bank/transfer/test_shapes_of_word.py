"""Word documents in the shapes in which people keep their questions: what formatting says is read, or told."""

from __future__ import annotations

import io

import docx as word
import pytest
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn

from question_bank.transfer import docx
from question_bank.transfer.rows import ReadRow
from tests.question_bank.transfer.conftest import BOOK
from tests.question_bank.transfer.shapes_of_text import A1, A2, A3, HOW, LINES1, LINES2, T2, WHO
from tests.question_bank.transfer.test_docx import PIXEL, document, listed, numbering, read
from tests.question_bank.transfer.test_shapes_of_text import truth_of


def run(made, paragraph, text, **look):
    """A run with a look: bold=True, color="FF0000", highlight="yellow", u="single", font="Wingdings"."""
    added = paragraph.add_run(text)
    properties = added._r.get_or_add_rPr()
    for name, value in look.items():
        element = OxmlElement(f"w:{name}")
        element.set(qn("w:val"), value)
        properties.append(element)
    return added


def truths(made):
    return [truth_of(row) for row in read(made)]


def codes(row: ReadRow) -> set[str]:
    return {warning.code for warning in row.warnings}


@pytest.mark.parametrize(
    "look",
    [
        {"b": "1"},
        {"color": "FF0000"},
        {"highlight": "yellow"},
        {"u": "single"},
        {"color": "00B050", "b": "true"},
    ],
)
def test_the_option_that_stands_out_is_the_key_and_this_is_told(look):
    made = document(f"1. {WHO}")
    for letter, text in zip("ABC", A1[2], strict=True):
        paragraph = made.add_paragraph(f"{letter}. ")
        run(made, paragraph, text, **(look if letter == "B" else {}))
    (row,) = read(made)
    assert truth_of(row) == A1
    assert "key_from_look" in codes(row)


def test_options_that_stand_out_on_one_line_and_in_lists_of_word():
    made = word.Document()
    numbering(made, {0: ("decimal", "%1."), 1: ("upperLetter", "%2.")}, 91)
    listed(made, A3[1], 91)
    for text in A3[2]:
        listed(made, "", 91, 1)
        run(made, made.paragraphs[-1], text, **({"b": "1"} if text != "处分" else {}))
    paragraph = made.add_paragraph(f"2. {HOW}\n")
    run(made, paragraph, "A. 公开", color="C00000")
    run(made, paragraph, "  B. 秘密  C. 书面")
    assert truths(made) == [A3, A2]


def test_where_all_options_stand_out_none_does():
    made = document(f"1. {HOW}")
    for line in LINES2.split("\n"):
        run(made, made.add_paragraph(), line, b="1")
    (row,) = read(made)
    assert {problem.code for problem in row.problems} == {"no_key"}
    assert "\ue000" not in row.cells[0]


def test_a_written_key_counts_before_what_stands_out():
    made = document(f"1. {HOW}")
    for letter, text in zip("ABC", A2[2], strict=True):
        run(made, made.add_paragraph(f"{letter}. "), text, **({"b": "1"} if letter == "B" else {}))
    run(made, made.add_paragraph(), "答案：A", b="1")
    (row,) = read(made)
    assert truth_of(row) == A2
    assert "key_from_look" in codes(row)


def test_the_sign_of_what_stands_out_in_a_text_of_somebodys_own_means_nothing():
    (row,) = read(document(f"1. {HOW}", "A. 公开\ue000", "B. 秘密", "C. 书面"))
    assert truth_of(row) is None


@pytest.mark.parametrize(
    ("font", "code", "right"), [("Wingdings", "F0FC", True), ("Wingdings 2", "F04F", False)]
)
def test_ticks_from_fonts_of_signs(font, code, right):
    made = document("判断题")
    paragraph = made.add_paragraph(f"1. {T2[1]}（")
    paragraph._p.append(parse_xml(f'<w:r {nsdecls("w")}><w:sym w:font="{font}" w:char="{code}"/></w:r>'))
    paragraph.add_run("）")
    (row,) = read(made)
    assert truth_of(row) == ("true_false", T2[1] + "（　）", (), "对" if right else "错")


def test_a_sign_that_is_not_known_is_told():
    made = document(f"1. {HOW}", *LINES2.split("\n"), "答案：A")
    made.paragraphs[1]._p.append(
        parse_xml(f'<w:r {nsdecls("w")}><w:sym w:font="Symbol" w:char="F0A7"/></w:r>')
    )
    (row,) = read(made)
    assert "picture" in {problem.code for problem in row.problems}


def test_gaps_of_underlined_spaces():
    made = document("填空题")
    paragraph = made.add_paragraph("1. 处罚决定应当在")
    run(made, paragraph, "      ", u="single")
    paragraph.add_run("日内作出。")
    made.add_paragraph("答案：九十")
    assert truths(made) == [("blank", "处罚决定应当在____日内作出。", (), "九十")]


def test_raised_figures_keep_their_meaning():
    made = document("1. 占用耕地超过多少应当批准？")
    for letter, figure in (("A", "10"), ("B", "100")):
        paragraph = made.add_paragraph(f"{letter}. {figure}m")
        run(made, paragraph, "2", vertAlign="superscript")
    made.add_paragraph("答案：A")
    assert truths(made)[0][2] == ("10m²", "100m²")


def table(made, rows):
    added = made.add_table(len(rows), max(map(len, rows)))
    for row, texts in zip(added.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=False):
            cell.text = text
    return added


HEADING = ["题型", "题干", "选项", "答案"]
ROW = ["单选题", HOW, LINES2, "A"]


def picture(cell):
    cell.paragraphs[0].add_run().add_picture(io.BytesIO(PIXEL))


def test_a_picture_in_a_cell_is_told_beside_its_row():
    made = word.Document()
    picture(table(made, [HEADING, ROW, ["单选题", WHO, LINES1, "B"]]).cell(1, 1))
    first, second = read(made)
    assert "picture" in {problem.code for problem in first.problems}
    assert truth_of(second) == A1


def test_a_picture_in_a_table_without_a_heading_is_told():
    made = document(f"1. {HOW}")
    picture(table(made, [["A. 公开", "B. 秘密", "C. 书面"]]).cell(0, 1))
    made.add_paragraph("答案：A")
    (row,) = read(made)
    assert "picture" in {problem.code for problem in row.problems}


def test_a_formula_in_a_cell_is_told():
    made = word.Document()
    cell = table(made, [HEADING, ROW]).cell(1, 2)
    cell.paragraphs[0]._p.append(
        parse_xml(
            '<m:oMath xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:r><m:t>x</m:t></m:r></m:oMath>'
        )
    )
    (row,) = read(made)
    assert "picture" in {problem.code for problem in row.problems}


def test_a_text_box_and_a_note_are_told():
    for inside in (
        "<w:pict><w:txbxContent><w:p><w:r><w:t>另有一句</w:t></w:r></w:p></w:txbxContent></w:pict>",
        '<w:footnoteReference w:id="2"/>',
    ):
        made = document(f"1. {HOW}", *LINES2.split("\n"), "答案：A")
        made.paragraphs[0]._p.append(parse_xml(f"<w:r {nsdecls('w')}>{inside}</w:r>"))
        (row,) = read(made)
        assert "picture" in {problem.code for problem in row.problems}


def test_a_picture_among_keys_is_told():
    made = document(
        f"1. {HOW}", *LINES2.split("\n"), f"2. {WHO}", *LINES1.split("\n"), "参考答案", "1. A", "2. B"
    )
    picture_line = made.add_paragraph()
    picture_line.add_run().add_picture(io.BytesIO(PIXEL))
    stream = io.BytesIO()
    made.save(stream)
    said = [told.code for told in docx.read(stream, BOOK) if not isinstance(told, ReadRow)]
    assert "picture" in said


def test_cells_that_span_columns_keep_the_columns_apart():
    made = word.Document()
    added = table(
        made, [["题型", "题干", "A", "B", "C", "答案"], ["单选题", HOW, "公开", "秘密", "书面", "A"]]
    )
    added.add_row()
    cells = added.rows[2].cells
    cells[0].merge(cells[1]).text = HOW
    for cell, text in zip(cells[2:], ["公开", "秘密", "书面", "A"], strict=True):
        cell.text = text
    first, second = read(made)
    assert truth_of(first) == A2
    assert "no_stem" in {problem.code for problem in second.problems}


def test_a_table_inside_a_cell_is_read_once():
    made = document(f"1. {HOW}")
    outer = made.add_table(1, 1).cell(0, 0)
    outer.text = "A. 公开"
    inner = outer.add_table(1, 2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "B. 秘密", "C. 书面"
    made.add_paragraph("答案：A")
    assert truths(made) == [A2]


def test_questions_in_tables_without_a_heading_have_lines_of_their_own():
    made = word.Document()
    table(made, [["1", HOW], ["", LINES2], ["", "答案：A"], ["2", WHO], ["", LINES1], ["", "答案：B"]])
    rows = read(made)
    assert [truth_of(row) for row in rows] == [A2, A1]
    assert [row.number for row in rows] == [1, 9]


@pytest.mark.parametrize("pattern", ["%1.", "%1、", "（%1）", "%1", "第%1题"])
def test_automatic_numbers_in_any_writing(pattern):
    made = word.Document()
    numbering(made, {0: ("decimal", pattern)}, 93)
    for stem, options, key in ((HOW, LINES2, "A"), (WHO, LINES1, "B")):
        listed(made, stem, 93)
        for line in options.split("\n"):
            made.add_paragraph(line)
        made.add_paragraph(f"答案：{key}")
    assert truths(made) == [A2, A1]


def test_numbers_before_tabs():
    made = document(f"1\t{HOW}", *LINES2.split("\n"), "答案：A", f"2\t{WHO}", *LINES1.split("\n"), "答案：B")
    assert truths(made) == [A2, A1]


def test_the_reading_of_a_word_in_small_signs_above_it_is_left_out():
    made = document(f"1. {HOW}", *LINES2.split("\n"), "答案：A")
    made.paragraphs[0]._p.append(
        parse_xml(
            f"<w:r {nsdecls('w')}><w:ruby><w:rt><w:r><w:t>xíng</w:t></w:r></w:rt>"
            "<w:rubyBase><w:r><w:t>行</w:t></w:r></w:rubyBase></w:ruby></w:r>"
        )
    )
    assert truths(made)[0][1] == HOW + "行"
