"""Whether the database can be written to: one small row, written when somebody asks, a few seconds apart."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import bindparam, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcDateTime, transaction

AGAIN_AFTER = timedelta(seconds=5)
"""How long an answer holds, so that nobody can keep the disk busy by asking."""
WRITE = text(
    "INSERT INTO write_probe (id, written_at) VALUES (1, :now) "
    "ON CONFLICT (id) DO UPDATE SET written_at = excluded.written_at"
).bindparams(bindparam("now", type_=UtcDateTime()))


class WriteProbe(Base):
    """The one row that a check of readiness writes."""

    __tablename__ = "write_probe"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    written_at: Mapped[datetime]


class Readiness:
    """Whether the last look found the database writable; looks again after a few seconds."""

    def __init__(self) -> None:
        self._looking = threading.Lock()
        self._found: tuple[datetime, bool] | None = None

    def writable(self, *, now: datetime) -> bool:
        """Whether a row can be committed: not when the disk is full, or the database read-only.

        While one thread looks, the others get the last answer: a database that hangs holds one thread, not all.
        """
        if not self._looking.acquire(blocking=self._found is None):
            assert self._found is not None
            return self._found[1]
        try:
            if self._found is None or abs(now - self._found[0]) >= AGAIN_AFTER:
                self._found = now, _write(now)
            return self._found[1]
        finally:
            self._looking.release()


def readiness() -> Readiness:
    """What the running application knows of its database."""
    known: Readiness = current_app.extensions["readiness"]
    return known


def _write(now: datetime) -> bool:
    try:
        with transaction() as session:
            session.execute(WRITE, {"now": now})
    except (SQLAlchemyError, OSError) as error:
        current_app.logger.warning("not ready: nothing can be written (%s)", type(error).__name__)
        return False
    return True
