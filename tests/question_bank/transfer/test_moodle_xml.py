"""Moodle XML of several ages, and files that mean harm."""

from __future__ import annotations

import io

import pytest

from core.errors import Invalid
from question_bank.items.rules import Difficulty
from question_bank.transfer import moodle_xml
from tests.question_bank.transfer.conftest import BOOK
from tests.question_bank.transfer.foreign import faults, key, one, read, warned, words

STEM = '<questiontext format="html"><text><![CDATA[<p>听证应当由<strong>谁</strong>主持？</p>]]></text></questiontext>'
FOUR = (("本案调查人员", "0"), ("非本案调查人员", "100"), ("当事人", "0"))


def answer(text: str, fraction: str, feedback: str = "", kind: str = "html") -> str:
    return (
        f'<answer fraction="{fraction}" format="{kind}"><text>{text}</text>'
        f'<feedback format="html"><text>{feedback}</text></feedback></answer>'
    )


def question(kind: str, *parts: str, stem: str = STEM) -> str:
    return f'<question type="{kind}"><name><text>名</text></name>{stem}{"".join(parts)}</question>'


def quiz(*questions: str) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n' + "\n".join(questions) + "\n</quiz>\n"


def choice(*parts: str, answers=FOUR, single: str = "<single>true</single>") -> str:
    return question("multichoice", single, *parts, *(answer(*one_answer) for one_answer in answers))


def read_one(made: str):
    return one(moodle_xml.read, quiz(made))


@pytest.mark.parametrize("single", ["<single>true</single>", "<single>1</single>", ""])
@pytest.mark.parametrize(
    ("shuffle", "wanted"),
    [
        ("<shuffleanswers>1</shuffleanswers>", True),
        ("<shuffleanswers>true</shuffleanswers>", True),
        ("<shuffleanswers>0</shuffleanswers>", False),
        ("", True),
    ],
)
def test_single_choice(single, shuffle, wanted):
    row = read_one(
        choice(shuffle, "<answernumbering>abc</answernumbering><defaultgrade>2</defaultgrade>", single=single)
    )
    assert (key(row), faults(row)) == ("single 本案调查人员|非本案调查人员|当事人 B", [])
    assert row.draft is not None
    assert (row.draft.stem, row.draft.shuffle) == ("听证应当由谁主持？", wanted)
    assert warned(row) == ["lost"]


@pytest.mark.parametrize("single", ["false", "0"])
def test_several_answers_by_their_fractions(single):
    answers = (
        ("警告", "33.33333"),
        ("罚款", "33.33333"),
        ("约谈", "-100"),
        ("拘留", "33.33333"),
        ("劝诫", "0"),
    )
    row = read_one(choice(answers=answers, single=f"<single>{single}</single>"))
    assert (key(row), faults(row)) == ("multiple 警告|罚款|约谈|拘留|劝诫 ABD", [])


@pytest.mark.parametrize(
    ("fractions", "single", "found", "said"),
    [
        (("50", "50", "0"), "true", "fraction", ""),
        (("100", "100", "0"), "true", "answer", ""),
        (("100", "50", "0"), "true", "", "partial_credit"),
        (("0", "0", "0"), "true", "no_key", ""),
        (("100", "-50", "0"), "false", "answer", ""),
        (("25", "25", "0"), "false", "", "fraction_sum"),
        (("x", "100", "0"), "true", "fraction", ""),
        (("nan", "100", "0"), "false", "fraction", ""),
        (("inf", "0", "0"), "true", "fraction", ""),
    ],
)
def test_fractions_that_leave_the_key_open(fractions, single, found, said):
    answers = tuple(zip(("甲", "乙", "丙"), fractions, strict=True))
    row = read_one(choice(answers=answers, single=f"<single>{single}</single>"))
    assert (found in faults(row)) if found else faults(row) == []
    assert not said or said in warned(row)


def test_true_or_false():
    parts = [
        answer("true", "0", kind="moodle_auto_format"),
        answer("false", "100", "不是处罚。", "moodle_auto_format"),
    ]
    row = read_one(question("truefalse", *parts))
    assert (key(row), faults(row)) == ("true_false 正确|错误 B", [])
    assert row.draft is not None
    assert row.draft.explanation == "“错误”：不是处罚。"
    assert "no_key" in faults(read_one(question("truefalse", answer("true", "0"), answer("false", "0"))))
    assert "options" in faults(read_one(question("truefalse", answer("对", "100"), answer("错", "0"))))


def test_short_answer():
    parts = ["<usecase>1</usecase>", answer("York", "100"), answer("york", "100"), answer("*", "0", "不对")]
    row = read_one(question("shortanswer", *parts))
    assert (key(row), faults(row)) == ("blank York", [])
    assert row.draft is not None
    assert row.draft.stem == "听证应当由谁主持？____"
    assert set(warned(row)) == {"lost", "feedback_merged", "case_sensitive", "gap_added"}
    assert "wildcard" in faults(read_one(question("shortanswer", answer("约*", "100"))))
    assert "no_key" in faults(read_one(question("shortanswer", answer("约", "50"))))


def test_an_essay_needs_a_reference_answer():
    info = '<graderinfo format="html"><text>&lt;p&gt;一、告知&lt;/p&gt;&lt;p&gt;二、举行&lt;/p&gt;</text></graderinfo>'
    row = read_one(question("essay", info))
    assert row.draft is not None
    assert (row.draft.type, row.draft.reference, faults(row)) == ("short", "一、告知\n二、举行", [])
    assert faults(read_one(question("essay"))) == ["unsupported"]


@pytest.mark.parametrize(
    "kind",
    [
        "matching",
        "numerical",
        "calculated",
        "cloze",
        "description",
        "ddwtos",
        "gapselect",
        "ordering",
        "stack",
        "",
    ],
)
def test_other_kinds_are_refused_by_name_and_the_rest_is_read(kind):
    (first, second), _remarks = read(moodle_xml.read, quiz(question(kind, answer("甲", "100")), choice()))
    assert (first.draft, faults(first)) == (None, ["unsupported"])
    assert kind in words(first)
    assert (second.label, faults(second)) == ("第 2 题（第 4 行）", [])


def test_categories_tags_and_code():
    category = '<question type="category"><category><text>$course$/行政法</text></category></question>'
    tags = "".join(
        f"<tag><text>{tag}</text></tag>"
        for tag in (
            "重点",
            "依据：《行政处罚法》（2021-01-22）第36条第1款",
            "难度：易",
            "部分：综合清单",
            "留作考试：是",
        )
    )
    made = choice(
        f"<idnumber>cf-7</idnumber><generalfeedback><text>见条文。</text></generalfeedback><tags>{tags}</tags>"
    )
    (row,), remarks = read(moodle_xml.read, quiz(category, made, category))
    assert (row.code, row.reserved, row.problems, remarks) == ("cf-7", True, (), ["categories"])
    assert row.draft is not None
    assert (row.draft.difficulty, row.draft.part) == (Difficulty.EASY, "综合清单")
    assert (row.draft.explanation, [c.article for c in row.draft.citations]) == ("见条文。", ["36"])


def test_a_law_that_the_bank_does_not_hold_is_a_problem():
    row = read_one(choice("<tags><tag><text>依据：《火星法》（2021-01-22）第1条</text></tag></tags>"))
    assert "law_unknown" in [problem.code for problem in row.problems]


def test_entities_and_escaped_markup_are_read_as_moodle_shows_them():
    stem = '<questiontext format="html"><text>若 a &amp;lt; b &amp;amp; c，&lt;br/&gt;由谁主持？</text></questiontext>'
    row = read_one(question("multichoice", *(answer(*a) for a in FOUR), stem=stem))
    assert row.draft is not None
    assert row.draft.stem == "若 a < b & c，\n由谁主持？"


@pytest.mark.parametrize(
    ("stem", "lost"),
    [
        (
            '<text><![CDATA[由谁主持？<img src="@@PLUGINFILE@@/a.png"/>]]></text><file name="a.png">iVBOR</file>',
            "图片",
        ),
        ("<text>由谁主持听证？</text><file name='a.png' encoding='base64'>iVBOR</file>", "附带的文件"),
        ("<text><![CDATA[由谁主持？<script>alert(1)</script>]]></text>", "脚本"),
        ('<text><![CDATA[<p onmouseover="alert(1)">由谁主持？</p>]]></text>', "脚本"),
        ("<text><![CDATA[<table><tr><td>由谁</td><td>主持？</td></tr></table>]]></text>", "表格"),
    ],
)
def test_what_is_lost_stands_beside_the_row(stem, lost):
    row = read_one(
        question(
            "multichoice",
            *(answer(*a) for a in FOUR),
            stem=f'<questiontext format="html">{stem}</questiontext>',
        )
    )
    assert row.draft is not None
    assert lost in words(row)
    assert "alert" not in row.draft.stem
    assert "iVBOR" not in "".join(row.cells)


def test_pictures_of_moodle_1_9_are_told():
    row = read_one(choice("<image>moodle.png</image><image_base64>iVBOR</image_base64>"))
    assert "图片" in words(row)


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("UTF-8", "utf-8"),
        ("GB18030", "gb18030"),
        ("gb2312", "gb18030"),
        ("UTF-8", "gb18030"),
        ("UTF-16", "utf-16"),
    ],
)
def test_encodings(declared, encoding):
    text = quiz(choice()).replace("UTF-8", declared).replace("\n", "\r\n")
    assert faults(one(moodle_xml.read, text.encode(encoding))) == []
    if encoding == "utf-8":
        assert faults(one(moodle_xml.read, b"\xef\xbb\xbf" + text.encode())) == []


BOMB = (
    '<!DOCTYPE quiz [<!ENTITY a "哈哈哈哈哈哈哈哈哈哈">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]>"
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BOMB + quiz(choice()).partition("\n")[2].replace("当事人", "&j;"), "document_type"),
        (
            '<!DOCTYPE quiz [<!ENTITY x SYSTEM "file:///etc/passwd">]><quiz><question>&x;</question></quiz>',
            "document_type",
        ),
        ('<!DOCTYPE quiz SYSTEM "http://127.0.0.1:9/evil.dtd"><quiz/>', "document_type"),
        ("<quiz>&undefined;</quiz>", "broken_xml"),
        (quiz(choice())[:-20], "broken_xml"),
        (quiz(choice())[:200], "broken_xml"),
        ("<quiz>", "broken_xml"),
        ("不是 XML", "broken_xml"),
        ("", "broken_xml"),
        ("<html><body/></html>", "other_root"),
        ("<quiz>" + "<a>" * 200 + "</a>" * 200 + "</quiz>", "too_deep"),
        ("<quiz><question type='multichoice'>" + "<answer/>" * 30_000 + "</question></quiz>", "too_broad"),
    ],
    ids=[
        *(
            "bomb",
            "external",
            "dtd",
            "entity",
            "cut",
            "head",
            "open",
            "text",
            "empty",
            "html",
            "deep",
            "broad",
        )
    ],
)
def test_files_that_are_refused(text, code):
    with pytest.raises(Invalid) as caught:
        read(moodle_xml.read, text)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert problem.message.endswith("。")


def test_a_file_is_read_as_it_goes():
    rows = moodle_xml.read(io.BytesIO(("<quiz>" + choice() * 2000).encode()), BOOK)
    assert next(rows).number == 1


def test_a_picture_with_a_description_leaves_it_in_the_text():
    stem = STEM.replace(
        "<strong>谁</strong>", '<img src="@@PLUGINFILE@@/a.png" alt="听证室的\n门牌" onerror="x()">'
    )
    row = read_one(choice().replace(STEM, stem))
    assert row.draft.stem == "听证应当由〔图：听证室的 门牌〕主持？"
    assert [warning.code for warning in row.warnings] == ["lost"]


@pytest.mark.parametrize(
    ("declared", "codec"), [("ISO-8859-1", "latin1"), ("windows-1252", "cp1252"), ("Big5", "big5")]
)
def test_other_encodings_that_are_declared(declared, codec):
    text = "Équité" if codec != "big5" else "聽證"
    made = quiz(choice()).replace("UTF-8", declared)
    plain = made.encode("ascii", "xmlcharrefreplace").replace(b"&#21517;", b"x")
    data = plain.replace(b"&#24403;&#20107;&#20154;", text.encode(codec))
    (row,) = moodle_xml.read(io.BytesIO(data), BOOK)
    assert row.draft.options[2][1] == text
