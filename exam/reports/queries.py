"""Reads of what reports count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import aliased

from core import clock
from core.actor import Permission
from core.db import db
from exam.reports.rules import CountedSitting
from exam.results.models import ResultRevision
from exam.sittings.models import ExamSession, Sitting, SittingEvent
from exam.sittings.rules import SittingState

if TYPE_CHECKING:
    from datetime import date, datetime

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


def _seconds_into(day: date, started_at: datetime | None) -> int:
    """Two sittings of one person on one day are told apart by when they began."""
    return int((started_at - clock.at(day)).total_seconds()) if started_at else 0
