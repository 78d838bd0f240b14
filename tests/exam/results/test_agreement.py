"""When two people's marks agree, whose mark goes where, and what marking makes of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.papers.rules import PaperSpec, Section
from exam.results.agreement import (
    Given,
    Stage,
    Verdict,
    mark_problems,
    may_change,
    may_decide,
    seat_for,
    verdict,
)
from exam.results.rules import KeyedQuestion, mark_paper, to_hundredths
from question_bank.items.rules import QuestionType

MOST = Decimal(10)
halves = st.integers(0, 20).map(lambda n: Decimal(n) / 2)
aparts = st.integers(0, 19).map(lambda n: Decimal(n) / 2)


def pair(first, second):
    return [Given(1, 11, Decimal(first)), Given(2, 22, Decimal(second))]


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("6", "6", Verdict(Stage.AGREED, Decimal(6))),
        ("6", "8", Verdict(Stage.AGREED, Decimal(7))),
        ("6", "6.5", Verdict(Stage.AGREED, Decimal("6.25"))),
        ("6", "8.5", Verdict(Stage.DISPUTED)),
        ("10", "0", Verdict(Stage.DISPUTED)),
    ],
)
def test_two_marks_that_are_near_give_their_mean(first, second, found):
    assert verdict(pair(first, second), Decimal(2)) == found


@given(halves, halves, aparts)
def test_the_order_of_markers_does_not_matter_and_a_mean_lies_between(first, second, apart):
    found = verdict(pair(first, second), apart)
    assert found == verdict(pair(second, first), apart)
    assert (found.stage is Stage.AGREED) is (abs(first - second) <= apart)
    if found.marks is not None:
        assert min(first, second) <= found.marks <= max(first, second)
        assert to_hundredths(found.marks) * 2 == to_hundredths(first) + to_hundredths(second)


def test_one_mark_settles_nothing_and_two_come_from_two_people():
    assert verdict([], Decimal(2)).stage is Stage.OPEN
    assert verdict(pair(6, 6)[:1], Decimal(2)).stage is Stage.OPEN
    for wrong in ([Given(1, 11, MOST), Given(2, 11, MOST)], [Given(1, 11, MOST), Given(1, 22, MOST)]):
        with pytest.raises(ValueError, match="two different people"):
            verdict(wrong, Decimal(2))


@given(st.lists(st.tuples(st.integers(1, 4), halves), max_size=12))
def test_whoever_comes_in_whatever_order_there_are_two_seats_and_two_people(marks):
    """Markers who each give marks, several times: what is taken always makes a verdict."""
    given_marks: list[Given] = []
    for who, marks_given in marks:
        seat = seat_for(who, given_marks)
        own = any(one.marker == who for one in given_marks)
        if seat is None:
            assert len(given_marks) == 2
            assert not own
        elif not own:
            given_marks.append(Given(seat, who, marks_given))
        elif may_change(who, given_marks):
            given_marks = [replace(one, marks=marks_given) for one in given_marks]
        else:
            assert len(given_marks) == 2
        assert verdict(given_marks, Decimal(2)).stage in Stage
        assert all(
            may_decide(who, given_marks) is (who not in {g.marker for g in given_marks})
            for who in range(1, 5)
        )


@pytest.mark.parametrize("marks", ["0", "0.5", "9.5", "10", "10.0", "5.50"])
def test_marks_in_steps_of_a_half_are_possible(marks):
    assert mark_problems(Decimal(marks), MOST) == []


@pytest.mark.parametrize("marks", [None, "-0.5", "10.5", "0.25", "1.1", "NaN", "Infinity", "1e30"])
def test_other_marks_are_not(marks):
    (problem,) = mark_problems(None if marks is None else Decimal(marks), MOST)
    assert (problem.where, "0 至 10" in problem.message) == ("marks", True)


SPEC = PaperSpec(
    "简答卷",
    (Section(QuestionType.SINGLE, 1, Decimal(2)), Section(QuestionType.SHORT, 2, Decimal(5))),
    Decimal(6),
    30,
    most_apart=Decimal(1),
)
SINGLE = KeyedQuestion(1, 1, QuestionType.SINGLE, "宪法", "ABCD", frozenset("A"), Decimal(2))
WRITTEN = [
    KeyedQuestion(position, 2, QuestionType.SHORT, "监察法", "", frozenset(), Decimal(5))
    for position in (2, 3)
]
PAPER = [SINGLE, *WRITTEN]


def test_what_people_gave_is_added_and_an_empty_answer_earns_nothing():
    marks = mark_paper(SPEC, PAPER, {1: "A", 2: "=听取意见"}, {2: Decimal("4.25")})
    assert (marks.score, marks.total, marks.passed) == (Decimal("6.25"), 12, True)
    short = marks.sections[1]
    assert (short.type, short.awarded, short.total, short.correct) == (
        QuestionType.SHORT,
        Decimal("4.25"),
        10,
        0,
    )
    assert [(q.awarded, q.answered) for q in marks.questions[1:]] == [(Decimal("4.25"), True), (0, False)]
    assert [(rate.law, rate.asked) for rate in marks.laws] == [("宪法", 1)]


def test_an_answer_that_people_have_not_marked_cannot_be_counted():
    for by_people in ({}, {2: Decimal("5.5")}, {2: Decimal("-0.5")}):
        with pytest.raises(ValueError, match="marks by people"):
            mark_paper(SPEC, PAPER, {2: "=听取意见"}, by_people)


@given(st.dictionaries(st.sampled_from([2, 3]), st.integers(0, 20).map(lambda n: Decimal(n) / 4)))
def test_marks_by_people_add_up(by_people):
    sheet = dict.fromkeys(by_people, "=答")
    marks = mark_paper(SPEC, PAPER, sheet, by_people)
    assert marks.score == sum(by_people.values()) == sum(s.awarded for s in marks.sections)
    assert marks.passed is (marks.score >= 6)
