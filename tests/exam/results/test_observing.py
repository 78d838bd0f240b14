"""What the bank is told of a session that is over."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select, update

from core.db import db, transaction
from exam.papers.rules import PaperSpec, Section
from exam.papers.services import add_spec
from exam.results import observing
from exam.results.observing import OBSERVING, tallies
from exam.sittings.closing import close_overdue, hand_in
from exam.sittings.models import ExamSession, Sitting
from exam.sittings.rules import SittingState
from question_bank.items.models import ItemObservation
from question_bank.items.observing import Tally
from question_bank.items.rules import QuestionType
from tests.factories.bank import fared_of, make_item
from tests.factories.results import finish_with, observe_finished, void
from tests.factories.sittings import (
    NOW,
    OFFICER,
    ORDER,
    make_blank,
    make_exam_session,
    make_questions,
    make_sitting,
    save,
    start_sitting,
)

OVER = NOW + timedelta(hours=3)


@pytest.fixture
def sat(either_app):
    """A session whose paper three people sat; and its questions. Shown in reverse, the key is D, D, CD, A."""
    session = make_exam_session()
    questions = make_questions()
    ids = [
        finish_with(*choices, session=session, questions=questions)[0]
        for choices in (("D", "D", "CD", "A"), ("D", "A", "C", "A"), ("D", "", "BCD", "B"))
    ]
    return session, [version for _item, version in questions], ids


def observed(versions):
    db.session.rollback()
    found = [fared_of(version) for version in versions]
    return [(one.correct, one.answered) if one else None for one in found]


def test_every_answer_of_a_graded_sitting_counts_once(sat):
    session, versions, _ = sat
    assert observe_finished(NOW + timedelta(minutes=25)) == [], "somebody may still start"
    assert observe_finished(OVER) == [session.id]
    assert observed(versions) == [(3, 3), (1, 3), (1, 3), (2, 3)]
    assert observe_finished(OVER) == []


def test_the_last_change_of_an_answer_is_the_one_that_counts(either_app):
    sitting_id, candidate = start_sitting(questions=(questions := make_questions()))
    save(sitting_id, candidate, (1, 1, "A"), (2, 1, "D"), (3, 2, "D"), (4, 2, ""), (5, 3, "CD"))
    hand_in(sitting_id=sitting_id, actor=candidate.actor, now=NOW + timedelta(minutes=5))
    observe_finished(OVER)
    assert observed([v for _i, v in questions]) == [(1, 1), (0, 1), (1, 1), (0, 1)]


def test_blanks_are_compared_as_marking_does(either_app):
    sections = (Section(QuestionType.BLANK, 1, Decimal(2)),) * len(ORDER)
    spec_id = add_spec(spec=PaperSpec("填空卷", sections, Decimal(2), 60), actor=OFFICER, now=NOW)
    session = make_exam_session(paper_spec_id=spec_id)
    questions = [make_blank()]
    for text in ("= ６０日 ", "=六十日", "=三十日"):
        finish_with(text, session=session, questions=questions)
    observe_finished(OVER)
    assert observed([questions[0][1]]) == [(2, 3)]


def test_what_people_mark_is_neither_right_nor_wrong(either_app):
    questions = [make_item(QuestionType.SINGLE), make_item(QuestionType.SHORT)]
    sitting_id, _ = make_sitting(questions=questions)
    with transaction() as session:
        sitting = session.get_one(Sitting, sitting_id)
        sitting.state = SittingState.GRADED
    assert tallies(sitting.session_id) == {questions[0][1].id: Tally(1, 0)}


def test_who_was_absent_or_is_void_does_not_count(sat):
    session, versions, ids = sat
    extra = make_questions()
    make_sitting(session=session, questions=extra)
    close_overdue(now=OVER)
    void(ids[0])
    assert observe_finished(OVER) == [session.id]
    assert observed(versions) == [(2, 2), (0, 2), (0, 2), (1, 2)]
    assert observed([v for _i, v in extra]) == [None] * 4
    assert tallies(session.id)[extra[0][1].id] == Tally(0, 0)


def again():
    with transaction() as session:
        session.execute(update(ExamSession).values(observed_at=None))


def test_what_changes_afterwards_is_counted_anew(sat):
    _session, versions, ids = sat
    observe_finished(OVER)
    again()
    observe_finished(OVER)
    rows = select(func.count()).select_from(ItemObservation)
    assert db.session.scalar(rows) == 4, "a repeat with the same figures writes nothing"
    for sitting_id in ids[1:]:
        void(sitting_id)
    again()
    observe_finished(OVER + timedelta(days=1))
    assert observed(versions) == [(1, 1), (1, 1), (1, 1), (1, 1)]
    void(ids[0])
    again()
    observe_finished(OVER + timedelta(days=1))
    assert observed(versions) == [(0, 0)] * 4


def test_a_session_waits_until_everybody_is_marked_and_a_rehearsal_for_ever(either_app):
    session = make_exam_session()
    finish_with("D", session=session)
    either_app.extensions["after_sealing"].clear()
    sealed, _ = finish_with("D", session=session)
    finish_with("D", session=make_exam_session(is_rehearsal=True))
    make_exam_session(name="没有人准考")
    assert observe_finished(OVER) == []
    void(sealed)
    assert observe_finished(OVER) == [session.id]


def test_what_changes_while_it_is_counted_is_left_to_the_next_round(sat, monkeypatch):
    session, versions, ids = sat
    count = observing.tallies

    def interrupted(session_id):
        found = count(session_id)
        void(ids[0])
        return found

    monkeypatch.setattr(observing, "tallies", interrupted)
    assert observe_finished(OVER) == []
    assert observed(versions) == [None] * 4
    monkeypatch.undo()
    assert observe_finished(OVER) == [session.id]
    assert observed(versions)[0] == (2, 2)


def test_a_session_that_cannot_be_counted_keeps_no_other_waiting(sat, lane_of, monkeypatch, caplog):
    session, _versions, _ids = sat
    other = make_exam_session()
    finish_with("D", session=other)
    count = observing.tallies

    def broken(session_id):
        if session_id == session.id:
            raise RuntimeError("no such key")
        return count(session_id)

    monkeypatch.setattr(observing, "tallies", broken)
    lane = lane_of(OBSERVING)
    for _look in range(6):
        lane.advance()
    db.session.rollback()
    assert list(observing.sessions_over(OVER)) == [session.id]
    assert "no such key" in caplog.text
