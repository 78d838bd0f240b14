from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, BigId
from core.people.rules import PostLevel
from exam.certificates.rules import CertificateAct


class Certificate(Base):
    """What a pass gives: validity from `valid_from` until before `valid_until`. Lapse is computed, never stored."""

    __tablename__ = "certificate"
    __table_args__ = (
        Index(None, "person_id"),
        CheckConstraint("valid_from < valid_until", name="period"),
        {"info": {"append_only": True}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    sitting_id: Mapped[UUID] = mapped_column(ForeignKey("sitting.id"), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    level: Mapped[PostLevel]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    policy_code: Mapped[str] = mapped_column(String(40))
    recorded_at: Mapped[datetime]


class CertificateEvent(Base):
    """A certificate revoked or reinstated from a day on."""

    __tablename__ = "certificate_event"
    __table_args__ = (Index(None, "certificate_id"), {"info": {"append_only": True}})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"))
    act: Mapped[CertificateAct]
    on_day: Mapped[date]
    reason: Mapped[str] = mapped_column(String(400))
    recorded_by: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]
