from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class KeyConfirmation(Base):
    """That the office lets candidates of a session see keys though another session, `ahead_id`, asks such items.

    `items` is how many of the session's items that one asked, or might come to ask, when it was confirmed.
    """

    __tablename__ = "key_confirmation"
    __table_args__ = ({"info": {"append_only": True}},)

    session_id: Mapped[UUID] = mapped_column(ForeignKey("exam_session.id"), primary_key=True)
    ahead_id: Mapped[UUID] = mapped_column(ForeignKey("exam_session.id"), primary_key=True)
    items: Mapped[int]
    reason: Mapped[str] = mapped_column(String(400))
    recorded_by: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]


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


class MarkingTask(Base):
    """An answer to a 简答题 that people have to mark, from the sealing of its sitting on.

    Markers know it by `ref` and by `number`, which is drawn by lot within the session: neither tells whose it is.
    """

    __tablename__ = "marking_task"
    __table_args__ = (
        UniqueConstraint("session_id", "number"),
        {"info": {"append_only": True}},
    )

    sitting_id: Mapped[UUID] = mapped_column(ForeignKey("sitting.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[UUID] = mapped_column(unique=True, default=uuid4)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("exam_session.id"))
    number: Mapped[int]
    item_version_id: Mapped[int] = mapped_column(ForeignKey("item_version.id"))
    most_hundredths: Mapped[int]
    recorded_at: Mapped[datetime]


class GivenMark(Base):
    """A mark that a person gave an answer; a change of mind is the next number in the same seat.

    Two seats, and a first mark of an account in one of them alone: two people, whatever comes at once.
    """

    __tablename__ = "given_mark"
    __table_args__ = (
        ForeignKeyConstraint(
            ["sitting_id", "position"], ["marking_task.sitting_id", "marking_task.position"]
        ),
        UniqueConstraint("sitting_id", "position", "account_id", "number"),
        CheckConstraint("seat IN (1, 2)", name="seat"),
        Index(None, "account_id"),
        {"info": {"append_only": True}},
    )

    sitting_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    seat: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(BigInteger)
    hundredths: Mapped[int]
    recorded_by: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]


class SettledMark(Base):
    """What an answer earns: the mean of two marks that agree, or what a third person decided, with the reason.

    Once, by its key: the chain to the result hangs on it.
    """

    __tablename__ = "settled_mark"
    __table_args__ = (
        ForeignKeyConstraint(
            ["sitting_id", "position"], ["marking_task.sitting_id", "marking_task.position"]
        ),
        CheckConstraint("decided = (reason <> '')", name="reason"),
        {"info": {"append_only": True}},
    )

    sitting_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    hundredths: Mapped[int]
    decided: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(400), default="")
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    recorded_by: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]
