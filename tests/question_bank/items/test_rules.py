"""What keeps a draft out, what is the same question, what changed between versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from question_bank.items.rules import (
    LETTERS,
    CitationDraft,
    QuestionType,
    changes,
    comparable,
    fingerprint,
    item_problems,
)
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


def cites(law="示例法", version=PASSED, article="1", paragraph=None):
    return (CitationDraft(law, version, article, paragraph),)


def codes(draft, on=TODAY):
    return [problem.code for problem in item_problems(draft, KNOWN, on)]


@pytest.mark.parametrize("draft", [SINGLE, MULTIPLE, TRUE_FALSE])
def test_a_complete_draft_has_no_problem(draft):
    assert codes(draft) == []


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (replace(SINGLE, stem="  太短了 "), "stem"),
        (replace(SINGLE, stem="长" * 4001), "stem"),
        (replace(SINGLE, explanation=" "), "explanation"),
        (replace(SINGLE, part="很" * 21), "part"),
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


@given(st.text(max_size=60))
def test_comparing_twice_changes_nothing(text):
    assert comparable(comparable(text)) == comparable(text)


@given(st.permutations(SINGLE.options), st.sampled_from(["", " ", "　", "，", "。"]))
def test_layout_and_order_of_options_do_not_make_another_question(options, filler):
    stem = filler.join(SINGLE.stem)
    assert fingerprint(stem, tuple(options)) == fingerprint(SINGLE.stem, SINGLE.options)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.5 倍", "15 倍"),
        ("5%", "5"),
        ("≥3", "≤3"),
        ("应当", "可以"),
        ("10:30", "1030"),
        ("2020-1", "20201"),
    ],
)
def test_what_changes_the_meaning_makes_another_question(one, other):
    assert comparable(one) != comparable(other)


@pytest.mark.parametrize(("one", "other"), [("５％", "5%"), ("（Ａ）", "(a)"), ("行政处罚 。", "行政处罚")])
def test_widths_and_punctuation_do_not(one, other):
    assert comparable(one) == comparable(other)


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_change_shows_both_texts_whole(before, after):
    found = {c.field: c.pieces for c in changes(replace(SINGLE, stem=before), replace(SINGLE, stem=after))}
    if before == after:
        assert found == {}
    else:
        pieces = found["stem"]
        assert "".join(text for kind, text in pieces if kind != "new") == before
        assert "".join(text for kind, text in pieces if kind != "gone") == after


def test_changes_name_the_fields_that_differ():
    after = replace(SINGLE, answer="C", citations=cites(article="2", paragraph=1), shuffle=False)
    assert [change.field for change in changes(SINGLE, after)] == ["answer", "citations", "shuffle"]
