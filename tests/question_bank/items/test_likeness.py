"""How alike questions are, and that the index meets those that are much alike."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from question_bank.items.likeness import ALIKE, index_keys, likeness, trigrams, trigrams_of
from question_bank.items.rules import QuestionType
from tests.factories.bank import make_draft

KEYS = [-8740622465825552957, -6681353070101143629, -6054527763005809782]
GRAMS = st.frozensets(st.text("甲乙丙丁", min_size=3, max_size=3), max_size=20)


@given(GRAMS, GRAMS)
def test_likeness_is_a_share_and_takes_no_sides(one, other):
    assert 0 <= likeness(one, other) <= 1
    assert likeness(one, other) == likeness(other, one)
    assert (likeness(one, other) == 1) == (one == other and bool(one))


@given(GRAMS)
def test_the_same_question_has_the_same_keys(grams):
    assert index_keys(frozenset(sorted(grams, reverse=True))) == index_keys(grams)
    assert bool(index_keys(grams)) == bool(grams)


def test_the_keys_are_what_stored_indexes_were_made_with():
    assert sorted(index_keys(trigrams_of(["行政机关应当自受理之日起三十日内作出决定。"])))[:3] == KEYS


@pytest.mark.parametrize(("share", "least"), [(ALIKE, 0.97), (0.7, 0.999)])
def test_of_questions_that_are_alike_nearly_all_share_a_key(share, least):
    numbers = random.Random(7)
    met = 0
    tries = 500
    for _ in range(tries):
        common = [f"c{numbers.random()}" for _ in range(60)]
        apart = round((60 / share - 60) / 2)
        one, other = (frozenset([*common, *(f"x{numbers.random()}" for _ in range(apart))]) for _ in range(2))
        met += bool(index_keys(one) & index_keys(other))
    assert met >= least * tries


def test_options_count_in_any_order_and_those_of_true_false_do_not():
    single = make_draft(QuestionType.SINGLE)
    shuffled = replace(single, options=tuple(reversed(single.options)))
    assert trigrams(shuffled) == trigrams(single)
    assert trigrams(replace(single, options=())) < trigrams(single)
    verdict = make_draft(QuestionType.TRUE_FALSE)
    assert trigrams(verdict) == trigrams_of([verdict.stem])


def test_a_case_is_as_alike_as_its_questions_make_it():
    case = make_draft(QuestionType.CASE)
    assert trigrams(case) == trigrams_of([case.stem]) | trigrams(case.questions[0]) | trigrams(
        case.questions[1]
    )


def test_short_texts_count_whole():
    assert trigrams_of(["五日", "十日", "。"]) == {"五日", "十日"}
