"""When two texts and two questions are the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from question_bank.items.rules import QuestionType
from question_bank.items.wording import BLANK, comparable, fingerprint, normalised_text
from tests.factories.bank import make_draft

SINGLE = make_draft(QuestionType.SINGLE)
FILL_IN = make_draft(QuestionType.BLANK)
CASE = make_draft(QuestionType.CASE)


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing(text):
    assert normalised_text(normalised_text(text)) == normalised_text(text)


@pytest.mark.parametrize(
    ("typed", "accepted"),
    [
        ("３０　日", "30日"),
        ("三十日。", "三十日"),
        ("Ａ类", "a类"),
        ("《行政处罚法》", "<行政处罚法>"),
        ("“一事”，不再罚", '"一事",不再罚'),
        ("1—3日", "1-3日"),
        ("\u200b三十日", "三十日"),
        ("三\u200d十\ufeff日\u2060", "三十日"),
        ("\u202d三十日\u202c", "三十日"),
        ("三\u00ad十日\ufe0f", "三十日"),
    ],
)
def test_how_an_answer_is_typed_does_not_matter(typed, accepted):
    assert normalised_text(typed) == normalised_text(accepted)


@pytest.mark.parametrize(
    ("typed", "accepted"), [("30日", "三十日"), ("1.5倍", "15倍"), ("3%", "3"), ("甲、乙", "甲乙")]
)
def test_what_it_says_does(typed, accepted):
    assert normalised_text(typed) != normalised_text(accepted)


@given(st.text(max_size=60))
def test_comparing_twice_changes_nothing(text):
    assert comparable(comparable(text)) == comparable(text)


@given(st.permutations(SINGLE.options), st.sampled_from(["", " ", "　", "，", "。"]))
def test_layout_and_order_of_options_do_not_make_another_question(options, filler):
    stem = filler.join(SINGLE.stem)
    assert fingerprint(replace(SINGLE, stem=stem, options=tuple(options))) == fingerprint(SINGLE)


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


def test_a_fill_in_is_told_by_where_its_blanks_stand_not_by_what_they_accept():
    one = replace(FILL_IN, stem=f"自{BLANK}之日起三十日内")
    assert fingerprint(one) == fingerprint(replace(one, accepted=(("立案", "受理"),)))
    assert fingerprint(one) != fingerprint(replace(one, stem=f"自之日起三十日{BLANK}内"))


def test_a_case_is_told_by_its_material_and_its_questions():
    assert fingerprint(CASE) != fingerprint(replace(CASE, questions=CASE.questions[:1]))
    assert fingerprint(CASE) != fingerprint(replace(CASE, stem="另一份材料，小题相同。"))
    assert fingerprint(CASE) == fingerprint(replace(CASE, stem=CASE.stem + " "))
