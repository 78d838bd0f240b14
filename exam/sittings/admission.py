"""Admission to a session: one person or a whole list, checked as a whole, by the rules of the programme."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from core.actor import Permission
from core.audit.services import record
from core.clock import day_of
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotFound, Problem
from core.people import registry
from core.people.models import Person, Posting, Unit
from core.people.queries import id_number_index, present_posting_id
from core.people.rules import id_number_problems, name_problems, normalise_name
from exam.policies.services import ensure_default_policy
from exam.sittings import entry
from exam.sittings.models import ExamSession, Sitting, TimeAdjustment
from exam.sittings.office import allow, locked_session
from exam.sittings.rules import SittingState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from core.actor import Actor

WAITING = (SittingState.ASSIGNED, SittingState.RUNNING)
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Admitted:
    """What a list came to: sittings in its order, and how many persons and postings were new."""

    sitting_ids: tuple[UUID, ...]
    created: int
    moved: int


def admit_person(*, session_id: UUID, id_number: str, name: str, actor: Actor, now: datetime) -> UUID:
    """Admit a known person by ID number and name; returns the sitting.

    Raises `Invalid` with every problem beside its field, whatever the rules of admission refuse among them.
    """
    allow(actor)
    ensure_default_policy(now=now)
    problems = [Problem(p.code, p.message, "id_number") for p in id_number_problems(id_number)]
    problems += [Problem(p.code, p.message, "name") for p in name_problems(name)]
    if problems:
        raise Invalid(problems)
    with _one_answer(), transaction():
        row = _open_session(session_id, now=now)
        person, posting, unit = _known(id_number, name, actor)
        problems = _refusals(row, {person.id: "id_number"}, actor=actor)
        if problems:
            raise Invalid(problems)
        sitting = new_sitting(row, person_id=person.id, posting=posting, unit=unit, now=now)
        db.session.add(sitting)
        db.session.flush()
        record("admit", "exam-session", row.id, actor=actor, now=now, person=str(person.ref))
    return sitting.id


def admit_list(
    *, session_id: UUID, entries: Sequence[registry.Entry], actor: Actor, now: datetime
) -> Admitted:
    """Admit all persons of a list or none; new persons and changed postings are entered on the way.

    Raises `Invalid` with every problem of every row.
    """
    allow(actor)
    ensure_default_policy(now=now)
    if not entries:
        raise Invalid.one("empty_list", "名单是空的，请至少填写一人。", "file")
    with _one_answer(), transaction():
        row = _open_session(session_id, now=now)
        lines, problems = registry.check(entries, units=actor.units_for(Permission.MANAGE_SESSIONS))
        known = {line.person.id: line.where for line in lines if line.person is not None}
        problems += _refusals(row, known, actor=actor)
        if problems:
            order = {each.where: index for index, each in enumerate(entries)}
            raise Invalid(sorted(problems, key=lambda p: order.get(p.where, -1)))
        registered = registry.register(lines, on=day_of(now), now=now)
        sittings = [
            new_sitting(row, person_id=entered.person.id, posting=entered.posting, unit=line.unit, now=now)
            for line, entered in zip(lines, registered, strict=True)
        ]
        db.session.add_all(sittings)
        db.session.flush()
        created = sum(entered.created for entered in registered)
        moved = sum(entered.moved for entered in registered)
        record(
            "admit-list",
            "exam-session",
            row.id,
            actor=actor,
            now=now,
            admitted=len(sittings),
            created=created,
            moved=moved,
        )
    return Admitted(tuple(sitting.id for sitting in sittings), created, moved)


def remove_admission(*, sitting_id: UUID, reason: str, actor: Actor, now: datetime) -> None:
    """Take back an admission for which no paper was drawn yet. Afterwards only leave or absence remain."""
    allow(actor)
    if not reason.strip():
        raise Invalid.one("reason", "请写明取消准考的理由。", "reason")
    with transaction() as session:
        sitting = reachable_sitting(sitting_id, actor)
        if sitting.draw_number or sitting.state is not SittingState.ASSIGNED:
            raise Conflict("已为此人抽好试卷，不能取消准考；确需缺考的，请记为请假。", code="drawn")
        if session.scalar(select(TimeAdjustment.id).where(TimeAdjustment.sitting_id == sitting.id).limit(1)):
            raise Conflict("此人已有加时记录，不能取消准考；确需缺考的，请记为请假。", code="granted")
        session.execute(delete(Sitting).where(Sitting.id == sitting.id))
        record(
            "remove-admission",
            "exam-session",
            sitting.session_id,
            actor=actor,
            now=now,
            person=str(sitting.person.ref),
            reason=reason.strip(),
        )


def new_sitting(
    row: ExamSession, *, person_id: int, posting: Posting, unit: Unit, now: datetime, attempt: int = 1
) -> Sitting:
    """The row of an admission. Unit, region, kind and level are those of this day, for good."""
    return Sitting(
        session_id=row.id,
        person_id=person_id,
        attempt=attempt,
        allowed_seconds=row.minutes * 60,
        unit_id=unit.id,
        region_code=unit.region_code,
        unit_kind=unit.kind,
        level=posting.level,
        recorded_at=now,
    )


def reachable_sitting(sitting_id: UUID, actor: Actor) -> Sitting:
    """A sitting within the actor's units, its row locked, its person loaded; raises `NotFound`."""
    sitting = db.session.scalar(
        select(Sitting)
        .where(Sitting.id == sitting_id)
        .options(joinedload(Sitting.person, innerjoin=True))
        .with_for_update(of=Sitting)
        .execution_options(populate_existing=True),
    )
    units = actor.units_for(Permission.MANAGE_SESSIONS)
    if sitting is None or (units is not None and sitting.unit_id not in units):
        raise NotFound("没有这份准考记录。")
    return sitting


def _open_session(session_id: UUID, *, now: datetime) -> ExamSession:
    row = locked_session(session_id)
    if now > row.last_start_at:
        raise Conflict("最迟开考时间已过，不能再增加考生。", code="session_over")
    return row


def _known(id_number: str, name: str, actor: Actor) -> tuple[Person, Posting, Unit]:
    """The person with the present posting and its unit; a person outside the actor's units is unknown."""
    found = db.session.execute(
        select(Person, Posting, Unit)
        .join(Posting, Posting.id == present_posting_id())
        .join(Unit, Unit.id == Posting.unit_id)
        .where(Person.id_number_index == id_number_index(id_number)),
    ).first()
    units = actor.units_for(Permission.MANAGE_SESSIONS)
    if found is None or (units is not None and found[2].id not in units):
        raise Invalid.one("unknown_person", "系统中没有此人，请用名单导入（含单位和职务层次）。", "id_number")
    if found[0].name != normalise_name(name):
        raise Invalid.one("name_mismatch", "姓名与系统中该身份证号的姓名不一致，请核对。", "name")
    return found[0], found[1], found[2]


def _refusals(row: ExamSession, persons: Mapping[int, str], *, actor: Actor) -> list[Problem]:
    """Why persons, given with the place where they were named, may not be admitted to the session."""
    problems = []
    if actor.person_id is not None and actor.person_id in persons:
        problems.append(
            Problem("self", "不能为自己办理准考，请由其他工作人员办理。", persons[actor.person_id])
        )
    for start in range(0, len(persons), AT_ONCE):
        some = sorted(persons)[start : start + AT_ONCE]
        # Locked, so that two sessions cannot admit the same person past one another.
        db.session.execute(select(Person.id).where(Person.id.in_(some)).order_by(Person.id).with_for_update())
        problems += _admitted_elsewhere(row, some, persons)
        if not row.is_rehearsal:
            problems += entry.problems_of(row, {person: persons[person] for person in some})
    return problems


def _admitted_elsewhere(row: ExamSession, some: Sequence[int], persons: Mapping[int, str]) -> list[Problem]:
    query = (
        select(Sitting.person_id, Sitting.session_id, ExamSession.name)
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .where(Sitting.person_id.in_(some))
    )
    here = Sitting.session_id == row.id
    waiting = Sitting.state.in_(WAITING) & ExamSession.is_rehearsal.is_(False)
    found = db.session.execute(query.where(here if row.is_rehearsal else here | waiting))
    problems = []
    for person_id, session_id, name in found:
        if session_id == row.id:
            problem = Problem("already_admitted", "此人已在本场名单中。", persons[person_id])
        else:
            message = f"此人已列入场次“{name}”，尚未考完，不能同时参加两场。"
            problem = Problem("admitted_elsewhere", message, persons[person_id])
        problems.append(problem)
    return problems


@contextmanager
def _one_answer() -> Iterator[None]:
    """Turns the loser of a race on the same person into a `Conflict`."""
    try:
        yield
    except IntegrityError as error:
        raise Conflict("名单刚刚被别人修改，请刷新后核对，再办理一次。", code="list_changed") from error
