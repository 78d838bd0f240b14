"""Sealing: by hand-in, by the clock; and the sweep that finishes what nobody came back for.

Sealing locks the sitting's row first and reads the journal in a later statement. A save holds a share of that
row until it is durable: so each is either in the sealed journal, or comes after the lock and is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from flask import current_app
from sqlalchemy import select

from core.actor import Actor
from core.audit.services import record
from core.db import db, transaction
from core.keys import key_ring
from exam.sittings import queries, standing
from exam.sittings.models import Sitting, SittingEvent
from exam.sittings.receipts import receipt_code, receipt_digest
from exam.sittings.rules import Phase, SealReason, SittingState
from exam.sittings.services import locked

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    Hook = Callable[[UUID, datetime], None]
    Waits = Callable[[], ColumnElement[bool]]
    T = TypeVar("T")

RECEIPT_KEY = "receipt"
SWEEP = Actor(label="sweep")

ABSENCE_MARGIN = timedelta(seconds=5)
"""A start that arrived in time may still be waiting for the database when the last start has just passed."""

REPAIR_AFTER = timedelta(seconds=5)
"""Marking follows sealing at once; what is not graded after this, the chain missed."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed sitting: what the candidate keeps. `acknowledged` is the journal's last seq."""

    sitting_id: UUID
    sealed_at: datetime
    reason: SealReason
    receipt: str
    acknowledged: int


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep did; `failed` sittings are logged and tried again by the next."""

    sealed: int = 0
    absent: int = 0
    repaired: int = 0
    failed: int = 0


def hand_in(*, sitting_id: UUID, last_seq: int = 0, actor: Actor, now: datetime) -> Sealed:
    """Hand in one's own sitting; a repeat, and a hand-in after sealing, answer with the sealed receipt.

    `now` is the arrival: up to deadline + grace it counts. `last_seq` is the last event that the candidate's page
    had acknowledged: a server that was restored and has less seals nothing. Raises `NotFound`, and `Conflict` with
    code `not_started`, `taken_over`, `void` or `sequence_gap`. The hooks of `current_app.extensions["after_sealing"]` follow at once.
    """
    with transaction():
        sitting, exam_session = locked(sitting_id, person_id=actor.person_id)
        if sitting.state is SittingState.VOID:
            raise standing.void()
        if sitting.started_at is None:
            raise standing.not_started()
        if sitting.sealed_at is not None:
            return sealed_as(sitting)
        clock = queries.clock_of(sitting, exam_session, queries.adjustments(sitting_id), now)
        if clock.phase is Phase.OVER:
            assert clock.grace_until is not None
            sealed = _seal(sitting, SealReason.TIME_OVER, clock.grace_until, actor=SWEEP, now=now)
        elif sitting.holder_id != actor.sign_in_id:
            raise standing.taken_over()
        else:
            sealed = _seal(sitting, SealReason.HANDED_IN, now, least=last_seq, actor=actor, now=now)
    run_hooks(sitting_id, now)
    return sealed


def seal_if_over(*, sitting_id: UUID, now: datetime) -> bool:
    """Seal a running sitting whose deadline and grace have passed; whether it did. Any read may ask for it."""
    with transaction() as session:
        sitting = session.scalar(
            select(Sitting)
            .where(Sitting.id == sitting_id, Sitting.state == SittingState.RUNNING)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if sitting is None:
            return False
        exam_session = queries.exam_session(sitting.session_id)
        clock = queries.clock_of(sitting, exam_session, queries.adjustments(sitting_id), now)
        if clock.phase is not Phase.OVER:
            return False
        assert clock.grace_until is not None
        # What the clock alone decides bears the clock's instant, whenever somebody came to look.
        _seal(sitting, SealReason.TIME_OVER, clock.grace_until, actor=SWEEP, now=now)
    run_hooks(sitting_id, now)
    return True


def _seal(
    sitting: Sitting, reason: SealReason, sealed_at: datetime, *, least: int = 0, actor: Actor, now: datetime
) -> Sealed:
    """Within a transaction that holds the sitting's row: seal it and compute its receipt from the journal.

    A journal that ends before event `least` is not sealed.
    """
    journal = queries.journal(sitting.id)
    head = journal[-1][0] if journal else 0
    if head < least:
        raise standing.sequence_gap(head)
    receipt = _receipt(sitting, journal, sealed_at)
    sitting.state = SittingState.SEALED
    sitting.seal_reason = reason
    sitting.sealed_at = sealed_at
    sitting.receipt = receipt
    record("seal", "sitting", sitting.id, actor=actor, now=now, reason=reason.value, receipt=receipt)
    return Sealed(sitting.id, sealed_at, reason, receipt, acknowledged=head)


def receipt_of(sitting: Sitting) -> str:
    """The receipt as it follows from paper, journal and sealing time; equal to the stored one unless tampered with."""
    assert sitting.sealed_at is not None
    return _receipt(sitting, queries.journal(sitting.id), sitting.sealed_at)


def _receipt(sitting: Sitting, journal: list[tuple[int, int, str]], sealed_at: datetime) -> str:
    paper = [(q.item_version_id, q.option_order) for q in queries.paper(sitting.id, sitting.draw_number)]
    digest = receipt_digest(sitting.id, paper, journal, sealed_at)
    return receipt_code(digest, key_ring().key(RECEIPT_KEY))


def sealed_as(sitting: Sitting) -> Sealed:
    """What a sealed sitting was sealed as."""
    assert sitting.sealed_at is not None
    assert sitting.seal_reason is not None
    return Sealed(
        sitting.id,
        sitting.sealed_at,
        sitting.seal_reason,
        sitting.receipt or "",
        queries.last_seq(sitting.id),
    )


def run_hooks(sitting_id: UUID, now: datetime) -> bool:
    """Call what follows sealing, each apart from the others; whether all went well. The sweep repeats what failed."""
    hooks: list[Hook] = current_app.extensions["after_sealing"]
    well = True
    for hook in hooks:
        try:
            hook(sitting_id, now)
        except Exception:
            db.session.rollback()
            current_app.logger.exception("after sealing of sitting %s", sitting_id)
            well = False
    return well


def close_overdue(now: datetime) -> Sweep:
    """The sweep: seal what is over, record absences, call the hooks for what is sealed but not graded.

    Each sitting in its own transaction: a failure is logged and isolated. A sitting of which people have answers to
    mark is left alone until they have.
    """
    sealed = failed = repaired = absent = 0
    due = queries.overdue(now)
    for sitting_id in due:
        was_sealed = _isolated(partial(seal_if_over, sitting_id=sitting_id, now=now))
        sealed += was_sealed is True
        failed += was_sealed is None
    for session_id in queries.sessions_with_absences(now - ABSENCE_MARGIN):
        count = _isolated(partial(_record_absences, session_id, now))
        absent += count or 0
        failed += count is None
    waits: Waits = current_app.extensions["waits_for_people"]
    for sitting_id in set(queries.sealed_not_graded(now - REPAIR_AFTER, waits())).difference(due):
        well = run_hooks(sitting_id, now)
        repaired += well
        failed += not well
    return Sweep(sealed, absent, repaired, failed)


def _isolated(act: Callable[[], T]) -> T | None:
    """What the act answers; None when it failed, which is logged and stays its own affair."""
    try:
        return act()
    except Exception:
        db.session.rollback()
        current_app.logger.exception("the sweep")
        return None


def _record_absences(session_id: UUID, now: datetime) -> int:
    with transaction() as session:
        sittings = session.scalars(
            select(Sitting)
            .where(Sitting.session_id == session_id, Sitting.state == SittingState.ASSIGNED)
            .order_by(Sitting.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).all()
        for sitting in sittings:
            sitting.state = SittingState.ABSENT
            session.add(
                SittingEvent(
                    sitting_id=sitting.id,
                    state=SittingState.ABSENT,
                    reason="已过最迟开考时间",
                    recorded_by=SWEEP.label,
                    recorded_at=now,
                )
            )
            record("record-absence", "sitting", sitting.id, actor=SWEEP, now=now)
    return len(sittings)
