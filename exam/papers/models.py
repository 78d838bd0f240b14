from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, BigId


class PaperSpecVersion(Base):
    """What a paper is made of; `spec` is `exam.papers.rules.PaperSpec` as JSON. Changed by adding a version."""

    __tablename__ = "paper_spec"
    __table_args__ = (UniqueConstraint("name", "number"), {"info": {"append_only": True}})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    number: Mapped[int]
    spec: Mapped[dict[str, Any]] = mapped_column(JSON)
    recorded_at: Mapped[datetime]


class Draw(Base):
    """A preparation of a session: what the draw read (manifest), and the commitment to its seed.

    `subject_id` is the exam session. The seed is sealed with the data key, bound to `ref`.
    """

    __tablename__ = "draw"
    __table_args__ = (UniqueConstraint("subject_id", "number"), {"info": {"append_only": True}})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ref: Mapped[UUID] = mapped_column(unique=True, default=uuid4)
    subject_id: Mapped[UUID]
    number: Mapped[int]
    reason: Mapped[str] = mapped_column(String(400), default="")
    law_day: Mapped[date]
    manifest: Mapped[str] = mapped_column(Text)
    seed_sealed: Mapped[bytes]
    commitment: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]


class DrawReveal(Base):
    """The seed, published once every sitting of the session is sealed."""

    __tablename__ = "draw_reveal"
    __table_args__ = ({"info": {"append_only": True}},)

    draw_id: Mapped[int] = mapped_column(ForeignKey("draw.id"), primary_key=True)
    seed: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]


class PaperQuestion(Base):
    """One question of one drawn paper. `draw_number` tells a prepared-again paper from the one before.

    `option_order` lists the author's letters in the order shown: "CADB" shows option C as A.
    """

    __tablename__ = "paper_question"
    __table_args__ = (Index(None, "item_version_id"), {"info": {"append_only": True}})

    sitting_id: Mapped[UUID] = mapped_column(primary_key=True)
    draw_number: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    section: Mapped[int]
    item_version_id: Mapped[int] = mapped_column(ForeignKey("item_version.id"))
    type: Mapped[str] = mapped_column(String(16))
    option_order: Mapped[str] = mapped_column(String(10))
