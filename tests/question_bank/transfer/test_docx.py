"""Word documents as authors write them, and files that mean harm."""

from __future__ import annotations

import io
import zipfile

import docx as word
import pytest
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn

from core.errors import Invalid
from question_bank.transfer import docx
from question_bank.transfer.rows import ReadRow
from tests.question_bank.transfer.conftest import BOOK, saved, workbook

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c6360f8cf00000301010018dd8db00000000049454e44ae426082"
)


def document(*lines: str):
    made = word.Document()
    for line in lines:
        made.add_paragraph(line)
    return made


def stream_of(made) -> io.BytesIO:
    stream = io.BytesIO()
    made.save(stream)
    stream.seek(0)
    return stream


def read(made) -> list[ReadRow]:
    stream = made if isinstance(made, io.BytesIO) else stream_of(made)
    return [row for row in docx.read(stream, BOOK) if isinstance(row, ReadRow)]


def refused(stream: io.BytesIO) -> str:
    with pytest.raises(Invalid) as caught:
        list(docx.read(stream, BOOK))
    return caught.value.problems[0].code


QUESTION = (
    "1. 违法行为在多少年内未被发现的不再处罚？",
    "A. 一年",
    "B. 二年",
    "答案：B",
    "解析：二年。",
    "依据：《行政处罚法》第三十六条",
)


def test_paragraphs():
    (row,) = read(document("一、单项选择题", *QUESTION))
    assert row.problems == ()
    assert row.draft.answer == "B"


def test_line_breaks_and_tabs_inside_a_paragraph():
    (row,) = read(
        document(
            "1. 违法行为在多少年内未被发现的不再处罚？\nA. 一年\tB. 二年\n答案：B\n解析：二年。\n依据：行政处罚法第三十六条"
        )
    )
    assert row.problems == ()
    assert [text for _letter, text in row.draft.options] == ["一年", "二年"]


def numbering(made, kinds: dict[int, tuple[str, str]], number: int) -> None:
    """A list definition: for each level its kind of numeral and its pattern."""
    root = made.part.numbering_part.element
    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{pattern}"/></w:lvl>'
        for level, (kind, pattern) in kinds.items()
    )
    abstract = parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{number}">{levels}</w:abstractNum>')
    root.insert(0, abstract)
    root.append(
        parse_xml(f'<w:num {nsdecls("w")} w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>')
    )


def listed(made, text: str, number: int, level: int = 0) -> None:
    paragraph = made.add_paragraph(text)
    properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
    properties.get_or_add_ilvl().val = level
    properties.get_or_add_numId().val = number


def test_automatic_numbers_are_counted_as_word_counts_them():
    made = word.Document()
    numbering(made, {0: ("decimal", "%1．"), 1: ("upperLetter", "%2.")}, 91)
    numbering(made, {0: ("chineseCountingThousand", "%1、")}, 92)
    listed(made, "单项选择题", 92)
    for stem in ("违法行为在多少年内未被发现的不再处罚？", "听证应当怎样举行才算合法？"):
        listed(made, stem, 91)
        listed(made, f"甲{stem[0]}", 91, 1)
        listed(made, f"乙{stem[0]}", 91, 1)
        made.add_paragraph("答案：B")
        made.add_paragraph("解析：见法条。")
        made.add_paragraph("依据：行政处罚法第三十六条")
    listed(made, "判断题", 92)
    listed(made, "规章可以设定行政拘留。（×）", 91)
    made.add_paragraph("解析：不可以。 依据：行政处罚法第十条")
    rows = read(made)
    assert [row.problems for row in rows] == [(), (), ()]
    assert [row.draft.type.value for row in rows] == ["single", "single", "true_false"]
    assert rows[1].draft.options == (("A", "甲听"), ("B", "乙听"))
    assert rows[1].label.endswith("（第 2 题）")


def test_a_table_with_a_heading_is_read_like_a_sheet():
    made = word.Document()
    table = made.add_table(rows=2, cols=7)
    for column, (title, value) in enumerate(
        zip(
            ["题型", "题目", "选项", "正确答案", "解析", "法律法规", "条款"],
            ["单选题", QUESTION[0][3:], "A.一年\nB.二年", "B", "二年。", "行政处罚法", "36"],
            strict=True,
        )
    ):
        table.cell(0, column).text = title
        table.cell(1, column).text = value
    (row,) = read(made)
    assert row.problems == ()
    assert row.label == "第 1 个表格第 2 行"


def test_options_laid_out_in_a_table():
    made = document(QUESTION[0])
    table = made.add_table(rows=2, cols=2)
    for place, text in {(0, 0): "A. 一年", (0, 1): "B. 二年", (1, 0): "C. 三年", (1, 1): "D. 五年"}.items():
        table.cell(*place).text = text
    for line in QUESTION[3:]:
        made.add_paragraph(line)
    (row,) = read(made)
    assert [text for _letter, text in row.draft.options] == ["一年", "二年", "三年", "五年"]


def test_a_picture_in_a_question_keeps_it_out():
    made = document(QUESTION[0])
    made.paragraphs[0].add_run().add_picture(io.BytesIO(PIXEL))
    for line in QUESTION[1:]:
        made.add_paragraph(line)
    (row,) = read(made)
    assert "picture" in {problem.code for problem in row.problems}


def test_deleted_text_of_tracked_changes_is_not_read():
    made = document(*QUESTION)
    deleted = OxmlElement("w:del")
    run = OxmlElement("w:r")
    text = OxmlElement("w:delText")
    text.text = "旧的文字"
    run.append(text)
    deleted.append(run)
    made.paragraphs[0]._p.append(deleted)
    assert "旧的文字" not in read(made)[0].draft.stem


def altered(name: str, data: bytes | str) -> io.BytesIO:
    target = io.BytesIO()
    with (
        zipfile.ZipFile(stream_of(document(*QUESTION))) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for part in source.infolist():
            if part.filename != name:
                made.writestr(part.filename, source.read(part))
        made.writestr(name, data)
    target.seek(0)
    return target


def test_hostile_documents_are_refused():
    bomb = '<!DOCTYPE w [<!ENTITY a "aaaa">]><w:document xmlns:w="x">&a;</w:document>'
    assert refused(altered("word/document.xml", bomb)) == "document_type"
    assert (
        refused(altered("word/styles.xml", '<!DOCTYPE s SYSTEM "http://example.invalid/x"><s/>'))
        == "document_type"
    )
    assert refused(altered("../../evil", b"x")) == "part_name"
    assert refused(altered("word/media/big.xml", b" " * (200 * 1024 * 1024))) == "too_large_inside"
    assert refused(altered("word/document.xml", "<w:document")) == "broken"
    assert refused(saved(workbook([["a"]]))) == "no_archive"
    assert refused(io.BytesIO(b"\xd0\xcf\x11\xe0" + b"x" * 100)) == "old_format"


def test_deeply_nested_elements_are_refused_and_do_not_end_the_process():
    deep = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p>'
    deep += "<w:r>" * 50_000 + "</w:r>" * 50_000 + "</w:p></w:body></w:document>"
    with pytest.raises(Invalid):
        list(docx.read(altered("word/document.xml", deep), BOOK))


def test_the_names_of_word_are_those_of_the_library():
    assert qn("w:p") == f"{docx.W}p"


def test_a_table_of_keys():
    made = document("一、单选题", *QUESTION[:3], "2. 听证应当怎样举行才合法？", "A. 公开", "B. 秘密")
    table = made.add_table(2, 3)
    for row, cells in zip(table.rows, (("题号", "1", "2"), ("答案", "B", "A")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    assert [row.draft.answer for row in read(made)] == ["B", "A"]


def test_a_part_in_an_encoding_that_there_is_not():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("word/document.xml", '<?xml version="1.0" encoding="UTF-80"?><a/>')
    stream.seek(0)
    assert refused(stream) == "broken"
