"""Marking sealed sittings, and correcting results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from core.actor import Actor, Permission
from core.audit.services import record
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from exam.papers.rules import plain
from exam.results import queries
from exam.results.by_people import hand_to_people
from exam.results.models import ResultRevision
from exam.results.rules import MARKING_VERSION, mark_paper, to_hundredths
from exam.sittings.models import Sitting
from exam.sittings.rules import SittingState

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from exam.papers.rules import PaperSpec
    from exam.results.rules import Marks

MARKER = Actor(label="marking")
LONGEST_REASON = 400

_LOCKED = (
    select(Sitting)
    .where(Sitting.id == bindparam("sitting_id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def mark_sitting(sitting_id: UUID, now: datetime) -> None:
    """Mark a sealed sitting: its first result. A repeat, and a sitting that is not sealed, change nothing.

    The sitting's row is locked first, so of two markings at once one writes and the other finds it graded. Where
    people have answers to mark, those are handed to them, and the sitting stays sealed until all are settled.
    """
    with transaction() as session:
        sitting = _locked(sitting_id)
        if sitting is None or sitting.state is not SittingState.SEALED:
            return
        paper = queries.sat_paper(sitting)
        settled = hand_to_people(sitting, paper, now) if paper.written else {}
        if len(settled) < len(paper.written):
            return
        marks = mark_paper(paper.spec, paper.questions, paper.sheet, settled)
        session.add(
            _revision(sitting, paper.spec, marks, number=1, reason="", recorded_by=MARKER.label, now=now)
        )
        sitting.state = SittingState.GRADED
        record(
            "mark",
            "sitting",
            sitting_id,
            actor=MARKER,
            now=now,
            score=plain(marks.score),
            passed=marks.passed,
        )


def _locked(sitting_id: UUID) -> Sitting | None:
    return db.session.scalar(_LOCKED, {"sitting_id": sitting_id})


def _revision(
    sitting: Sitting,
    spec: PaperSpec,
    marks: Marks,
    *,
    number: int,
    reason: str,
    recorded_by: str,
    now: datetime,
) -> ResultRevision:
    return ResultRevision(
        sitting_id=sitting.id,
        number=number,
        rule_version=MARKING_VERSION,
        reason=reason,
        recorded_by=recorded_by,
        recorded_at=now,
        **result_columns(spec, marks),
    )


def result_columns(spec: PaperSpec, marks: Marks) -> dict[str, Any]:
    """What marking gives, as the columns of a `ResultRevision`."""
    return {
        "score_hundredths": to_hundredths(marks.score),
        "total_hundredths": to_hundredths(marks.total),
        "pass_hundredths": to_hundredths(spec.pass_mark),
        "passed": marks.passed,
        "sections": [
            {
                "section": s.section,
                "type": s.type.value,
                "awarded": plain(s.awarded),
                "total": plain(s.total),
                "correct": s.correct,
                "asked": s.asked,
            }
            for s in marks.sections
        ],
        "laws": [{"law": law.law, "correct": law.correct, "asked": law.asked} for law in marks.laws],
    }


def record_revision(
    *,
    sitting_id: UUID,
    score_hundredths: int,
    reason: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Correct a result: append a revision with another score; returns its number.

    Passed follows from the pass mark kept with the first result. The breakdown is carried over: it tells what
    was marked, the reason tells why the sum differs. Raises `NotFound` outside the actor's units, `Conflict`
    while there is no result, for a void sitting, or when another correction was recorded at the same time.
    """
    if not actor.may(Permission.MANAGE_SESSIONS):
        raise NotAllowed("您没有更正成绩的权限。")
    if not reason.strip():
        raise Invalid.one("reason", "请写明更正成绩的理由。", "reason")
    if len(reason.strip()) > LONGEST_REASON:
        raise Invalid.one("reason", f"理由不超过 {LONGEST_REASON} 个字。", "reason")
    try:
        with transaction() as session:
            sitting = _locked(sitting_id)
            units = actor.units_for(Permission.MANAGE_SESSIONS)
            if sitting is None or (units is not None and sitting.unit_id not in units):
                raise NotFound("没有这次考试。")
            if sitting.state is SittingState.VOID:
                raise Conflict("这次考试已作废，没有成绩可以更正。", code="void")
            before = queries.latest(sitting_id)
            if before is None:
                raise Conflict("这次考试还没有成绩，不能更正。", code="not_graded")
            if not 0 <= score_hundredths <= before.total_hundredths:
                raise Invalid.one("score", "分数须在 0 分与满分之间。", "score")
            number = before.number + 1
            session.add(
                ResultRevision(
                    sitting_id=sitting_id,
                    number=number,
                    score_hundredths=score_hundredths,
                    total_hundredths=before.total_hundredths,
                    pass_hundredths=before.pass_hundredths,
                    passed=score_hundredths >= before.pass_hundredths,
                    sections=before.sections,
                    laws=before.laws,
                    rule_version=before.rule_version,
                    reason=reason.strip(),
                    recorded_by=actor.label,
                    recorded_at=now,
                ),
            )
            record("revise-result", "sitting", sitting_id, actor=actor, now=now, number=number)
    except IntegrityError as error:
        raise Conflict("另一次更正刚刚完成，请刷新后重试。", code="revised_meanwhile") from error
    return number
