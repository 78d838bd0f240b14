"""Marking of sealed sittings, and corrections, on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core.actor import Actor, Grant, Role
from core.audit.models import AuditEntry
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from exam.papers.rules import PaperSpec, Section
from exam.papers.services import add_spec
from exam.results import queries
from exam.results.models import ResultRevision
from exam.results.rules import MARKING_VERSION
from exam.results.services import mark_sitting, record_revision
from exam.sittings.closing import close_overdue, hand_in
from exam.sittings.models import Sitting
from exam.sittings.rules import SittingState
from question_bank.items.rules import QuestionType
from tests.factories.results import NOW, OFFICER, finish, finish_with, void
from tests.factories.sittings import ORDER, make_blank, make_exam_session, make_sitting, save, start_sitting


def revisions(sitting_id):
    query = select(ResultRevision).where(ResultRevision.sitting_id == sitting_id)
    return db.session.scalars(query.order_by(ResultRevision.number)).all()


def state_of(sitting_id):
    return db.session.scalar(select(Sitting.state).where(Sitting.id == sitting_id))


def test_handing_in_marks_at_once(either_app):
    sitting_id, _ = finish_with("D", "", "CD", "A")
    [first] = revisions(sitting_id)
    assert state_of(sitting_id) is SittingState.GRADED
    # Options are shown in reverse: the author's A is D, the author's AB is CD.
    assert (first.number, first.score_hundredths, first.total_hundredths) == (1, 700, 900)
    assert (first.pass_hundredths, first.passed) == (500, True)
    assert [(s["awarded"], s["total"]) for s in first.sections] == [("2", "4"), ("3", "3"), ("2", "2")]
    assert first.laws == [{"law": "示例法", "correct": 3, "asked": 4}]


def test_marking_again_changes_nothing(either_app):
    sitting_id, _ = finish_with("D", "D", "CD", "A")
    mark_sitting(sitting_id, NOW + timedelta(hours=1))
    assert len(revisions(sitting_id)) == 1


def test_what_is_not_sealed_is_not_marked(either_app):
    sitting_id, _ = start_sitting()
    mark_sitting(sitting_id, NOW)
    assert revisions(sitting_id) == []
    assert state_of(sitting_id) is SittingState.RUNNING


def test_a_sitting_without_an_answer_has_no_marks_and_is_no_absence(either_app):
    sitting_id, candidate = start_sitting()
    hand_in(sitting_id=sitting_id, actor=candidate.actor, now=NOW + timedelta(minutes=1))
    [only] = revisions(sitting_id)
    assert (only.score_hundredths, only.passed) == (0, False)


def test_the_sweep_marks_what_the_chain_missed(either_app):
    sitting_id, candidate = start_sitting()
    save(sitting_id, candidate, (1, 1, "D"), (2, 2, "D"), (3, 3, "CD"))
    hooks = either_app.extensions["after_sealing"]
    either_app.extensions["after_sealing"] = []
    hand_in(sitting_id=sitting_id, actor=candidate.actor, now=NOW)
    either_app.extensions["after_sealing"] = hooks
    assert state_of(sitting_id) is SittingState.SEALED
    close_overdue(now=NOW + timedelta(minutes=1))
    assert state_of(sitting_id) is SittingState.GRADED
    assert revisions(sitting_id)[0].score_hundredths == 700


@pytest.mark.postgresql
def test_two_markings_at_once_give_one_result(postgres_app):
    hooks = postgres_app.extensions["after_sealing"]
    postgres_app.extensions["after_sealing"] = []
    sitting_id, _ = finish_with("D", "D", "CD", "A")
    postgres_app.extensions["after_sealing"] = hooks
    barrier, failures = threading.Barrier(4), []

    def mark():
        with postgres_app.app_context():
            barrier.wait()
            try:
                mark_sitting(sitting_id, NOW)
            except Exception as error:  # noqa: BLE001  any failure of a thread fails the test
                failures.append(error)

    threads = [threading.Thread(target=mark) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert failures == []
    assert len(revisions(sitting_id)) == 1


def test_a_correction_is_the_next_revision_and_keeps_the_first(either_app):
    sitting_id, _ = finish_with("D", "", "CD", "A")
    later = NOW + timedelta(days=3)
    number = record_revision(
        sitting_id=sitting_id, score_hundredths=400, reason="第 3 题答案更正", actor=OFFICER, now=later
    )
    first, second = revisions(sitting_id)
    assert (number, second.number) == (2, 2)
    assert (first.score_hundredths, first.passed) == (700, True)
    assert (second.score_hundredths, second.passed, second.reason) == (400, False, "第 3 题答案更正")
    assert second.recorded_by == "officer-test"
    assert queries.latest(sitting_id).number == 2
    query = select(func.count()).where(AuditEntry.action == "revise-result")
    assert db.session.scalar(query) == 1


def correct(sitting_id, *, score=400, reason="更正", actor=OFFICER):
    record_revision(sitting_id=sitting_id, score_hundredths=score, reason=reason, actor=actor, now=NOW)


def test_corrections_that_are_refused_change_nothing(either_app):
    graded, _ = finish_with("D", "", "CD", "A")
    waiting, _ = make_sitting()
    voided, _ = finish()
    void(voided)
    for sitting_id, error in ((waiting, Conflict), (voided, Conflict)):
        with pytest.raises(error):
            correct(sitting_id)
    for wrong in ({"reason": "  "}, {"reason": "长" * 401}, {"score": -1}, {"score": 901}):
        with pytest.raises(Invalid):
            correct(graded, **wrong)
    with pytest.raises(NotAllowed):
        correct(graded, actor=Actor(label="x", grants=(Grant(Role.PERSONNEL),)))
    with pytest.raises(NotFound):
        correct(graded, actor=Actor(label="x", grants=(Grant(Role.OFFICER, frozenset({0})),)))
    assert [len(revisions(s)) for s in (graded, voided, waiting)] == [1, 1, 0]


def test_a_result_is_shown_again_as_it_was_marked(app):
    spec = PaperSpec("填空卷", (Section(QuestionType.BLANK, 1, Decimal(2)),) * len(ORDER), Decimal(2), 60)
    session = make_exam_session(paper_spec_id=add_spec(spec=spec, actor=OFFICER, now=NOW))
    sitting_id, _ = finish_with("=\u200b六十日", session=session, questions=[make_blank()])
    sitting = db.session.get_one(Sitting, sitting_id)
    [first] = revisions(sitting_id)
    assert (first.rule_version, first.passed) == (MARKING_VERSION, True)
    assert [question.correct for question in queries.review(sitting)] == [True]
    with transaction() as writing:
        columns = {column.key: getattr(first, column.key) for column in ResultRevision.__table__.columns}
        earlier = {"number": 2, "rule_version": "kaofa-marking-3", "score_hundredths": 0, "passed": False}
        writing.add(ResultRevision(**columns | earlier))
    assert [question.correct for question in queries.review(sitting)] == [False]
