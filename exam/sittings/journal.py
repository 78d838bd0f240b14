"""The answer journal: saving a batch of answer events, durable before it is acknowledged.

The one write that is not a `transaction()`: a single autocommitted statement on PostgreSQL
(`journal_postgres.py`), a group commit by one writer thread on SQLite (`journal_sqlite.py`). Both lock out
sealing, check identity, holder, time, the question's shape and the sequence, and save a batch whole or not at
all. The journal is its own record; no audit row is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from flask import current_app
from sqlalchemy import select

from core.db import db, transaction
from core.errors import DomainError
from exam.sittings.journal_postgres import PostgresJournal
from exam.sittings.journal_sqlite import SqliteJournal
from exam.sittings.models import AnswerEvent, UnofficialEvent

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from flask import Flask

    from exam.sittings.answers import Batch
    from exam.sittings.standing import Saved

JOURNAL_ENGINE = "journal"
"""The bind of the journal's own engine on PostgreSQL: AUTOCOMMIT, no reset of returned connections."""

MOST_UNOFFICIAL = 100
"""Batches kept for one sitting after its end; what comes beyond is refused all the same, but not kept."""


class Journal(Protocol):
    """A database's way of saving a batch, or (without events) of looking how the sitting stands."""

    def save(self, sitting_id: UUID, sign_in_id: str, batch: Batch, now: datetime) -> Saved: ...

    def close(self) -> None: ...


def init_app(app: Flask) -> None:
    with app.app_context():
        journal: Journal
        if app.config["SETTINGS"].is_sqlite:
            journal = SqliteJournal(db.engine, app.extensions["write_gate"])
        else:
            journal = PostgresJournal(db.engines[JOURNAL_ENGINE])
        app.extensions["journal"] = journal


def save(*, sitting_id: UUID, sign_in_id: str, batch: Batch, now: datetime) -> Saved:
    """Save a batch of answer events; when this returns, they are durable. Without events: the heartbeat.

    `now` is the instant of arrival. Raises `SignedOut` (401), `NotFound` (404, someone else's too), `Conflict`
    with code `not_started`, `closed`, `void`, `taken_over`, `sequence_gap` or `sequence_conflict` (409), and
    `Invalid` (422) naming every bad event. A refused batch saves nothing; one that is `closed` is kept as
    unofficial, for an appeal.
    """
    journal: Journal = current_app.extensions["journal"]
    try:
        return journal.save(sitting_id, sign_in_id, batch, now)
    except DomainError as refused:
        if refused.code == "closed" and batch.events:
            _keep_unofficial(sitting_id, batch, now)
        raise


def _keep_unofficial(sitting_id: UUID, batch: Batch, now: datetime) -> None:
    """Keep what came after the end and is not kept already: a page repeats what it got no reply to."""
    with transaction() as session:
        kept = {
            tuple(row)
            for row in session.execute(
                select(AnswerEvent.seq, AnswerEvent.position, AnswerEvent.choice).where(
                    AnswerEvent.sitting_id == sitting_id,
                    AnswerEvent.seq.between(batch.first_seq, batch.last_seq),
                )
            )
        }
        batches = session.scalars(
            select(UnofficialEvent.events).where(UnofficialEvent.sitting_id == sitting_id)
        ).all()
        kept.update(tuple(event) for events in batches for event in events)
        events = [list(event) for event in batch.events if tuple(event) not in kept]
        if events and len(batches) < MOST_UNOFFICIAL:
            session.add(UnofficialEvent(sitting_id=sitting_id, events=events, recorded_at=now))
