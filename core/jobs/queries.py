"""Reads of the rows of jobs, whatever their kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import select

from core.db import db
from core.jobs.models import Job

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from core.jobs.models import JobState

AnyJob = TypeVar("AnyJob", bound=Job)
JOBS_LISTED = 20


def stored(kind: type[AnyJob], job_id: UUID) -> AnyJob:
    """The job as it is stored now."""
    return db.session.get_one(kind, job_id, populate_existing=True)


def own(kind: type[AnyJob], job_id: UUID, *, account_id: int | None) -> AnyJob | None:
    """The job as it is stored now, None when it is not there or not of this account."""
    found = db.session.get(kind, job_id, populate_existing=True)
    return found if found is not None and found.account_id == account_id else None


def latest(kind: type[AnyJob], *, account_id: int | None) -> Sequence[AnyJob]:
    """The latest jobs of an account, the newest first."""
    return db.session.scalars(
        select(kind)
        .where(kind.account_id == account_id)
        .order_by(kind.created_at.desc(), kind.id)
        .limit(JOBS_LISTED)
    ).all()


def standing(kind: type[Job], *states: JobState) -> list[UUID]:
    """The jobs that stand in one of these states, the oldest first."""
    return list(
        db.session.scalars(select(kind.id).where(kind.state.in_(states)).order_by(kind.created_at, kind.id))
    )


def begun_before(kind: type[Job], instant: datetime) -> list[UUID]:
    """The jobs that were asked for before that instant."""
    return list(db.session.scalars(select(kind.id).where(kind.created_at < instant)))
