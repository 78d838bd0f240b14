"""Text as authors write it."""

from __future__ import annotations

import io

import pytest

from core.errors import Invalid
from question_bank.items.rules import QuestionType
from question_bank.transfer import lines, text
from question_bank.transfer.rows import ReadRow
from tests.question_bank.transfer.conftest import BOOK

LAW = "依据：《行政处罚法》第三十六条\n解析：见法条。\n"


def read(content: str | bytes):
    data = content.encode() if isinstance(content, str) else content
    return [row for row in text.read(io.BytesIO(data), BOOK) if isinstance(row, ReadRow)]


def remarks(content: str):
    return [row.code for row in text.read(io.BytesIO(content.encode()), BOOK) if not isinstance(row, ReadRow)]


def one(content: str):
    (row,) = read(content)
    assert row.problems == ()
    return row.draft


@pytest.mark.parametrize("number", ["1.", "1、", "1．", "（1）", "(1)", "第1题", "第一题：", "【1】", "1)"])
@pytest.mark.parametrize(
    "options",
    [
        "A. 一年\nB. 二年\nC. 五年",
        "A、一年　B、二年　C、五年",
        "(A)一年 (B)二年\n(C)五年",
        "Ａ．一年\nＢ．二年 C.五年",
    ],
)
def test_numbers_and_options_in_any_writing(number, options):
    draft = one(
        f"一、单项选择题（每题 2 分，共 40 分）\n{number} 违法行为在多少年内未被发现的不再处罚？\n{options}\n答案：B\n{LAW}"
    )
    assert draft.stem == "违法行为在多少年内未被发现的不再处罚？"
    assert [option for _letter, option in draft.options] == ["一年", "二年", "五年"]
    assert (draft.type, draft.answer) == (QuestionType.SINGLE, "B")


def test_options_on_the_stems_own_line():
    draft = one(f"1. 违法行为在（B）内未被发现的不再处罚。 A.一年 B.二年 C.五年\n{LAW}")
    assert draft.stem == "违法行为在（　）内未被发现的不再处罚。"
    assert draft.answer == "B"


def test_sections_give_the_type():
    rows = read(
        f"二、多项选择题\n1、下列属于行政处罚的有：\nA、警告\nB、罚款\nC、处分\n答案：A、B\n{LAW}"
        f"三．判断题（正确的打√）\n1、规章可以设定拘留。\n答案：×\n{LAW}"
        f"四、填空题\n1、应当在（　）内作出。\n答案：九十日\n{LAW}"
        f"五、简答题\n1、简述听证的范围。\n答案：一是较大数额罚款；\n二是责令停产停业。\n{LAW}"
    )
    assert [row.draft.type.value for row in rows] == ["multiple", "true_false", "blank", "short"]
    assert all(row.problems == () for row in rows)
    assert rows[3].draft.reference == "一是较大数额罚款；\n二是责令停产停业。"


def test_lists_inside_an_explanation_are_no_questions():
    rows = read(
        "1. 违法行为在多少年内未被发现的不再处罚？\nA. 一年\nB. 二年\n答案：B\n解析：分两种情形：\n1. 一般为二年；\n2. 特定领域为五年。\n依据：行政处罚法第三十六条\n"
        f"2. 听证应当公开举行吗？\nA. 是的\nB. 不必\n答案：A\n{LAW}"
    )
    assert [row.draft.stem[:4] for row in rows] == ["违法行为", "听证应当"]
    assert rows[0].draft.explanation.endswith("2. 特定领域为五年。")


def test_statements_numbered_in_brackets_belong_to_the_stem():
    draft = one(
        f"1. 关于听证，下列说法正确的是：\n（1）应当公开；\n（2）可以委托代理人。\nA. 仅（1）\nB. （1）和（2）\n答案：B\n{LAW}"
    )
    assert draft.stem.count("\n") == 2


def test_keys_in_a_list_at_the_end():
    stems = "".join(
        f"{n}. 第 {n} 个问题应当怎样回答？\nA. 甲{n}\nB. 乙{n}\nC. 丙{n}\n{LAW}" for n in range(1, 6)
    )
    keys = [row.draft.answer for row in read(f"一、单选题\n{stems}参考答案\n1-3 ABC 4. B 5、C")]
    assert keys == ["A", "B", "C", "B", "C"]
    keys = [row.draft.answer for row in read(f"一、单选题\n{stems}参考答案：\n1-5：ＡＢＣＢＡ\n")]
    assert keys == ["A", "B", "C", "B", "A"]
    keys = [row.draft.answer for row in read(f"一、单选题\n{stems}附：参考答案\n1.A 2.B 3.C\n4.B 5.A\n")]
    assert keys == ["A", "B", "C", "B", "A"]
    rows = read(
        f"一、单选题\n{stems}答案及解析\n1. A 解析：甲一对。\n2. 【答案】B\n【解析】乙二对。\n3～5 CBA"
    )
    assert [row.draft.answer for row in rows] == ["A", "B", "C", "B", "A"]


def test_a_list_whose_length_is_wrong_gives_no_keys():
    stems = "".join(f"{n}. 第 {n} 个问题应当怎样回答？\nA. 甲{n}\nB. 乙{n}\n{LAW}" for n in range(1, 4))
    content = f"一、单选题\n{stems}参考答案\n1-3 AB\n"
    assert "key_list" in remarks(content)
    assert all("no_key" in {p.code for p in row.problems} for row in read(content))


def test_keys_by_sections_when_numbers_start_anew():
    content = (
        f"一、单选题\n1. 第一个问题应当怎样回答？\nA. 甲\nB. 乙\n{LAW}"
        f"二、多选题\n1. 第二个问题应当怎样回答？\nA. 丙\nB. 丁\n{LAW}"
        "参考答案\n一、单选题\n1. B\n二、多选题\n1. AB\n"
    )
    assert [row.draft.answer for row in read(content)] == ["B", "AB"]
    mixed = content.replace("参考答案\n一、单选题\n1. B\n二、多选题\n1. AB", "参考答案\n1. B")
    assert "key_list" in remarks(mixed)


def test_two_keys_that_differ_are_a_problem():
    (row,) = read(f"1. 第一个问题应当怎样回答？\nA. 甲\nB. 乙\n答案：A\n{LAW}参考答案\n1. B\n")
    assert [problem.code for problem in row.problems] == ["key_conflict"]


def test_a_case_with_its_material_and_questions():
    draft = one(
        "三、案例分析题\n（一）某县城管局对甲作出罚款五千元的决定。\n甲不服。\n"
        f"1. 甲不服可以怎样（单选）\nA. 申请复议\nB. 拒绝缴纳\n答案：A\n{LAW}"
        f"2. 下列说法正确的有\nA. 应当告知\nB. 应当听取陈述\n答案：AB\n{LAW}"
        f"3. 城管局应当说明理由。（√）\n{LAW}"
    )
    assert draft.type is QuestionType.CASE
    assert draft.stem == "某县城管局对甲作出罚款五千元的决定。\n甲不服。"
    assert [question.type.value for question in draft.questions] == ["single", "multiple", "true_false"]
    assert [question.answer for question in draft.questions] == ["A", "AB", "A"]


def test_a_case_numbered_as_the_questions_before_it():
    rows = read(
        "四、案例分析题\n1. 某局对甲作出罚款决定，甲不服。\n"
        f"（1）甲可以申请什么救济？\nA. 复议\nB. 拒缴\n答案：A\n{LAW}（2）该局应当告知权利。\n答案：对\n{LAW}"
        "2. 某局对乙作出拘留决定，乙不服。\n"
        f"（1）乙可以申请什么救济？\nA. 复议\nB. 拒缴\n答案：A\n{LAW}（2）该局应当说明理由。\n答案：对\n{LAW}"
    )
    assert [len(row.draft.questions) for row in rows] == [2, 2]
    assert all(row.problems == () for row in rows)


def test_labels_on_one_line_and_in_brackets():
    draft = one(
        "1. 违法行为在多少年内未被发现的不再处罚？\nA. 一年 B. 二年\n【答案】B【解析】二年。【依据】行政处罚法第三十六条第一款　难度：难"
    )
    assert (draft.answer, draft.explanation, draft.difficulty.value) == ("B", "二年。", "hard")
    assert draft.citations[0].paragraph == 1


def test_questions_without_numbers():
    rows = read(
        f"违法行为在多少年内未被发现的不再处罚？\nA. 一年\nB. 二年\n答案：B\n{LAW}\n听证应当怎样举行？\nA. 公开\nB. 秘密\n答案：A\n{LAW}"
    )
    assert [row.draft.answer for row in rows] == ["B", "A"]


def test_a_question_without_a_key_is_refused_and_the_others_are_not():
    rows = read(
        f"1. 第一个问题应当怎样回答？\nA. 甲\nB. 乙\n{LAW}2. 第二个问题应当怎样回答？\nA. 甲\nB. 丙\n答案：A\n{LAW}"
    )
    assert [[p.code for p in row.problems] for row in rows] == [["no_key"], []]


def test_a_title_is_told_as_not_read():
    assert remarks(f"2026 年题库\n1. 第一个问题应当怎样回答？\nA. 甲\nB. 乙\n答案：A\n{LAW}") == [
        "unread_lines"
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings(encoding):
    content = f"1. 违法行为在多少年内未被发现的不再处罚？\r\nA. 一年\r\nB. 二年\r\n答案：B\r\n{LAW}"
    (row,) = read(content.encode(encoding))
    assert row.draft.stem.startswith("违法行为")


def test_what_is_no_text_is_refused():
    for data in (b"\x00\x01\x02\x03", b"\xff\xfe\xfa\x81\x00", b"\x81\xff\x81\xff"):
        with pytest.raises(Invalid):
            read(data)


def test_rows_know_their_lines():
    row = read(f"\n\n1. 第一个问题应当怎样回答？\nA. 甲\nB. 乙\n答案：A\n{LAW}")[0]
    assert (row.number, row.label) == (3, "第 3 行（第 1 题）")
    assert row.cells[0].startswith("1. 第一个问题")


STEM = "行政机关应当遵循下列哪一项原则？"


@pytest.mark.parametrize(
    "options",
    [
        "A 甲\nB 乙\nC 丙",
        "A甲\nB乙\nC丙",
        "A 甲   B 乙   C 丙",
        "A:甲\nB:乙\nC:丙",
        "Ａ 甲\nＢ 乙\nＣ 丙",
        "a.甲 b.乙 c.丙",
    ],
)
def test_letters_without_a_mark(options):
    draft = one(f"1. {STEM}\n{options}\n答案：C\n{LAW}")
    assert [text for _letter, text in draft.options] == ["甲", "乙", "丙"]
    assert (draft.stem, draft.answer) == (STEM, "C")


def test_lines_that_begin_with_letters_are_no_options_where_marked_ones_follow():
    draft = one(
        f"1. 下列案件应当怎样处理？\nA公司起诉B公司。\nB公司反诉。\nC公司加入。\nA. 驳回\nB. 受理\n答案：B\n{LAW}"
    )
    assert [text for _letter, text in draft.options] == ["驳回", "受理"]
    assert draft.stem.endswith("C公司加入。")


@pytest.mark.parametrize(
    "key",
    [
        "答 案：B",
        "正确答案:b",
        "答案是：B。",
        "答案 B",
        "参考答案为B",
        "【答案】Ｂ",
        "答案：（B）",
        "（答案：B）",
        "答案：B（解析：见法条）",
        "我的答案：A\n正确答案：B\n得分：0",
    ],
)
def test_keys_in_any_writing(key):
    assert one(f"1. {STEM}\nA. 甲\nB. 乙\n{key}\n{LAW}").answer == "B"


def test_what_says_nothing_of_the_question_is_passed_over_and_told():
    content = f"1. {STEM}\nA. 甲\nB. 乙\n我的答案：A\n正确答案：B\n得分：0\n知识点：总则\n{LAW}"
    draft = one(content)
    assert [text for _letter, text in draft.options] == ["甲", "乙"]
    assert "unread_labels" in remarks(content)


def test_statements_follow_one_another_line_by_line():
    rows = read(
        "三、判断题\n1. 行政处罚应当公开。\n2. 规章可以设定拘留。\n3. 处罚应当听取陈述。√\n参考答案：\n1-2 √×\n"
    )
    assert [(row.draft.stem, row.draft.answer) for row in rows] == [
        ("行政处罚应当公开。", "A"),
        ("规章可以设定拘留。", "B"),
        ("处罚应当听取陈述。", "A"),
    ]


def test_a_list_of_keys_tells_apart_what_looked_like_one_question():
    rows = read("1. 行政处罚应当公开。\n2. 规章可以设定拘留。\n参考答案：1.√ 2.×\n")
    assert [row.draft.answer for row in rows] == ["A", "B"]


STEMS = "".join(f"{n}. 第 {n} 个问题应当怎样回答？\nA. 甲{n} B. 乙{n} C. 丙{n}\n" for n in range(1, 4))


@pytest.mark.parametrize(
    "keys",
    [
        "参考答案：1-3 ABC",
        "答案：1.A 2.B 3.C",
        "题号\t1\t2\t3\n答案\tA\tB\tC",
        "答案\n单选题：1.A 2.B 3.C",
        "单选题答案：1-3 ABC",
        "（参考答案）\n1、A  2、B  3、C",
        "一、单选题答案\n1-3：A、B、C",
    ],
)
def test_lists_of_keys_in_any_writing(keys):
    assert [row.draft.answer for row in read(f"一、单选题\n{STEMS}{keys}\n")] == ["A", "B", "C"]


def test_a_list_of_keys_behind_each_section():
    rows = read(
        f"一、单选题\n{STEMS}答案：1-3 ABC\n二、多选题\n{STEMS.replace('怎样', '如何')}答案：1-3 AB ABC BC\n"
    )
    assert [row.draft.answer for row in rows] == ["A", "B", "C", "AB", "ABC", "BC"]
    assert [row.draft.type.value for row in rows] == ["single"] * 3 + ["multiple"] * 3


def test_titles_of_chapters_stay_out_of_the_questions():
    content = f"第一章 总则\n1. {STEM}\nA. 甲\nB. 乙\n答案：A\n第二章 处罚的种类\n2. {STEM[:-1]}呢？\nA. 丙\nB. 丁\n答案：B\n【行政许可法】\n3. {STEM[:-1]}吗？\nA. 戊\nB. 己\n答案：B\n"
    rows = read(content)
    assert [row.draft.answer for row in rows] == ["A", "B", "B"]
    assert [row.draft.explanation for row in rows] == ["", "", ""]
    assert remarks(content) == ["unread_lines"]


@pytest.mark.parametrize("number", ["一、", "7 [单选题] ", "（1）"])
def test_further_ways_to_number(number):
    assert one(f"{number}{STEM}\nA. 甲\nB. 乙\n答案：B\n{LAW}").stem == STEM


def test_numbers_of_two_kinds_in_one_file():
    rows = read(f"1. {STEM}\nA. 甲\nB. 乙\n答案：A\n(2) {STEM[:-1]}呢？\nA. 丙\nB. 丁\n答案：B\n")
    assert [row.draft.answer for row in rows] == ["A", "B"]


def test_too_many_lines_are_refused_before_they_are_understood(monkeypatch):
    monkeypatch.setattr(lines, "MOST_LINES", 5)
    with pytest.raises(Invalid) as caught:
        read("1. a\n" * 6)
    assert caught.value.problems[0].code == "too_many_lines"


def test_a_range_of_keys_without_end_costs_nothing():
    assert "key_list" in remarks(f"1. {STEM}\nA. 甲\nB. 乙\n参考答案：1-99999 ABC\n")


def test_brackets_in_a_stem_are_the_stems():
    draft = one(f"1. 下列做法（依据：该局的规定）正确的是？\nA. 甲\nB. 乙\n答案：B\n{LAW}")
    assert draft.stem == "下列做法（依据：该局的规定）正确的是？"
