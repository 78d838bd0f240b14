"""Recording an act. Called inside the use case's own transaction, never in one of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.audit.models import AuditEntry
from core.db import db

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
