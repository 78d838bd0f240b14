from __future__ import annotations

import pytest

from question_bank.items.rules import Difficulty, QuestionType
from question_bank.transfer.bare_options import read_options
from question_bank.transfer.keys import key_letters
from question_bank.transfer.options import split_options
from question_bank.transfer.rules import Raw, understand
from tests.question_bank.transfer.conftest import BOOK

OPTIONS = ["警告", "罚款", "行政拘留", "没收违法所得"]


def raw(**changes: object) -> Raw:
    fields: dict[str, object] = {
        "type": "单选题",
        "stem": "下列处罚中由公安机关实施的是（　）。",
        "options": list(OPTIONS),
        "answer": "C",
        "explanation": "限制人身自由的处罚由公安机关实施。",
        "laws": "行政处罚法",
        "articles": "第十八条",
    }
    return Raw(**(fields | changes))


def codes(**changes: object) -> set[str]:
    return {problem.code for problem in understand(raw(**changes), BOOK).problems}


def draft(**changes: object):
    understood = understand(raw(**changes), BOOK)
    assert understood.problems == ()
    return understood.draft


@pytest.mark.parametrize(
    "answer", ["A、C", "A,C", "AC", "a c", "Ａ，Ｃ", "CA", "A;C", "A C", "答案：AC", "A和C", "a/c"]
)
def test_keys_of_several_letters(answer):
    assert draft(type="多选题", answer=answer).answer == "AC"


def test_a_key_may_be_the_options_texts():
    assert draft(answer="行政拘留").answer == "C"
    assert draft(answer="C.行政拘留").answer == "C"
    assert draft(type="多选", answer="警告；罚款").answer == "AB"


def test_a_key_that_reads_both_ways_is_not_guessed():
    assert key_letters("A", ["B", "A", "AB", "O"]) is None
    assert "answer_unread" in codes(options=["B", "A", "AB", "O"], answer="A")


@pytest.mark.parametrize("answer", ["", "  ", "略", "见解析", "1", "C或D吧", "ACC"])
def test_what_is_no_key_is_refused(answer):
    assert codes(answer=answer) & {"no_key", "answer_unread", "answer"}


@pytest.mark.parametrize(
    "answer", ["正确", "对", "√", "✓", "T", "true", "TRUE", "是", "Y", "A", "(√)", "对。"]
)
def test_true(answer):
    made = draft(type="判断题", options=[], answer=answer)
    assert (made.answer, made.shuffle) == ("A", False)


@pytest.mark.parametrize("answer", ["错误", "错", "×", "✗", "F", "False", "否", "N", "B", "不正确", "x"])
def test_false(answer):
    assert draft(type="判断", options=[], answer=answer).answer == "B"


def test_verdicts_given_as_options_in_another_order():
    assert draft(type="判断题", options=["错误", "正确"], answer="A").answer == "B"
    assert codes(type="判断题", options=["正确", "错误", "不清楚"], answer="A") == {"options"}


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("单选", QuestionType.SINGLE),
        ("单项选择题", QuestionType.SINGLE),
        ("多项选择", QuestionType.MULTIPLE),
        ("不定项选择题", QuestionType.SINGLE),
        ("选择题", QuestionType.SINGLE),
        ("Ｓingle", QuestionType.SINGLE),
    ],
)
def test_words_for_types(word, kind):
    answer = "AC" if kind is QuestionType.MULTIPLE else "C"
    assert draft(type=word, answer=answer).type is kind


def test_a_type_that_is_left_out_follows_from_options_and_key_and_is_told():
    understood = understand(raw(type="", answer="ABD"), BOOK)
    assert understood.draft.type is QuestionType.MULTIPLE
    assert [warning.code for warning in understood.warnings] == ["type_inferred"]
    assert understand(raw(type="", options=[], answer="对"), BOOK).draft.type is QuestionType.TRUE_FALSE
    assert codes(type="连线题") == {"type"}
    assert codes(type="", answer="") == {"no_key"}
    assert codes(type="", answer="甲乙") == {"answer_unread"}


def test_the_key_in_the_stems_bracket_is_taken_out_of_the_stem():
    made = draft(type="多选题", stem="下列属于行政处罚的有（A、C）。", answer="")
    assert (made.stem, made.answer) == ("下列属于行政处罚的有（　）。", "AC")
    assert draft(stem="由公安机关实施的是（Ｃ）。", answer="C").stem == "由公安机关实施的是（　）。"
    assert draft(type="判断题", options=[], stem="规章可以设定行政拘留。（×）", answer="").answer == "B"


def test_letters_in_a_bracket_that_are_not_the_key_stay_and_are_told():
    understood = understand(raw(stem="甲公司（A）违法，由公安机关实施的处罚是。"), BOOK)
    assert "（A）" in understood.draft.stem
    assert [warning.code for warning in understood.warnings] == ["stem_bracket"]


@pytest.mark.parametrize(
    "text",
    [
        "A.警告 B.罚款 C.行政拘留",
        "A、警告\nB、罚款\nC、行政拘留",
        "（A）警告（B）罚款（C）行政拘留",
        "Ａ．警告　Ｂ．罚款　Ｃ．行政拘留",
        "a) 警告 b) 罚款 c) 行政拘留",
        "警告\n罚款\n行政拘留",
        "A.警告B.罚款C.行政拘留",
    ],
)
def test_options_in_one_cell(text):
    assert read_options([text]) == ["警告", "罚款", "行政拘留"]


def test_options_with_their_own_letters_in_their_cells():
    assert read_options(["A.警告", "B、罚款", "", ""]) == ["警告", "罚款"]
    assert read_options(["A.警告", "罚款"]) == ["A.警告", "罚款"]


def test_letters_inside_words_do_not_split():
    assert split_options("适用 WTO. 规则的 A. 甲 B. 乙") == ("适用 WTO. 规则的", ["甲", "乙"])
    assert split_options("没有选项的一句话。") == ("没有选项的一句话。", [])


def test_blanks_in_any_writing_become_one_form():
    made = draft(
        type="填空题",
        options=[],
        stem="应当在（  ）内作出，逾期____；复核为＿＿＿＿＿日。",
        answer="九十日/90日；可以延长；三十|30",
    )
    assert made.stem == "应当在____内作出，逾期____；复核为____日。"
    assert made.accepted == (("九十日", "90日"), ("可以延长",), ("三十", "30"))


def test_a_figure_with_a_stroke_is_one_answer():
    assert draft(type="填空题", options=[], stem="至少须有____的成员出席。", answer="2/3").accepted == (
        ("2/3",),
    )


def test_gaps_and_answers_must_agree():
    assert codes(type="填空题", options=[], stem="应当在____内作出。", answer="九十日；三十日") == {
        "answer_count"
    }
    assert codes(type="填空题", options=[], stem="应当在九十日内作出。", answer="九十日") == {"no_gap"}
    assert codes(type="填空题", options=[], stem="应当在____内作出。", answer="") == {"no_key"}


def test_a_short_answer_has_a_reference():
    made = draft(type="简答题", options=[], answer="一是公开；\n二是公正。")
    assert made.reference == "一是公开；\n二是公正。"
    assert codes(type="简答题", options=[], answer="") == {"no_key"}


def test_a_case_gives_its_questions_what_they_leave_out():
    question = raw(explanation="", laws="", articles="", difficulty="难")
    other = raw(type="判断", options=[], stem="当事人可以申请听证。", answer="对")
    case = raw(
        type="案例分析题", options=[], answer="", stem="某县公安局对甲作出处罚。", questions=[question, other]
    )
    understood = understand(case, BOOK)
    assert understood.problems == ()
    first, second = understood.draft.questions
    assert first.explanation == case.explanation
    assert first.citations == understood.draft.citations
    assert (first.difficulty, second.difficulty) == (Difficulty.HARD, Difficulty.MEDIUM)


def test_problems_of_a_cases_questions_name_the_question():
    case = raw(
        type="案例",
        options=[],
        answer="",
        questions=[raw(), raw(stem="当事人有权要求听证的是（　）。", answer="")],
    )
    messages = [problem.message for problem in understand(case, BOOK).problems]
    assert len(messages) == 1
    assert messages[0].startswith("第 2 小题：没有答案")


@pytest.mark.parametrize(
    ("word", "level"),
    [("易", Difficulty.EASY), ("简单", Difficulty.EASY), ("", Difficulty.MEDIUM), ("较难", Difficulty.HARD)],
)
def test_difficulties(word, level):
    assert draft(difficulty=word).difficulty is level


def test_an_unknown_difficulty_keeps_nothing_out_and_is_told():
    understood = understand(raw(difficulty="0.7"), BOOK)
    assert understood.problems == ()
    assert [warning.code for warning in understood.warnings] == ["difficulty"]
    assert understood.draft.difficulty is Difficulty.MEDIUM


@pytest.mark.parametrize("answer", ["（A）", "【A】", "答案：（Ａ）", "(a)", "正确答案是A。"])
def test_a_key_in_brackets(answer):
    assert draft(answer=answer).answer == "A"


def test_options_that_stand_in_the_stem_are_taken_apart_and_told():
    understood = understand(
        raw(stem="由谁主持听证？A.非本案调查人员 B.调查人员", options=[], answer="A"), BOOK
    )
    assert understood.draft.stem == "由谁主持听证？"
    assert [text for _letter, text in understood.draft.options] == ["非本案调查人员", "调查人员"]
    assert "options_in_stem" in {warning.code for warning in understood.warnings}


@pytest.mark.parametrize(
    "cell",
    [
        "A.甲|B.乙|C.丙",
        "A:甲;B:乙;C:丙",
        "甲|乙|丙",
        "A甲\nB乙\nC丙",
        "A 甲  B 乙  C 丙",
        "A、甲；B、乙；C、丙",
    ],
)
def test_further_ways_to_put_options_in_one_cell(cell):
    assert read_options([cell]) == ["甲", "乙", "丙"]


@pytest.mark.parametrize(
    "stem", ["规章可以设定行政拘留。×", "规章可以设定行政拘留。【×】", "规章可以设定行政拘留。(错)"]
)
def test_a_verdict_at_the_end_of_the_stem(stem):
    made = draft(type="判断题", options=[], stem=stem, answer="")
    assert made.answer == "B"
    assert "×" not in made.stem


def test_scripts_in_a_stem_stay_text():
    stem = "<script>alert(1)</script>下列说法正确的是<img onerror=x>"
    assert draft(stem=stem).stem == stem


def test_characters_that_no_text_has_are_dropped():
    assert draft(stem="由公安机关\x00实施\x0b的是（　）。").stem == "由公安机关实施的是（　）。"
