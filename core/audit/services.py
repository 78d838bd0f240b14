"""Recording an act, inside the use case's own transaction; and a refused entry, which has no other use case."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from core.audit.models import AuditEntry
from core.db import db, transaction

if TYPE_CHECKING:
    from datetime import datetime

    from core.actor import Actor


def record(
    action: str,
    subject_kind: str,
    subject_id: object,
    *,
    actor: Actor,
    now: datetime,
    **detail: object,
) -> None:
    """Add an audit row. `detail` holds JSON values and never a key, a password or an ID number."""
    db.session.add(
        AuditEntry(
            recorded_at=now,
            actor_account_id=actor.account_id,
            actor_label=actor.label,
            address=actor.address,
            action=action,
            subject_kind=subject_kind,
            subject_id=str(subject_id),
            detail=detail,
        ),
    )


REFUSED = "refused-entry"
AGAIN_AFTER = timedelta(minutes=1)


def record_refusal(endpoint: str, *, actor: Actor, now: datetime) -> None:
    """Record that somebody who is signed in was not let in somewhere; the same place once a minute at most."""
    told = exists().where(
        AuditEntry.subject_kind == "page",
        AuditEntry.subject_id == endpoint,
        AuditEntry.action == REFUSED,
        AuditEntry.actor_account_id == actor.account_id,
        AuditEntry.recorded_at > now - AGAIN_AFTER,
    )
    if not db.session.scalar(select(told)):
        with transaction():
            record(REFUSED, "page", endpoint, actor=actor, now=now)
