"""The candidate's own acts in a sitting, and what the office does to its time and absence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import bindparam, select

from core.actor import Permission
from core.audit.services import record
from core.auth.services import confirm_password, lift
from core.clock import shanghai
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotAllowed, Problem
from core.people.models import Account
from exam.sittings import entry, queries, releases, standing
from exam.sittings.models import (
    ExamSession,
    JournalLoss,
    Sitting,
    SittingEvent,
    TakeOverRelease,
    TimeAdjustment,
)
from exam.sittings.rules import LARGEST_ADJUSTMENT_SECONDS, Phase, SittingState, may_become

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from core.actor import Actor
    from exam.sittings.rules import PhaseNow

LONGEST_REASON = 200

MOST_LOSSES = 20
"""Losses noted for one sitting: they are what a candidate's page says, and a page may say much."""

_LOCKED = (
    select(Sitting, ExamSession)
    .join(ExamSession, ExamSession.id == Sitting.session_id)
    .where(Sitting.id == bindparam("sitting_id"), Sitting.person_id == bindparam("person_id"))
    .with_for_update(of=Sitting)
    .execution_options(populate_existing=True)
)


def start(*, sitting_id: UUID, actor: Actor, now: datetime) -> None:
    """Start one's own sitting; a repeat changes nothing.

    Raises `NotFound` for someone else's, and `Conflict` with code `not_open`, `missed`, `not_prepared`,
    `absent`, `excused`, `void`, or `barred` by what was recorded since the admission.
    """
    with transaction():
        sitting, exam_session = locked(sitting_id, person_id=actor.person_id)
        if sitting.started_at is not None and sitting.state is not SittingState.VOID:
            return
        clock = queries.clock_of(sitting, exam_session, (), now)
        _refuse_start(sitting, clock)
        entry.refuse_barred(exam_session, sitting.person_id)
        sitting.state = SittingState.RUNNING
        sitting.started_at = now
        sitting.holder_id = actor.sign_in_id
        record("start", "sitting", sitting.id, actor=actor, now=now)


def locked(sitting_id: UUID, *, person_id: int | None) -> tuple[Sitting, ExamSession]:
    """One's own sitting, locked against saves, hand-ins and the sweep until the transaction ends.

    Whatever else it rests on (journal, adjustments) is to be read after this, in later statements.
    """
    row = db.session.execute(_LOCKED, {"sitting_id": sitting_id, "person_id": person_id}).first()
    if row is None:
        raise standing.not_found()
    return row[0], row[1]


def _refuse_start(sitting: Sitting, clock: PhaseNow) -> None:
    if sitting.state is SittingState.VOID:
        raise standing.void()
    if not may_become(sitting.state, SittingState.RUNNING):
        words = {SittingState.ABSENT: "缺考", SittingState.EXCUSED: "请假"}
        raise Conflict(
            f"本场已记为{words[sitting.state]}，不能再开始。如有疑问请联系考务人员。",
            code=sitting.state.value,
        )
    if clock.phase is Phase.BEFORE_OPENING:
        raise Conflict("本场尚未开放，请等到开放时间再开始。", code="not_open")
    if clock.phase is Phase.MISSED:
        raise Conflict("已过最迟开考时间，不能再开始。如有特殊情况请联系考务人员。", code="missed")
    if sitting.question_count == 0:
        raise Conflict("试卷尚未准备好，请稍候再试或联系考务人员。", code="not_prepared")


def take_over(*, sitting_id: UUID, password: str, actor: Actor, now: datetime) -> None:
    """Go on with a running sitting in this sign-in; the one that held it is told `taken_over`.

    Raises `Invalid` for a wrong password, `NotFound` for someone else's sitting, `Conflict` with code
    `not_started`, `closed`, `void` or `release_wanted`. A repeat changes nothing.
    """
    confirm_password(password=password, actor=actor, now=now)
    with transaction():
        sitting, exam_session = locked(sitting_id, person_id=actor.person_id)
        clock = queries.clock_of(sitting, exam_session, queries.adjustments(sitting.id), now)
        if sitting.state is SittingState.VOID:
            raise standing.void()
        if clock.phase in {Phase.OVER, Phase.SEALED}:
            raise Conflict("考试已经结束，不能再继续作答。", code="closed")
        if not clock.saves_count:
            raise standing.not_started()
        if sitting.holder_id == actor.sign_in_id:
            return
        releases.refuse_take_over(sitting)
        sitting.holder_id = actor.sign_in_id
        record("take-over", "sitting", sitting.id, actor=actor, now=now)


def release_take_over(*, sitting_id: UUID, actor: Actor, now: datetime) -> None:
    """Let a candidate whose password was reset go on in another sign-in; a repeat changes nothing.

    Raises `Conflict` `own_reset` for whoever gave the password, and so has seen it; `NotFound` outside the
    actor's units.
    """
    _must_manage_sessions(actor)
    with transaction() as session:
        rows = _locked_for_office([sitting_id], actor)
        if not rows:
            raise standing.not_found()
        found = releases.waiting(rows[0][0])
        if found is None:
            return
        if found.reset_by_account_id is not None and found.reset_by_account_id == actor.account_id:
            raise Conflict("一次性密码由您签署发出，须由另一名监考人员核对本人后放行。", code="own_reset")
        session.add(
            TakeOverRelease(
                sitting_id=sitting_id, account_id=actor.account_id, recorded_by=actor.label, recorded_at=now
            )
        )
        record("release-take-over", "sitting", sitting_id, actor=actor, now=now)


def report_loss(
    *, sitting_id: UUID, known: int, found: int, receipt: str, actor: Actor, now: datetime
) -> None:
    """Note that the candidate's page had more acknowledged than it found in the journal; a repeat changes nothing.

    It had events up to `known`, found them up to `found`, and had the `receipt` of a hand-in that is forgotten, or
    none. Raises `NotFound` for someone else's sitting, `Conflict` `not_started`.
    """
    with transaction() as session:
        sitting, _session = locked(sitting_id, person_id=actor.person_id)
        if sitting.started_at is None:
            raise standing.not_started()
        before = queries.losses(sitting_id)
        if len(before) >= MOST_LOSSES or (known, found, receipt) in before[-1:]:
            return
        session.add(
            JournalLoss(sitting_id=sitting_id, known=known, found=found, receipt=receipt, recorded_at=now)
        )
        record(
            *("report-loss", "sitting", sitting_id),
            actor=actor,
            now=now,
            known=known,
            found=found,
            receipt=receipt,
        )
    current_app.logger.warning(
        "sitting %s: its page had events up to %s acknowledged, the journal had %s", sitting_id, known, found
    )


def grant_time(
    *, sitting_ids: Sequence[UUID], seconds: int, reason: str, actor: Actor, now: datetime
) -> list[UUID]:
    """Give seconds (or, correcting a grant, take them) to a person or a room; returns the sittings changed.

    Sittings that have ended, or lie outside the actor's units, are left out, and so are those whose deadline
    their session's close caps already; `Conflict` `nothing_to_grant` or `capped` when that leaves none. `Invalid` without a reason, or for no seconds or more than a day of them.
    """
    _must_manage_sessions(actor)
    _refuse_grant(seconds, reason)
    granted: list[UUID] = []
    capped_at: datetime | None = None
    with transaction() as session:
        for sitting, exam_session in _locked_for_office(sitting_ids, actor):
            before = queries.adjustments(sitting.id)
            clock = queries.clock_of(sitting, exam_session, before, now)
            waits = sitting.state is SittingState.ASSIGNED and clock.phase is not Phase.MISSED
            if not (waits or (sitting.state is SittingState.RUNNING and clock.saves_count)):
                continue
            if seconds > 0 and exam_session.cap_at_close and clock.deadline == exam_session.closes_at:
                capped_at = exam_session.closes_at
                continue
            session.add(
                TimeAdjustment(
                    sitting_id=sitting.id,
                    seconds=seconds,
                    reason=reason.strip(),
                    recorded_by=actor.label,
                    recorded_at=now,
                )
            )
            record(
                "grant-time",
                "sitting",
                sitting.id,
                actor=actor,
                now=now,
                seconds=seconds,
                reason=reason.strip(),
            )
            granted.append(sitting.id)
        if capped_at is not None and not granted:
            raise Conflict(
                f"本场到 {shanghai(capped_at):%H:%M} 一律收卷，所选考生的截止时间已经是这一时间，加时不起作用。",
                code="capped",
            )
        if not granted:
            raise Conflict("所选考生都已结束考试，没有可以调整时间的。", code="nothing_to_grant")
    return granted


def _must_manage_sessions(actor: Actor) -> None:
    if not actor.may(Permission.MANAGE_SESSIONS):
        raise NotAllowed("您没有管理场次的权限。")


def _locked_for_office(sitting_ids: Sequence[UUID], actor: Actor) -> list[tuple[Sitting, ExamSession]]:
    """Those of the sittings that lie in the actor's units, locked in one order, so that two rooms cannot deadlock."""
    query = (
        select(Sitting, ExamSession)
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .where(Sitting.id.in_(set(sitting_ids)))
        .order_by(Sitting.id)
        .with_for_update(of=Sitting)
        .execution_options(populate_existing=True)
    )
    units = actor.units_for(Permission.MANAGE_SESSIONS)
    if units is not None:
        query = query.where(Sitting.unit_id.in_(units))
    return [(sitting, exam_session) for sitting, exam_session in db.session.execute(query)]


def _refuse_grant(seconds: int, reason: str) -> None:
    problems = _reason_problems(reason)
    if seconds == 0 or abs(seconds) > LARGEST_ADJUSTMENT_SECONDS:
        problems.append(Problem("seconds", "调整的时间不能为零，也不能超过 24 小时。", "seconds"))
    if problems:
        raise Invalid(problems)


def _reason_problems(reason: str) -> list[Problem]:
    if not reason.strip():
        return [Problem("reason_missing", "请写明理由，考生会看到。", "reason")]
    if len(reason.strip()) > LONGEST_REASON:
        return [Problem("reason_too_long", f"理由不超过 {LONGEST_REASON} 个字。", "reason")]
    return []


def let_in(*, sitting_id: UUID, address: str, actor: Actor, now: datetime) -> None:
    """Let the failed sign-ins of an admitted person at an address count no more, so that nothing slows or locks.

    Raises `NotFound` outside the actor's units, and for a person without an account.
    """
    _must_manage_sessions(actor)
    with transaction():
        rows = _locked_for_office([sitting_id], actor)
        username = (
            db.session.scalar(select(Account.username).where(Account.person_id == rows[0][0].person_id))
            if rows
            else None
        )
        if username is None:
            raise standing.not_found()
        lift(username, address, now)
        record("let-in", "sitting", sitting_id, actor=actor, now=now, username=username, address=address)


def record_leave(*, sitting_id: UUID, reason: str, actor: Actor, now: datetime) -> None:
    """Record approved leave: an admission not taken up, or an absence already recorded, becomes excused.

    Raises `NotFound` outside the actor's units, `Conflict` `not_absent` for a sitting that was started.
    """
    _must_manage_sessions(actor)
    problems = _reason_problems(reason)
    if problems:
        raise Invalid(problems)
    with transaction() as session:
        rows = _locked_for_office([sitting_id], actor)
        if not rows:
            raise standing.not_found()
        sitting = rows[0][0]
        if sitting.state is SittingState.EXCUSED:
            return
        if not may_become(sitting.state, SittingState.EXCUSED):
            raise Conflict("只有尚未开考或缺考的考生可以登记请假。", code="not_absent")
        sitting.state = SittingState.EXCUSED
        session.add(
            SittingEvent(
                sitting_id=sitting.id,
                state=SittingState.EXCUSED,
                reason=reason.strip(),
                recorded_by=actor.label,
                recorded_at=now,
            )
        )
        record("record-leave", "sitting", sitting.id, actor=actor, now=now, reason=reason.strip())
