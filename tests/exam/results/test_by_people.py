"""Answers in people's hands: two marks each, a third where they differ, and one chain to the result."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from core.actor import Actor, Grant, Role
from core.audit.models import AuditEntry
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from exam.results import queries, queue, tasks
from exam.results.agreement import Stage
from exam.results.by_people import decide_marks, give_mark
from exam.results.models import GivenMark, MarkingTask, SettledMark
from exam.results.services import mark_sitting
from exam.sittings.closing import close_overdue
from exam.sittings.models import Sitting
from exam.sittings.rules import SittingState
from tests.factories.results import NOW, certificate_of, finish_written, marker, void, written_paper
from tests.factories.sittings import make_exam_session

LATER = NOW + timedelta(days=2)
OFFICER = marker(1, Role.OFFICER)
ONE, TWO, THREE = marker(1), marker(2), marker(3, Role.REVIEWER)


def refs(sitting_id):
    db.session.rollback()
    query = select(MarkingTask.ref).where(MarkingTask.sitting_id == sitting_id).order_by(MarkingTask.position)
    return db.session.scalars(query).all()


def give(ref, marks, who=ONE, now=LATER):
    return give_mark(ref=ref, marks=Decimal(marks), actor=who, now=now)


def decide(ref, marks, reason="按要点给分", who=OFFICER):
    return decide_marks(ref=ref, marks=Decimal(marks), reason=reason, actor=who, now=LATER)


def state_of(sitting_id):
    db.session.rollback()
    return db.session.scalar(select(Sitting.state).where(Sitting.id == sitting_id))


def score(sitting_id):
    result = queries.latest(sitting_id)
    return result and (result.score_hundredths, result.total_hundredths, result.passed)


def test_a_sitting_waits_until_all_its_written_answers_are_settled(either_app):
    sitting_id, _ = finish_written("听取意见。", "集体讨论。")
    first, second = refs(sitting_id)
    assert state_of(sitting_id) is SittingState.SEALED
    assert give(first, "4", ONE).stage is Stage.OPEN
    assert give(first, "4.5", TWO).stage is Stage.AGREED
    assert (state_of(sitting_id), score(sitting_id)) == (SittingState.SEALED, None)
    give(second, "0", ONE)
    assert give(second, "5", THREE).stage is Stage.DISPUTED
    assert (state_of(sitting_id), certificate_of(sitting_id)) == (SittingState.SEALED, None)
    decide(second, "3.5")
    assert (state_of(sitting_id), score(sitting_id)) == (SittingState.GRADED, (900 + 425 + 350, 1900, True))
    assert certificate_of(sitting_id).recorded_at == LATER
    assert queries.latest(sitting_id).recorded_at == LATER
    acts = db.session.scalars(
        select(AuditEntry.action).where(AuditEntry.subject_kind == "marking-task")
    ).all()
    assert (acts.count("give-mark"), acts.count("decide-marks")) == (4, 1)


def test_an_empty_answer_needs_nobody(either_app):
    sitting_id, _ = finish_written("")
    assert (state_of(sitting_id), refs(sitting_id)) == (SittingState.GRADED, [])
    assert score(sitting_id) == (900, 1400, True)
    half, _ = finish_written("", "集体讨论。")
    assert len(refs(half)) == 1
    give(refs(half)[0], 2, ONE)
    give(refs(half)[0], 2, TWO)
    assert score(half) == (1100, 1900, True)


def test_one_changes_ones_mind_until_the_second_has_marked(either_app):
    sitting_id, _ = finish_written("听取意见。")
    [ref] = refs(sitting_id)
    for marks in ("1", "1", "4", "3"):
        give(ref, marks, ONE)
    rows = db.session.scalars(
        select(GivenMark)
        .where(GivenMark.sitting_id == sitting_id)
        .order_by(GivenMark.position, GivenMark.seat, GivenMark.number)
    ).all()
    assert [(row.seat, row.number, row.hundredths, row.recorded_by) for row in rows] == [
        (1, number, hundredths, "marker-1") for number, hundredths in enumerate((100, 400, 300), start=1)
    ]
    assert tasks.answer(ref, ONE).may_change
    give(ref, "3", TWO)
    assert score(sitting_id) == (1200, 1400, True)
    with pytest.raises(Conflict) as caught:
        give(ref, "5", ONE)
    assert caught.value.code == "both_marked"
    assert give(ref, "3", ONE).stage is Stage.AGREED  # the same once more is only a repeat
    with pytest.raises(Conflict) as caught:
        give(ref, "5", THREE)
    assert caught.value.code == "marked_by_two"
    assert not tasks.answer(ref, ONE).may_change
    assert db.session.scalar(select(func.count()).select_from(GivenMark)) == 4


def test_who_marked_cannot_decide_nor_anybody_twice(either_app):
    sitting_id, _ = finish_written("听取意见。")
    [ref] = refs(sitting_id)
    other = marker(2, Role.OFFICER)
    both = replace(OFFICER, grants=(Grant(Role.OFFICER), Grant(Role.REVIEWER)))
    with pytest.raises(Conflict, match="不需要裁定"):
        decide(ref, 3)
    with pytest.raises(NotFound):
        tasks.dispute(ref, OFFICER)
    give(ref, 0, both)
    give(ref, 5, TWO)
    with pytest.raises(NotAllowed, match="另一位"):
        decide(ref, 3, who=both)
    for wrong in ({"marks": "5.5"}, {"marks": "3", "reason": " "}, {"marks": "3", "reason": "长" * 401}):
        with pytest.raises(Invalid):
            decide(ref, **wrong, who=other)
    assert tasks.dispute(ref, other).given == (0, 5)
    assert (tasks.dispute(ref, both).is_own, tasks.dispute(ref, other).is_own) == (True, False)
    decide(ref, 3, who=other)
    with pytest.raises(Conflict, match="已经裁定"):
        decide(ref, 4, who=marker(3, Role.OFFICER))
    assert score(sitting_id) == (1200, 1400, True)
    row = db.session.scalars(select(SettledMark)).one()
    assert (row.decided, row.account_id, row.recorded_by, row.reason) == (
        True,
        other.account_id,
        "officer-2",
        "按要点给分",
    )


def test_only_who_may_marks_and_only_in_their_units(either_app):
    sitting_id, _ = finish_written("听取意见。")
    [ref] = refs(sitting_id)
    strangers = (OFFICER, Actor.command(), Actor(label="x", account_id=9, grants=(Grant(Role.AUTHOR),)))
    for actor in strangers:
        with pytest.raises(NotAllowed):
            give(ref, 3, actor)
    with pytest.raises(NotAllowed):
        decide(ref, 3, who=ONE)
    elsewhere = replace(ONE, grants=(Grant(Role.MARKER, frozenset({0})),))
    with pytest.raises(NotFound):
        give(ref, 3, elsewhere)
    with pytest.raises(NotFound):
        tasks.answer(ref, elsewhere)
    assert queue.progress(elsewhere) == ([], 1)
    with pytest.raises(NotFound):
        give(sitting_id, 3)
    for wrong in ("5.5", "-1", "0.1"):
        with pytest.raises(Invalid):
            give(ref, wrong)
    assert db.session.scalar(select(func.count()).select_from(GivenMark)) == 0


def test_what_is_void_is_not_marked(either_app):
    sitting_id, _ = finish_written("听取意见。")
    [ref] = refs(sitting_id)
    void(sitting_id)
    with pytest.raises(Conflict, match="作废"):
        give(ref, 3)
    assert queue.progress(ONE) == ([], 1)


def test_the_database_itself_keeps_two_marks_of_one_person_out(either_app):
    sitting_id, _ = finish_written("听取意见。")
    [ref] = refs(sitting_id)
    give(ref, 3, ONE)
    for seat in (2, 3):
        with pytest.raises(IntegrityError), transaction() as session:
            session.add(
                GivenMark(
                    sitting_id=sitting_id,
                    position=5,
                    seat=seat,
                    number=1,
                    account_id=ONE.account_id,
                    hundredths=300,
                    recorded_by="x",
                    recorded_at=NOW,
                )
            )


def test_marking_again_hands_nothing_out_twice_and_the_sweep_leaves_it_to_people(either_app):
    sitting_id, _ = finish_written("听取意见。")
    mark_sitting(sitting_id, LATER)
    assert len(refs(sitting_id)) == 1
    assert close_overdue(now=LATER).repaired == 0
    assert state_of(sitting_id) is SittingState.SEALED


def test_the_sweep_goes_on_where_the_chain_was_interrupted(either_app):
    hooks = either_app.extensions["after_sealing"]
    either_app.extensions["after_sealing"] = []
    sitting_id, _ = finish_written("听取意见。")
    assert refs(sitting_id) == []
    either_app.extensions["after_sealing"] = hooks
    assert close_overdue(now=LATER).repaired == 1
    [ref] = refs(sitting_id)
    either_app.extensions["after_sealing"] = []
    give(ref, 3, ONE)
    give(ref, 3, TWO)
    assert state_of(sitting_id) is SittingState.SEALED
    either_app.extensions["after_sealing"] = hooks
    assert close_overdue(now=LATER).repaired == 1
    assert state_of(sitting_id) is SittingState.GRADED
    assert certificate_of(sitting_id) is not None


def test_numbers_are_by_lot_within_the_session_and_the_queue_ends(either_app):
    session, questions = make_exam_session(short=2), written_paper(2)
    sittings = [finish_written("甲", "乙", session=session, questions=questions)[0] for _ in range(2)]
    numbers = db.session.scalars(select(MarkingTask.number).order_by(MarkingTask.number)).all()
    assert numbers == [1, 2, 3, 4]
    for who in (ONE, TWO):
        seen = []
        while (ref := queue.next_task(session.id, who)) is not None:
            seen.append(ref)
            give(ref, 4, who)
        assert len(set(seen)) == 4
        assert queue.progress_of(session.id, who).mine == 4
    assert {state_of(sitting_id) for sitting_id in sittings} == {SittingState.GRADED}
    [line] = queue.progress(THREE)[0]
    assert (line.answers, line.settled, line.left, line.mine, line.is_done) == (4, 4, 0, 0, True)


def test_the_queue_counts_what_is_left_mine_and_disputed(either_app):
    session = make_exam_session(short=3)
    finish_written("甲", "乙", "丙", session=session)
    first, second, _third = refs(db.session.scalars(select(Sitting.id)).one())
    give(first, 5, ONE)
    give(first, 0, TWO)
    give(second, 3, ONE)
    counted = {
        who.label: (p.left, p.mine, p.disputed)
        for who in (ONE, TWO, THREE, OFFICER)
        for p in [queue.progress_of(session.id, who)]
    }
    assert counted == {
        "marker-1": (1, 2, 1),
        "marker-2": (2, 1, 1),
        "reviewer-3": (2, 0, 1),
        "officer-1": (0, 0, 1),
    }
    [line] = queue.disputes(session.id, OFFICER)
    assert (line.ref, line.is_own) == (first, False)
    own = {(each.marks, each.may_change) for each in queue.own_lines(session.id, ONE)}
    assert own == {(5, False), (3, True)}


def test_several_markers_begin_at_different_answers_to_one_question(app):
    session, questions = make_exam_session(short=1), written_paper(1)
    for _ in range(3):
        finish_written("甲", session=session, questions=questions)
    assert len({queue.next_task(session.id, marker(number)) for number in range(1, 9)}) == 3


def at_once(app, *acts):
    """Do these in threads, each with a connection of its own; what each raised, or None."""
    barrier = threading.Barrier(len(acts))
    outcomes = [None] * len(acts)

    def run(index, act):
        with app.app_context():
            barrier.wait()
            try:
                act()
            except Exception as error:  # noqa: BLE001  whatever it is, the test looks at it
                outcomes[index] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    return outcomes


def counted(kind, sitting_id):
    return db.session.scalar(select(func.count()).select_from(kind).where(kind.sitting_id == sitting_id))


def test_two_markers_at_once_make_one_result(either_app):
    sitting_id, _ = finish_written("听取意见。")
    [ref] = refs(sitting_id)
    db.session.remove()
    outcomes = at_once(either_app, lambda: give(ref, 4, ONE), lambda: give(ref, 5, TWO))
    assert outcomes == [None, None]
    assert score(sitting_id) == (1350, 1400, True)
    assert [counted(kind, sitting_id) for kind in (GivenMark, SettledMark, queries.ResultRevision)] == [
        2,
        1,
        1,
    ]
    assert certificate_of(sitting_id) is not None


def test_of_three_markers_at_once_one_comes_too_late(either_app):
    sitting_id, _ = finish_written("听取意见。")
    [ref] = refs(sitting_id)
    db.session.remove()
    outcomes = at_once(
        either_app,
        *(lambda who=who: give(ref, 4, who) for who in (ONE, TWO, THREE)),
        lambda: give(ref, 4, ONE),
    )
    late = [error for error in outcomes if error is not None]
    assert [error.code for error in late] in (["marked_by_two"], ["marked_by_two", "marked_by_two"])
    assert counted(GivenMark, sitting_id) == 2
    assert score(sitting_id) == (1300, 1400, True)


def test_two_who_decide_at_once_and_the_sweep_make_one_result(either_app):
    sitting_id, _ = finish_written("听取意见。")
    [ref] = refs(sitting_id)
    give(ref, 0, ONE)
    give(ref, 5, TWO)
    db.session.remove()
    outcomes = at_once(
        either_app,
        lambda: decide(ref, 2),
        lambda: decide(ref, 4, who=marker(2, Role.OFFICER)),
        lambda: close_overdue(now=LATER),
    )
    assert [error.code for error in outcomes if error is not None] == ["settled"]
    assert counted(queries.ResultRevision, sitting_id) == 1
    assert score(sitting_id)[0] in {1100, 1300}


def test_answers_of_many_sittings_handed_out_at_once_all_get_a_number(either_app):
    hooks = either_app.extensions["after_sealing"]
    either_app.extensions["after_sealing"] = []
    session, questions = make_exam_session(short=1), written_paper(1)
    sittings = [finish_written("甲", session=session, questions=questions)[0] for _ in range(4)]
    either_app.extensions["after_sealing"] = hooks
    db.session.remove()
    assert at_once(either_app, *(lambda s=s: mark_sitting(s, LATER) for s in sittings)) == [None] * 4
    numbers = db.session.scalars(select(MarkingTask.number).order_by(MarkingTask.number)).all()
    assert numbers == [1, 2, 3, 4]


def test_marks_stay_as_they_were_given(either_app):
    sitting_id, _ = finish_written("听取意见。")
    [ref] = refs(sitting_id)
    give(ref, 3, ONE)
    for change in (update(GivenMark).values(hundredths=500), delete(MarkingTask)):
        with pytest.raises(IntegrityError, match="append-only"), transaction() as session:
            session.execute(change)
