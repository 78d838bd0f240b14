"""Saving answers on PostgreSQL: one autocommitted statement, and a second one only to say why it was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import func, select, text

from core.db import db
from exam.papers.models import PaperQuestion
from exam.sittings import standing
from exam.sittings.answers import LONGEST_TEXTS, TEXT_MARK
from exam.sittings.models import AnswerEvent
from question_bank.items.rules import QuestionType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Engine

    from core.errors import DomainError
    from exam.sittings.answers import Batch

TRIES = 3

UNSEEN_CONFLICT = (psycopg.errors.IntegrityConstraintViolation, psycopg.errors.NotNullViolation)
"""The append-only trigger speaks first; without it NOT NULL refuses the same."""

# The state is looked at in `n`, not here: an index on it would be a tempting way to find one sitting among the
# thousands that run, for a plan made when there was only one.
_HELD = """
SELECT s.id, s.state, s.draw_number, s.started_at, s.allowed_seconds,
       x.closes_at, x.cap_at_close, x.grace_seconds,
       COALESCE((SELECT sum(t.seconds) FROM time_adjustment t WHERE t.sitting_id = s.id), 0) AS adjusted,
       COALESCE((SELECT max(h.seq) FROM answer_event h WHERE h.sitting_id = s.id), 0) AS head
FROM sign_in_session i
JOIN account a ON a.id = i.account_id AND a.disabled_at IS NULL
JOIN sitting s ON s.id = %(sitting_id)s AND s.holder_id = i.id AND s.person_id = a.person_id
JOIN exam_session x ON x.id = s.session_id
WHERE i.id = %(sign_in_id)s AND i.ended_at IS NULL
"""

_NOW = """
SELECT held.id, held.draw_number, held.head, d.deadline
FROM held
CROSS JOIN LATERAL (
  SELECT held.started_at + interval '1 second' * GREATEST(0, held.allowed_seconds + held.adjusted) AS uncapped
) u
CROSS JOIN LATERAL (
  SELECT CASE WHEN held.cap_at_close THEN GREATEST(LEAST(u.uncapped, held.closes_at), held.started_at)
              ELSE u.uncapped END AS deadline
) d
WHERE held.state = 'running' AND %(now)s <= d.deadline + held.grace_seconds * interval '1 second'
"""

HEARTBEAT = f"WITH held AS MATERIALIZED ({_HELD}) SELECT deadline, head FROM ({_NOW}) n"  # noqa: S608  our own text

# FOR SHARE lets saves of one sitting pass one another, but not the sealing, which locks the row first. When it
# waited for a sealing, PostgreSQL looks at the row again, finds it no longer running, and nothing is saved.
# An event that another request saved with other content after this statement's snapshot is not seen by the
# guard: the upsert then sets NULL, which the trigger and the column refuse, and the whole batch fails.
SAVE = f"""
WITH held AS MATERIALIZED ({_HELD} FOR SHARE OF s),
n AS MATERIALIZED ({_NOW}),
event AS MATERIALIZED (
  SELECT * FROM unnest(%(seqs)s::int[], %(positions)s::int[], %(choices)s::text[]) AS e(seq, position, choice)
),
saved AS (
  INSERT INTO answer_event AS j (sitting_id, seq, position, choice, late, sign_in_id, recorded_at)
  SELECT n.id, event.seq, event.position, event.choice, %(now)s > n.deadline, %(sign_in_id)s, %(now)s
  FROM n CROSS JOIN event
  WHERE %(first)s <= n.head + 1
  AND (
    SELECT bool_and(COALESCE((
      SELECT CASE WHEN e.choice LIKE '=%%' THEN length(e.choice) <= {len(TEXT_MARK)} + CASE q.type
          WHEN 'blank' THEN {LONGEST_TEXTS[QuestionType.BLANK]}
          WHEN 'short' THEN {LONGEST_TEXTS[QuestionType.SHORT]} ELSE -1 END
        ELSE (e.choice = '' OR q.type NOT IN ('blank', 'short'))
          AND ascii(right(e.choice, 1)) - 64 <= length(q.option_order)
          AND (length(e.choice) <= 1 OR q.type = 'multiple') END
      FROM paper_question q
      WHERE q.sitting_id = n.id AND q.draw_number = n.draw_number AND q.position = e.position
    ), false)) FROM event e
  )
  AND NOT EXISTS (
    SELECT FROM answer_event p JOIN event e ON e.seq = p.seq
    WHERE p.sitting_id = n.id AND p.seq BETWEEN %(first)s AND %(last)s
      AND (p.position <> e.position OR p.choice <> e.choice)
  )
  ON CONFLICT (sitting_id, seq) DO UPDATE
    SET choice = CASE WHEN j.position = EXCLUDED.position AND j.choice = EXCLUDED.choice THEN j.choice END
  RETURNING j.seq, j.late
)
SELECT saved.seq, saved.late, n.deadline, n.head FROM saved CROSS JOIN n
"""  # noqa: S608  our own text


class PostgresJournal:
    """Saves by one statement, prepared, on psycopg connections of SQLAlchemy's own pool."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(self, sitting_id: UUID, sign_in_id: str, batch: Batch, now: datetime) -> standing.Saved:
        params = {"sitting_id": sitting_id, "sign_in_id": sign_in_id, "now": now}
        if not batch.events:
            rows = self._rows(HEARTBEAT, params)
            if rows:
                deadline, head = rows[0]
                return standing.Saved(head, [], deadline)
        else:
            saved = self._insert(batch, params)
            if saved is not None:
                return saved
        for _ in range(TRIES):
            refused = why_refused(sitting_id, sign_in_id, batch, now)
            if refused is not None:
                raise refused
            # Nothing stands against it any more: a sitting was taken over and back, or a gap was filled.
            saved = self._insert(batch, params) if batch.events else None
            if saved is not None:
                return saved
        raise standing.taken_over()

    def close(self) -> None:
        self._engine.dispose()

    def _insert(self, batch: Batch, params: Mapping[str, Any]) -> standing.Saved | None:
        seqs, positions, choices = zip(*batch.events, strict=True)
        try:
            rows = self._rows(
                SAVE,
                {
                    **params,
                    "first": seqs[0],
                    "last": seqs[-1],
                    "seqs": _array(seqs),
                    "positions": _array(positions),
                    "choices": _array(map(_quoted, choices)),
                },
            )
        except UNSEEN_CONFLICT:
            return None
        if not rows:
            return None
        late = [seq for seq, is_late, _, _ in rows if is_late]
        _, _, deadline, head = rows[0]
        return standing.Saved(max(head, seqs[-1]), sorted(late), deadline)

    def _rows(self, statement: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        try:
            return self._run(statement, params)
        except psycopg.OperationalError:
            # The server was restarted: its old connections are dead. A repeat is harmless, whatever became of
            # the first try, because the same event again is only acknowledged again.
            self._engine.dispose()
            return self._run(statement, params)

    def _run(self, statement: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        pooled = self._engine.raw_connection()
        try:
            connection: psycopg.Connection[Any] = pooled.driver_connection  # type: ignore[assignment]
            return connection.execute(statement, params, prepare=True).fetchall()
        except psycopg.OperationalError:
            pooled.invalidate()
            raise
        finally:
            pooled.close()


def _array(values: Iterable[object]) -> str:
    """A PostgreSQL array literal of numbers or of texts that are quoted."""
    return "{" + ",".join(map(str, values)) + "}"


def _quoted(choice: str) -> str:
    """An answer as an element of an array literal. Option letters need no escapes."""
    if choice.startswith(TEXT_MARK):
        choice = choice.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{choice}"'


def why_refused(sitting_id: UUID, sign_in_id: str, batch: Batch, now: datetime) -> DomainError | None:
    """After a save that wrote nothing: what stood against it. None when nothing does any more."""
    session = db.session
    session.rollback()  # what this request read before is not what is committed now
    row = session.execute(
        text(standing.STANDING), {"sitting_id": sitting_id, "sign_in_id": sign_in_id}
    ).first()
    found = None
    if row is not None:
        found = standing.standing_of(row, sign_in_id=sign_in_id, now=now, instant=lambda at: at)
    refused = standing.refusal(found, now=now)
    if refused is not None or found is None or not batch.events:
        return refused
    return _shape_faults(sitting_id, found.draw_number, batch) or _sequence_fault(
        sitting_id, found.head, batch
    )


def _shape_faults(sitting_id: UUID, draw_number: int, batch: Batch) -> DomainError | None:
    shapes = db.session.execute(
        select(PaperQuestion.position, PaperQuestion.type, func.length(PaperQuestion.option_order)).where(
            PaperQuestion.sitting_id == sitting_id, PaperQuestion.draw_number == draw_number
        )
    )
    return standing.shape_faults(batch.events, ((row[0], row[1], row[2]) for row in shapes))


def _sequence_fault(sitting_id: UUID, head: int, batch: Batch) -> DomainError | None:
    if batch.events[0].seq > head + 1:
        return standing.sequence_gap(head)
    kept = db.session.execute(
        select(AnswerEvent.seq, AnswerEvent.position, AnswerEvent.choice).where(
            AnswerEvent.sitting_id == sitting_id, AnswerEvent.seq.between(batch.first_seq, batch.last_seq)
        )
    )
    sent = {event.seq: tuple(event) for event in batch.events}
    if any(sent[row.seq] != tuple(row) for row in kept):
        return standing.sequence_conflict(head)
    return None
