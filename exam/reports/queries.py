"""Reads of what reports count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from core import clock
from core.actor import Permission
from core.db import db
from exam.papers.models import PaperQuestion
from exam.reports.rules import CountedSitting
from exam.results.models import ResultRevision
from exam.sittings.models import ExamSession, Sitting, SittingEvent
from exam.sittings.rules import SittingState
from question_bank.items.models import Citation, Item, ItemVersion
from question_bank.statutes.models import StatuteVersion

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from core.actor import Actor


def counted_sittings(*, first: date, last: date, known_at: datetime, actor: Actor) -> list[CountedSitting]:
    """The counted sittings of the days from `first` to `last`, both included, as known at an instant.

    A sitting counts with the latest of its results recorded by then, unless it was void by then; without a
    result it does not count, and rehearsals never do. Only sittings of units where the actor may see reports.
    """
    newer = aliased(ResultRevision)
    superseded = (
        select(newer.number)
        .where(
            newer.sitting_id == ResultRevision.sitting_id,
            newer.number > ResultRevision.number,
            newer.recorded_at <= known_at,
        )
        .correlate(ResultRevision)
        .exists()
    )
    voided = (
        select(SittingEvent.id)
        .where(
            SittingEvent.sitting_id == Sitting.id,
            SittingEvent.state == SittingState.VOID,
            SittingEvent.recorded_at <= known_at,
        )
        .correlate(Sitting)
        .exists()
    )
    query = (
        select(
            Sitting.id,
            Sitting.person_id,
            ExamSession.held_on,
            ResultRevision.passed,
            Sitting.region_code,
            Sitting.unit_kind,
            Sitting.level,
            Sitting.started_at,
        )
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .join(ResultRevision, ResultRevision.sitting_id == Sitting.id)
        .where(
            ExamSession.held_on.between(first, last),
            ExamSession.is_rehearsal.is_(False),
            ResultRevision.recorded_at <= known_at,
            ~superseded,
            ~voided,
        )
        .order_by(ExamSession.held_on, Sitting.started_at, Sitting.id)
    )
    units = actor.units_for(Permission.VIEW_REPORTS)
    if units is not None:
        query = query.where(Sitting.unit_id.in_(units))
    return [
        CountedSitting(
            sitting_id=row.id,
            person_id=row.person_id,
            day=row.held_on,
            passed=row.passed,
            region=row.region_code,
            unit_kind=row.unit_kind,
            level=row.level,
            sequence=_seconds_into(row.held_on, row.started_at),
        )
        for row in db.session.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class DrawnVersion:
    """An item version on the papers of a session, whose cited law had ended by the session's law day."""

    session_id: UUID
    session: str
    held_on: date
    law_day: date
    item_version_id: int
    code: str
    number: int
    papers: int
    begun: int


def drawn_on_ended_law(actor: Actor) -> list[DrawnVersion]:
    """Item versions on the last drawn papers of sessions that cite a wording which ended by the law day.

    Without rehearsals, and only sittings of units where the actor may see stale papers.
    """
    ended = (
        select(Citation.position)
        .join(StatuteVersion, StatuteVersion.id == Citation.statute_version_id)
        .where(
            Citation.item_version_id == PaperQuestion.item_version_id,
            StatuteVersion.in_force_until <= ExamSession.law_day,
        )
        .correlate(PaperQuestion, ExamSession)
        .exists()
    )
    may_have_ended = (
        select(Citation.item_version_id)
        .join(StatuteVersion, StatuteVersion.id == Citation.statute_version_id)
        .where(StatuteVersion.in_force_until.is_not(None))
    )
    rows = (
        select(
            ExamSession.id,
            ExamSession.name,
            ExamSession.held_on,
            ExamSession.law_day,
            ItemVersion.id,
            Item.code,
            ItemVersion.number,
            func.count(),
            func.count(Sitting.started_at),
        )
        .select_from(PaperQuestion)
        .join(
            Sitting,
            (Sitting.id == PaperQuestion.sitting_id) & (Sitting.draw_number == PaperQuestion.draw_number),
        )
        .join(ExamSession, ExamSession.id == Sitting.session_id)
        .join(ItemVersion, ItemVersion.id == PaperQuestion.item_version_id)
        .join(Item, Item.id == ItemVersion.item_id)
        .where(
            PaperQuestion.item_version_id.in_(may_have_ended),
            ExamSession.is_rehearsal.is_(False),
            ended,
        )
        .group_by(
            ExamSession.id,
            ExamSession.name,
            ExamSession.held_on,
            ExamSession.law_day,
            ItemVersion.id,
            Item.code,
            ItemVersion.number,
        )
    )
    units = actor.units_for(Permission.VIEW_STALE_PAPERS)
    if units is not None:
        rows = rows.where(Sitting.unit_id.in_(units))
    return [DrawnVersion(*row) for row in db.session.execute(rows)]


def _seconds_into(day: date, started_at: datetime | None) -> int:
    """Two sittings of one person on one day are told apart by when they began."""
    return int((started_at - clock.at(day)).total_seconds()) if started_at else 0
