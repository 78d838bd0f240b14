from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, BigId


class EligibilityLookup(Base):
    """Who asked about whom, for which day and why, and what was answered.

    `person_id` is empty when nobody was found; then `id_number_index` (a blind index) tells what was asked.
    """

    __tablename__ = "eligibility_lookup"
    __table_args__ = (
        Index(None, "person_id"),
        Index(None, "recorded_at"),
        Index(None, "asked_by_account_id", "recorded_at"),
        {"info": {"append_only": True}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    id_number_index: Mapped[bytes]
    on_day: Mapped[date]
    known_at: Mapped[datetime]
    purpose: Mapped[str] = mapped_column(String(200))
    verdict: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(20))
    policy_code: Mapped[str] = mapped_column(String(40))
    asked_by_account_id: Mapped[int | None] = mapped_column(BigId)
    asked_by: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]
