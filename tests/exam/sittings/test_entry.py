"""The rules of admission are asked again: when a session is moved, when papers are drawn, and at the start."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from core.actor import Actor, Grant, Role
from core.audit.models import AuditEntry
from core.clock import at
from core.db import db, transaction
from core.errors import Conflict
from exam.results.models import ResultRevision
from exam.sittings import office, preparation, services
from exam.sittings.entry import NoLongerFit, Removal
from exam.sittings.models import ExamSession, KeyRelease, ResultRelease, Sitting, SittingEvent
from exam.sittings.rules import SittingState
from tests.factories.office import NOW, OFFICER, admit, entry, make_plan, make_session, prepare
from tests.factories.past import rewrite

LATER = NOW + timedelta(days=20)
"""The day on which everybody may sit; of `NOW` the retake interval of who failed on the first still runs."""


def failed_on(day: date, number: int) -> None:
    """A past sitting with a fail, recorded whenever the test says so."""
    when = at(day, 10)
    (sitting_id,) = admit(make_session(when, name="先前一场"), [entry(number, "张须等")], now=when)
    fail(sitting_id, when)


def fail(sitting_id, when) -> None:
    with transaction() as session:
        sitting = session.get(Sitting, sitting_id)
        sitting.state, sitting.started_at = SittingState.GRADED, when
        session.add(
            ResultRevision(
                sitting_id=sitting_id,
                number=1,
                score_hundredths=600,
                total_hundredths=1600,
                pass_hundredths=900,
                passed=False,
                sections=[],
                laws=[],
                rule_version="test",
                recorded_by="test",
                recorded_at=when,
            )
        )


def move(session_id, when, *, removal=None, name="改期的一场") -> None:
    office.change_session(
        session_id=session_id,
        plan=make_plan(when, name=name),
        key_release=KeyRelease.NEVER,
        result_release=ResultRelease.AT_ONCE,
        removal=removal,
        actor=OFFICER,
        now=NOW,
    )


def row(session_id) -> ExamSession:
    db.session.expire_all()
    return db.session.get_one(ExamSession, session_id)


def states(*sitting_ids) -> list[SittingState | None]:
    db.session.expire_all()
    found = {row.id: row.state for row in db.session.execute(select(Sitting.id, Sitting.state))}
    return [found.get(sitting_id) for sitting_id in sitting_ids]


def a_session_of_two() -> tuple:
    """A session of a later day with somebody who may not sit before it, and somebody who may at any time."""
    failed_on(date(2026, 11, 1), 1)
    session_id = make_session(LATER, name="改期的一场")
    return session_id, *admit(session_id, [entry(1, "张须等"), entry(2, "李可考")])


def test_a_session_is_not_moved_to_a_day_on_which_somebody_admitted_may_not_sit(either_app):
    session_id, *_ = a_session_of_two()
    with pytest.raises(NoLongerFit) as refused:
        move(session_id, NOW)
    (unfit,) = refused.value.unfit
    assert (unfit.name, unfit.has_paper) == ("张须等", False)
    assert "须间隔 30 日" in unfit.reasons[0]
    assert row(session_id).held_on == LATER.date()
    move(session_id, LATER, name="同一天的另一个名称")
    assert row(session_id).name == "同一天的另一个名称"


def test_the_officer_may_take_out_those_named_and_nobody_else(either_app):
    session_id, waits, fits = a_session_of_two()
    other = Removal(frozenset({fits}), "写错了人")
    with pytest.raises(NoLongerFit):
        move(session_id, NOW, removal=other)
    for reason in (" ", "因" * 201):
        with pytest.raises(NoLongerFit) as refused:
            move(session_id, NOW, removal=Removal(frozenset({waits}), reason))
        assert refused.value.problem.where == "removal_reason"
    move(session_id, NOW, removal=Removal(frozenset({waits, fits}), "改期后不满间隔"))
    assert row(session_id).held_on == NOW.date()
    assert states(waits, fits) == [None, SittingState.ASSIGNED]
    logged = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "remove-unfit")).one()
    assert logged.detail["reason"] == "改期后不满间隔"


def test_who_has_a_paper_already_is_recorded_as_on_leave(either_app):
    session_id, waits, fits = a_session_of_two()
    prepare(session_id, now=NOW)
    move(session_id, NOW, removal=Removal(frozenset({waits}), "改期后不满间隔"))
    assert states(waits, fits) == [SittingState.EXCUSED, SittingState.ASSIGNED]
    assert db.session.scalars(select(SittingEvent.reason)).all() == ["改期后不满间隔"]


def test_what_was_recorded_since_is_asked_when_papers_are_drawn(either_app):
    earlier = make_session(NOW, name="上午场", is_rehearsal=True)
    (sat,) = admit(earlier, [entry(1, "张须等")])
    session_id = make_session(NOW + timedelta(days=3), name="下一场")
    waits, fits = admit(session_id, [entry(1, "张须等"), entry(2, "李可考")])
    rewrite(ExamSession, ExamSession.id == earlier, is_rehearsal=False)
    fail(sat, NOW)
    with pytest.raises(NoLongerFit) as refused:
        prepare(session_id)
    assert [one.name for one in refused.value.unfit] == ["张须等"]
    done = preparation.prepare(
        session_id=session_id,
        removal=Removal(frozenset({waits}), "刚考过一次"),
        actor=OFFICER,
        now=NOW,
    )
    assert done.papers == 1
    assert states(waits, fits) == [None, SittingState.ASSIGNED]
    admit(session_id, [entry(3)])
    rewrite(Sitting, Sitting.id == sat, person_id=db.session.get_one(Sitting, fits).person_id)
    with pytest.raises(NoLongerFit):
        preparation.prepare_added(session_id=session_id, actor=OFFICER, now=NOW)


def test_what_was_recorded_after_the_draw_is_asked_at_the_start(either_app):
    failed_on(date(2026, 11, 1), 1)
    session_id = make_session(LATER)
    (sitting_id,) = admit(session_id, [entry(1, "张须等")])
    prepare(session_id)
    person_id = db.session.get_one(Sitting, sitting_id).person_id
    candidate = Actor("candidate", person_id=person_id, grants=(Grant(Role.CANDIDATE),))
    with transaction():
        first = db.session.scalars(select(Sitting).where(Sitting.id != sitting_id)).one()
        first.state = SittingState.VOID
    with pytest.raises(Conflict) as refused:
        services.start(sitting_id=sitting_id, actor=candidate, now=LATER)
    assert refused.value.code == "barred"
    assert "成绩已作废" in refused.value.message
    with transaction():
        db.session.get_one(Sitting, first.id).state = SittingState.GRADED
    services.start(sitting_id=sitting_id, actor=candidate, now=LATER)
    assert states(sitting_id) == [SittingState.RUNNING]
