"""Whether people may enter a session: asked at admission, and again whenever what was asked about has changed.

An admission is approved for a day under the policy of that day and what was on record then. A moved session, a new
policy, a result or a void recorded since can take that away: so it is asked again when the session is moved, when
papers are drawn, and at the start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import delete, select

from core.audit.services import record
from core.db import db
from core.errors import Conflict, Problem
from core.people.models import Person
from exam.policies import queries as policies
from exam.policies.rules import History, NoPolicyInForce, may_enter
from exam.sittings.models import Sitting, SittingEvent, TimeAdjustment
from exam.sittings.rules import SittingState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from core.actor import Actor
    from exam.policies.rules import EntryReason
    from exam.sittings.models import ExamSession

    EntryHistories = Callable[[Sequence[int], date], Mapping[int, History]]

AT_ONCE = 500
NAMED = 5
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Unfit:
    """Somebody admitted who may not enter the session any more, and why."""

    sitting_id: UUID
    person_ref: UUID
    name: str
    reasons: tuple[str, ...]
    has_paper: bool


@dataclass(frozen=True, slots=True)
class Removal:
    """That these admissions end if their people may not enter any more, and why."""

    sitting_ids: frozenset[UUID]
    reason: str


class NoLongerFit(Conflict):
    """People who are admitted may not enter any more; `unfit` names all of them.

    `problem` is what is wrong with the reason for taking them out, where that was wanted.
    """

    code = "no_longer_fit"

    def __init__(self, unfit: Sequence[Unfit], problem: Problem | None = None) -> None:
        self.unfit = tuple(unfit)
        self.problem = problem
        named = "、".join(one.name for one in self.unfit[:NAMED]) + ("等" if len(self.unfit) > NAMED else "")
        super().__init__(
            f"{named}共 {len(self.unfit)} 人现在不符合参加本场考试的条件，这次操作没有进行。"
            "请改期，或者将他们移出本场（没有试卷的取消准考，已有试卷的记为请假）。"
        )


def bars_on(on: date, person_ids: Sequence[int]) -> dict[int, tuple[EntryReason, ...]]:
    """What bars each of these persons from a session on that day; who may enter is absent.

    Raises `NoPolicyInForce`.
    """
    histories: EntryHistories = current_app.extensions["entry_histories"]
    policy = policies.policy_on(on)
    barred: dict[int, tuple[EntryReason, ...]] = {}
    for start in range(0, len(person_ids), AT_ONCE):
        some = person_ids[start : start + AT_ONCE]
        known = histories(some, on)
        decisions = ((person, may_enter(known.get(person, History()), on, policy)) for person in some)
        barred |= {person: decision.reasons for person, decision in decisions if not decision.allowed}
    return barred


def refuse_barred(row: ExamSession, person_id: int) -> None:
    """Raises `Conflict` `barred` where somebody admitted to the session may not enter it any more."""
    if row.is_rehearsal:
        return
    try:
        barred = bars_on(row.held_on, [person_id])
    except NoPolicyInForce:
        return  # without a policy nobody could be barred; admission by the office always makes one
    if barred:
        reasons = "".join(reason.message for reason in barred[person_id])
        raise Conflict(f"您现在不符合参加本场考试的条件：{reasons}请联系考务人员。", code="barred")


def ask_again(row: ExamSession, *, removal: Removal | None, actor: Actor, now: datetime) -> None:
    """Ask the rules of admission again for everybody who has not started, as the session is now.

    Within the caller's transaction, the session's row locked. Who may not enter any more is taken out if `removal`
    names them: the admission is deleted while there is no paper, and otherwise recorded as leave, which uses no
    attempt. Raises `NoLongerFit` with all of them while one is not named, or there is no reason.
    """
    unfit = _unfit(row)
    if not unfit:
        return
    if removal is None or not {one.sitting_id for one in unfit} <= removal.sitting_ids:
        raise NoLongerFit(unfit)
    reason = removal.reason.strip()
    if not reason:
        raise NoLongerFit(unfit, Problem("reason", "请写明把这些人移出本场的理由。", "removal_reason"))
    if len(reason) > LONGEST_REASON:
        raise NoLongerFit(unfit, Problem("too_long", f"理由不超过 {LONGEST_REASON} 个字。", "removal_reason"))
    for one in unfit:
        _take_out(one, reason, actor=actor, now=now)
        record(
            "remove-unfit",
            "exam-session",
            row.id,
            actor=actor,
            now=now,
            person=str(one.person_ref),
            sitting=str(one.sitting_id),
            bars=list(one.reasons),
            reason=reason,
        )
    db.session.flush()


def _unfit(row: ExamSession) -> list[Unfit]:
    if row.is_rehearsal:
        return []
    waiting = db.session.execute(
        select(Sitting, Person.ref, Person.name)
        .join(Person, Person.id == Sitting.person_id)
        .where(Sitting.session_id == row.id, Sitting.state == SittingState.ASSIGNED)
        .order_by(Person.name, Sitting.id)
    ).all()
    try:
        barred = bars_on(row.held_on, [sitting.person_id for sitting, *_person in waiting]) if waiting else {}
    except NoPolicyInForce:
        return []
    return [
        Unfit(
            sitting.id,
            ref,
            name,
            tuple(reason.message for reason in barred[sitting.person_id]),
            sitting.draw_number > 0,
        )
        for sitting, ref, name in waiting
        if sitting.person_id in barred
    ]


def _take_out(one: Unfit, reason: str, *, actor: Actor, now: datetime) -> None:
    adjusted = select(TimeAdjustment.id).where(TimeAdjustment.sitting_id == one.sitting_id).limit(1)
    if not one.has_paper and db.session.scalar(adjusted) is None:
        db.session.execute(delete(Sitting).where(Sitting.id == one.sitting_id))
        return
    db.session.get_one(Sitting, one.sitting_id).state = SittingState.EXCUSED
    db.session.add(
        SittingEvent(
            sitting_id=one.sitting_id,
            state=SittingState.EXCUSED,
            reason=reason,
            recorded_by=actor.label,
            recorded_at=now,
        )
    )


def problems_of(row: ExamSession, persons: Mapping[int, str]) -> list[Problem]:
    """Why persons, given with the place where they were named, may not enter the session."""
    barred = bars_on(row.held_on, sorted(persons))
    return [
        Problem(reason.code.value, reason.message, persons[person_id])
        for person_id, reasons in barred.items()
        for reason in reasons
    ]
