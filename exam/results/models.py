from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class ResultRevision(Base):
    """A sitting's result; a correction is the next number, never a change.

    Marks are whole hundredths. `sections` and `laws` are the breakdown shown to the candidate.
    """

    __tablename__ = "result_revision"
    __table_args__ = (Index(None, "recorded_at"), {"info": {"append_only": True}})

    sitting_id: Mapped[UUID] = mapped_column(ForeignKey("sitting.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    score_hundredths: Mapped[int]
    total_hundredths: Mapped[int]
    pass_hundredths: Mapped[int]
    passed: Mapped[bool]
    sections: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    laws: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    rule_version: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(400), default="")
    recorded_by: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]
