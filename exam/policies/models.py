from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, BigId


class PolicyVersion(Base):
    """The rules of the programme as they hold from a day on; `settings` is `exam.policies.rules.Policy` as JSON."""

    __tablename__ = "policy_version"
    __table_args__ = ({"info": {"append_only": True}},)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    effective_from: Mapped[date]
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(400))
    recorded_at: Mapped[datetime]


class ExemptionAct(StrEnum):
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


class ExemptionEvent(Base):
    """An exemption granted or withdrawn. A withdrawal names the grant that it ends, `on_day` the first day without."""

    __tablename__ = "exemption_event"
    __table_args__ = (Index(None, "person_id"), {"info": {"append_only": True}})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    act: Mapped[ExemptionAct]
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("exemption_event.id"))
    on_day: Mapped[date]
    ends_on: Mapped[date | None]
    basis: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(64))
    approved_by: Mapped[str] = mapped_column(String(64))
