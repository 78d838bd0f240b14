"""When an estimate of difficulty is contradicted by what was observed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.actor import Actor
from core.db import transaction
from question_bank.items.difficulty import EXPECTED, FEWEST_ANSWERS, Fit, fit
from question_bank.items.observed import contradicted, fared, fared_by_code
from question_bank.items.observing import Tally, record_observations
from question_bank.items.queries import item
from question_bank.items.rules import Difficulty, QuestionType
from question_bank.items.services import revise_item
from tests.factories.bank import AUTHOR, NOW, make_draft, make_item

TALLIES = st.integers(0, 5000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))
LEVELS = st.sampled_from(list(Difficulty))


@pytest.mark.parametrize(
    ("estimate", "answered", "correct", "found"),
    [
        (Difficulty.EASY, 29, 0, Fit.UNKNOWN),
        (Difficulty.EASY, 100, 85, Fit.BORNE_OUT),
        (Difficulty.EASY, 100, 52, Fit.BORNE_OUT),
        (Difficulty.EASY, 100, 40, Fit.HARDER),
        (Difficulty.MEDIUM, 100, 65, Fit.BORNE_OUT),
        (Difficulty.MEDIUM, 100, 96, Fit.EASIER),
        (Difficulty.MEDIUM, 100, 20, Fit.HARDER),
        (Difficulty.HARD, 100, 40, Fit.BORNE_OUT),
        (Difficulty.HARD, 100, 70, Fit.BORNE_OUT),
        (Difficulty.HARD, 100, 80, Fit.EASIER),
        (Difficulty.HARD, 30, 0, Fit.BORNE_OUT),
    ],
)
def test_only_what_is_plain_contradicts_an_estimate(estimate, answered, correct, found):
    assert fit(estimate, answered=answered, correct=correct) is found


@given(LEVELS, TALLIES)
def test_a_share_within_the_band_never_contradicts(estimate, tally):
    answered, correct = tally
    least, most = EXPECTED[estimate]
    if answered and least * answered <= 100 * correct <= most * answered:
        assert not fit(estimate, answered=answered, correct=correct).contradicts


@given(LEVELS, TALLIES)
def test_more_right_answers_make_a_question_easier_only(estimate, tally):
    order = [Fit.HARDER, Fit.BORNE_OUT, Fit.EASIER]
    answered, correct = tally
    if answered >= FEWEST_ANSWERS and correct < answered:
        fewer = fit(estimate, answered=answered, correct=correct)
        more = fit(estimate, answered=answered, correct=correct + 1)
        assert order.index(fewer) <= order.index(more)


def record(source, tallies):
    with transaction():
        record_observations(source=source, tallies=tallies, actor=Actor.command("test"), now=NOW)


def test_items_whose_estimate_is_contradicted_are_found_by_their_newest_version(either_app):
    _, hard = make_item(code="a-1", difficulty=Difficulty.HARD)
    _, fine = make_item(code="b-1", difficulty=Difficulty.HARD)
    _, few = make_item(code="c-1", difficulty=Difficulty.HARD)
    record("第一场", {hard.id: Tally(50, 20), fine.id: Tally(50, 25), few.id: Tally(10, 10)})
    record("第二场", {hard.id: Tally(100, 99), fine.id: Tally(50, 20)})
    record("第一场", {hard.id: Tally(50, 49)})
    assert contradicted() == {"a-1"}
    found = fared_by_code(["a-1", "b-1", "z-9"])
    assert [(one.answered, one.correct, one.sources) for one in found["a-1"]] == [(150, 148, 2)]
    assert set(found) == {"a-1", "b-1"}
    revise_item(item_id=hard.item_id, base=1, draft=make_draft(), actor=AUTHOR, now=NOW)
    assert contradicted() == set(), "somebody is at it"
    assert [one.part for one in fared(hard.item_id, 1)] == [0]


def test_the_questions_of_a_case_are_compared_each_with_its_own_estimate(either_app):
    _, case = make_item(QuestionType.CASE, code="al-1")
    first, second = case.questions
    record("第一场", {first.id: Tally(100, 60), second.id: Tally(100, 5)})
    assert [(one.part, one.fit) for one in fared(item("al-1").id, 1)] == [
        (1, Fit.BORNE_OUT),
        (2, Fit.HARDER),
    ]
    assert contradicted() == {"al-1"}
