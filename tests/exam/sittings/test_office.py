from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from core.actor import Actor, Grant, Role
from core.audit.models import AuditEntry
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotAllowed
from exam.papers.models import DrawReveal
from exam.papers.rules import DEFAULT_SPEC
from exam.papers.services import add_spec
from exam.sittings import office
from exam.sittings.models import ExamSession, KeyRelease, ResultRelease, Sitting
from exam.sittings.rules import SittingState
from exam.sittings.session_rules import in_room
from tests.factories.office import (
    NOW,
    OFFICER,
    admit,
    entry,
    make_plan,
    make_session,
    make_unit,
    prepare,
)


def row(session_id) -> ExamSession:
    db.session.expire_all()
    return db.session.get(ExamSession, session_id)


def set_state(state: SittingState, *sitting_ids, started: bool = True) -> None:
    with transaction() as session:
        session.execute(
            update(Sitting)
            .where(Sitting.id.in_(sitting_ids))
            .values(state=state, started_at=NOW if started else None)
        )


def problems_of(call) -> dict[str, set[str]]:
    with pytest.raises(Invalid) as caught:
        call()
    found: dict[str, set[str]] = {}
    for problem in caught.value.problems:
        found.setdefault(problem.where, set()).add(problem.code)
    return found


def test_a_session_is_planned_with_an_audit_row(either_app):
    session_id = make_session(room_addresses="10.1.0.0/24, 10.2.0.7")
    session = row(session_id)
    assert session.held_on == date(2026, 11, 23)
    assert session.law_day == session.held_on
    assert session.room_addresses == "10.1.0.0/24 10.2.0.7"
    assert in_room(session.room_addresses, "10.1.0.99")
    assert not in_room(session.room_addresses, "10.1.1.1")
    assert not in_room(session.room_addresses, "nonsense")
    assert "create-session" in db.session.scalars(select(AuditEntry.action)).all()


def test_every_problem_of_a_plan_is_told_beside_its_field(app):
    plan = make_plan(
        name=" ",
        room="间" * 101,
        held_on=date(2026, 11, 24),
        last_start_at=NOW - timedelta(hours=1),
        minutes=0,
        grace_seconds=601,
        room_addresses="10.1.0.0/24 隔壁",
    )
    found = problems_of(lambda: office.create_session(plan=plan, actor=OFFICER, now=NOW))
    assert set(found) == {
        "name",
        "room",
        "room_addresses",
        "opens_at",
        "last_start_at",
        "minutes",
        "grace_seconds",
    }
    assert found["last_start_at"] == {"past", "last_start_before_opening"}
    assert db.session.scalars(select(ExamSession)).all() == []


def test_who_has_no_permission_plans_nothing(app):
    candidate = Actor("someone", grants=(Grant(Role.CANDIDATE),))
    with pytest.raises(NotAllowed):
        office.create_session(plan=make_plan(), actor=candidate, now=NOW)


def change(session_id, plan, **more):
    office.change_session(
        session_id=session_id,
        plan=plan,
        key_release=KeyRelease.WITH_RESULT,
        result_release=ResultRelease.BY_OFFICE,
        actor=OFFICER,
        now=NOW,
        **more,
    )


def test_a_change_before_the_first_start_moves_the_time_of_everyone(either_app):
    session_id = make_session()
    (sitting_id,) = admit(session_id)
    prepare(session_id)
    change(session_id, make_plan(minutes=45, name="改名"))
    assert row(session_id).name == "改名"
    assert row(session_id).result_release is ResultRelease.BY_OFFICE
    assert db.session.get(Sitting, sitting_id).allowed_seconds == 45 * 60


def test_the_spec_stays_once_papers_are_drawn_and_nothing_changes_after_a_start(app):
    session_id = make_session()
    (sitting_id,) = admit(session_id)
    prepare(session_id)
    plan = make_plan()
    other = add_spec(spec=DEFAULT_SPEC, actor=OFFICER, now=NOW)
    assert problems_of(lambda: change(session_id, replace(plan, paper_spec_id=other))) == {
        "paper_spec_id": {"drawn"}
    }
    set_state(SittingState.RUNNING, sitting_id)
    with pytest.raises(Conflict) as caught:
        change(session_id, plan)
    assert caught.value.code == "started"


def test_results_are_released_when_everyone_is_marked(either_app):
    session_id = make_session(result_release=ResultRelease.BY_OFFICE)
    first, second, third = admit(session_id, 3)
    prepare(session_id)
    set_state(SittingState.GRADED, first)
    set_state(SittingState.ABSENT, second, started=False)
    with pytest.raises(Conflict) as caught:
        office.release_results(session_id=session_id, actor=OFFICER, now=NOW)
    assert caught.value.code == "not_finished"
    set_state(SittingState.EXCUSED, third, started=False)
    office.release_results(session_id=session_id, actor=OFFICER, now=NOW)
    office.release_results(session_id=session_id, actor=OFFICER, now=NOW + timedelta(hours=1))
    assert row(session_id).released_at == NOW


def test_a_session_that_shows_results_at_once_needs_no_release(app):
    with pytest.raises(Conflict) as caught:
        office.release_results(session_id=make_session(), actor=OFFICER, now=NOW)
    assert caught.value.code == "not_needed"


def test_seeds_are_published_once_everyone_has_ended(either_app):
    session_id = make_session()
    first, second = admit(session_id, 2)
    prepare(session_id)
    prepare(session_id, reason="核对后重新抽题")
    set_state(SittingState.SEALED, first)
    assert office.reveal_finished(NOW) == []
    assert office.reveal_if_finished(session_id, NOW) == []
    set_state(SittingState.ABSENT, second, started=False)
    assert office.reveal_finished(NOW) == [session_id]
    assert office.reveal_if_finished(session_id, NOW) == []
    assert len(db.session.scalars(select(DrawReveal)).all()) == 2


def test_an_officer_of_one_unit_does_not_act_on_a_session_of_others(app):
    unit = make_unit()
    other = make_unit("510503-sfj", "另一区司法局", "510503")
    session_id = make_session(result_release=ResultRelease.BY_OFFICE)
    local = Actor("local", grants=(Grant(Role.OFFICER, frozenset({unit.id})),))
    found = problems_of(lambda: admit(session_id, [entry(unit=other.code, where="第 2 行")], actor=local))
    assert found == {"第 2 行": {"unit_scope"}}
    admit(session_id, [entry(unit=other.code)])
    with pytest.raises(NotAllowed):
        office.release_results(session_id=session_id, actor=local, now=NOW)
