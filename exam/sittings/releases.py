"""Which sittings wait for the room's release: their password was reset in mid-exam, and alone takes nothing over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core.auth.models import PasswordReset
from core.db import db
from core.errors import Conflict
from core.people.models import Account, Person
from exam.sittings.models import Sitting, TakeOverRelease
from exam.sittings.rules import SittingState, release_wanted

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sitting whose password was reset while it runs, and that waits for the room's release."""

    sitting_id: UUID
    name: str
    reset_at: datetime
    reason: str
    reset_by_account_id: int | None
    reset_by: str


def waiting(sitting: Sitting) -> Waiting | None:
    """What a running sitting waits for; None when the password is enough."""
    found = _waiting(Sitting.id == sitting.id)
    return found[0] if found else None


def waiting_in(session_id: UUID, *, units: frozenset[int] | None) -> list[Waiting]:
    """Those of a session that wait for the room, within the units, the earliest reset first."""
    within = [] if units is None else [Sitting.unit_id.in_(units)]
    return _waiting(Sitting.session_id == session_id, *within)


def _waiting(*where: ColumnElement[bool]) -> list[Waiting]:
    released = (
        select(func.max(TakeOverRelease.recorded_at))
        .where(TakeOverRelease.sitting_id == Sitting.id)
        .correlate(Sitting)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Sitting.id, Sitting.started_at, Person.name, PasswordReset, released)
        .join(Person, Person.id == Sitting.person_id)
        .join(Account, Account.person_id == Person.id)
        .join(PasswordReset, PasswordReset.account_id == Account.id)
        .where(Sitting.state == SittingState.RUNNING, PasswordReset.recorded_at >= Sitting.started_at, *where)
        .order_by(PasswordReset.id, Sitting.id)
    )
    latest = {
        sitting_id: Waiting(
            sitting_id, name, reset.recorded_at, reset.reason, reset.reset_by_account_id, reset.recorded_by
        )
        for sitting_id, started_at, name, reset, released_at in rows
        if release_wanted(started_at=started_at, reset_at=reset.recorded_at, released_at=released_at)
    }
    return list(latest.values())


def refuse_take_over(sitting: Sitting) -> None:
    """Raises `Conflict` `release_wanted` while the room has not released the sitting."""
    if waiting(sitting) is not None:
        raise Conflict(
            "您的密码在考试中重置过，须由监考人员核对本人并放行，才能在本机继续作答。", code="release_wanted"
        )
