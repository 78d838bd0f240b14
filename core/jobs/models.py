from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from core.db import Base, BigId

WHOLE = 1000
"""`Job.share` of a finished step."""


class JobState(StrEnum):
    """Where a job stands: waiting, its file being read, shown for confirmation, confirmed, being written, over."""

    WAITING = "waiting"
    READING = "reading"
    READY = "ready"
    CONFIRMED = "confirmed"
    WRITING = "writing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(Base):
    """What every kind of job has: who asked for it, how far its present step is (`share`, in thousandths), how it ended."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(BigId)
    author_label: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[JobState]
    share: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Index, ...]:  # noqa: N805  called with the class
        return (Index(None, "state"), Index(None, "account_id"))
