"""GIFT as teachers write it and as Moodle exports it."""

from __future__ import annotations

import pytest

from question_bank.items.rules import Difficulty
from question_bank.transfer import gift
from tests.question_bank.transfer.foreign import faults, key, one, read, warned, words


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "听证应当由谁主持？{=非本案调查人员 ~本案调查人员 ~当事人}",
            "single 非本案调查人员|本案调查人员|当事人 A",
        ),
        ("听证应当由谁主持？{\n  ~甲\n  =乙\n}", "single 甲|乙 B"),
        ("下列属于处罚种类的有？{~%50%警告 ~%50%罚款 ~%-100%劝诫}", "multiple 警告|罚款|劝诫 AB"),
        (
            "下列属于处罚种类的有？{~%33.33333%警告 ~%33.33333%罚款 ~%33.33333%拘留 ~约谈}",
            "multiple 警告|罚款|拘留|约谈 ABC",
        ),
        ("警告是行政处罚。{T}", "true_false 正确|错误 A"),
        ("警告是行政处罚。{ TRUE }", "true_false 正确|错误 A"),
        ("约谈是行政处罚。{F}", "true_false 正确|错误 B"),
        ("约谈是行政处罚。{FALSE#约谈不是处罚。}", "true_false 正确|错误 B"),
        ("罚款决定书应当在____日内送达。{=七 =7}", "blank 七/7"),
        ("哪一个等于五？{~ \\= 2 + 2 = \\= 2 + 3 ~ \\= 2 + 4}", "single = 2 + 2|= 2 + 3|= 2 + 4 B"),
        ("哪个记号须转义？{~\\~ ~\\# ~\\{\\} =\\\\ ~\\:}", "single ~|#|{}|\\|: D"),
    ],
)
def test_the_forms_of_answers(text, wanted):
    row = one(gift.read, text)
    assert (key(row), faults(row)) == (wanted, [])


@pytest.mark.parametrize(
    ("text", "stem"),
    [
        ("::题名::听证由谁主持？{=甲 ~乙}", "听证由谁主持？"),
        ("::题\\:\\:名:: 听证由谁主持？ {=甲 ~乙}", "听证由谁主持？"),
        ("听证由{=甲 ~乙}主持。", "听证由____主持。"),
        ("二加二等于{=四 =4}。", "二加二等于____。"),
        ("Grant is {~buried =entombed} here.", "Grant is ____ here."),
        ("二加二等于多少？{=四 =4}", "二加二等于多少？____"),
        ("二加二等于（ ）。{=四 =4}", "二加二等于____。"),
        ("[html]<p>听证由<b>谁</b>主持？</p><p>请选择：</p>{=甲 ~乙}", "听证由谁主持？\n请选择："),
        ("[markdown]听证由**谁**主持？{=甲 ~乙}", "听证由**谁**主持？"),
        ("[plain]听证由<b>谁</b>主持？{=甲 ~乙}", "听证由<b>谁</b>主持？"),
        ("听证由<i>谁</i>主持&nbsp;？{=甲 ~乙}", "听证由谁主持\u00a0？"),
        ("若 a<b 且 c>d 则由谁主持？{=甲 ~乙}", "若 a<b 且 c>d 则由谁主持？"),
        ("第一行\\n第二行由谁主持？{=甲 ~乙}", "第一行\n第二行由谁主持？"),
        ("第一行\n第二行由谁主持？{=甲 ~乙}", "第一行\n第二行由谁主持？"),
    ],
)
def test_the_stem(text, stem):
    row = one(gift.read, text)
    assert row.draft is not None
    assert (row.draft.stem, faults(row)) == (stem, [])


def test_feedback_of_options_and_of_the_question_becomes_the_explanation():
    row = one(gift.read, "由谁主持听证？{=甲#对，见条文 ~乙#不对####总的说明\\n第二行}")
    assert row.draft is not None
    assert row.draft.explanation == "总的说明\n第二行\n“甲”：对，见条文\n“乙”：不对"
    assert warned(row) == ["feedback_merged"]
    assert [p.code for p in row.problems] == ["citations"]


def test_what_only_moodle_can_mark_is_said():
    partial = one(gift.read, "难题一道请选择：{~错 ~%50%半对 =全对}")
    assert (key(partial), warned(partial)) == ("single 错|半对|全对 C", ["partial_credit"])
    spelling = one(gift.read, "他来自____城。{=拿撒勒 =%75%拿撒列 =%0%*#完全不对}")
    assert key(spelling) == "blank 拿撒勒"
    assert warned(spelling) == ["partial_credit", "feedback_merged"]
    star = one(gift.read, "他来自____城。{=拿*勒}")
    assert faults(star) == ["wildcard"]
    assert key(one(gift.read, "他来自____城。{=拿\\\\*勒}")) == "blank 拿*勒"
    sums = one(gift.read, "下列哪些应当选择？{~%50%甲 ~%25%乙 ~丙}")
    assert (key(sums), warned(sums)) == ("multiple 甲|乙|丙 AB", ["fraction_sum"])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("何时施行？{#2021:1}", "numerical"),
        ("何时施行？{#\n =1822:0\n =%50%1822:2\n}", "numerical"),
        ("配对：{=甲 -> 一 =乙 -> 二}", "matching"),
        ("谈谈看法。{}", "essay"),
        ("这是一段说明，没有题目。", "description"),
    ],
)
def test_other_kinds_are_refused_by_name(text, name):
    row = one(gift.read, text)
    assert (row.draft, faults(row)) == (None, ["unsupported"])
    assert name in words(row)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("由谁主持听证？{=甲 ~乙", "braces"),
        ("由谁主持听证？=甲 ~乙}", "braces"),
        ("由谁{=甲}主持{=乙}听证？", "braces"),
        ("由谁主持听证？{甲 乙}", "answers"),
        ("由谁主持听证？{~甲 ~乙}", "no_key"),
        ("由谁主持听证？{=甲 =乙 ~丙}", "answer"),
        ("下列哪些应当选择？{~%100%甲 ~%-100%乙}", "answer"),
        ("由谁主持听证？{=甲 ~甲}", "options"),
        ("{=甲 ~乙}", "no_stem"),
    ],
)
def test_broken_questions_say_what_is_wrong(text, code):
    assert code in faults(one(gift.read, text))


WHOLE_FILE = """\ufeff// 题库导出
$CATEGORY: $course$/行政法/行政处罚

// question: 12  name: 听证
// [id:cf-12] [tag:重点] [tag:依据：《行政处罚法》（2021-01-22）第36条第1款] [tag:难度：难]
::听证::[html]<p>时效为几年？</p>{
\t=[html]<p>二年</p>
\t~[html]<p>三年</p>
\t####[html]<p>见第三十六条。</p>
}


// 只有注释的一段

::二::下一题问什么？{=甲 ~乙}
""".replace("\n", "\r\n")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_file_as_moodle_exports_it(encoding):
    text = WHOLE_FILE if encoding == "utf-8" else WHOLE_FILE.lstrip("\ufeff")
    (first, second), remarks = read(gift.read, text.encode(encoding))
    assert first.draft is not None
    assert (first.draft.stem, key(first)) == ("时效为几年？", "single 二年|三年 A")
    assert (first.code, first.draft.difficulty, first.problems) == ("cf-12", Difficulty.HARD, ())
    assert [(c.article, c.paragraph) for c in first.draft.citations] == [("36", 1)]
    assert (first.label, second.label) == ("第 6 行", "第 15 行")
    assert remarks == ["categories"]


def test_a_code_that_is_none_of_ours_is_left_out_with_a_word():
    row = one(gift.read, "// [id:Frage 1/a]\n由谁主持听证？{=甲 ~乙}")
    assert (row.code, warned(row)) == ("", ["code"])


@pytest.mark.parametrize(
    ("markup", "lost"),
    [
        ('<img src="@@PLUGINFILE@@/a.png">', "图片"),
        ("<table><tr><td>甲</td></tr></table>", "表格"),
        ("x<sup>2</sup>", "上下标"),
        ("<script>alert(1)</script>", "脚本"),
        ('<p onclick="alert(1)">甲</p>', "脚本"),
        ('<a href="javascript:alert(1)">甲</a>', "脚本"),
        ("<math><mi>x</mi></math>", "公式"),
        ("若 a<b且c>d", "尖括号里的文字"),
    ],
)
def test_what_plain_text_cannot_hold_is_named(markup, lost):
    row = one(
        gift.read, "[html]由谁主持听证？" + markup.replace("=", "\\=").replace(":", "\\:") + "{=甲 ~乙}"
    )
    assert row.draft is not None
    assert lost in words(row)
    assert "alert" not in row.draft.stem
    assert "<" not in row.draft.stem


def test_markup_in_plain_text_stays_text():
    row = one(gift.read, "[plain]由<script>alert(1)</script>谁主持听证？{=甲 ~乙}")
    assert row.draft is not None
    assert row.draft.stem == "由<script>alert(1)</script>谁主持听证？"


def test_a_stem_of_endless_tags_is_refused_not_worked_through():
    row = one(gift.read, "[html]" + "<div>" * 50_000 + "{=甲 ~乙}")
    assert "markup" in faults(row)


def test_a_picture_within_the_text_is_no_long_stem():
    picture = "data\\:image/png;base64," + "A" * 500_000
    row = one(gift.read, f'[html]由谁主持听证？<img src\\="{picture}">{{=甲 ~乙}}')
    assert row.draft is not None
    assert (row.draft.stem, warned(row)) == ("由谁主持听证？", ["lost"])
