"""The roll of a session (成绩单): who sat, with the full ID number, and what each came to. Every export is logged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core.actor import Permission
from core.audit.services import record
from core.db import db, transaction
from core.documents.sheets import Column, write_sheet
from core.errors import Invalid, NotAllowed, NotFound
from core.people.models import Person, Unit
from core.people.queries import id_number_of
from exam.certificates.models import Certificate
from exam.certificates.rules import last_valid_day
from exam.policies.rules import Interval
from exam.results.models import ResultRevision
from exam.sittings.models import ExamSession, Sitting
from exam.sittings.rules import SittingState

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from core.actor import Actor

LONGEST_REASON = 200
COLUMNS = (
    Column("row", "序号", numeric=True, width=6),
    Column("name", "姓名"),
    Column("id_number", "身份证号", width=22),
    Column("unit", "单位", width=28),
    Column("level", "职务层次", width=14),
    Column("outcome", "结果", width=10),
    Column("score", "成绩", numeric=True, width=8),
    Column("total", "满分", numeric=True, width=8),
    Column("pass_mark", "合格分", numeric=True, width=8),
    Column("certificate", "证书编号", width=20),
    Column("valid_until", "证书有效至", width=14),
)
WORDS = {
    SittingState.ASSIGNED: "未考",
    SittingState.RUNNING: "作答中",
    SittingState.SEALED: "待评分",
    SittingState.ABSENT: "缺考",
    SittingState.EXCUSED: "请假",
    SittingState.VOID: "已作废",
}
DEMO_NOTE = "演示数据：人员、证件号码与成绩均为虚构。"
REHEARSAL_NOTE = "演练：成绩不作为任前考法结果。"


@dataclass(frozen=True, slots=True)
class Roll:
    """The file and the name to save it under."""

    name: str
    data: bytes


def export_roll(*, session_id: UUID, reason: str, demo: bool, actor: Actor, now: datetime) -> Roll:
    """The roll as an xlsx file, ID numbers in full as text; who, when and why goes into the audit log.

    Holds the candidates within the actor's units. Raises `Invalid` without a reason, `NotFound`.
    """
    if not actor.may(Permission.MANAGE_SESSIONS):
        raise NotAllowed("您没有导出成绩单的权限。")
    if not reason.strip() or len(reason.strip()) > LONGEST_REASON:
        raise Invalid.one("reason", f"请写明导出的用途，不超过 {LONGEST_REASON} 个字。", "reason")
    with transaction() as session:
        row = session.get(ExamSession, session_id)
        if row is None:
            raise NotFound("没有这个场次。")
        rows = _rows(session_id, actor)
        record(
            "export-roll",
            "exam-session",
            session_id,
            actor=actor,
            now=now,
            rows=len(rows),
            reason=reason.strip(),
        )
        name = f"成绩单-{row.held_on.isoformat()}-{row.name}"
        notes = [DEMO_NOTE] if demo else []
        notes += [REHEARSAL_NOTE] if row.is_rehearsal else []
    return Roll(name, write_sheet("成绩单", COLUMNS, rows, "".join(notes)))


def _rows(session_id: UUID, actor: Actor) -> list[tuple[object, ...]]:
    latest = (
        select(func.max(ResultRevision.number))
        .where(ResultRevision.sitting_id == Sitting.id)
        .correlate(Sitting)
        .scalar_subquery()
    )
    query = (
        select(Sitting, Person, Unit.name, ResultRevision, Certificate)
        .join(Person, Person.id == Sitting.person_id)
        .join(Unit, Unit.id == Sitting.unit_id)
        .outerjoin(
            ResultRevision, (ResultRevision.sitting_id == Sitting.id) & (ResultRevision.number == latest)
        )
        .outerjoin(Certificate, Certificate.sitting_id == Sitting.id)
        .where(Sitting.session_id == session_id)
        .order_by(Unit.code, Person.name, Sitting.id)
    )
    units = actor.units_for(Permission.MANAGE_SESSIONS)
    if units is not None:
        query = query.where(Sitting.unit_id.in_(units))
    found = db.session.execute(query).all()
    return [
        (
            number,
            person.name,
            id_number_of(person),
            unit,
            sitting.level.label,
            *_result(sitting.state, result, certificate),
        )
        for number, (sitting, person, unit, result, certificate) in enumerate(found, start=1)
    ]


def _result(
    state: SittingState, result: ResultRevision | None, certificate: Certificate | None
) -> tuple[object, ...]:
    if result is None or state in WORDS:
        return (WORDS.get(state, "待评分"), None, None, None, None, None)
    marks = (
        result.score_hundredths / 100,
        result.total_hundredths / 100,
        result.pass_hundredths / 100,
    )
    word = "合格" if result.passed else "不合格"
    if certificate is None or not result.passed:
        return (word, *marks, None, None)
    last = last_valid_day(Interval(certificate.valid_from, certificate.valid_until))
    return (word, *marks, certificate.number, last.isoformat())
