from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.append_only import RowGuard
from core.db import Base, BigId


class SignInSession(Base):
    """One sign-in on one browser. Its random id is all that the (signed) cookie carries."""

    __tablename__ = "sign_in_session"
    __table_args__ = (
        Index(None, "account_id"),
        {
            "info": {
                "guard": RowGuard(
                    fixed=("id", "account_id", "created_at", "address", "browser"), once=("ended_at",)
                )
            }
        },
    )

    id: Mapped[str] = mapped_column(String(43), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(String(64))
    browser: Mapped[str] = mapped_column(String(200))


class SignInOutcome(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    LIFTED = "lifted"


class SignInEvent(Base):
    """A try to sign in, or the lifting of a lock by the office. `username` as typed, case-folded."""

    __tablename__ = "sign_in_event"
    __table_args__ = (Index(None, "username", "recorded_at"), {"info": {"append_only": True}})

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    username: Mapped[str] = mapped_column(String(32))
    address: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[SignInOutcome]
    recorded_at: Mapped[datetime]
