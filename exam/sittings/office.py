"""What the office does to a session as a whole: plan it, change it, release its results, publish its seeds."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import select, update

from core.actor import Permission
from core.audit.services import record
from core.clock import day_of
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from exam.papers import queries as papers
from exam.papers import services as drawing
from exam.papers.models import Draw, DrawReveal
from exam.sittings.entry import ask_again
from exam.sittings.models import ExamSession, KeyRelease, ResultRelease, Sitting
from exam.sittings.rules import SittingState
from exam.sittings.session_rules import SessionPlan, fingerprint, plan_problems

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from core.actor import Actor
    from exam.sittings.entry import Removal

ENDED = frozenset(
    {
        SittingState.SEALED,
        SittingState.GRADED,
        SittingState.ABSENT,
        SittingState.EXCUSED,
        SittingState.VOID,
    },
)
"""States in which nobody can see the paper for the first time any more."""

MARKED = ENDED - {SittingState.SEALED}


def create_session(
    *,
    plan: SessionPlan,
    key_release: KeyRelease = KeyRelease.NEVER,
    result_release: ResultRelease = ResultRelease.AT_ONCE,
    is_rehearsal: bool = False,
    is_demo: bool = False,
    actor: Actor,
    now: datetime,
) -> UUID:
    """Plan a session; returns its id. Raises `Invalid` with every problem of the plan."""
    allow(actor)
    _check(plan, now=now)
    with transaction() as session:
        row = ExamSession(
            **_columns(plan),
            law_day=plan.held_on,
            key_release=key_release,
            result_release=result_release,
            is_rehearsal=is_rehearsal,
            is_demo=is_demo,
            recorded_at=now,
        )
        session.add(row)
        session.flush()
        record("create-session", "exam-session", row.id, actor=actor, now=now, name=row.name)
    return row.id


def change_session(
    *,
    session_id: UUID,
    plan: SessionPlan,
    key_release: KeyRelease,
    result_release: ResultRelease,
    base: str | None = None,
    removal: Removal | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Change a session before its first start; the time allowed follows for everyone admitted.

    `base` is the fingerprint of the settings that were changed, None for whatever they are now. When the day
    changes, the rules of admission are asked again: see `exam.sittings.entry.ask_again`. Raises `Conflict`
    `started`, `changed_meanwhile` or `no_longer_fit`, and `Invalid` when the spec changes after papers were drawn.
    """
    allow(actor)
    _check(plan, now=now)
    with transaction() as session:
        row = locked_session(session_id)
        allow_whole(row, actor)
        if anyone_started(row.id):
            raise Conflict("已有考生开始作答，场次不能再修改。", code="started")
        if row.draw_number and row.paper_spec_id != plan.paper_spec_id:
            raise Invalid.one(
                "drawn", "试卷已经抽好，不能更换组卷方案。如需更换，请另建场次。", "paper_spec_id"
            )
        if base is not None and base != fingerprint_of(row):
            raise Conflict(
                "您打开页面之后，本场已被别人修改。没有保存，请核对下面的差别后再保存。",
                code="changed_meanwhile",
            )
        moved = row.held_on != plan.held_on
        before = {name: str(getattr(row, name)) for name in _columns(plan)}
        for name, value in _columns(plan).items():
            setattr(row, name, value)
        row.key_release, row.result_release = key_release, result_release
        if not row.draw_number:
            row.law_day = plan.held_on
        session.execute(
            update(Sitting)
            .where(Sitting.session_id == row.id, Sitting.started_at.is_(None))
            .values(allowed_seconds=plan.minutes * 60),
        )
        if moved:
            ask_again(row, removal=removal, actor=actor, now=now)
        changed = {name: old for name, old in before.items() if old != str(getattr(row, name))}
        record("change-session", "exam-session", row.id, actor=actor, now=now, before=changed)


def _check(plan: SessionPlan, *, now: datetime) -> None:
    problems = plan_problems(plan, now=now)
    if day_of(plan.opens_at) != plan.held_on:
        problems.append(Problem("other_day", "开放时间不在考试日期当天，请核对。", "opens_at"))
    if problems:
        raise Invalid(problems)
    papers.spec(plan.paper_spec_id)


def fingerprint_of(row: ExamSession) -> str:
    """The fingerprint of a stored session's settings."""
    plan = SessionPlan(**{field.name: getattr(row, field.name) for field in fields(SessionPlan)})
    return fingerprint(plan, row.key_release.value, row.result_release.value)


def _columns(plan: SessionPlan) -> dict[str, object]:
    return {
        "name": plan.name.strip(),
        "room": plan.room.strip(),
        "room_addresses": " ".join(plan.room_addresses.replace(",", " ").split()),
        "held_on": plan.held_on,
        "opens_at": plan.opens_at,
        "last_start_at": plan.last_start_at,
        "closes_at": plan.closes_at,
        "cap_at_close": plan.cap_at_close,
        "minutes": plan.minutes,
        "grace_seconds": plan.grace_seconds,
        "paper_spec_id": plan.paper_spec_id,
    }


def release_results(*, session_id: UUID, actor: Actor, now: datetime) -> None:
    """Let the candidates of a session see their results; a repeat changes nothing.

    Raises `Conflict` `not_finished` while someone may still sit or is not marked, `not_needed` where results
    are shown at once.
    """
    allow(actor)
    with transaction() as session:
        row = locked_session(session_id)
        allow_whole(row, actor)
        if row.result_release is ResultRelease.AT_ONCE:
            raise Conflict("本场成绩交卷后即时可见，不需要发布。", code="not_needed")
        if row.released_at is not None:
            return
        states = list(session.scalars(select(Sitting.state).where(Sitting.session_id == row.id)))
        open_count = sum(state not in MARKED for state in states)
        if open_count or not states:
            raise Conflict(f"还有 {open_count} 人未考完或未评分，暂不能发布成绩。", code="not_finished")
        row.released_at = now
        record("release-results", "exam-session", row.id, actor=actor, now=now, sittings=len(states))


def reveal_if_finished(session_id: UUID, now: datetime) -> list[int]:
    """Publish the seeds of a session's draws once every sitting has ended; returns the draws published now.

    A repeat publishes nothing. While someone may still sit it does nothing: the seed tells every paper.
    """
    with transaction() as session:
        row = locked_session(session_id)
        states = list(session.scalars(select(Sitting.state).where(Sitting.session_id == row.id)))
        if not states or any(state not in ENDED for state in states):
            return []
        return drawing.reveal(row.id, now=now)


def reveal_finished(now: datetime) -> list[UUID]:
    """The sweep's part: publish the seeds of every session that has ended; a failure is left to the next one."""
    open_sitting = (
        select(Sitting.id)
        .where(Sitting.session_id == ExamSession.id, Sitting.state.not_in(ENDED))
        .correlate(ExamSession)
        .exists()
    )
    due = db.session.scalars(
        select(ExamSession.id)
        .join(Draw, Draw.subject_id == ExamSession.id)
        .outerjoin(DrawReveal, DrawReveal.draw_id == Draw.id)
        .where(DrawReveal.draw_id.is_(None), ~open_sitting)
        .distinct(),
    ).all()
    published = []
    for session_id in due:
        try:
            if reveal_if_finished(session_id, now):
                published.append(session_id)
        except Exception:
            current_app.logger.exception("the seeds of session %s could not be published", session_id)
    return published


def allow(actor: Actor) -> None:
    if not actor.may(Permission.MANAGE_SESSIONS):
        raise NotAllowed("您没有管理考试场次的权限。")


def allow_whole(row: ExamSession, actor: Actor) -> None:
    """Acts on a whole session need every one of its candidates within the actor's units."""
    units = actor.units_for(Permission.MANAGE_SESSIONS)
    if units is None:
        return
    outside = select(Sitting.id).where(Sitting.session_id == row.id, Sitting.unit_id.not_in(units)).limit(1)
    if db.session.scalar(outside) is not None:
        raise NotAllowed("本场有其他单位的考生，须由市级工作人员办理。")


def locked_session(session_id: UUID) -> ExamSession:
    """The session, its row locked until the transaction ends; raises `NotFound`."""
    row = db.session.scalar(
        select(ExamSession)
        .where(ExamSession.id == session_id)
        .with_for_update()
        .execution_options(populate_existing=True),
    )
    if row is None:
        raise NotFound("没有这个场次。")
    return row


def anyone_started(session_id: UUID) -> bool:
    query = select(Sitting.id).where(Sitting.session_id == session_id, Sitting.started_at.is_not(None))
    return db.session.scalar(query.limit(1)) is not None
