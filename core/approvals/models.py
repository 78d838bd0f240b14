from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.approvals.rules import Decision
from core.db import Base


class Proposal(Base):
    """An act that waits for a second person. `change` is what exactly it will do, as the proposer saw it.

    `subject` is what the kind acts on, in the kind's own words; `number` counts the proposals about it, so
    that two that are made at once cannot both be stored.
    """

    __tablename__ = "proposal"
    __table_args__ = (
        UniqueConstraint("kind", "subject", "number"),
        Index(None, "recorded_at"),
        {"info": {"append_only": True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(64))
    number: Mapped[int]
    change: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(400))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    recorded_by: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]
    lapses_at: Mapped[datetime]


class ProposalDecision(Base):
    """What ended a proposal: one row at most, by its key."""

    __tablename__ = "proposal_decision"
    __table_args__ = ({"info": {"append_only": True}},)

    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("proposal.id"), primary_key=True)
    decision: Mapped[Decision]
    reason: Mapped[str] = mapped_column(String(400))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    recorded_by: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]
