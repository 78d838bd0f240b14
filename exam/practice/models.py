from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, BigId


class PracticeAnswer(Base):
    """One answer given in practice. It counts nowhere: neither as a sitting nor in a report."""

    __tablename__ = "practice_answer"
    __table_args__ = (Index(None, "person_id", "item_id", "id"), {"info": {"append_only": True}})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    item_version_id: Mapped[int] = mapped_column(ForeignKey("item_version.id"))
    answer: Mapped[str] = mapped_column(Text)
    correct: Mapped[bool]
    recorded_at: Mapped[datetime]
