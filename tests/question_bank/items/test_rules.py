"""What keeps a draft out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.people.rules import UnitFamily
from question_bank.items.rules import (
    LETTERS,
    CitationDraft,
    QuestionType,
    item_problems,
)
from question_bank.items.wording import BLANK
from question_bank.statutes.rules import KnownVersion
from tests.factories.bank import make_draft

TODAY = date(2026, 11, 23)
PASSED = date(2020, 1, 1)
KNOWN = {
    ("示例法", PASSED): KnownVersion("示例法", PASSED, PASSED, None, 50),
    ("旧法", PASSED): KnownVersion("旧法", PASSED, PASSED, date(2026, 1, 1), 50),
    ("新法", PASSED): KnownVersion("新法", PASSED, date(2027, 1, 1), None, 50),
}
SINGLE = make_draft(QuestionType.SINGLE)
MULTIPLE = make_draft(QuestionType.MULTIPLE)
TRUE_FALSE = make_draft(QuestionType.TRUE_FALSE)
FILL_IN = make_draft(QuestionType.BLANK)
SHORT = make_draft(QuestionType.SHORT)
CASE = make_draft(QuestionType.CASE)


def cites(law="示例法", version=PASSED, article="1", paragraph=None):
    return (CitationDraft(law, version, article, paragraph),)


def codes(draft, on=TODAY):
    return [problem.code for problem in item_problems(draft, KNOWN, on)]


@pytest.mark.parametrize("draft", [SINGLE, MULTIPLE, TRUE_FALSE, FILL_IN, SHORT, CASE])
def test_a_complete_draft_has_no_problem(draft):
    assert codes(draft) == []


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (replace(SINGLE, stem="  太短了 "), "stem"),
        (replace(SINGLE, stem="长" * 4001), "stem"),
        (replace(SINGLE, explanation=" "), "explanation"),
        (replace(SINGLE, part="其他清单"), "part"),
        (replace(SINGLE, families=(UnitFamily.COURT, UnitFamily.COURT)), "families"),
        (replace(SINGLE, accepted=(("三十日",),)), "accepted"),
        (replace(SINGLE, reference="要点"), "reference"),
        (replace(SINGLE, questions=CASE.questions), "questions"),
        (replace(FILL_IN, options=SINGLE.options), "options"),
        (replace(FILL_IN, answer="A"), "options"),
        (replace(FILL_IN, stem="没有空的题干在这里。", accepted=()), "stem"),
        (replace(FILL_IN, stem=f"连着写的空{BLANK}{BLANK}分不开。"), "stem"),
        (replace(FILL_IN, accepted=(("三十日",), ())), "accepted"),
        (replace(FILL_IN, accepted=(("三十日",), (" ",))), "accepted"),
        (replace(FILL_IN, accepted=(("三十日",), ("三十\n日",))), "accepted"),
        (replace(FILL_IN, accepted=(("30日", "３０ 日"), ("六十日",))), "accepted"),
        (replace(FILL_IN, accepted=(("三十日",), ("很" * 201,))), "accepted"),
        (replace(SHORT, reference=" "), "reference"),
        (replace(SHORT, reference="长" * 4001), "reference"),
        (replace(CASE, answer="A"), "options"),
        (replace(SINGLE, options=(("A", "只有一个"),)), "options"),
        (replace(SINGLE, options=(("A", "甲"), ("C", "乙"))), "options"),
        (replace(SINGLE, options=(("A", "甲"), ("B", ""))), "options"),
        (replace(SINGLE, options=(("A", "五日"), ("B", "五 日。"))), "options"),
        (replace(SINGLE, options=(("A", "Ａ类"), ("B", "A类"))), "options"),
        (replace(SINGLE, answer="E"), "answer"),
        (replace(SINGLE, answer=""), "answer"),
        (replace(SINGLE, answer="AB"), "answer"),
        (replace(MULTIPLE, answer="A"), "answer"),
        (replace(MULTIPLE, answer="AAB"), "answer"),
        (replace(TRUE_FALSE, options=(("A", "对"), ("B", "错"))), "options"),
        (replace(TRUE_FALSE, answer="AB"), "answer"),
        (replace(SINGLE, citations=()), "citations"),
        (replace(SINGLE, citations=cites() * 2), "citations"),
        (replace(SINGLE, citations=tuple(cites(article=str(n))[0] for n in range(1, 12))), "citations"),
        (replace(SINGLE, citations=cites("没有的法")), "citations"),
        (replace(SINGLE, citations=cites(version=date(2021, 1, 1))), "citations"),
        (replace(SINGLE, citations=cites("旧法")), "citations"),
        (replace(SINGLE, citations=cites("新法")), "citations"),
        (replace(SINGLE, citations=cites(article="51")), "citations"),
        (replace(SINGLE, citations=cites(article="第一条")), "citations"),
        (replace(SINGLE, citations=cites(article="附则")), "citations"),
        (replace(SINGLE, citations=cites(paragraph=0)), "citations"),
    ],
)
def test_what_is_wrong_is_named(draft, code):
    assert code in codes(draft)


def test_all_problems_are_told_at_once():
    draft = replace(SINGLE, stem="", explanation="", answer="H", citations=())
    assert set(codes(draft)) == {"stem", "explanation", "answer", "citations"}


def test_without_a_day_a_lapsed_law_is_no_problem():
    assert codes(replace(SINGLE, citations=cites("旧法")), on=None) == []


@given(st.data())
def test_a_key_is_accepted_exactly_when_it_fits_the_type(data):
    kind = data.draw(st.sampled_from([QuestionType.SINGLE, QuestionType.MULTIPLE]))
    count = data.draw(st.integers(2, 8))
    key = "".join(sorted(data.draw(st.sets(st.sampled_from(LETTERS)))))
    draft = replace(make_draft(kind, options=count), answer=key)
    inside = set(key) <= set(LETTERS[:count])
    fits = len(key) == 1 if kind is QuestionType.SINGLE else len(key) >= 2
    assert ("answer" not in codes(draft)) == (inside and fits)


def case_with(**fields):
    """The case, its first question changed."""
    return replace(CASE, questions=(replace(CASE.questions[0], **fields), *CASE.questions[1:]))


@pytest.mark.parametrize(
    ("draft", "where"),
    [
        (case_with(stem="太短"), "questions-0-stem"),
        (case_with(citations=()), "questions-0-citations"),
        (case_with(explanation=""), "questions-0-explanation"),
        (case_with(answer="H"), "questions-0-answer"),
        (case_with(part="综合清单"), "questions-0"),
        (replace(CASE, questions=CASE.questions[:1]), "questions"),
        (replace(CASE, questions=tuple(make_draft() for _ in range(11))), "questions"),
        (replace(CASE, questions=(*CASE.questions, SHORT)), "questions-2-type"),
        (replace(CASE, questions=(*CASE.questions, CASE)), "questions-2-type"),
        (replace(CASE, questions=(*CASE.questions, CASE.questions[0])), "questions-2-stem"),
    ],
)
def test_a_problem_of_a_case_names_its_question(draft, where):
    assert [problem.where for problem in item_problems(draft, KNOWN, TODAY)] == [where]


def test_a_case_explains_its_questions_not_itself():
    assert codes(replace(CASE, explanation="")) == []
    assert codes(replace(CASE, citations=())) == ["citations"]


@given(st.lists(st.sampled_from(["自立案之日起", BLANK, "日内", "作出决定"]), min_size=1, max_size=20))
def test_a_fill_in_wants_an_answer_for_each_blank_that_stands_apart(pieces):
    stem = "行政机关应当" + "，".join(pieces)
    blanks = pieces.count(BLANK)
    draft = replace(FILL_IN, stem=stem, accepted=(("三十",),) * blanks)
    assert (codes(draft) == []) == (1 <= blanks <= 8)
    assert "accepted" in codes(replace(draft, accepted=(("三十",),) * (blanks + 1)))
