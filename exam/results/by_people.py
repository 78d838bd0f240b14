"""Marking by people: handing answers to them, their marks, and what settles an answer.

Each mark is a transaction of its own that holds the sitting's row, as marking by the machine does: so of what comes
at once one goes first, and the last settled answer of a sitting is known by who settles it. What follows is the chain
after sealing; the sweep repeats it where it was interrupted.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from core.actor import Permission
from core.audit.services import record
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from exam.papers.rules import plain
from exam.results import queries
from exam.results.agreement import Stage, mark_problems, may_change, may_decide, seat_for, verdict
from exam.results.models import GivenMark, MarkingTask, SettledMark
from exam.results.rules import from_hundredths, to_hundredths
from exam.results.tasks import given_marks, most_apart
from exam.sittings.closing import run_hooks
from exam.sittings.models import Sitting
from exam.sittings.queries import paper as drawn_paper
from exam.sittings.rules import SittingState
from question_bank.items.rules import QuestionType

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from core.actor import Actor
    from exam.results.queries import SatPaper

TRIES = 5
LONGEST_REASON = 400
MACHINE = "agreement"


def hand_to_people(sitting: Sitting, paper: SatPaper, now: datetime) -> dict[int, Decimal]:
    """Hand the written answers of a sealed sitting to people, once; what they came to so far, by position.

    Within the caller's transaction, which holds the sitting's row.
    """
    there = select(func.count()).select_from(MarkingTask).where(MarkingTask.sitting_id == sitting.id)
    if db.session.scalar(there):
        return queries.settled_marks(sitting.id)
    versions = {row.position: row.item_version_id for row in drawn_paper(sitting.id, sitting.draw_number)}
    for question in paper.written:
        _add_task(
            {
                "sitting_id": sitting.id,
                "position": question.position,
                "session_id": sitting.session_id,
                "item_version_id": versions[question.position],
                "most_hundredths": to_hundredths(question.marks),
                "recorded_at": now,
            },
            per_paper=sum(s.count for s in paper.spec.sections if s.type is QuestionType.SHORT),
        )
    return {}


def _add_task(values: dict[str, object], *, per_paper: int) -> None:
    """Add a task under a number by lot of those that are free: the order of the hand-ins does not show in it."""
    session_id = values["session_id"]
    sittings = select(func.count()).select_from(Sitting).where(Sitting.session_id == session_id)
    most = per_paper * (db.session.scalar(sittings) or 0)
    for remaining in reversed(range(TRIES)):
        used = set(db.session.scalars(select(MarkingTask.number).where(MarkingTask.session_id == session_id)))
        free = [number for number in range(1, most + 1) if number not in used]
        try:
            with db.session.begin_nested():
                db.session.execute(insert(MarkingTask).values(**values, number=secrets.choice(free)))
        except IntegrityError:  # another sitting drew the same number at this moment
            if not remaining:
                raise
        else:
            return


@dataclass(frozen=True, slots=True)
class Marked:
    """What came of a mark: the number of the answer, and whether it is settled or waits for a decision."""

    number: int
    session_id: UUID
    marks: Decimal
    stage: Stage


def give_mark(*, ref: UUID, marks: Decimal | None, actor: Actor, now: datetime) -> Marked:
    """Give an answer one's mark, or another one as long as nobody else has marked it; a repeat changes nothing.

    The second person's mark settles the answer when both agree. Raises `NotFound` outside the actor's units,
    `Invalid` for an impossible mark, and `Conflict`: `void`, `marked_by_two` (others have), `both_marked` (too late
    to change).
    """
    marker = _account(actor, Permission.MARK_ANSWERS)
    with transaction() as session:
        task, sitting = _locked(ref, actor, Permission.MARK_ANSWERS)
        problems = mark_problems(marks, from_hundredths(task.most_hundredths))
        if problems or marks is None:
            raise Invalid(problems)
        given = given_marks(task)
        own = next((one for one in given if one.marker == marker), None)
        if own is not None and own.marks == marks:
            stage = verdict(given, most_apart(task.session_id)).stage
            return Marked(task.number, task.session_id, marks, stage)
        seat = seat_for(marker, given)
        if seat is None:
            raise Conflict("这份作答已由另外两人评过，您的评分没有记录。", code="marked_by_two")
        if own is not None and not may_change(marker, given):
            raise Conflict("第二人已经评分，不能再改。原来的评分有效。", code="both_marked")
        last = select(func.max(GivenMark.number)).where(
            GivenMark.sitting_id == task.sitting_id,
            GivenMark.position == task.position,
            GivenMark.seat == seat,
        )
        session.add(
            GivenMark(
                sitting_id=task.sitting_id,
                position=task.position,
                seat=seat,
                number=(session.scalar(last) or 0) + 1,
                account_id=marker,
                hundredths=to_hundredths(marks),
                recorded_by=actor.label,
                recorded_at=now,
            )
        )
        session.flush()
        found = verdict(given_marks(task), most_apart(task.session_id))
        if found.marks is not None:
            _settle(task, found.marks, recorded_by=MACHINE, now=now)
        record("give-mark", "marking-task", ref, actor=actor, now=now, marks=plain(marks))
    _go_on(sitting.id, now)
    return Marked(task.number, task.session_id, marks, found.stage)


def decide_marks(*, ref: UUID, marks: Decimal | None, reason: str, actor: Actor, now: datetime) -> Marked:
    """Decide what an answer earns on which two people disagree; the first decision stands.

    Raises `NotAllowed` for who gave one of the two marks, `NotFound` outside the actor's units, `Invalid` for an
    impossible mark or without a reason, `Conflict` `void`, `not_disputed` or `settled`.
    """
    decider = _account(actor, Permission.DECIDE_MARKS)
    with transaction():
        task, sitting = _locked(ref, actor, Permission.DECIDE_MARKS)
        given = given_marks(task)
        if not may_decide(decider, given):
            raise NotAllowed("您评过这份作答，请由另一位考务人员裁定。", code="own_mark")
        if task.position in queries.settled_marks(task.sitting_id):
            raise Conflict("这份作答已经裁定，先前的裁定有效。", code="settled")
        if verdict(given, most_apart(task.session_id)).stage is not Stage.DISPUTED:
            raise Conflict("这份作答还没有两人评分，或者两人评分一致，不需要裁定。", code="not_disputed")
        problems = mark_problems(marks, from_hundredths(task.most_hundredths)) + _reason_problems(reason)
        if problems or marks is None:
            raise Invalid(problems)
        _settle(task, marks, recorded_by=actor.label, now=now, account_id=decider, reason=reason.strip())
        record(
            "decide-marks",
            "marking-task",
            ref,
            actor=actor,
            now=now,
            marks=plain(marks),
            given=[plain(one.marks) for one in given],
            reason=reason.strip(),
        )
    _go_on(sitting.id, now)
    return Marked(task.number, task.session_id, marks, Stage.AGREED)


def _settle(
    task: MarkingTask,
    marks: Decimal,
    *,
    recorded_by: str,
    now: datetime,
    account_id: int | None = None,
    reason: str = "",
) -> None:
    db.session.add(
        SettledMark(
            sitting_id=task.sitting_id,
            position=task.position,
            hundredths=to_hundredths(marks),
            decided=account_id is not None,
            reason=reason,
            account_id=account_id,
            recorded_by=recorded_by,
            recorded_at=now,
        )
    )


def _go_on(sitting_id: UUID, now: datetime) -> None:
    """The chain after sealing, once nothing of the sitting waits for people any more."""
    if not queries.waits(sitting_id):
        run_hooks(sitting_id, now)


def _account(actor: Actor, permission: Permission) -> int:
    """The account that marks or decides: marks name two different people, so there must be one."""
    if not actor.may(permission) or actor.account_id is None:
        raise NotAllowed(
            "您没有评阅的权限。" if permission is Permission.MARK_ANSWERS else "您没有裁定的权限。"
        )
    return actor.account_id


def _locked(ref: UUID, actor: Actor, permission: Permission) -> tuple[MarkingTask, Sitting]:
    """The task and its sitting, whose row is held until the transaction ends; what else is read comes after this."""
    task = db.session.scalar(select(MarkingTask).where(MarkingTask.ref == ref))
    sitting = None
    if task is not None:
        sitting = db.session.scalar(
            select(Sitting)
            .where(Sitting.id == task.sitting_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    units = actor.units_for(permission)
    if task is None or sitting is None or (units is not None and sitting.unit_id not in units):
        raise NotFound("没有这份作答。")
    if sitting.state is SittingState.VOID:
        raise Conflict("这次考试已作废，不再评阅。", code="void")
    return task, sitting


def _reason_problems(reason: str) -> list[Problem]:
    if not reason.strip():
        return [Problem("reason", "请写明裁定的理由。", "reason")]
    if len(reason.strip()) > LONGEST_REASON:
        return [Problem("reason", f"理由不超过 {LONGEST_REASON} 个字。", "reason")]
    return []
