"""Which sessions hold an item on papers that have not ended."""

from __future__ import annotations

from datetime import timedelta

from exam.sittings.paper_queries import SessionWithItem, sessions_ahead_with
from tests.factories.results import finish_with
from tests.factories.sittings import NOW, make_exam_session, make_questions, make_sitting, start_sitting

TODAY = NOW.date()


def test_papers_that_wait_or_are_being_sat_hold_an_item_and_ended_ones_do_not(either_app):
    questions = make_questions()
    later = make_exam_session(name="后一场", now=NOW + timedelta(days=2))
    session = make_exam_session(name="这一场")
    make_sitting(session=later, questions=questions)
    make_sitting(session=session, questions=questions)
    start_sitting(session=session, questions=questions)
    finish_with("D", session=session, questions=questions)
    make_sitting(questions=questions, is_rehearsal=True, name="演练")
    item, _ = questions[0]
    assert sessions_ahead_with(item.id) == [
        SessionWithItem("这一场", TODAY, 2),
        SessionWithItem("后一场", TODAY + timedelta(days=2), 1),
    ]


def test_a_case_counts_once_a_paper_and_an_item_on_no_paper_nowhere(either_app):
    questions = make_questions()
    first, second = questions[0], questions[1]
    make_sitting(questions=[first, second, first])
    assert [held.papers for held in sessions_ahead_with(first[0].id)] == [1]
    assert sessions_ahead_with(first[0].id + 999) == []
