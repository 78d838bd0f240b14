"""Reads of the queues of marking by people: how far a session is, what comes next, what is one's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Integer, and_, case, cast, func, select, true

from core.actor import Permission
from core.db import db
from core.errors import NotFound
from exam.results.agreement import SEATS
from exam.results.models import GivenMark, MarkingTask, SettledMark
from exam.results.rules import from_hundredths
from exam.sittings.models import ExamSession, Sitting
from exam.sittings.rules import SittingState

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime
    from decimal import Decimal
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select, Subquery

    from core.actor import Actor

    Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])

PAGE = 50

SPREAD, STEP, STRIDE = 10_007, 7_919, 4_447
"""A prime and two factors: every marker goes through the answers to a question in the same order, but begins elsewhere,
so that few marks meet one that two others have given already."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the marking of a session is, and what of it is the actor's.

    `answers` in all, `settled` of them; `disputed` wait for a decision; `left` are those that the actor could mark;
    `mine` those that the actor has marked.
    """

    session_id: UUID
    session: str
    held_on: date
    answers: int
    settled: int
    disputed: int
    left: int
    mine: int

    @property
    def is_done(self) -> bool:
        return self.settled == self.answers


def progress(actor: Actor, page: int = 1) -> tuple[list[Progress], int]:
    """The sessions with answers that people mark, the latest first: a page of them, and the number of pages."""
    sessions = _within(
        select(ExamSession.id, ExamSession.held_on)
        .join(MarkingTask, MarkingTask.session_id == ExamSession.id)
        .join(Sitting, Sitting.id == MarkingTask.sitting_id)
        .distinct(),
        actor,
    )
    total = db.session.scalar(select(func.count()).select_from(sessions.subquery())) or 0
    shown = db.session.scalars(
        sessions.order_by(ExamSession.held_on.desc(), ExamSession.id)
        .limit(PAGE)
        .offset(PAGE * (max(page, 1) - 1))
    ).all()
    return _progress(shown, actor), pages_of(total)


def _progress(session_ids: Collection[UUID], actor: Actor) -> list[Progress]:
    seats = _seats(session_ids, actor)
    unsettled = SettledMark.sitting_id.is_(None)
    taken, mine = func.coalesce(seats.c.seats, 0), func.coalesce(seats.c.mine, 0)

    def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    query = _within(
        select(
            MarkingTask.session_id,
            ExamSession.name,
            ExamSession.held_on,
            func.count(),
            count(SettledMark.sitting_id.is_not(None)),
            count(unsettled & (taken == len(SEATS))),
            count(unsettled & (taken < len(SEATS)) & (mine == 0) & _in_units(actor, Permission.MARK_ANSWERS)),
            count(mine == 1),
        )
        .select_from(MarkingTask)
        .join(Sitting, Sitting.id == MarkingTask.sitting_id)
        .join(ExamSession, ExamSession.id == MarkingTask.session_id)
        .outerjoin(SettledMark, _same_answer(SettledMark))
        .outerjoin(seats, _same_answer(seats.c))
        .where(MarkingTask.session_id.in_(session_ids))
        .group_by(MarkingTask.session_id, ExamSession.name, ExamSession.held_on)
        .order_by(ExamSession.held_on.desc(), MarkingTask.session_id),
        actor,
    )
    return [Progress(*row) for row in db.session.execute(query)]


def progress_of(session_id: UUID, actor: Actor) -> Progress:
    """One session's; raises `NotFound` where it has no answers for people, or none in the actor's units."""
    lines = _progress([session_id], actor)
    if not lines:
        raise NotFound("这个场次没有需要评阅的作答。")
    return lines[0]


def next_task(session_id: UUID, actor: Actor) -> UUID | None:
    """The answer that the actor is to mark next; None when nothing is left. One question after the other."""
    seats = _seats([session_id], actor)
    begin = STRIDE * (actor.account_id or 0) % SPREAD
    query = _within(
        select(MarkingTask.ref)
        .join(Sitting, Sitting.id == MarkingTask.sitting_id)
        .outerjoin(SettledMark, _same_answer(SettledMark))
        .outerjoin(seats, _same_answer(seats.c))
        .where(
            MarkingTask.session_id == session_id,
            SettledMark.sitting_id.is_(None),
            func.coalesce(seats.c.seats, 0) < len(SEATS),
            func.coalesce(seats.c.mine, 0) == 0,
        )
        .order_by(
            MarkingTask.item_version_id, (MarkingTask.number * STEP + begin) % SPREAD, MarkingTask.number
        )
        .limit(1),
        actor,
        Permission.MARK_ANSWERS,
    )
    return db.session.scalar(query)


@dataclass(frozen=True, slots=True)
class OwnLine:
    """An answer that a marker has marked; `may_change` as long as nobody else has."""

    ref: UUID
    number: int
    marks: Decimal
    given_at: datetime
    may_change: bool


def own_lines(session_id: UUID, actor: Actor, page: int = 1) -> list[OwnLine]:
    """What the actor has marked of a session, the latest first: a page of it."""
    seats = _seats([session_id], actor)
    newest = (
        select(func.max(GivenMark.number))
        .where(
            _same_answer(GivenMark),
            GivenMark.account_id == actor.account_id,
        )
        .correlate(MarkingTask)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            MarkingTask.ref, MarkingTask.number, GivenMark.hundredths, GivenMark.recorded_at, seats.c.seats
        )
        .join(
            GivenMark,
            _same_answer(GivenMark)
            & (GivenMark.account_id == actor.account_id)
            & (GivenMark.number == newest),
        )
        .join(seats, _same_answer(seats.c))
        .join(Sitting, Sitting.id == MarkingTask.sitting_id)
        .where(MarkingTask.session_id == session_id, Sitting.state != SittingState.VOID)
        .order_by(GivenMark.recorded_at.desc(), MarkingTask.number)
        .limit(PAGE)
        .offset(PAGE * (max(page, 1) - 1))
    )
    return [
        OwnLine(ref, number, from_hundredths(hundredths), at, taken < len(SEATS))
        for ref, number, hundredths, at, taken in rows
    ]


@dataclass(frozen=True, slots=True)
class DisputeLine:
    """An answer that waits for a decision; `is_own` when the actor gave one of its marks."""

    ref: UUID
    number: int
    is_own: bool


def disputes(session_id: UUID, actor: Actor, page: int = 1) -> list[DisputeLine]:
    """What waits for a decision in a session, by number: a page of it."""
    seats = _seats([session_id], actor)
    query = _within(
        select(MarkingTask.ref, MarkingTask.number, seats.c.mine)
        .join(Sitting, Sitting.id == MarkingTask.sitting_id)
        .join(seats, _same_answer(seats.c))
        .outerjoin(SettledMark, _same_answer(SettledMark))
        .where(
            MarkingTask.session_id == session_id,
            SettledMark.sitting_id.is_(None),
            seats.c.seats == len(SEATS),
        )
        .order_by(MarkingTask.number)
        .limit(PAGE)
        .offset(PAGE * (max(page, 1) - 1)),
        actor,
        Permission.DECIDE_MARKS,
    )
    return [DisputeLine(ref, number, mine == 1) for ref, number, mine in db.session.execute(query)]


def pages_of(lines: int) -> int:
    """How many pages so many lines make."""
    return max(1, -(-lines // PAGE))


def _seats(session_ids: Collection[UUID], actor: Actor) -> Subquery:
    """By answer of these sessions: how many seats are taken, and whether (1 or 0) one of them is the actor's."""
    own = case((GivenMark.account_id == (actor.account_id or 0), 1), else_=0)
    return (
        select(
            GivenMark.sitting_id,
            GivenMark.position,
            func.count(GivenMark.seat.distinct()).label("seats"),
            cast(func.max(own), Integer).label("mine"),
        )
        .join(MarkingTask, _same_answer(GivenMark))
        .where(MarkingTask.session_id.in_(session_ids))
        .group_by(GivenMark.sitting_id, GivenMark.position)
        .subquery()
    )


def _same_answer(other: Any) -> ColumnElement[bool]:
    return and_(other.sitting_id == MarkingTask.sitting_id, other.position == MarkingTask.position)


def _within(query: Query, actor: Actor, permission: Permission = Permission.VIEW_MARKING) -> Query:
    """Without void sittings, and only those of units where the actor has the permission."""
    return query.where(Sitting.state != SittingState.VOID, _in_units(actor, permission))


def _in_units(actor: Actor, permission: Permission) -> ColumnElement[bool]:
    units = actor.units_for(permission)
    return true() if units is None else Sitting.unit_id.in_(units)
